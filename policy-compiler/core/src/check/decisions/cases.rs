//! Whether every decision is complete and consistent: its grounds, its days, and what it replaces.

use fyr_policy_source::{At, Day, Decision, Status};
use jiff::ToSpan;

use super::{competence, unknown};
use crate::check::assessments;
use crate::finding::{Decision as Found, DecisionDay, Diagnostic, Role};
use crate::parse::{InFile, missing_fields};
use crate::policy::{CaseState, Policy};

pub(super) fn check(policy: &Policy) -> impl Iterator<Item = Diagnostic> {
    policy.decisions.iter().flat_map(|(case, decision)| {
        let mut findings = Vec::new();
        findings.extend(grounds(decision));
        findings.extend(days(decision));
        findings.extend(replacement(policy, decision));
        findings.extend(no_deadline(decision));
        findings.extend(far_deadline(policy, decision));
        if policy.state(case) == Some(CaseState::InForce) {
            findings.extend(overdue_review(policy, decision));
            findings.extend(passed_deadline(policy, decision));
            findings.extend(old_assessment(policy, decision));
        }
        findings
    })
}

/// What a decision names. A proposal, what was rejected, and an emergency may leave it out.
fn grounds(decision: &InFile<Decision>) -> Option<Diagnostic> {
    let written = &decision.document;
    let missing = written.missing_grounds();
    let place = decision.place(&written.decision);
    (!missing.is_empty()).then(|| missing_fields::<Decision>(place, &missing))
}

/// Days that cannot follow one another.
fn days(decision: &InFile<Decision>) -> Vec<Diagnostic> {
    let written = &decision.document;
    let (begins, dated) = (written.first_day(), &written.date);
    let pairs = [
        (
            (begins, DecisionDay::Begins),
            (&written.until, DecisionDay::Ends),
        ),
        (
            (dated, DecisionDay::Dated),
            (&written.review, DecisionDay::Reviewed),
        ),
        (
            (dated, DecisionDay::Dated),
            (&written.decide_by, DecisionDay::Decided),
        ),
    ];
    pairs
        .into_iter()
        .filter_map(|((first, begins), (last, ends))| {
            let last = last.as_ref().filter(|last| last.value < first.value)?;
            Some(backwards(decision, (first, begins), (last, ends)))
        })
        .collect()
}

fn backwards(
    decision: &InFile<Decision>,
    (first, begins): (&At<Day>, DecisionDay),
    (last, ends): (&At<Day>, DecisionDay),
) -> Diagnostic {
    Diagnostic::of(Found::DaysBackwards {
        case: decision.document.decision.value.clone(),
        first: begins,
        last: ends,
    })
    .at(decision.place(last), Role::Day { day: ends })
    .at(decision.place(first), Role::Day { day: begins })
}

/// A decision that this one replaces must be known, begin earlier, and be within this body's
/// competence.
fn replacement(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let case = decision.document.replaces.as_ref()?;
    let place = decision.place(case);
    let Some(replaced) = policy.decisions.get(&case.value) else {
        return unknown(policy, case, place);
    };
    let (first_day, earlier) = (decision.document.first_day(), replaced.document.first_day());
    if first_day.value <= earlier.value {
        let day = DecisionDay::Begins;
        return Some(
            Diagnostic::of(Found::ReplacesLater {
                case: decision.document.decision.value.clone(),
                replaced: case.value.clone(),
            })
            .at(place, Role::Replaces)
            .at(decision.place(first_day), Role::Day { day })
            .at(replaced.place(earlier), Role::Day { day }),
        );
    }
    competence::of_replacement(policy, decision, replaced)
}

fn overdue_review(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let written = &decision.document;
    let review = written.review.as_ref()?;
    // A day before that of the decision itself is a mistake of its own.
    (written.date.value <= review.value && review.value.0 < policy.date).then(|| {
        Diagnostic::of(Found::ReviewOverdue {
            case: written.decision.value.clone(),
            owner: written.owner.clone(),
        })
        .at(decision.place(review), Role::ReviewDue)
    })
}

fn no_deadline(decision: &InFile<Decision>) -> Option<Diagnostic> {
    let written = &decision.document;
    (written.status.value == Status::Emergency && written.decide_by.is_none()).then(|| {
        let case = written.decision.value.clone();
        Diagnostic::of(Found::NoDeadline { case })
            .at(decision.place(&written.status), Role::Emergency)
    })
}

/// How long an emergency may be in force without a decision.
const MONTHS_WITHOUT_DECISION: i32 = 3;

/// An emergency whose decision is far away bypasses the body that must decide.
fn far_deadline(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let written = &decision.document;
    let (day, first) = (written.awaited_by()?, &written.date);
    let latest = first.value.0.checked_add(MONTHS_WITHOUT_DECISION.months());
    (latest.ok()?.max(policy.date) < day.value.0).then(|| {
        Diagnostic::of(Found::FarDeadline {
            case: written.decision.value.clone(),
            months: MONTHS_WITHOUT_DECISION,
        })
        .at(decision.place(day), Role::DecideBy)
        .at(decision.place(first), Role::WithoutDecisionFrom)
    })
}

fn passed_deadline(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let written = &decision.document;
    let day = written.awaited_by()?;
    (day.value.0 < policy.date).then(|| {
        Diagnostic::of(Found::DeadlinePassed {
            case: written.decision.value.clone(),
            body: policy.body_name(&written.body),
        })
        .at(decision.place(day), Role::DecideByPassed)
    })
}

/// R24: an assessment that is older than the organisation allows.
fn old_assessment(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let dpia = decision.document.dpia.as_ref()?;
    assessments::outdated(policy, dpia, decision.file)
}
