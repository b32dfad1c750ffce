//! What is decided for a later day, and could not begin on it as the policy is written.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Scope;
use fyr_schemas::RuleId;
use jiff::ToSpan;
use jiff::civil::Date;

use super::findings::find;
use crate::check::floors_alone;
use crate::finding::{Ahead as Later, Diagnostic, Diagnostics, Finding, Role};
use crate::lower::FlatLists;
use crate::parse::Documents;
use crate::policy::{Assumptions, Authority, CaseState, LookAhead, Policy, organise, selects};
use crate::resolve::resolve;

/// The most days that one run looks ahead at for everything: the nearest, and the others as they
/// come nearer.
const MOST_DAYS: usize = 12;

/// The most days behind those that are looked at for what goes against floors, which is less work.
const MOST_DAYS_OF_FLOORS: usize = 50;

/// From how many days before it the next school year is looked ahead at: long enough to repair what
/// it brings, and no longer, so that a check stays cheap the rest of the year.
const DAYS_BEFORE_SCHOOL_YEAR: i32 = 100;

/// The days that are looked at.
struct Ahead {
    /// Those on which everything is: the nearest on which a decision or a rule begins or is over, and
    /// the one on which every class moves up.
    whole: BTreeSet<Date>,
    /// Those beyond a year on which something may come to stand below a floor that forbids it, with
    /// the rules that begin or end on them.
    of_floors: BTreeMap<Date, BTreeSet<RuleId>>,
    /// Those that are not checked.
    left_out: BTreeSet<Date>,
}

impl Ahead {
    fn of(policy: &Policy) -> Self {
        let mut later = later_days(policy).into_iter();
        let mut whole: BTreeSet<Date> = later.by_ref().take(MOST_DAYS).collect();
        let beyond: BTreeSet<Date> = later.collect();
        let mut beginning: BTreeMap<Date, BTreeSet<RuleId>> = BTreeMap::new();
        // Within a year every day was looked at, or is reported as not included in bundles.
        let reach = policy.date.checked_add(1.year()).unwrap_or(Date::MAX);
        let turns = policy.boundary_dates().filter(|turn| {
            let may_forbid = turn.begins || turn.authority != Authority::NoFloor;
            may_forbid && reach < turn.day && beyond.contains(&turn.day)
        });
        for turn in turns {
            beginning.entry(turn.day).or_default().insert(turn.rule);
        }
        let left_out = beginning
            .keys()
            .skip(MOST_DAYS_OF_FLOORS)
            .copied()
            .collect();
        whole.extend(next_school_year(policy));
        Self {
            whole,
            of_floors: beginning.into_iter().take(MOST_DAYS_OF_FLOORS).collect(),
            left_out,
        }
    }

    /// The days that are not checked, as a finding.
    fn report(&self, policy: &Policy) -> Option<Diagnostic> {
        let (first, count) = (self.left_out.first()?, self.left_out.len());
        let mut turns = policy.boundary_dates().filter(|turn| turn.day == *first);
        let rule = turns.find_map(|turn| policy.rules.get(&turn.rule))?;
        let (rule, place) = (rule.id().clone(), rule.place());
        let day = *first;
        let finding = Diagnostic::of(Later::DaysNotChecked {
            count,
            first: day,
            rule: rule.clone(),
        });
        Some(finding.at(place, Role::BeginsOrEnds { rule, day }))
    }
}

/// Every day after that of the policy on which a decision or a rule begins or is over.
fn later_days(policy: &Policy) -> BTreeSet<Date> {
    let cases = policy.decisions.iter();
    let of_cases = cases.flat_map(|(case, decision)| {
        let begins = match policy.state(case) {
            Some(CaseState::Coming(day)) => Some(day),
            Some(
                CaseState::InForce | CaseState::Proposed | CaseState::Ended(_) | CaseState::Void,
            )
            | None => None,
        };
        let until = decision.document.until.as_ref();
        begins
            .into_iter()
            .chain(until.and_then(|last| last.value.0.tomorrow().ok()))
    });
    let of_rules = policy.boundary_dates().map(|turn| turn.day);
    let days = of_cases.chain(of_rules);
    days.filter(|day| policy.date < *day).collect()
}

/// The day on which the next school year begins, once it is near.
fn next_school_year(policy: &Policy) -> Option<Date> {
    let today = policy.date;
    let near = today.checked_add(DAYS_BEFORE_SCHOOL_YEAR.days()).ok()?;
    let begins = policy.country().next_school_year(today)?;
    (begins <= near).then_some(begins)
}

/// Every error of a later day, reported once and for the first of them. The policy of today has none.
pub(super) fn check(
    documents: &Documents,
    policy: &Policy,
    assumptions: &Assumptions,
) -> Vec<Diagnostic> {
    let mut reported: Vec<Diagnostic> = Vec::new();
    let mut known: BTreeSet<Diagnostic> = BTreeSet::new();
    let mut report = |day: Date, found: Vec<Diagnostic>| {
        for error in found.into_iter().filter(Diagnostic::is_error) {
            if known.insert(error.clone()) {
                reported.push(ahead_of(day, error));
            }
        }
    };
    // Each later day has a look of its own, so none needs to see beyond itself.
    let alone = Assumptions {
        look_ahead: LookAhead::DayAlone,
        ..assumptions.clone()
    };
    let ahead = Ahead::of(policy);
    for day in &ahead.whole {
        let mut findings = Diagnostics::default();
        find(documents.clone(), *day, &alone, &mut findings);
        report(*day, findings.into_sorted());
    }
    for (day, beginning) in &ahead.of_floors {
        let mut unheard = Diagnostics::default();
        if let Some(mut policy) = organise(documents.clone(), *day, &alone, &mut unheard) {
            let beginning = beginning.iter().filter_map(|rule| policy.rules.get(rule));
            let beginning: Vec<Scope> = beginning
                .map(|rule| rule.source.document.scope.clone())
                .collect();
            policy
                .groups
                .retain(|_, group| beginning.iter().any(|scope| selects(scope, group)));
            let resolution = resolve(&policy);
            let lists = FlatLists::default();
            report(*day, floors_alone(&policy, &resolution, &lists));
        }
    }
    reported.extend(ahead.report(policy));
    reported
}

/// The error of a later day, as it is reported before that day.
fn ahead_of(day: Date, error: Diagnostic) -> Diagnostic {
    Diagnostic {
        finding: Finding::from(Later::Error {
            day,
            error: Box::new(error.finding),
        }),
        ..error
    }
}
