//! What keeps a place from holding its policy, and how much of the policy it affects.

use std::collections::BTreeSet;

use fyr_schemas::CategoryId;
use fyr_schemas::report::{FailureReason, Place};
use serde::Serialize;

/// Something that keeps a place from holding what it should, and that no action removes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// Where.
    pub place: Place,
    /// Why.
    pub reason: FailureReason,
    /// How much of the place's policy it affects.
    pub affected: Affected,
}

/// How much of a place's policy is touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affected {
    /// All of it.
    Everything,
    /// These policies or host names.
    Names(BTreeSet<String>),
    /// These names of a list.
    List(CategoryId, BTreeSet<String>),
}

impl Affected {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Names(mut names), Self::Names(more)) => {
                names.extend(more);
                Self::Names(names)
            }
            // Nothing finer covers both.
            (Self::Everything | Self::Names(_) | Self::List(..), _) => Self::Everything,
        }
    }

    /// Whether any of `names` is touched.
    pub fn touches<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        match self {
            Self::Everything => true,
            Self::Names(affected) => names.any(|name| affected.contains(name)),
            Self::List(..) => false,
        }
    }

    /// Whether the list of `category` is touched.
    pub fn touches_list(&self, category: &CategoryId) -> bool {
        match self {
            Self::Everything => true,
            Self::Names(_) => false,
            Self::List(affected, _) => affected == category,
        }
    }
}
