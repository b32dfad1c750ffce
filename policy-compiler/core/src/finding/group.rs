//! Findings about groups and their stages.

use fyr_schemas::{GroupId, ServiceId, StageId};
use jiff::civil::Date;
use serde::Serialize;

use crate::code::Code;

/// A finding about groups and their stages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Group {
    /// A group has no stage.
    NoStage {
        /// The group.
        group: GroupId,
        /// The day of the policy.
        date: Date,
        /// Why not.
        why: NoStage,
    },
    /// A group cannot be named after its unit.
    Unnamed {
        /// The group as its unit lists it.
        listed: String,
    },
    /// Classes have not begun school.
    NotBegun {
        /// The day of the policy.
        date: Date,
        /// For units that teach no beginners: their lowest grade.
        lowest: Option<LowestGrade>,
    },
    /// Classes have left school.
    HasLeft {
        /// The day of the policy.
        date: Date,
    },
    /// Two stages include the same grade.
    StagesOverlap {
        /// One of them.
        stage: StageId,
        /// The other one.
        other: StageId,
    },
    /// The organisation has no stages, and its country has no table of them.
    NoStages,
    /// An approval of a service that needs none.
    ApprovalNotNeeded {
        /// The service.
        service: ServiceId,
    },
}

/// Why a group has no stage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoStage {
    /// It has `start` and `stage`.
    Both,
    /// It has neither `start` nor `stage`.
    Neither,
    /// No stage is for pupils.
    NoneForPupils,
    /// No stage includes this grade.
    Grade(String),
}

/// The lowest grade that a unit teaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LowestGrade {
    /// That grade.
    pub grade: String,
    /// The grade in which school begins.
    pub first: String,
    /// The year in which a class of the lowest grade began school.
    pub start: u16,
}

impl Group {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::NoStage { .. } => Code::NoStage,
            Self::Unnamed { .. } => Code::UnnamedGroup,
            Self::NotBegun { .. } => Code::NotBegun,
            Self::HasLeft { .. } => Code::HasLeft,
            Self::StagesOverlap { .. } => Code::OverlappingStages,
            Self::NoStages => Code::MissingField,
            Self::ApprovalNotNeeded { .. } => Code::ApprovalUnasked,
        }
    }
}
