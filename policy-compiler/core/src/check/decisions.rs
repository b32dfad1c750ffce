//! Whether every rule stands on a decision, and every decision on its own feet.

use fyr_schemas::CaseNumber;
use fyr_schemas::policy::{Decision, Status};

use crate::code::Code;
use crate::diagnostic::{Diagnostic, help_for_unknown};
use crate::parse::{DocumentKind, InFile};
use crate::policy::{Policy, Rule};

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let of_rules = policy
        .rules
        .values()
        .flat_map(|rule| check_rule(policy, rule));
    let of_decisions = policy
        .decisions
        .values()
        .flat_map(|decision| check_decision(policy, decision));
    of_rules.chain(of_decisions).collect()
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
    let Some(decision) = policy.decisions.get(&case.value) else {
        if !policy.unread.has_all(&[DocumentKind::Decision]) {
            return Vec::new();
        }
        let known = policy.decisions.keys().map(CaseNumber::as_str);
        return vec![
            Diagnostic::new(
                Code::UnknownDecision,
                format!("unknown decision `{}`", case.value),
            )
            .at(place, "no file under `decisions/` has this case number")
            .help(help_for_unknown(case.as_str(), known)),
        ];
    };
    let status = &decision.document.status;
    let mut findings = Vec::new();
    if !status.carries_rules() {
        findings.push(
            Diagnostic::new(
                Code::NotDecided,
                format!("`{}` is {} and carries no rules", case.value, status.word()),
            )
            .at(place, "cited here")
            .at(decision.place(status), "its status")
            .help("remove the rule, or cite the decision that holds"),
        );
    }
    if decision.document.date.value.0 > policy.date {
        findings.push(
            Diagnostic::new(
                Code::NotYetDecided,
                format!("`{}` is decided after {}", case.value, policy.date),
            )
            .at(place, "cited here")
            .at(
                decision.place(&decision.document.date),
                "decided on this day",
            )
            .help("correct the date, or compile with `--date` for a later day"),
        );
    }
    findings.extend(competence(policy, rule, decision));
    findings
}

fn competence(policy: &Policy, rule: &Rule, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let bodies = &policy.organisation.document.bodies;
    let (name, body) = bodies
        .iter()
        .find(|(name, _)| name.value == decision.document.body.value)?;
    if body.competent_for.contains(rule.unit()) || policy.lacks_unit(rule.unit()) {
        return None;
    }
    let competent = bodies
        .iter()
        .find(|(_, body)| body.competent_for.contains(rule.unit()))
        .map_or_else(
            || "no body is competent for it; `fyr.yaml` says who may decide where".to_owned(),
            |(name, _)| format!("`{}` is competent for it", name.value),
        );
    Some(
        Diagnostic::new(
            Code::NotCompetent,
            format!("`{}` may not decide for `{}`", name.value, rule.unit()),
        )
        .at(
            rule.source.place(&rule.source.document.scope.unit),
            format!("`{}` is for this unit", rule.id()),
        )
        .at(
            decision.place(&decision.document.body),
            "decided by this body",
        )
        .at(
            policy.organisation.place(&body.competent_for),
            "which is competent here",
        )
        .help(competent),
    )
}

fn check_decision(policy: &Policy, decision: &InFile<Decision>) -> Vec<Diagnostic> {
    let status = decision.document.status.value;
    let mut findings = Vec::new();
    if status == Status::Emergency {
        findings.extend(deadline(policy, decision));
    } else {
        findings.extend(grounds(decision));
    }
    if status.carries_rules() {
        findings.extend(overdue_review(policy, decision));
    }
    findings
}

/// What an emergency alone may leave to the decision that follows.
fn grounds(decision: &InFile<Decision>) -> impl Iterator<Item = Diagnostic> {
    let written = &decision.document;
    let fields = [
        ("legal-basis", written.legal_basis.is_some()),
        ("review", written.review.is_some()),
    ];
    fields
        .into_iter()
        .filter(|(_, is_given)| !is_given)
        .map(|(field, _)| {
            Diagnostic::new(
                Code::MissingField,
                format!("the field `{field}` is missing"),
            )
            .at(
                decision.place(&written.decision),
                format!("`{field}` belongs to this decision"),
            )
            .help(format!("add `{field}:`"))
        })
}

fn overdue_review(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let written = &decision.document;
    let review = written.review.as_ref()?;
    (review.value.0 < policy.date).then(|| {
        Diagnostic::new(
            Code::ReviewOverdue,
            format!("`{}` is overdue for review", written.decision.value),
        )
        .at(decision.place(review), "was to be reviewed by this day")
        .help(format!("ask `{}` to review it", written.owner))
    })
}

fn deadline(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let written = &decision.document;
    match &written.decide_by {
        None => Some(
            Diagnostic::new(
                Code::NoDeadline,
                format!(
                    "`{}` says not when it must be decided",
                    written.decision.value
                ),
            )
            .at(decision.place(&written.status), "in force at once")
            .help("add `decide-by:` with the day the decision must follow by"),
        ),
        Some(day) if day.value.0 < policy.date => Some(
            Diagnostic::new(
                Code::DeadlinePassed,
                format!("`{}` still awaits its decision", written.decision.value),
            )
            .at(decision.place(day), "was to be decided by this day")
            .help(format!(
                "ask `{}` to decide, or remove the rules that cite it",
                written.body.value
            )),
        ),
        Some(_) => None,
    }
}
