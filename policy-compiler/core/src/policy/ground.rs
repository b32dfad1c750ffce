//! What a policy says of the decision behind a rule.

use fyr_schemas::CaseNumber;
use jiff::civil::Date;

use super::Policy;

/// The decision behind a rule.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ground {
    /// The case number.
    pub case: CaseNumber,
    /// What it is about.
    pub title: String,
    /// The body that decided, by its name in full.
    pub body: String,
    /// The day it was decided.
    pub date: Date,
    /// Where it stands: `in-force`.
    pub status: &'static str,
    /// For an emergency: the day by which the body must decide.
    pub decide_by: Option<Date>,
    /// The day it is to be looked at again.
    pub review: Option<Date>,
}

impl Ground {
    /// What the policy says of a case.
    pub(crate) fn of(policy: &Policy, case: &CaseNumber) -> Option<Self> {
        let decision = &policy.decisions.get(case)?.document;
        Some(Self {
            case: case.clone(),
            title: decision.title.clone(),
            body: policy.body_of(case)?.to_owned(),
            date: decision.date.value.0,
            status: decision.status.word(),
            decide_by: decision.awaited_by().map(|day| day.value.0),
            review: decision.review.as_ref().map(|day| day.value.0),
        })
    }
}
