//! Findings about names.

use serde::Serialize;

use crate::code::Code;

/// A finding about a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Name {
    /// A name on the internet looks like one of the organisation's own, and is another one.
    LooksLikeOwn {
        /// The name.
        name: String,
        /// The organisation's own.
        own: String,
    },
    /// A name on the internet has letters of several alphabets.
    MixedAlphabets {
        /// The part of the name between two points.
        label: String,
    },
}

impl Name {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::LooksLikeOwn { .. } => Code::LookAlike,
            Self::MixedAlphabets { .. } => Code::MixedAlphabets,
        }
    }
}
