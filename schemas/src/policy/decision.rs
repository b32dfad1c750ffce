//! `decisions/*.yaml`: what was decided, by whom and why.

use serde::Deserialize;

use super::{At, Day};
use crate::id::{BodyId, CaseNumber};

/// One case, as its file says it.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Fyr: a decision (decisions/*.yaml)")]
pub struct Decision {
    /// The case number, as the case file writes it.
    pub decision: At<CaseNumber>,
    /// What it is about.
    pub title: String,
    /// The body that decided, as `fyr.yaml` names it.
    pub body: At<BodyId>,
    /// The day it was decided.
    pub date: At<Day>,
    /// Where it stands.
    pub status: At<Status>,
    /// For an emergency: the day by which the decision must follow.
    pub decide_by: Option<At<Day>>,
    /// What it is to achieve.
    pub purpose: String,
    /// The legal basis; an emergency may leave it to the decision that follows.
    pub legal_basis: Option<String>,
    /// The role that answers for it; never a person's name.
    pub owner: String,
    /// The data protection impact assessment behind it.
    pub dpia: Option<Dpia>,
    /// The day it is to be looked at again; for an emergency that is `decide-by`.
    pub review: Option<At<Day>>,
}

impl Decision {
    /// The day by which the body must decide; `None` where it has.
    pub fn awaited_by(&self) -> Option<&At<Day>> {
        match self.status.value {
            Status::Emergency => self.decide_by.as_ref(),
            Status::Draft
            | Status::Hearing
            | Status::Decided
            | Status::InForce
            | Status::Repealed
            | Status::Rejected => None,
        }
    }
}

/// A data protection impact assessment.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dpia {
    /// Where it is filed.
    pub reference: String,
    /// Its version.
    pub version: u32,
    /// The day of that version.
    pub date: Day,
}

/// Where a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Being written.
    Draft,
    /// Out for hearing.
    Hearing,
    /// Decided, and carried by rules.
    Decided,
    /// Decided and in force.
    InForce,
    /// No longer holds.
    Repealed,
    /// Was proposed and not decided; stays on record.
    Rejected,
    /// In force at once; the decision follows by `decide-by`.
    Emergency,
}

impl Status {
    /// The word of the source.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Hearing => "hearing",
            Self::Decided => "decided",
            Self::InForce => "in-force",
            Self::Repealed => "repealed",
            Self::Rejected => "rejected",
            Self::Emergency => "emergency",
        }
    }

    /// Whether a rule may stand on a decision of this status.
    pub fn carries_rules(self) -> bool {
        match self {
            Self::Decided | Self::InForce | Self::Emergency => true,
            Self::Draft | Self::Hearing | Self::Repealed | Self::Rejected => false,
        }
    }
}
