//! Rules whose time never comes, and rules that leave room for lessons where there is none.

use fyr_policy_source::{At, Day, Strength};
use fyr_schemas::PeriodId;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, in_backticks};
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
        Diagnostic::new(
            Code::NoTime,
            format!("`{}` held until {}", rule.id(), last.value),
        )
        .at(rule.source.place(last), "this day is over")
        .help("remove the rule, or give it a later last day"),
    )
}

/// A rule whose own days and those of its case do not meet. One that ends before it begins is
/// told where it is read.
fn never_carried(policy: &Policy, rule: &Rule) -> Option<Diagnostic> {
    let written = &rule.source.document;
    let case = rule.decision()?;
    let decision = policy.decisions.get(case)?;
    let first_day = decision.document.first_day();
    let at = |day: &At<Day>| rule.source.place(day);
    let (own, there, says) = if let Some(last) = &written.until
        && last.value < first_day.value
    {
        let there = decision.place(first_day);
        ((at(last), "the rule ends"), there, "the case begins")
    } else {
        let first = written.from.as_ref()?;
        let last_day = policy.last_day(case)?;
        (last_day < first.value.0).then_some(())?;
        let there = end_of(policy, rule)?;
        ((at(first), "the rule begins"), there, "the case ends")
    };
    Some(
        Diagnostic::new(
            Code::NoTime,
            format!(
                "`{}` never holds: its days and those of `{case}` do not meet",
                rule.id()
            ),
        )
        .at(own.0, own.1)
        .at(there, says)
        .help("correct one of the days, or cite the decision that holds then"),
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
    let finding = Diagnostic::new(
        Code::NoTime,
        format!("`{}` never holds: its period runs for others", rule.id()),
    )
    .at(
        rule.source.place(first),
        "does not run for the groups of the rule",
    );
    let names: Vec<&str> = rule
        .time_scope
        .during
        .iter()
        .map(PeriodId::as_str)
        .collect();
    let finding = periods.iter().fold(finding, |finding, period| {
        finding.at(period.place, "runs for others")
    });
    Some(finding.help(format!(
        "widen `for` of {}, or the rule's",
        in_backticks(&names)
    )))
}

fn nothing_to_override(rule: &Rule) -> Option<Diagnostic> {
    let written = &rule.source.document;
    let (place, strength) = (
        rule.source.place(written.overridable.as_ref()?),
        rule.source.place(&written.strength),
    );
    let help = match rule.strength() {
        Strength::Minimum => return None,
        Strength::Locked => {
            "write `strength: minimum` to let lessons go below it, or remove `overridable`"
        }
        Strength::Default => "remove `overridable`: everybody below may change what is `default`",
    };
    let word = rule.strength().word();
    Some(
        Diagnostic::new(
            Code::NothingToOverride,
            format!("`{}` is `{word}` and `overridable`", rule.id()),
        )
        .at(place, "only a `minimum` can be overridable")
        .at(strength, format!("this is `{word}`"))
        .help(help),
    )
}
