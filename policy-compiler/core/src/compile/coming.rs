//! What is decided for a later day, and could not begin on it as the policy is written.

use std::collections::BTreeSet;

use fyr_schemas::policy::{At, Day};
use jiff::ToSpan;
use jiff::civil::Date;

use super::checked;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::parse::Documents;
use crate::policy::{Assumptions, Policy, Standing, Told};

/// The most days that one run looks ahead at: the nearest, and the others as they come nearer.
const MOST_DAYS: usize = 12;

/// From how many days before it the next school year is looked ahead at: long enough to mend what
/// it brings, and no longer, so that a check stays cheap the rest of the year.
const DAYS_BEFORE_SCHOOL_YEAR: i32 = 100;

/// The nearest days after that of the policy on which a decision or a rule begins or is over, and
/// the one on which every class moves up.
fn turning_days(policy: &Policy) -> BTreeSet<Date> {
    let cases = policy.decisions.iter();
    let of_cases = cases.flat_map(|(case, decision)| {
        let begins = match policy.standing(case) {
            Some(Standing::Coming(day)) => Some(day),
            Some(Standing::InForce | Standing::Proposed | Standing::Ended(_) | Standing::Void)
            | None => None,
        };
        begins
            .into_iter()
            .chain(behind(decision.document.until.as_ref()))
    });
    let of_rules = policy.rules.values().flat_map(|rule| {
        let written = &rule.source.document;
        let begins = written.from.as_ref().map(|day| day.value.0);
        begins.into_iter().chain(behind(written.until.as_ref()))
    });
    let days = of_cases.chain(of_rules);
    let later: BTreeSet<Date> = days.filter(|day| policy.date < *day).collect();
    let nearest = later.into_iter().take(MOST_DAYS);
    nearest.chain(next_school_year(policy)).collect()
}

/// The day on which the next school year begins, once it is near.
fn next_school_year(policy: &Policy) -> Option<Date> {
    let today = policy.date;
    let near = today.checked_add(DAYS_BEFORE_SCHOOL_YEAR.days()).ok()?;
    let begins = policy.country().next_school_year(today)?;
    (begins <= near).then_some(begins)
}

/// The first day behind a last one.
fn behind(last: Option<&At<Day>>) -> Option<Date> {
    last?.value.0.tomorrow().ok()
}

/// Every error of a later day, told once and for the first of them. The policy of today has none.
pub(super) fn check(
    documents: &Documents,
    policy: &Policy,
    assumptions: &Assumptions,
) -> Vec<Diagnostic> {
    let mut told: Vec<Diagnostic> = Vec::new();
    let mut known: BTreeSet<Diagnostic> = BTreeSet::new();
    // Each later day has a look of its own, so none needs to see beyond itself.
    let alone = Assumptions {
        told: Told::DayAlone,
        ..assumptions.clone()
    };
    for day in turning_days(policy) {
        let mut findings = Diagnostics::default();
        checked::find(documents.clone(), day, &alone, &mut findings);
        let errors = findings.into_sorted().into_iter();
        for error in errors.filter(Diagnostic::is_error) {
            if known.insert(error.clone()) {
                told.push(ahead_of(day, error));
            }
        }
    }
    told
}

/// The error of a later day, as it is told before that day.
fn ahead_of(day: Date, error: Diagnostic) -> Diagnostic {
    let shown = format!("`fyr check --date {day}` shows that day");
    let help = error
        .help
        .map_or(shown.clone(), |help| format!("{help}; {shown}"));
    Diagnostic {
        labels: error.labels,
        code: Code::ErrorAhead,
        message: format!("from {day} on an error: {}", error.message),
        help: Some(help),
    }
}
