//! What a change loosens, or lets a lower unit loosen, is reported as weaker: held against the policies
//! themselves, each asked what holds and what it would refuse.

use std::collections::BTreeSet;

use fyr_policy_core::diff::{Comparison, Risk, Subject};
use fyr_policy_core::policy::Assumptions;
use fyr_policy_core::resolve::{BreachKind, Resolved, resolve};
use fyr_policy_core::{Difference, diff};
use proptest::prelude::*;
use url::Url;

use crate::trees::{ADDRESSES, DrawnRule, SETTINGS, Strength, Tree, Verdict, tree};
use crate::{DAY, policy};

/// What becomes of one rule.
#[derive(Debug, Clone)]
enum Edit {
    Removed,
    Becomes(Strength),
    /// Moved to another unit.
    Moved(prop::sample::Index),
    /// Everything that another rule says, on the same unit.
    Replaced(prop::sample::Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        Just(Edit::Removed),
        prop::sample::select(vec![Strength::Minimum, Strength::Default]).prop_map(Edit::Becomes),
        any::<prop::sample::Index>().prop_map(Edit::Moved),
        any::<prop::sample::Index>().prop_map(Edit::Replaced),
    ]
}

/// The most rules of a tree that are looked at.
const MOST_RULES: usize = 6;

/// The tree as far as no rule of it goes against a floor.
fn sound(tree: &Tree) -> Tree {
    let mut kept = tree.with_rules(Vec::new());
    for rule in tree.rules.iter().take(MOST_RULES) {
        kept.rules.push(rule.clone());
        if breaks(&kept) {
            kept.rules.pop();
        }
    }
    kept
}

fn breaks(tree: &Tree) -> bool {
    !resolve(&policy(&tree.sources())).breaches.is_empty()
}

fn edited(tree: &Tree, at: usize, edit: &Edit) -> Option<Tree> {
    let mut rules = tree.rules.clone();
    match edit {
        Edit::Removed => {
            rules.remove(at);
        }
        Edit::Becomes(strength) => rules[at].strength = *strength,
        Edit::Moved(unit) => rules[at].unit = unit.index(tree.units_count()),
        Edit::Replaced(by) => {
            let unit = rules[at].unit;
            let by = rules[by.index(rules.len())].clone();
            rules[at] = by.on(unit);
        }
    }
    let edited = tree.with_rules(rules);
    (!breaks(&edited)).then_some(edited)
}

fn compared(old: &Tree, new: &Tree) -> Option<Difference> {
    let comparison = Comparison {
        date: DAY,
        addresses: Vec::new(),
        what_if: Assumptions::default(),
    };
    diff(&old.sources(), &new.sources(), &comparison).ok()
}

/// Whether a tree refuses a rule because it says less than a floor above it.
fn refuses(tree: &Tree, tempting: &DrawnRule) -> bool {
    let mut with = tree.clone();
    with.rules.push(tempting.clone());
    let policy = policy(&with.sources());
    let resolution = resolve(&policy);
    resolution.breaches.keys().any(|breach| {
        let word = breach.above.value.split(' ').next().unwrap_or_default();
        match breach.kind {
            BreachKind::WeakerThanFloor | BreachKind::ChangesLocked => {
                says_less(tempting, &breach.subject, &breach.above.value)
            }
            BreachKind::SiteBelowFloor => tempting
                .sites
                .iter()
                .any(|(verdict, _)| *verdict < Verdict::of(word)),
            BreachKind::SameLayer => false,
        }
    })
}

/// Whether every value of a rule for a setting is less strict than another.
fn says_less(rule: &DrawnRule, name: &str, above: &str) -> bool {
    let Some(setting) = SETTINGS.iter().position(|setting| setting.name == name) else {
        return false;
    };
    let ordered = &SETTINGS[setting];
    let above = ordered.rank(above);
    let mut said = rule
        .settings
        .iter()
        .filter(|(spoken_of, ..)| *spoken_of == setting);
    said.any(|(_, pupils, staff)| {
        [pupils, staff]
            .into_iter()
            .all(|value| ordered.is_less(*value, above))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_change_that_loosens_is_reported_as_weaker(
        tree in tree(),
        edit in edit(),
    ) {
        let (old, floor) = (sound(&tree.with_floor_on_top()), 0);
        let tempting = old.tempting(&old.rules[floor]).into_iter();
        let refused: Vec<DrawnRule> = tempting.filter(|rule| refuses(&old, rule)).take(4).collect();
        prop_assume!(!refused.is_empty());
        let Some(new) = edited(&old, floor, &edit) else {
            return Err(TestCaseError::reject("the change goes against a floor"));
        };
        let Some(difference) = compared(&old, &new) else {
            return Err(TestCaseError::reject("one of the two has errors"));
        };
        what_is_less_strict_is_reported(&old, &new, &difference)?;
        let is_opened = refused.iter().any(|rule| !refuses(&new, rule));
        prop_assert!(
            !is_opened || difference.risk >= Risk::Weaker,
            "{edit:?} of {floor} in {:#?}\n{:#?}", old.rules, difference.changes
        );
    }
}

/// All that is in force for a group today and is weaker than it was.
fn what_is_less_strict_is_reported(
    old: &Tree,
    new: &Tree,
    difference: &Difference,
) -> Result<(), TestCaseError> {
    let [before, after] = [old, new].map(|tree| policy(&tree.sources()));
    let (before, after) = (resolve(&before), resolve(&after));
    for (group, before) in &before.groups {
        let after = &after.groups[*group];
        let changes = difference.changes.iter();
        let reported: BTreeSet<&Subject> = changes
            .filter(|change| change.risk == Risk::Weaker && change.groups.contains(group))
            .map(|change| &change.subject)
            .collect();
        for ordered in &SETTINGS {
            let value = |side: &Resolved<'_>| {
                let effective = side.settings.get(ordered.name)?;
                Some(ordered.rank(&effective.holds.value.to_string()))
            };
            let is_weaker = match (value(before), value(after)) {
                (Some(before), Some(after)) => ordered.is_less(after, before),
                // The weakest word of a switch is what holds without a rule.
                (Some(before), None) => before != 0,
                (None, _) => false,
            };
            let is_reported = reported.contains(&Subject::Setting(ordered.name.to_owned()));
            prop_assert!(
                !is_weaker || is_reported,
                "{} for {group}: {:#?}",
                ordered.name,
                difference.changes
            );
        }
        for address in ADDRESSES {
            let url = Url::parse(&format!("https://{address}")).expect("an address");
            let verdict = |side: &Resolved<'_>| {
                let claim = side.sites.verdict(&url);
                claim.map_or(Verdict::Allow, |claim| {
                    Verdict::of(claim.says.verdict.word())
                })
            };
            let is_reported = reported
                .iter()
                .any(|subject| matches!(subject, Subject::Site(_)));
            prop_assert!(
                verdict(after) >= verdict(before) || is_reported,
                "{address} for {group}: {:#?}",
                difference.changes
            );
        }
    }
    Ok(())
}
