//! Breaches of floors, told once each with the groups they are about.

use fyr_schemas::GroupId;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
use crate::policy::Policy;
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
    let asks = who_can_change(policy, above);
    let (code, message, stands, help) = match kind {
        BreachKind::WeakerThanFloor => (
            Code::WeakerThanFloor,
            format!(
                "`{subject}: {}` is weaker than the floor above",
                below.value
            ),
            format!("`{}` sets the floor: `{}`", above.rule, above.value),
            format!("use `{}` or a stricter value; {asks}", above.value),
        ),
        BreachKind::ChangesLocked => (
            Code::LockedAbove,
            format!("`{subject}: {}` changes what is locked above", below.value),
            format!("`{}` locks it: `{}`", above.rule, above.value),
            format!("remove the value; {asks}"),
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
            format!("remove the site; {asks}"),
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

/// Who decided what stands above.
fn who_can_change(policy: &Policy, above: &Said) -> String {
    let decided = policy
        .rules
        .get(&above.rule)
        .and_then(|rule| rule.decision())
        .and_then(|case| Some((case, policy.body_of(case)?)));
    match decided {
        Some((case, body)) => format!("only {body} can change what it decided in {case}"),
        None => format!("only those who wrote `{}` can change it", above.rule),
    }
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
                    .help(
                        "write both with a host, or a host and path, and without scheme, port or \
                         query",
                    ),
                None => finding.help(
                    "the rules of one group come to too many single sites: list them in a file \
                     below `lists/`, and let the rule speak of their `category:NAME`",
                ),
            }
        })
        .collect()
}
