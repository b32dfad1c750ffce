//! What rules say and what changes nothing: it never holds, or it holds already.
//!
//! Whatever is found could be removed without a change for any group of the day. A bound is told
//! only where another bound says the same: it holds for groups to come. What an emergency says, or
//! a decision that ends on a day, covers nothing: it will be gone. Neither does what hangs on an
//! age, an approval or a status: those change without the rules.

mod settings;
mod sites;

use std::collections::BTreeMap;

use fyr_policy_source::{Decision, Status, Strength};
use fyr_schemas::RuleId;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, in_backticks};
use crate::parse::InFile;
use crate::policy::{Layer, Policy, Rule};
use crate::resolve::Resolution;
use crate::source::Place;

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    // A breach is told by itself, and what it would shadow cannot be said.
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
        .filter_map(|ineffective| report(ineffective))
        .collect()
}

/// Something that a rule says and that changes nothing.
struct Ineffective<'a> {
    shade: Shade,
    rule: &'a Rule,
    /// The setting, or the filters of the site.
    subjects: Vec<String>,
    place: Place,
    /// The rule that says it already, or that has its way instead.
    by: &'a Rule,
    by_place: Place,
}

/// Why something changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shade {
    /// Another rule has its way for everybody.
    NeverHolds,
    /// A narrower value of the same rule stands for everybody.
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

/// Whether a rule will be gone by itself: what it covers may be needed again.
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

/// Where a voice stands among those that say the same: the first one is kept.
fn order(rule: &Rule, place: Place) -> (Layer, Strength, &RuleId, Place) {
    (rule.layer(), rule.strength(), rule.id(), place)
}

/// One finding for all that two rules have to do with each other.
fn report(ineffective: &[Ineffective<'_>]) -> Option<Diagnostic> {
    let first = ineffective.first()?;
    let (rule, by) = (first.rule.id(), first.by.id());
    let subjects: Vec<&String> = ineffective.iter().flat_map(|each| &each.subjects).collect();
    let subjects = in_backticks(&subjects);
    let (code, message, there, help) = match first.shade {
        Shade::NeverHolds => (
            Code::NeverHolds,
            format!("what `{rule}` says of {subjects} holds for no group"),
            format!("`{by}` has its way"),
            "remove it, or make the rule `minimum` where it is meant as a bound".to_owned(),
        ),
        Shade::Narrowed => (
            Code::NeverHolds,
            format!("this value of {subjects} in `{rule}` holds for no group"),
            "a narrower value stands instead".to_owned(),
            "remove it: every group it reaches has a value of its own".to_owned(),
        ),
        Shade::Repeats => (
            Code::Repeats,
            if rule == by {
                format!("`{rule}` says what it says of {subjects} twice")
            } else {
                format!("`{rule}` repeats what `{by}` says of {subjects}")
            },
            format!("`{by}` says it, `{}`", first.by.strength().word()),
            how_to_fix(first),
        ),
    };
    let finding = Diagnostic::new(code, message)
        .at(first.place, "changes nothing")
        .at(first.by_place, there)
        .help(help);
    Some(finding)
}

fn how_to_fix(repeats: &Ineffective<'_>) -> String {
    let (rule, by) = (repeats.rule.id(), repeats.by.id());
    if rule == by {
        return "remove it".to_owned();
    }
    match repeats.by.strength() {
        Strength::Locked | Strength::Minimum => {
            format!("remove it: nobody can loosen what `{by}` says")
        }
        Strength::Default => {
            format!("remove it, or make `{rule}` `minimum` where it is to outlast `{by}`")
        }
    }
}
