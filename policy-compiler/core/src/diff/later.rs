//! What changes on days to come: what is decided today may begin, or be over, on a later day.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;

use super::{Comparison, Difference, compare, sound};
use crate::diagnostic::Diagnostic;
use crate::policy::Assumptions;
use crate::source::Sources;

/// What two policies come to on a day to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Later {
    /// What changes from that day on.
    Changes(Difference),
    /// The new policy has errors on that day.
    Faulty {
        /// The day.
        date: Date,
        /// What each error says.
        errors: Vec<String>,
    },
}

/// What changes on days to come, where it is not what changes before each of them. A day on which
/// the old policy has errors of its own cannot be compared.
pub(super) fn changes(
    old: &Sources,
    new: &Sources,
    comparison: &Comparison,
    days: BTreeSet<Date>,
    now: &Difference,
) -> Vec<Later> {
    let mut later: Vec<Later> = Vec::new();
    for date in days {
        let Ok(old) = sound(old, date, &Assumptions::default()) else {
            continue;
        };
        let day = match sound(new, date, &comparison.what_if) {
            Ok(new) => Later::Changes(compare(&old, &new, &comparison.addresses)),
            Err(findings) => Later::Faulty {
                date,
                errors: findings
                    .into_iter()
                    .filter(Diagnostic::is_error)
                    .map(|error| error.message)
                    .collect(),
            },
        };
        if !day.is_as_before(later.last(), now) {
            later.push(day);
        }
    }
    later
}

impl Later {
    /// The day.
    pub fn date(&self) -> Date {
        match self {
            Self::Changes(difference) => difference.date,
            Self::Faulty { date, .. } => *date,
        }
    }

    /// Whether a day is like the one before it: the last of those told, or else today.
    fn is_as_before(&self, last: Option<&Self>, now: &Difference) -> bool {
        match (self, last) {
            (Self::Changes(this), Some(Self::Changes(last))) => this.is_like(last),
            (Self::Changes(this), None) => this.is_like(now),
            (Self::Faulty { errors, .. }, Some(Self::Faulty { errors: last, .. })) => {
                errors == last
            }
            (Self::Changes(_), Some(Self::Faulty { .. })) | (Self::Faulty { .. }, _) => false,
        }
    }
}

impl Difference {
    /// Whether the same changes for the same groups.
    fn is_like(&self, other: &Self) -> bool {
        (&self.changes, &self.addresses, &self.groups)
            == (&other.changes, &other.addresses, &other.groups)
    }
}
