//! Breaches of floors, told once each with the groups they are about.

use fyr_schemas::policy::{Overridable, Strength};
use fyr_schemas::{CaseNumber, GroupId};

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
use crate::policy::{Policy, Rule};
use crate::resolve::{Breach, BreachKind, Resolution, Resolved, Said};

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let breaches = resolution
        .breaches
        .iter()
        .map(|(breach, groups)| tell(policy, breach, groups));
    let mut inexpressible: Vec<Diagnostic> = resolution
        .at_all_times()
        .flat_map(tell_inexpressible)
        .collect();
    inexpressible.sort();
    inexpressible.dedup();
    breaches.chain(inexpressible).collect()
}

fn tell(policy: &Policy, breach: &Breach, groups: &[&GroupId]) -> Diagnostic {
    let Breach {
        kind,
        subject,
        above,
        below,
    } = breach;
    let asks = what_else(policy, above, below);
    let (code, message, stands, help) = match kind {
        BreachKind::WeakerThanFloor => (
            Code::WeakerThanFloor,
            format!(
                "`{subject}: {}` is weaker than the floor above",
                below.value
            ),
            format!("`{}` sets the floor: `{}`", above.rule, above.value),
            format!("use `{}` or a stricter value{asks}", above.value),
        ),
        BreachKind::ChangesLocked => (
            Code::LockedAbove,
            format!("`{subject}: {}` changes what is locked above", below.value),
            format!("`{}` locks it: `{}`", above.rule, above.value),
            format!("remove the value{asks}"),
        ),
        BreachKind::SameLayer => (
            Code::SameLayer,
            format!(
                "`{}` and `{}` disagree on `{subject}`",
                above.rule, below.rule
            ),
            format!("`{}` says `{}`", above.rule, above.value),
            format!(
                "both rules stand on the same unit, so neither outranks the other: keep \
                 `{subject}` in one of them"
            ),
        ),
        BreachKind::SiteBelowFloor => (
            Code::SiteBelowFloor,
            format!("`{}` goes against `{}` above", below.value, above.value),
            format!("`{}` says so for all of it", above.rule),
            format!("remove the site{asks}"),
        ),
    };
    Diagnostic::new(code, message)
        .at(
            below.place,
            format!(
                "`{}` says `{}` for {}",
                below.rule,
                below.value,
                groups_in_words(groups)
            ),
        )
        .at(above.place, stands)
        .help(help)
}

/// What else those may do who wrote what stands below.
fn what_else(policy: &Policy, above: &Said, below: &Said) -> String {
    let floor = policy.rules.get(&above.rule);
    let is_lesson = policy.rules.get(&below.rule).is_some_and(Rule::is_lesson);
    let owner = match floor.and_then(|rule| decided(policy, rule)) {
        Some((case, body)) => format!("only {body} can change what it decided in {case}"),
        None => format!("only those who wrote `{}` can change it", above.rule),
    };
    match floor.map(|rule| (rule.strength(), rule.overridable())) {
        Some((Strength::Minimum, Some(Overridable::Lessons))) => {
            format!(
                ", or give it as a lesson, which ends by itself: `during: lesson:NAME`; {owner}"
            )
        }
        Some((Strength::Minimum, None)) if is_lesson => {
            format!("; {owner}, or let lessons go below it: `overridable: lessons`")
        }
        Some((Strength::Minimum, None)) => {
            format!("; {owner}, or open it for lessons: `overridable: lessons`")
        }
        Some((Strength::Locked | Strength::Default, _)) | None => format!("; {owner}"),
    }
}

fn decided<'a>(policy: &'a Policy, rule: &'a Rule) -> Option<(&'a CaseNumber, &'a str)> {
    let case = rule.decision()?;
    Some((case, policy.body_of(case)?))
}

fn tell_inexpressible(resolved: &Resolved<'_>) -> Vec<Diagnostic> {
    let inexpressible = &resolved.sites.flat.inexpressible;
    inexpressible
        .iter()
        .map(|each| {
            let finding = Diagnostic::new(
                Code::InexpressibleSites,
                format!("no browser can be told the verdict over `{}`", each.sites),
            )
            .at(each.decides, "this is what was decided");
            match each.instead {
                Some(instead) => finding
                    .at(instead, "and a browser would follow this instead")
                    .help("remove one of the two, or ask those who wrote the other to"),
                None => finding.help(
                    "the rules of one group come to too many single sites: list them in a file \
                     below `lists/`, and let the rule speak of their `category:NAME`",
                ),
            }
        })
        .collect()
}
