//! Whether every rule stands on a decision that carries it.

mod cases;
pub(super) mod competence;

use fyr_policy_source::{Decision, Status};
use fyr_schemas::CaseNumber;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, number_meant};
use crate::parse::{DocumentKind, InFile};
use crate::policy::{CaseState, Policy, Rule};
use crate::source::Place;

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let rules = policy.rules.values().chain(policy.dormant.values());
    rules
        .flat_map(|rule| check_rule(policy, rule))
        .chain(cases::check(policy))
        .collect()
}

fn check_rule(policy: &Policy, rule: &Rule) -> Vec<Diagnostic> {
    let Some(case) = &rule.source.document.decision else {
        return vec![
            Diagnostic::new(
                Code::NoDecision,
                format!("`{}` cites no decision", rule.id()),
            )
            .at(rule.place(), "nobody says who decided this")
            .help("add `decision:` with the case number"),
        ];
    };
    let place = rule.source.place(case);
    let Some((decision, state)) = policy
        .decisions
        .get(&case.value)
        .zip(policy.state(&case.value))
    else {
        return unknown(policy, case, place).into_iter().collect();
    };
    match state {
        CaseState::Void => vec![carries_nothing(decision, place)],
        // Whether a proposal may be decided is for the body that is asked to decide it.
        CaseState::Proposed => Vec::new(),
        CaseState::InForce | CaseState::Ended(_) => competence::of_rule(policy, rule, decision)
            .into_iter()
            .collect(),
        CaseState::Coming(_) => competence::of_rule(policy, rule, decision)
            .into_iter()
            .chain(not_yet(policy, decision, place))
            .collect(),
    }
}

/// A case number that no file has, where every file could be read.
pub(super) fn unknown(policy: &Policy, case: &CaseNumber, place: Place) -> Option<Diagnostic> {
    let known = policy.decisions.keys().map(CaseNumber::as_str);
    policy.unread.has_all(&[DocumentKind::Decision]).then(|| {
        Diagnostic::new(Code::UnknownDecision, format!("unknown decision `{case}`"))
            .at(place, "no file under `decisions/` has this case number")
            .help(match number_meant(case.as_str(), known) {
                Some(meant) => format!(
                    "write `{meant}` if that was meant; a decision that is new has a file of its \
                     own under `decisions/`"
                ),
                None => "write the decision to a file of its own under `decisions/`".to_owned(),
            })
    })
}

/// A case that carries nothing, and what is cited here stands on it all the same.
pub(super) fn carries_nothing(decision: &InFile<Decision>, place: Place) -> Diagnostic {
    let written = &decision.document;
    let status = &written.status;
    let finding = Diagnostic::new(
        Code::NotDecided,
        format!(
            "`{}` is {} and carries nothing",
            written.decision.value,
            status.word()
        ),
    )
    .at(place, "cited here")
    .at(decision.place(status), "its status")
    .help("cite the decision that holds, or remove what stands on this one");
    match &written.until {
        Some(day) => finding.at(decision.place(day), "held until this day"),
        None => finding,
    }
}

/// A case that says it is in force, on a day on which it is not: one of its days is wrong, or
/// another day is compiled for.
fn not_yet(policy: &Policy, decision: &InFile<Decision>, place: Place) -> Option<Diagnostic> {
    let written = &decision.document;
    let first_day = written.first_day();
    (written.status.value == Status::InForce).then(|| {
        Diagnostic::new(
            Code::NotYetInForce,
            format!(
                "`{}` is not in force on {}",
                written.decision.value, policy.date
            ),
        )
        .at(place, "so this rule does not hold on it")
        .at(decision.place(first_day), "its first day")
        .help("correct the day, or write `status: decided` until then")
    })
}
