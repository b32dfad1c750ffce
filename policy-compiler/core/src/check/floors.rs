//! Breaches of floors, told once each with the groups they are about.

use fyr_schemas::GroupId;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
use crate::resolve::{Breach, BreachKind, Resolution, Resolved};

pub(super) fn check(resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let breaches = resolution
        .breaches
        .iter()
        .map(|(breach, groups)| tell(breach, groups));
    let mut inexpressible: Vec<Diagnostic> = resolution
        .groups
        .values()
        .flat_map(tell_inexpressible)
        .collect();
    inexpressible.sort();
    inexpressible.dedup();
    breaches.chain(inexpressible).collect()
}

fn tell(breach: &Breach, groups: &[&GroupId]) -> Diagnostic {
    let Breach {
        kind,
        subject,
        above,
        below,
    } = breach;
    let (code, message, stands, help) = match kind {
        BreachKind::WeakerThanFloor => (
            Code::WeakerThanFloor,
            format!(
                "`{subject}: {}` is weaker than the floor above",
                below.value
            ),
            format!("`{}` sets the floor: `{}`", above.rule, above.value),
            format!("use `{}` or a stricter value", above.value),
        ),
        BreachKind::ChangesLocked => (
            Code::LockedAbove,
            format!("`{subject}: {}` changes what is locked above", below.value),
            format!("`{}` locks it: `{}`", above.rule, above.value),
            "remove the value; only the body above can change it".to_owned(),
        ),
        BreachKind::SameLayer => (
            Code::SameLayer,
            format!(
                "`{}` and `{}` disagree on `{subject}`",
                above.rule, below.rule
            ),
            format!("`{}` says `{}`", above.rule, above.value),
            "both stand on the same unit: say it in one of them".to_owned(),
        ),
        BreachKind::SiteBelowFloor => (
            Code::SiteBelowFloor,
            format!("`{}` is bounded from above", below.value),
            format!("`{}` says `{}` for all of it", above.rule, above.value),
            "remove the site; only the body above can change its verdict".to_owned(),
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

fn tell_inexpressible(resolved: &Resolved<'_>) -> Vec<Diagnostic> {
    let (_, inexpressible) = resolved.sites.flatten();
    inexpressible
        .into_iter()
        .map(|each| {
            Diagnostic::new(
                Code::InexpressibleSites,
                format!(
                    "a browser's lists cannot express the verdict over `{}`",
                    each.filter
                ),
            )
            .at(each.decides, "this decides")
            .at(each.instead, "a browser would go by this")
            .help("write them with hosts and paths alone, without scheme, port or query")
        })
        .collect()
}
