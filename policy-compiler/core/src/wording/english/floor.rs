//! Words about rules that go against a rule above, or against a decision.

use std::collections::BTreeSet;

use fyr_schemas::RuleId;

use super::{Said, phrase};
use crate::finding::{Diagnostic, Floor, Lessons, Obstacle, Owner, Role};

pub(super) fn words(found: &Floor, whole: &Diagnostic) -> Said {
    match found {
        Floor::Weaker {
            setting,
            value,
            floor,
            least,
            owner,
        } => Said::new(
            format!("`{setting}: {value}` is less restrictive than the minimum of rule `{floor}`"),
            format!(
                "use `{least}` or a stricter value{}",
                otherwise(floor, owner)
            ),
        ),
        Floor::ChangesLocked {
            setting,
            value,
            floor,
            owner,
        } => Said::new(
            format!("`{setting}: {value}` differs from what rule `{floor}` locks"),
            format!("remove the value{}", otherwise(floor, owner)),
        ),
        Floor::SiteBelow {
            floor,
            verdict,
            owner,
        } => site_below((floor, verdict), owner, whole),
        Floor::SameUnit {
            subject,
            rule,
            other,
        } => Said::new(
            format!("rules `{rule}` and `{other}` disagree on `{subject}`"),
            format!(
                "keep `{subject}` in one of them: both rules are for the same unit, so neither \
                 overrides the other"
            ),
        ),
        Floor::Exception {
            setting,
            names,
            closed,
            value,
            floor,
        } => {
            let names = phrase::quoted(names);
            Said::new(
                format!("`{setting}` excepts {names} from `{closed}: {value}` of rule `{floor}`"),
                format!("remove {names}, or name the exception in the unit of `{floor}` or above"),
            )
        }
        Floor::UndecidedException { rule, names, case } => {
            let names = phrase::quoted(names);
            Said::new(
                format!(
                    "rule `{rule}` cites no decision but excepts {names} from what `{case}` decided"
                ),
                format!("cite a decision of a competent body, or remove {names}"),
            )
        }
        Floor::UndecidedLoosening { rule, case } => Said::new(
            format!("rule `{rule}` cites no decision but loosens what `{case}` decided"),
            "cite a decision of a competent body, or remove the value",
        ),
        Floor::PolicyUndoes {
            policy,
            setting,
            value,
            decides,
        } => Said::new(
            format!("`{policy}` undoes `{setting}: {value}`"),
            format!("remove `{policy}`, or set it in rule `{decides}` or in a decided rule above"),
        ),
        Floor::OnlyForOrganisation { policy, unit } => Said::new(
            format!("`{policy}` is set for `{unit}`, but only the organisation may set it"),
            "remove it, or set it in a rule for `/`",
        ),
        Floor::Inexpressible { sites, obstacle } => inexpressible(sites, obstacle),
    }
}

/// Who may change the rule above, and what else those below may do.
fn otherwise(floor: &RuleId, owner: &Owner) -> String {
    let who = match &owner.decided {
        Some((case, body)) => format!("ask {body} to change `{floor}`, decided in {case}"),
        None => format!("ask the owner of rule `{floor}` to change it"),
    };
    match owner.lessons {
        Lessons::Allowed => format!("; for a lesson, write `during: lesson:NAME`; or {who}"),
        Lessons::PossibleForThis => {
            format!("; or {who}, or to allow lessons: `overridable: lessons`")
        }
        Lessons::Possible => {
            format!("; or {who}, or to open it for lessons: `overridable: lessons`")
        }
        Lessons::Never => format!("; or {who}"),
    }
}

fn site_below((floor, verdict): (&RuleId, &str), owner: &Owner, whole: &Diagnostic) -> Said {
    let said: BTreeSet<String> = whole
        .places
        .iter()
        .filter_map(|mark| match &mark.role {
            Role::SaysFor { values, .. } => Some(values),
            _ => None,
        })
        .flatten()
        .cloned()
        .collect();
    let (go, them) = match said.len() {
        1 => ("goes", "site"),
        _ => ("go", "sites"),
    };
    Said::new(
        format!(
            "{} {go} against `{verdict}` of rule `{floor}`",
            phrase::few(&said)
        ),
        format!("remove the {them}{}", otherwise(floor, owner)),
    )
}

fn inexpressible(sites: &str, obstacle: &Obstacle) -> Said {
    let cannot = format!("the lists of browsers cannot express the verdict over `{sites}`");
    match obstacle {
        Obstacle::OtherEntry => Said::new(
            cannot,
            "remove one of the two, or ask the owner of the other one to remove it",
        ),
        Obstacle::TooManySites => Said::new(
            cannot,
            "list the sites in a file below `lists/`, and write their `category:NAME` in the rule",
        ),
        Obstacle::TooManyExceptions { most } => Said::new(
            cannot,
            format!(
                "give categories that overlap one verdict, or remove their common sites from one: \
                 more than {most} sites differ from their category"
            ),
        ),
        Obstacle::TooManyCrossings { rules, most } => Said::new(
            format!(
                "sites of {} cross in more than {most} places, such as `{sites}`",
                phrase::quoted(rules.iter().map(RuleId::as_str))
            ),
            "remove the query conditions of one of the two, and of sites written like it: write the \
             host or the path alone",
        ),
    }
}
