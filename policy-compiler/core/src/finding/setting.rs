//! Findings about settings as they are written.

use serde::Serialize;

use crate::catalogue::Given;
use crate::code::Code;

/// A finding about a setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Setting {
    /// No setting has this name.
    Unknown {
        /// The name.
        name: String,
        /// What was probably meant.
        meant: SettingMeant,
    },
    /// A browser's own policy that cannot be set.
    NotSettable {
        /// Its name.
        name: String,
    },
    /// A value that the setting does not take.
    WrongValue {
        /// The setting.
        setting: String,
        /// The value as it is written.
        value: Given,
    },
}

/// What was probably meant by an unknown setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingMeant {
    /// One of these, of which a part was written.
    OneOf(Vec<String>),
    /// This one, which is written almost alike.
    Near(String),
    /// None is near.
    Unclear,
}

impl Setting {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Unknown { .. } | Self::NotSettable { .. } => Code::UnknownSetting,
            Self::WrongValue { .. } => Code::WrongSetting,
        }
    }
}
