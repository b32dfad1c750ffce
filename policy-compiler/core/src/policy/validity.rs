//! The state of each case on the day of a policy: whether the rules that cite it are in force.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{Decision, Status};
use fyr_schemas::CaseNumber;
use fyr_schemas::timetable::Days;
use jiff::ToSpan;
use jiff::civil::Date;

use super::Policy;
use crate::parse::InFile;

/// What a what-if takes for granted, in spite of the case files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assumptions {
    /// Cases that count as in force on the day: proposals, and what is still to come.
    pub in_force: BTreeSet<CaseNumber>,
    /// What a bundle would include of later dates.
    pub look_ahead: LookAhead,
}

/// How far ahead a bundle includes what begins and what ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LookAhead {
    /// A year.
    #[default]
    YearAhead,
    /// Nothing beyond the day itself.
    DayAlone,
}

impl LookAhead {
    /// The last day on which something may begin and be included on a day.
    pub(super) fn reach(self, today: Date) -> Date {
        match self {
            Self::YearAhead => today.checked_add(1.year()).unwrap_or(Date::MAX),
            Self::DayAlone => today,
        }
    }
}

/// The state of a case on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseState {
    /// Its rules hold.
    InForce,
    /// A draft, or out for hearing: its rules are a proposal.
    Proposed,
    /// Decided, and its rules hold from this day on by themselves.
    Coming(Date),
    /// Its rules held until this day, or until another case replaced it on the next.
    Ended(Date),
    /// Rejected, or repealed and over: no rule may cite it.
    Void,
}

/// The state of a case on the day of a policy, and the days on which its rules are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) state: CaseState,
    pub(super) days: Days,
}

impl Validity {
    /// Ends it on a day, unless it ends before.
    fn end(&mut self, last_day: Date, date: Date) {
        let until = Some(last_day);
        self.days = self.days.overlap(Days { from: None, until });
        if self.state == CaseState::InForce && last_day < date {
            self.state = CaseState::Ended(last_day);
        }
    }

    /// Takes for granted that it is in force on a day. An end that is still to come stays.
    fn assume(&mut self, date: Date) {
        *self = Self {
            state: CaseState::InForce,
            days: Days {
                from: None,
                until: self.days.until.filter(|last_day| date <= *last_day),
            },
        };
    }
}

/// The tenure of every case.
pub(super) fn validities(
    decisions: &BTreeMap<CaseNumber, InFile<Decision>>,
    date: Date,
    assumptions: &Assumptions,
) -> BTreeMap<CaseNumber, Validity> {
    let is_assumed = |case: &CaseNumber| assumptions.in_force.contains(case);
    let mut validities: BTreeMap<CaseNumber, Validity> = decisions
        .iter()
        .map(|(case, decision)| (case.clone(), own_validity(&decision.document, date)))
        .collect();
    for (case, decision) in decisions {
        let decision = &decision.document;
        let first_day = if is_assumed(case) {
            Some(date)
        } else {
            replaces_from(decision, date)
        };
        let last_day = first_day.and_then(|first_day| first_day.yesterday().ok());
        let replaced = decision.replaces.as_ref();
        let replaced = replaced.and_then(|replaced| validities.get_mut(&replaced.value));
        if let (Some(replaced), Some(last_day)) = (replaced, last_day) {
            replaced.end(last_day, date);
        }
    }
    for (_, validity) in validities.iter_mut().filter(|(case, _)| is_assumed(case)) {
        validity.assume(date);
    }
    validities
}

/// The tenure of a case by what its own file says.
fn own_validity(decision: &Decision, date: Date) -> Validity {
    let days = Days {
        from: Some(decision.first_day().value.0),
        until: decision.until.as_ref().map(|day| day.value.0),
    };
    let state = state(decision.status.value, days, date);
    Validity { state, days }
}

fn state(status: Status, days: Days, date: Date) -> CaseState {
    let is_over = days.until.filter(|last_day| *last_day < date);
    match (status, is_over) {
        (Status::Draft | Status::Hearing, _) => CaseState::Proposed,
        (Status::Rejected, _) | (Status::Repealed, Some(_)) => CaseState::Void,
        (Status::Repealed, None) if days.until.is_none() => CaseState::Void,
        (Status::Decided | Status::InForce | Status::Emergency, Some(last_day)) => {
            CaseState::Ended(last_day)
        }
        (Status::Decided | Status::InForce | Status::Emergency | Status::Repealed, None) => {
            match days.from.filter(|first_day| date < *first_day) {
                Some(first_day) => CaseState::Coming(first_day),
                None => CaseState::InForce,
            }
        }
    }
}

/// The day on which a case ends those it replaces; `None` where it was never decided, or is
/// repealed before that day comes.
fn replaces_from(decision: &Decision, date: Date) -> Option<Date> {
    let first_day = decision.first_day().value.0;
    match decision.status.value {
        Status::Decided | Status::InForce | Status::Emergency => Some(first_day),
        Status::Repealed => {
            Some(first_day).filter(|first_day| decision.until.is_some() || *first_day <= date)
        }
        Status::Draft | Status::Hearing | Status::Rejected => None,
    }
}

impl Policy {
    /// The state of a case on the day of the policy; `None` for an unknown one.
    pub fn state(&self, case: &CaseNumber) -> Option<CaseState> {
        Some(self.validities.get(case)?.state)
    }

    /// The last day of a case, of its own or because another one replaces it.
    pub(crate) fn last_day(&self, case: &CaseNumber) -> Option<Date> {
        self.validities.get(case)?.days.until
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_case_that_is_taken_for_granted_still_ends_on_its_last_day() {
        let today = date(2026, 11, 23);
        let until_when_assumed = |until| {
            let mut validity = Validity {
                state: CaseState::Proposed,
                days: Days {
                    from: Some(date(2027, 1, 1)),
                    until: Some(until),
                },
            };
            validity.assume(today);
            assert_eq!(validity.state, CaseState::InForce);
            validity.days.until
        };
        for ahead in [today, date(2027, 6, 30)] {
            assert_eq!(until_when_assumed(ahead), Some(ahead));
        }
        assert_eq!(until_when_assumed(date(2026, 11, 22)), None);
    }
}
