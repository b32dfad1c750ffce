//! Hours of a day: `08:00-15:30`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::id::ParseIdError;

/// What [`Hours`] accepts.
const HOURS: &str = "hours of one day (from and until, such as `08:00-15:30`)";

/// A minute of a day, counted from midnight; the last one is the end of the day, `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(u16);

impl Minute {
    /// `00:00`.
    pub const MIDNIGHT: Self = Self(0);
    /// `24:00`.
    pub const END_OF_DAY: Self = Self(24 * 60);

    /// The minute that a clock shows.
    pub fn of(time: Time) -> Self {
        let part = |number: i8| u16::try_from(number).unwrap_or(0);
        Self(part(time.hour()) * 60 + part(time.minute()))
    }

    /// What a clock shows when the minute begins; `None` at the end of the day.
    pub fn time(self) -> Option<Time> {
        let part = |number: u16| i8::try_from(number).ok();
        Time::new(part(self.0 / 60)?, part(self.0 % 60)?, 0, 0).ok()
    }
}

impl FromStr for Minute {
    type Err = ParseIdError;

    /// Reads `8:00`, `08:00` and `24:00`.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let two_digits = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<u16>()
                .ok()
                .filter(|_| is_number && text.len() <= 2)
        };
        text.split_once(':')
            .filter(|(_, minutes)| minutes.len() == 2)
            .and_then(|(hours, minutes)| two_digits(hours).zip(two_digits(minutes)))
            .filter(|(_, minutes)| *minutes < 60)
            .map(|(hours, minutes)| Self(hours * 60 + minutes))
            .filter(|minute| *minute <= Self::END_OF_DAY)
            .ok_or_else(|| {
                ParseIdError::new(text, "a time of day (such as `08:00`, at most `24:00`)")
            })
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A stretch of one day, from a minute until another one that comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    /// The first minute.
    pub(super) from: Minute,
    /// The first minute after it.
    pub(super) until: Minute,
}

impl Hours {
    /// All of a day.
    pub const WHOLE_DAY: [Self; 1] = [Self {
        from: Minute::MIDNIGHT,
        until: Minute::END_OF_DAY,
    }];

    /// The hours between two minutes; `None` unless the second comes after the first.
    pub fn between(from: Minute, until: Minute) -> Option<Self> {
        (from < until).then_some(Self { from, until })
    }

    /// How many minutes they last.
    pub fn minutes(self) -> u16 {
        self.until.0.saturating_sub(self.from.0)
    }

    /// When they begin.
    pub fn from(self) -> Minute {
        self.from
    }

    /// When they end.
    pub fn until(self) -> Minute {
        self.until
    }

    /// Whether they hold this minute.
    pub fn contains(self, minute: Minute) -> bool {
        self.from <= minute && minute < self.until
    }

    /// Whether some minute is in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.until && other.from < self.until
    }
}

impl FromStr for Hours {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        text.split_once('-')
            .and_then(|(from, until)| from.parse().ok().zip(until.parse().ok()))
            .and_then(|(from, until)| Self::between(from, until))
            .ok_or_else(|| ParseIdError::new(text, HOURS))
    }
}

impl TryFrom<String> for Hours {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, ParseIdError> {
        text.parse()
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.until)
    }
}

#[cfg(feature = "json-schema")]
impl schemars::JsonSchema for Hours {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hours".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "hours of one day: `08:00-15:30`",
            "type": "string",
            "pattern": "^[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn hours(text: &str) -> Hours {
        text.parse().expect(text)
    }

    #[test]
    fn hours_are_written_from_and_until() {
        assert_eq!(hours("8:00-15:30").to_string(), "08:00-15:30");
        assert_eq!(hours("00:00-24:00"), Hours::WHOLE_DAY[0]);
        for text in [
            "",
            "-",
            "08:00",
            "08:00-08:00",
            "15:30-08:00",
            "08:00-24:01",
            "08:60-09:00",
            "8-15",
            "08:00 - 15:30",
            "+8:00-15:30",
            "08:0-15:30",
            "008:00-15:30",
        ] {
            assert!(text.parse::<Hours>().is_err(), "`{text}`");
        }
    }

    #[test]
    fn hours_end_before_their_last_minute_and_lessons_that_follow_one_another_do_not_overlap() {
        let lesson = hours("10:00-10:40");
        let minute = |text: &str| text.parse::<Minute>().expect(text);
        assert!(lesson.contains(minute("10:00")) && lesson.contains(minute("10:39")));
        assert!(!lesson.contains(minute("10:40")));
        assert!(!lesson.overlaps(hours("10:40-11:20")));
        assert!(lesson.overlaps(hours("10:39-11:20")));
    }
}
