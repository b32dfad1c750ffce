//! Whether every rule cites a decision that may put it in force.

mod cases;
pub(super) mod competence;

use fyr_policy_source::{Decision, Status};
use fyr_schemas::CaseNumber;

use crate::finding::{Decision as Found, DecisionDay, Diagnostic, Role};
use crate::meant::number_meant;
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
        let rule_id = rule.id().clone();
        let finding = Diagnostic::of(Found::NotCited { rule: rule_id });
        return vec![finding.at(rule.place(), Role::Uncited)];
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
        CaseState::Void => vec![not_decided(decision, place)],
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
        Diagnostic::of(Found::Unknown {
            case: case.clone(),
            meant: number_meant(case.as_str(), known).map(str::to_owned),
        })
        .at(place, Role::UnknownCase)
    })
}

/// A decision that is cited, and whose status puts nothing in force.
pub(super) fn not_decided(decision: &InFile<Decision>, place: Place) -> Diagnostic {
    let written = &decision.document;
    let status = &written.status;
    let until = written.until.iter();
    Diagnostic::of(Found::NotDecided {
        case: written.decision.value.clone(),
        status: status.value,
    })
    .at(place, Role::Cites)
    .at(decision.place(status), Role::StatusOfDecision)
    .at_each(until.map(|day| (decision.place(day), Role::InForceUntil)))
}

/// A decision with the status `in-force` on a day on which it is not: one of its days is wrong, or
/// the policy is compiled for another day.
fn not_yet(policy: &Policy, decision: &InFile<Decision>, place: Place) -> Option<Diagnostic> {
    let written = &decision.document;
    let first_day = written.first_day();
    (written.status.value == Status::InForce).then(|| {
        let day = DecisionDay::Begins;
        Diagnostic::of(Found::NotYetInForce {
            case: written.decision.value.clone(),
            date: policy.date,
        })
        .at(place, Role::RuleNotInForce)
        .at(decision.place(first_day), Role::Day { day })
    })
}
