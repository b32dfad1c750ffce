//! Floors hold at every time: only a lesson goes below one, and only where lessons may.

use fyr_policy_core::policy::{Policy, Rule};
use fyr_policy_core::resolve::{Resolved, SiteClaim, resolve};
use fyr_policy_core::settings::{Setting, Value};
use fyr_policy_source::Strength;
use proptest::prelude::*;
use url::Url;

use crate::municipality::{address, municipality_at_times};
use crate::policy;

/// The rules that hold for a group at a time, from the top of the tree down.
fn rules_then<'a>(policy: &'a Policy, resolved: &Resolved<'_>) -> Vec<&'a Rule> {
    let mut rules = policy.rules_for(resolved.group);
    rules.retain(|rule| rule.time_scope.holds_while(&resolved.during));
    rules
}

/// Whether a rule holds for lessons alone and the floor says that those may go below it.
fn may_go_below(rule: &Rule, floor: &Rule) -> bool {
    let written = &rule.source.document;
    let mut during = written.during.iter();
    !written.during.is_empty()
        && during.all(|period| period.value.as_str().starts_with("lesson:"))
        && floor.source.document.overridable.is_some()
}

/// Whether a value keeps a floor that is for these groups.
fn keeps(value: &Value, floor: &Floor<'_>) -> bool {
    match floor.rule.strength() {
        Strength::Locked => value == floor.value,
        Strength::Minimum => !floor.setting.is_weaker(value, floor.value),
        Strength::Default => true,
    }
}

/// What one rule demands of the one setting that these rules speak of.
struct Floor<'a> {
    rule: &'a Rule,
    setting: &'static Setting,
    value: &'a Value,
}

/// The floors for a group at a time. What a higher one overrides meanwhile bounds no unit: that it
/// holds at other times is no breach.
fn floors_then<'a>(policy: &'a Policy, resolved: &Resolved<'_>) -> Vec<Floor<'a>> {
    let mut floors: Vec<Floor<'a>> = Vec::new();
    for rule in rules_then(policy, resolved) {
        let statement = rule.settings.first();
        let Some((statement, value)) =
            statement.zip(statement.and_then(|statement| statement.value_for(resolved.group)))
        else {
            continue;
        };
        let value = &value.value;
        let mut above = floors.iter();
        if above.all(|above| may_go_below(rule, above.rule) || keeps(value, above)) {
            let setting = statement.setting;
            floors.push(Floor {
                rule,
                setting,
                value,
            });
        }
    }
    floors
}

/// The most specific bound of the highest layer that speaks of an address.
fn highest_floor<'a>(resolved: &Resolved<'a>, url: &Url) -> Option<SiteClaim<'a>> {
    let claims: Vec<SiteClaim<'a>> = resolved.sites.claims_on(url).collect();
    let layer = claims.iter().map(|claim| claim.rule.layer()).min()?;
    claims
        .into_iter()
        .filter(|claim| claim.rule.layer() == layer)
        .filter(|claim| claim.rule.strength() != Strength::Default)
        .max_by_key(|claim| {
            let verdict = claim.says.verdict;
            (
                std::cmp::Reverse(claim.rule.strength()),
                claim.says.sites.reach_at(url, verdict),
                verdict.is_open(),
                verdict,
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn at_no_time_is_a_group_weaker_than_any_floor_above_it_but_in_a_lesson_that_may(
        municipality in municipality_at_times(),
    ) {
        let policy = policy(&municipality.sources());
        for resolved in resolve(&policy).at_all_times() {
            for floor in floors_then(&policy, resolved) {
                let holds = &resolved.settings[floor.setting.name].holds;
                prop_assert!(
                    may_go_below(holds.rule, floor.rule) || keeps(holds.value, &floor),
                    "{} says {} below {}", holds.rule.id(), holds.value, floor.rule.id()
                );
            }
        }
    }

    #[test]
    fn at_no_time_is_an_address_more_open_than_the_highest_floor_but_in_a_lesson_that_may(
        municipality in municipality_at_times(),
        addresses in prop::collection::vec(address(), 10),
    ) {
        let policy = policy(&municipality.sources());
        for resolved in resolve(&policy).at_all_times() {
            for address in &addresses {
                let url = Url::parse(address).expect("an address");
                let Some(floor) = highest_floor(resolved, &url) else { continue };
                let holds = resolved.sites.verdict(&url).expect("a rule mentions it");
                prop_assert!(
                    holds.says.verdict >= floor.says.verdict || may_go_below(holds.rule, floor.rule),
                    "{} {:?} {:?}", address, holds.says, floor.says
                );
            }
        }
    }
}
