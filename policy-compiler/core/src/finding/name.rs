//! Findings about names: unknown ones, those used twice, and those that look like others.

use fyr_schemas::{BodyId, GroupId, PeriodId, UnitPath};
use serde::Serialize;

use crate::code::Code;
use crate::meant::Meant;

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
    /// A word has a letter of another alphabet.
    MixedAlphabets {
        /// The word.
        word: String,
        /// The Latin letter that it looks like, where a single word is meant.
        looks_like: Option<char>,
        /// The name on the internet that the word stands in, as it is encoded.
        host: Option<String>,
    },
    /// A name is used twice.
    UsedTwice {
        /// The name.
        name: String,
        /// For a class: what to write instead.
        instead: Option<OneName>,
    },
    /// A unit that `units.yaml` does not have.
    UnknownUnit {
        /// The unit.
        unit: UnitPath,
        /// What was probably meant.
        meant: UnitMeant,
    },
    /// A unit whose parent `units.yaml` does not have.
    UnknownParent {
        /// The parent.
        parent: UnitPath,
    },
    /// A stage that `fyr.yaml` does not have.
    UnknownStage {
        /// Its name.
        name: String,
        /// What was probably meant.
        meant: StageMeant,
    },
    /// A service that the catalogue does not have.
    UnknownService {
        /// Its name.
        name: String,
        /// What was probably meant.
        meant: Meant,
    },
    /// A body that `fyr.yaml` does not have.
    UnknownBody {
        /// The body.
        body: BodyId,
        /// What was probably meant.
        meant: Meant,
    },
    /// A group that `units.yaml` does not have.
    UnknownGroup {
        /// The group.
        group: GroupId,
        /// What was probably meant.
        meant: Meant,
    },
    /// A category that no list and no service has.
    UnknownCategory {
        /// Its name.
        name: String,
        /// What was probably meant.
        meant: Meant,
    },
    /// A period that `timetable.yaml` does not have.
    UnknownPeriod {
        /// The period.
        period: PeriodId,
        /// What was probably meant.
        meant: Meant,
    },
    /// A status that no service can have.
    UnknownStatus {
        /// The status.
        status: String,
        /// What was probably meant.
        meant: Meant,
    },
    /// A time zone that the database of time zones does not have.
    UnknownTimeZone {
        /// Its name.
        zone: String,
        /// What was probably meant.
        meant: Meant,
    },
}

/// How a class gets a name of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OneName {
    /// Its unit lists it by a year: this entry is to be written instead.
    Entry(GroupEntry),
    /// It is named under `groups`, and this unit still lists its year.
    StillListed(UnitPath),
}

/// A group as it is written under `groups`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct GroupEntry {
    /// Its name.
    pub group: String,
    /// Its unit.
    pub unit: UnitPath,
    /// The year in which its pupils began school.
    pub start: u16,
}

/// What was probably meant by an unknown unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum UnitMeant {
    /// This unit.
    Near(String),
    /// A group was named, which is in this unit.
    Group {
        /// The group.
        group: GroupId,
        /// Its unit.
        unit: UnitPath,
    },
    /// None is near.
    Unclear,
}

/// What was probably meant by an unknown stage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageMeant {
    /// A class that began school in this year.
    Class(String),
    /// An audience.
    Audience(String),
    /// Another stage.
    Stage(Meant),
}

impl Name {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::LooksLikeOwn { .. } => Code::LookAlike,
            Self::MixedAlphabets { .. } => Code::MixedAlphabets,
            Self::UsedTwice { .. } => Code::DuplicateName,
            Self::UnknownUnit { .. } | Self::UnknownParent { .. } => Code::UnknownUnit,
            Self::UnknownStage { .. } => Code::UnknownStage,
            Self::UnknownService { .. } => Code::UnknownService,
            Self::UnknownBody { .. } => Code::UnknownBody,
            Self::UnknownGroup { .. } => Code::UnknownGroup,
            Self::UnknownCategory { .. } => Code::UnknownCategory,
            Self::UnknownPeriod { .. } => Code::UnknownPeriod,
            Self::UnknownStatus { .. } => Code::WrongSite,
            Self::UnknownTimeZone { .. } => Code::UnknownTimeZone,
        }
    }
}
