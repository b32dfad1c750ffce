//! Rules whose time never comes, and rules that leave room for lessons where there is none.

use fyr_policy_source::{At, Day, Strength};

use crate::finding::{DecisionDay, Diagnostic, Role, Rule as Found};
use crate::policy::timetable::Period;
use crate::policy::{Horizon, Policy, Rule};
use crate::source::Place;

pub(super) fn check(policy: &Policy) -> impl Iterator<Item = Diagnostic> {
    policy.rules.values().flat_map(|rule| {
        let never_holds = match rule.time_scope.horizon {
            Horizon::Past => over(rule),
            Horizon::Never => never_carried(policy, rule),
            Horizon::Within | Horizon::Later => runs_for_others(policy, rule),
        };
        never_holds.into_iter().chain(nothing_to_override(rule))
    })
}

fn over(rule: &Rule) -> Option<Diagnostic> {
    let last = rule.source.document.until.as_ref()?;
    Some(
        Diagnostic::of(Found::Ended {
            rule: rule.id().clone(),
            last: last.value.0,
        })
        .at(rule.source.place(last), Role::LastDay),
    )
}

/// A rule whose own days and those of its case do not meet. One that ends before it begins is found
/// when it is read.
fn never_carried(policy: &Policy, rule: &Rule) -> Option<Diagnostic> {
    let written = &rule.source.document;
    let case = rule.decision()?;
    let decision = policy.decisions.get(case)?;
    let first_day = decision.document.first_day();
    let at = |day: &At<Day>| rule.source.place(day);
    let ((own, its), there, day) = if let Some(last) = &written.until
        && last.value < first_day.value
    {
        let there = decision.place(first_day);
        ((at(last), DecisionDay::Ends), there, DecisionDay::Begins)
    } else {
        let first = written.from.as_ref()?;
        let last_day = policy.last_day(case)?;
        (last_day < first.value.0).then_some(())?;
        let there = end_of(policy, rule)?;
        ((at(first), DecisionDay::Begins), there, DecisionDay::Ends)
    };
    Some(
        Diagnostic::of(Found::OutsideDecision {
            rule: rule.id().clone(),
            case: case.clone(),
        })
        .at(own, Role::RuleDay { day: its })
        .at(there, Role::Day { day }),
    )
}

/// Where it is written that the case of a rule ends: in its own file, or where it is replaced.
fn end_of(policy: &Policy, rule: &Rule) -> Option<Place> {
    let case = rule.decision()?;
    let last_day = policy.last_day(case)?;
    let decision = policy.decisions.get(case)?;
    let until = decision.document.until.as_ref();
    if let Some(until) = until.filter(|until| until.value.0 == last_day) {
        return Some(decision.place(until));
    }
    policy.decisions.values().find_map(|by| {
        let replaces = by.document.replaces.as_ref();
        replaces.filter(|replaced| replaced.value == *case)?;
        let first_day = by.document.first_day();
        (first_day.value.0.yesterday().ok()? == last_day).then(|| by.place(first_day))
    })
}

/// A rule whose periods run for none of its groups.
fn runs_for_others(policy: &Policy, rule: &Rule) -> Option<Diagnostic> {
    let first = rule.source.document.during.first()?;
    let periods: Vec<&Period> = rule
        .time_scope
        .during
        .iter()
        .filter_map(|name| policy.timetable.periods.get(name))
        .collect();
    // A period that is unknown or over is a finding of its own.
    let is_sound = periods.len() == rule.time_scope.during.len()
        && periods.iter().any(|period| policy.runs_again(period));
    let mut groups = policy.groups_of(rule).peekable();
    groups.peek()?;
    let meets = groups.any(|group| {
        let mut periods = periods.iter();
        periods.any(|period| period.for_group(group).is_some())
    });
    if meets || !is_sound {
        return None;
    }
    let finding = Diagnostic::of(Found::PeriodForOthers {
        rule: rule.id().clone(),
        periods: rule.time_scope.during.iter().cloned().collect(),
    });
    let others = periods.iter();
    Some(
        finding
            .at(rule.source.place(first), Role::During)
            .at_each(others.map(|period| (period.place, Role::RunsForOthers))),
    )
}

fn nothing_to_override(rule: &Rule) -> Option<Diagnostic> {
    let written = &rule.source.document;
    let (place, strength) = (
        rule.source.place(written.overridable.as_ref()?),
        rule.source.place(&written.strength),
    );
    let written = rule.strength();
    (written != Strength::Minimum).then(|| {
        Diagnostic::of(Found::NothingToOverride {
            rule: rule.id().clone(),
            strength: written,
        })
        .at(place, Role::Overridable)
        .at(strength, Role::StrengthIs { strength: written })
    })
}
