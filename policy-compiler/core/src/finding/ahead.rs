//! Findings about days to come.

use fyr_schemas::RuleId;
use jiff::civil::Date;
use serde::Serialize;

use super::Finding;
use crate::code::Code;

/// A finding about a day to come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Ahead {
    /// From this day on the policy has an error.
    Error {
        /// The first such day.
        day: Date,
        /// The error.
        error: Box<Finding>,
    },
    /// There are more boundary dates than a check looks at.
    DaysNotChecked {
        /// How many are left out.
        count: usize,
        /// The first of them.
        first: Date,
        /// A rule that begins or ends on it.
        rule: RuleId,
    },
}

impl Ahead {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Error { .. } => Code::ErrorAhead,
            Self::DaysNotChecked { .. } => Code::DaysNotLookedAt,
        }
    }
}
