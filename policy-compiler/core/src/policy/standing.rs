//! Where each case stands on the day of a policy: whether the rules that cite it hold.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::CaseNumber;
use fyr_schemas::policy::{Decision, Status};
use jiff::civil::Date;

use super::Policy;
use crate::parse::InFile;

/// What a what-if takes for granted, whatever the case files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assumptions {
    /// Cases that count as in force on the day: proposals, and what is still to come.
    pub in_force: BTreeSet<CaseNumber>,
}

/// Where a case stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "standing", content = "day")]
pub enum Standing {
    /// Its rules hold.
    InForce,
    /// A draft, or out for hearing: its rules are a proposal.
    Proposed,
    /// Decided, and its rules hold from this day on.
    Coming(Date),
    /// Its rules held until this day, or until another case replaced it on the next.
    Ended(Date),
    /// Rejected, or repealed and over: no rule may stand on it.
    Void,
}

/// Where every case stands.
pub(super) fn standings(
    decisions: &BTreeMap<CaseNumber, InFile<Decision>>,
    date: Date,
    assumptions: &Assumptions,
) -> BTreeMap<CaseNumber, Standing> {
    let is_assumed = |case: &CaseNumber| assumptions.in_force.contains(case);
    let mut standings: BTreeMap<CaseNumber, Standing> = decisions
        .iter()
        .map(|(case, decision)| (case.clone(), by_itself(&decision.document, date)))
        .collect();
    for (case, decision) in decisions {
        let last_day = match replaces_from(&decision.document) {
            _ if is_assumed(case) => date.yesterday(),
            Some(first_day) if first_day <= date => first_day.yesterday(),
            Some(_) | None => continue,
        };
        let replaced = decision.document.replaces.as_ref();
        let standing = replaced.and_then(|replaced| standings.get_mut(&replaced.value));
        if let (Some(standing @ Standing::InForce), Ok(last_day)) = (standing, last_day) {
            *standing = Standing::Ended(last_day);
        }
    }
    for (_, standing) in standings.iter_mut().filter(|(case, _)| is_assumed(case)) {
        *standing = Standing::InForce;
    }
    standings
}

/// Where a case stands by what its own file says.
fn by_itself(decision: &Decision, date: Date) -> Standing {
    let first_day = decision.first_day().value.0;
    let last_day = decision.until.as_ref().map(|day| day.value.0);
    let is_over = last_day.filter(|last_day| *last_day < date);
    match (decision.status.value, is_over) {
        (Status::Draft | Status::Hearing, _) => Standing::Proposed,
        (Status::Rejected, _) | (Status::Repealed, Some(_)) => Standing::Void,
        (Status::Repealed, None) if last_day.is_none() => Standing::Void,
        (Status::Decided | Status::InForce | Status::Emergency, Some(last_day)) => {
            Standing::Ended(last_day)
        }
        (Status::Decided | Status::InForce | Status::Emergency | Status::Repealed, None) => {
            if first_day <= date {
                Standing::InForce
            } else {
                Standing::Coming(first_day)
            }
        }
    }
}

/// The day on which a case ends those it replaces; `None` where it was never decided.
fn replaces_from(decision: &Decision) -> Option<Date> {
    match decision.status.value {
        Status::Decided | Status::InForce | Status::Emergency | Status::Repealed => {
            Some(decision.first_day().value.0)
        }
        Status::Draft | Status::Hearing | Status::Rejected => None,
    }
}

impl Policy {
    /// Where a case stands on the day of the policy; `None` for one that no file holds.
    pub fn standing(&self, case: &CaseNumber) -> Option<Standing> {
        self.standings.get(case).copied()
    }
}
