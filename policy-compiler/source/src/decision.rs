//! `decisions/*.yaml`: what was decided, by whom and why.

use serde::{Deserialize, Serialize};

use super::{At, Day};
use fyr_schemas::id::{BodyId, CaseNumber};

/// One case, as its file says it.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Fyr: a decision (decisions/*.yaml)")]
#[schemars(extend("if" = {
    "required": ["status"],
    "properties": { "status": { "enum": Status::CARRYING.map(Status::word) } },
}))]
#[schemars(extend("then" = { "required": Decision::GROUNDS }))]
pub struct Decision {
    /// The case number, as the case file writes it.
    pub decision: At<CaseNumber>,
    /// What it is about.
    pub title: String,
    /// The body that decided, as `fyr.yaml` names it.
    pub body: At<BodyId>,
    /// The day it was decided; for what is not decided yet, the day of the proposal.
    pub date: At<Day>,
    /// The first day its rules are in force; `date` if left out.
    pub from: Option<At<Day>>,
    /// The last day its rules are in force.
    pub until: Option<At<Day>>,
    /// The earlier case whose rules end when those of this one begin.
    pub replaces: Option<At<CaseNumber>>,
    /// Its status.
    pub status: At<Status>,
    /// For an emergency: the day by which the decision must follow.
    pub decide_by: Option<At<Day>>,
    /// What it should achieve.
    pub purpose: String,
    /// The legal basis. What is not decided may leave it out, and so may an emergency.
    pub legal_basis: Option<String>,
    /// The responsible role; never a person's name.
    pub owner: String,
    /// The data protection impact assessment behind it.
    pub dpia: Option<Dpia>,
    /// The day of its next review. What is not decided may leave it out, and so may
    /// an emergency.
    pub review: Option<At<Day>>,
}

impl Decision {
    /// What a decision that carries rules must name, as its fields are called.
    pub const GROUNDS: [&str; 2] = ["legal-basis", "review"];

    /// The grounds that it must name and does not.
    pub fn missing_grounds(&self) -> Vec<&'static str> {
        let is_given = [self.legal_basis.is_some(), self.review.is_some()];
        let grounds = Self::GROUNDS.into_iter().zip(is_given);
        let is_needed = Status::CARRYING.contains(&self.status.value);
        grounds
            .filter(|(_, is_given)| is_needed && !is_given)
            .map(|(field, _)| field)
            .collect()
    }

    /// The first day its rules are in force, once it is decided.
    pub fn first_day(&self) -> &At<Day> {
        self.from.as_ref().unwrap_or(&self.date)
    }

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
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dpia {
    /// Where it is filed.
    pub reference: String,
    /// Its version.
    pub version: u32,
    /// The day of that version.
    pub date: At<Day>,
}

/// Where a decision stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Being written: its rules are a proposal and not in force.
    Draft,
    /// Out for hearing: its rules are a proposal.
    Hearing,
    /// Decided; its rules are in force from their first day on.
    Decided,
    /// Decided, and its rules are in force.
    InForce,
    /// Decided once, and its rules were in force until `until`.
    Repealed,
    /// Was proposed and not decided; stays on record, and no rule may cite it.
    Rejected,
    /// In force at once; the decision follows by `decide-by`.
    Emergency,
}

impl Status {
    /// Those of a decision that was made and that rules cite.
    pub const CARRYING: [Self; 2] = [Self::Decided, Self::InForce];

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
}
