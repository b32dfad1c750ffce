//! Days and moments as the command line takes them.

use fyr_policy_core::day_meant;
use jiff::civil::{Date, DateTime};

/// The day it is here.
pub(crate) fn today() -> Date {
    jiff::Zoned::now().date()
}

/// Reads a day; one in another notation is answered with the right form.
pub(crate) fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| match day_meant(text) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "not a day: write year, month and day, such as `2026-08-01`".to_owned(),
    })
}

/// Reads a moment of the organisation's clock.
pub(crate) fn moment(text: &str) -> Result<DateTime, String> {
    text.parse().map_err(|_| match moment_meant(text) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "not a moment: write day and time, such as `2026-11-24T09:10`".to_owned(),
    })
}

/// `24.11.2026 9:10` as the command line takes it.
fn moment_meant(text: &str) -> Option<String> {
    let (day, time) = text.trim().split_once([' ', 'T', 't'])?;
    let day = day_meant(day).unwrap_or_else(|| day.to_owned());
    let (hour, minute) = time.trim().split_once([':', '.'])?;
    let meant = format!("{day}T{hour:0>2}:{minute}");
    meant.parse::<DateTime>().ok().map(|_| meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_another_notation_is_answered_with_the_right_form() {
        for text in [
            "1.8.2027",
            "01/08/2027",
            "2027/08/01",
            "2027.8.1",
            "2027-8-1",
        ] {
            let reported = day(text).expect_err(text);
            assert_eq!(reported, "did you mean `2027-08-01`?", "{text}");
        }
        let reported = moment("1.8.2027 9:10").expect_err("no moment");
        assert_eq!(reported, "did you mean `2027-08-01T09:10`?");
        assert!(day("i morgen").is_err_and(|reported| reported.starts_with("not a day")));
    }
}
