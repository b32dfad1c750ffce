//! Whether every case stands on its own feet: its grounds, its days, and what it replaces.

use fyr_policy_source::{At, Day, Decision, Status};
use jiff::ToSpan;

use super::{competence, unknown};
use crate::check::assessments;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
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
    let pairs = [
        (written.first_day(), "begins", &written.until, "ends"),
        (&written.date, "is dated", &written.review, "is reviewed"),
        (&written.date, "is dated", &written.decide_by, "is decided"),
    ];
    pairs
        .into_iter()
        .filter_map(|(first, begins, last, ends)| {
            let last = last.as_ref().filter(|last| last.value < first.value)?;
            Some(backwards(
                decision,
                format!("`{}` {ends} before it {begins}", written.decision.value),
                (last, ends),
                (first, begins),
            ))
        })
        .collect()
}

fn backwards(
    decision: &InFile<Decision>,
    message: String,
    (last, ends): (&At<Day>, &str),
    (first, begins): (&At<Day>, &str),
) -> Diagnostic {
    Diagnostic::new(Code::DaysBackwards, message)
        .at(decision.place(last), format!("it {ends} on this day"))
        .at(decision.place(first), format!("it {begins} on this day"))
        .help("correct one of the days")
}

/// A case that this one takes the place of is known, began earlier, and is this body's to end.
fn replacement(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let case = decision.document.replaces.as_ref()?;
    let place = decision.place(case);
    let Some(replaced) = policy.decisions.get(&case.value) else {
        return unknown(policy, case, place);
    };
    let (first_day, earlier) = (decision.document.first_day(), replaced.document.first_day());
    if first_day.value <= earlier.value {
        return Some(
            Diagnostic::new(
                Code::DaysBackwards,
                format!(
                    "`{}` replaces `{}`, which does not begin earlier",
                    decision.document.decision.value, case.value
                ),
            )
            .at(place, "replaced here")
            .at(decision.place(first_day), "from this day on")
            .at(replaced.place(earlier), "which begins on this day")
            .help("correct one of the days, or the case that is replaced"),
        );
    }
    competence::of_replacement(policy, decision, replaced)
}

fn overdue_review(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let written = &decision.document;
    let review = written.review.as_ref()?;
    // A day before that of the decision itself is a slip, and told as one.
    (written.date.value <= review.value && review.value.0 < policy.date).then(|| {
        Diagnostic::new(
            Code::ReviewOverdue,
            format!("`{}` is overdue for review", written.decision.value),
        )
        .at(decision.place(review), "was to be reviewed by this day")
        .help(format!("ask `{}` to review it", written.owner))
    })
}

fn no_deadline(decision: &InFile<Decision>) -> Option<Diagnostic> {
    let written = &decision.document;
    (written.status.value == Status::Emergency && written.decide_by.is_none()).then(|| {
        Diagnostic::new(
            Code::NoDeadline,
            format!(
                "`{}` says not when it must be decided",
                written.decision.value
            ),
        )
        .at(decision.place(&written.status), "in force at once")
        .help("add `decide-by:` with the day the decision must follow by")
    })
}

/// How long an emergency may stand on nothing but itself.
const MONTHS_WITHOUT_DECISION: i32 = 3;

/// An emergency whose decision is far away is a decision that nobody made.
fn far_deadline(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let written = &decision.document;
    let (day, first) = (written.awaited_by()?, &written.date);
    let latest = first.value.0.checked_add(MONTHS_WITHOUT_DECISION.months());
    (latest.ok()?.max(policy.date) < day.value.0).then(|| {
        Diagnostic::new(
            Code::FarDeadline,
            format!(
                "`{}` is an emergency for more than {MONTHS_WITHOUT_DECISION} months",
                written.decision.value
            ),
        )
        .at(decision.place(day), "is to be decided by this day")
        .at(
            decision.place(first),
            "in force without a decision from here on",
        )
        .help("name the next meeting of the body, or let it decide now: `status: decided`")
    })
}

fn passed_deadline(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let written = &decision.document;
    let day = written.awaited_by()?;
    (day.value.0 < policy.date).then(|| {
        Diagnostic::new(
            Code::DeadlinePassed,
            format!("`{}` still awaits its decision", written.decision.value),
        )
        .at(decision.place(day), "was to be decided by this day")
        .help(format!(
            "ask {} to decide, or remove the rules that cite it",
            policy.body_name(&written.body)
        ))
    })
}

/// R24: an assessment that nobody has looked at for longer than the organisation allows.
fn old_assessment(policy: &Policy, decision: &InFile<Decision>) -> Option<Diagnostic> {
    let dpia = decision.document.dpia.as_ref()?;
    assessments::outdated(policy, dpia, decision.file)
}
