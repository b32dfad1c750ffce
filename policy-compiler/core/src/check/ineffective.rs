//! What rules say without effect: it is overridden everywhere, or another rule says it already.
//!
//! Everything that is found could be removed without a change for any group of the day. A bound is
//! found only where another bound says the same: it applies to groups to come. What an emergency
//! says, or a decision with a last day, covers nothing, because it ends. Neither does what depends on
//! an age, an approval or a status: those change without the rules.

mod settings;
mod sites;

use std::collections::BTreeMap;

use fyr_policy_source::{Decision, Status, Strength};
use fyr_schemas::RuleId;

use crate::finding::{Diagnostic, Role, Rule as Found};
use crate::parse::InFile;
use crate::policy::{Layer, Policy, Rule};
use crate::resolve::Resolution;
use crate::source::Place;

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    // A breach is a finding of its own, and what has no effect beside it is not known.
    if !resolution.breaches.is_empty() {
        return Vec::new();
    }
    let ineffective = settings::ineffective(policy, resolution)
        .into_iter()
        .chain(sites::ineffective(policy, resolution));
    let mut pairs: BTreeMap<(Shade, &RuleId, &RuleId), Vec<Ineffective<'_>>> = BTreeMap::new();
    for each in ineffective {
        let pair = (each.shade, each.rule.id(), each.by.id());
        pairs.entry(pair).or_default().push(each);
    }
    pairs
        .values()
        .filter_map(|shadowed| finding(shadowed))
        .collect()
}

/// Something that a rule says and that changes nothing.
struct Ineffective<'a> {
    shade: Shade,
    rule: &'a Rule,
    /// The setting, or the filters of the site.
    subjects: Vec<String>,
    place: Place,
    /// The rule that says it already, or that overrides it.
    by: &'a Rule,
    by_place: Place,
}

/// Why something changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shade {
    /// Another rule overrides it for all groups.
    NeverHolds,
    /// Narrower values of the same rule apply to all groups.
    Narrowed,
    /// Another rule says the same.
    Repeats,
}

/// What one thing that a rule says does for one group.
enum Effect<'a> {
    /// Something would change without it.
    Changes,
    /// Another rule says the same.
    Repeats(&'a Rule, Place),
    /// A rule below says otherwise.
    Overruled(&'a Rule, Place),
}

/// Sums up the effects on every group; `None` where something changes for one of them.
fn sum_up<'a>(
    strength: Strength,
    effects: impl IntoIterator<Item = Effect<'a>>,
) -> Option<(Shade, &'a Rule, Place)> {
    let mut ineffective = None;
    for effect in effects {
        match (effect, strength) {
            (Effect::Changes, _)
            // A bound that is tightened everywhere is a bound all the same.
            | (Effect::Overruled(..), Strength::Locked | Strength::Minimum) => return None,
            (Effect::Repeats(by, place), _) => ineffective = Some((Shade::Repeats, by, place)),
            (Effect::Overruled(by, place), Strength::Default) => {
                ineffective = ineffective.or(Some((Shade::NeverHolds, by, place)));
            }
        }
    }
    ineffective
}

/// Whether a rule will end without a change: what it covers may be needed again.
fn is_passing(policy: &Policy, rule: &Rule) -> bool {
    let Some(case) = rule.decision() else {
        return false;
    };
    let ends = policy.decisions.get(case).is_some_and(|decision| {
        let decision = &decision.document;
        decision.status.value == Status::Emergency || decision.until.is_some()
    });
    let is_replaced = |by: &InFile<Decision>| {
        let replaces = by.document.replaces.as_ref();
        replaces.is_some_and(|replaced| replaced.value == *case)
    };
    ends || policy.decisions.values().any(is_replaced)
}

/// Where a claim stands among those that say the same: the first one is kept.
fn order(rule: &Rule, place: Place) -> (Layer, Strength, &RuleId, Place) {
    (rule.layer(), rule.strength(), rule.id(), place)
}

/// One finding for all that two rules have to do with each other.
fn finding(ineffective: &[Ineffective<'_>]) -> Option<Diagnostic> {
    let first = ineffective.first()?;
    let (rule, by) = (first.rule.id().clone(), first.by.id().clone());
    let strength = first.by.strength();
    let subjects = ineffective.iter().flat_map(|each| &each.subjects);
    let subjects: Vec<String> = subjects.cloned().collect();
    let (finding, instead) = match first.shade {
        Shade::NeverHolds => {
            let found = Found::Ineffective {
                rule,
                subjects,
                by: by.clone(),
            };
            (found, Role::Overrides { rule: by })
        }
        Shade::Narrowed => {
            let setting = subjects.into_iter().next()?;
            (Found::Narrowed { rule, setting }, Role::Narrower)
        }
        Shade::Repeats => {
            let found = Found::Duplicate {
                rule,
                subjects,
                by: by.clone(),
                strength,
            };
            (found, Role::SaysAlready { rule: by, strength })
        }
    };
    Some(
        Diagnostic::of(finding)
            .at(first.place, Role::NoEffect)
            .at(first.by_place, instead),
    )
}
