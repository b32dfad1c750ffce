//! Breaches of floors. Those that go against one floor alike are one finding once they are gathered.

use std::collections::BTreeSet;

use fyr_policy_source::{Overridable, Strength};
use fyr_schemas::GroupId;

use crate::finding::{self, Diagnostic, Floor, Lessons, Owner, Role};
use crate::lower::{FlatLists, Inexpressible, MOST_REGIONS, Obstacle};
use crate::policy::{Policy, Rule};
use crate::resolve::{Breach, BreachKind, QuotedClaim, Resolution};

pub(super) fn check<'r>(
    policy: &Policy,
    resolution: &'r Resolution<'r>,
    lists: &FlatLists<'r>,
) -> Vec<Diagnostic> {
    let breaches = resolution.breaches.iter();
    let breaches = breaches.map(|(breach, groups)| of_breach(policy, breach, groups));
    let times = resolution.at_all_times();
    let inexpressible = times.flat_map(|resolved| lists.of(&resolved.sites).inexpressible.clone());
    // Groups share their sites, so most are found many times.
    let inexpressible: BTreeSet<Inexpressible> = inexpressible.collect();
    breaches
        .chain(inexpressible.iter().map(of_inexpressible))
        .collect()
}

fn of_breach(policy: &Policy, breach: &Breach, groups: &[&GroupId]) -> Diagnostic {
    let Breach {
        kind,
        subject,
        above,
        below,
    } = breach;
    let owner = || owner(policy, above, below);
    let (setting, value) = (subject.clone(), below.value.clone());
    let floor = above.rule.clone();
    let finding = match kind {
        BreachKind::WeakerThanFloor => Floor::Weaker {
            setting,
            value,
            floor,
            least: above.value.clone(),
            owner: owner(),
        },
        BreachKind::ChangesLocked => Floor::ChangesLocked {
            setting,
            value,
            floor,
            owner: owner(),
        },
        BreachKind::SiteBelowFloor => Floor::SiteBelow {
            floor,
            verdict: above.value.clone(),
            owner: owner(),
        },
        BreachKind::SameLayer => Floor::SameUnit {
            subject: setting,
            rule: floor,
            other: below.rule.clone(),
        },
    };
    let offends = Role::SaysFor {
        rule: below.rule.clone(),
        values: BTreeSet::from([below.value.clone()]),
        groups: groups.iter().copied().cloned().collect(),
    };
    let (rule, value) = (above.rule.clone(), above.value.clone());
    let offended = match kind {
        BreachKind::WeakerThanFloor => Role::SetsFloor { rule, value },
        BreachKind::ChangesLocked => Role::Locks { rule, value },
        BreachKind::SiteBelowFloor => Role::Bounds { rule },
        BreachKind::SameLayer => Role::Says { rule, value },
    };
    Diagnostic::of(finding)
        .at(below.place, offends)
        .at(above.place, offended)
        .concerning(groups.iter().copied())
}

/// Who may change what stands above, and whether lessons may go below it.
fn owner(policy: &Policy, above: &QuotedClaim, below: &QuotedClaim) -> Owner {
    let floor = policy.rules.get(&above.rule);
    let is_lesson = policy.rules.get(&below.rule).is_some_and(Rule::is_lesson);
    let decided = floor.and_then(Rule::decision).and_then(|case| {
        let body = policy.body_of(case)?;
        Some((case.clone(), body.to_owned()))
    });
    let lessons = match floor.map(|rule| (rule.strength(), rule.overridable())) {
        Some((Strength::Minimum, Some(Overridable::Lessons))) => Lessons::Allowed,
        Some((Strength::Minimum, None)) if is_lesson => Lessons::PossibleForThis,
        Some((Strength::Minimum, None)) => Lessons::Possible,
        Some((Strength::Locked | Strength::Default, _)) | None => Lessons::Never,
    };
    Owner { decided, lessons }
}

fn of_inexpressible(each: &Inexpressible) -> Diagnostic {
    let (obstacle, other) = match &each.obstacle {
        Obstacle::Instead(instead) => {
            let other = (*instead, Role::DecidesInstead);
            (finding::Obstacle::OtherEntry, Some(other))
        }
        Obstacle::TooMany => (finding::Obstacle::TooManySites, None),
        Obstacle::TooManyApart => {
            let most = MOST_REGIONS;
            (finding::Obstacle::TooManyExceptions { most }, None)
        }
        Obstacle::Crossing { rules, other } => {
            let obstacle = finding::Obstacle::TooManyCrossings {
                rules: rules.iter().cloned().collect(),
                most: MOST_REGIONS,
            };
            (obstacle, Some((*other, Role::Crosses)))
        }
    };
    Diagnostic::of(Floor::Inexpressible {
        sites: each.sites.clone(),
        obstacle,
    })
    .at(each.decides, Role::Decides)
    .at_each(other)
}
