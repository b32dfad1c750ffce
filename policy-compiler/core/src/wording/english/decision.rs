//! Words about decisions.

use super::{Said, phrase};
use crate::finding::{Competent, Decision, DecisionDay};

pub(super) fn words(found: &Decision) -> Said {
    match found {
        Decision::NotCited { rule } => Said::new(
            format!("rule `{rule}` cites no decision"),
            "add `decision:` with the case number",
        ),
        Decision::Unknown { case, meant } => Said::new(
            format!("no decision has the case number `{case}`"),
            match meant {
                Some(meant) => format!(
                    "write `{meant}` if you meant that; otherwise add the decision in a file below \
                     `decisions/`"
                ),
                None => "add the decision in a file below `decisions/`".to_owned(),
            },
        ),
        Decision::NotDecided { case, status } => Said::new(
            format!(
                "decision `{case}` has the status `{}` and cannot be cited",
                status.word()
            ),
            "cite a decision that is in force, or remove what cites this one",
        ),
        Decision::NotYetInForce { case, date } => Said::new(
            format!("decision `{case}` has the status `in-force` but is not in force on {date}"),
            "correct the day, or write `status: decided` until it begins",
        ),
        Decision::DaysBackwards { case, first, last } => Said::new(
            format!(
                "decision `{case}` {} before it {}",
                verb(*last),
                verb(*first)
            ),
            "correct one of the days",
        ),
        Decision::ReplacesLater { case, replaced } => Said::new(
            format!("decision `{case}` replaces `{replaced}`, which does not begin earlier"),
            "correct one of the days, or the case number that is replaced",
        ),
        Decision::ReviewOverdue { case, owner } => Said::new(
            format!("the review of decision `{case}` is overdue"),
            format!("ask `{owner}` to review it, and write the next day of review"),
        ),
        Decision::NoDeadline { case } => Said::new(
            format!("emergency `{case}` has no day by which it must be decided"),
            "add `decide-by:` with that day",
        ),
        Decision::FarDeadline { case, months } => Said::new(
            format!(
                "emergency `{case}` is in force without a decision for more than {months} months"
            ),
            "name the next meeting of the body, or decide it now: `status: decided`",
        ),
        Decision::DeadlinePassed { case, body } => Said::new(
            format!("the decision on emergency `{case}` is overdue"),
            format!(
                "ask {body} to decide; if the emergency has ended, remove it and the rules that cite it"
            ),
        ),
        Decision::AssessmentOld {
            reference,
            version,
            years,
        } => Said::new(
            format!(
                "impact assessment `{reference}`, version {version}, is older than {}",
                phrase::counted(usize::from(*years), "year", "years")
            ),
            "assess it again, and write the next version with its date",
        ),
        Decision::BeyondCompetence {
            body,
            unit,
            competent,
            ..
        } => Said::new(
            format!("{body} is not competent for `{unit}`"),
            match competent {
                Competent::Body { id, name } => {
                    format!("correct `for`, or cite a decision of {name} (`body: {id}`)")
                }
                Competent::OwnDecision { name } => {
                    format!("cite a decision of {name}, which is competent for this unit")
                }
                Competent::NoneCompetent => {
                    "add a body to `fyr.yaml` that is competent for this unit".to_owned()
                }
            },
        ),
    }
}

/// What a decision does on one of its days.
pub(super) fn verb(day: DecisionDay) -> &'static str {
    match day {
        DecisionDay::Dated => "is dated",
        DecisionDay::Begins => "begins",
        DecisionDay::Ends => "ends",
        DecisionDay::Reviewed => "is reviewed",
        DecisionDay::Decided => "is decided",
    }
}
