//! Words about days to come.

use super::{Said, say};
use crate::finding::{Ahead, Diagnostic};

pub(super) fn words(found: &Ahead, whole: &Diagnostic) -> Said {
    match found {
        Ahead::Error { day, error } => {
            let Said { message, help } = say(error, whole);
            let shows = format!("run `fyr check --date {day}` to see that day");
            Said {
                message: format!("error from {day}: {message}"),
                help: format!("{help}; {shows}"),
            }
        }
        Ahead::DaysNotChecked { count, first, .. } => Said::new(
            match count {
                1 => "1 later date on which rules begin or end is not checked".to_owned(),
                count => {
                    format!("{count} later dates on which rules begin or end are not checked")
                }
            },
            format!("run `fyr check --date {first}` to check the first one"),
        ),
    }
}
