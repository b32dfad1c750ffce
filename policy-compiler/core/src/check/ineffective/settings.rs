//! Settings that never hold, or hold already.

use fyr_policy_source::Strength;

use super::{Effect, Ineffective, Shade, is_passing, order, sum_up};
use crate::policy::{Policy, Rule, SettingStatement, ValueFor};
use crate::resolve::{EffectiveSetting, Resolution, Resolved};
use crate::source::Place;

/// Every value that changes nothing for any group.
pub(super) fn ineffective<'a>(
    policy: &'a Policy,
    resolution: &'a Resolution<'a>,
) -> Vec<Ineffective<'a>> {
    let mut found = Vec::new();
    for rule in policy.rules.values() {
        let groups: Vec<&Resolved<'_>> = policy
            .groups_of(rule)
            .flat_map(|group| resolution.whenever(rule, group))
            .collect();
        for statement in &rule.settings {
            let values = statement.values.iter();
            found.extend(values.filter_map(|value| {
                let (shade, by, by_place) = shade(policy, rule, statement, value, &groups)?;
                Some(Ineffective {
                    shade,
                    rule,
                    subjects: vec![statement.setting.name.to_owned()],
                    place: value.place,
                    by,
                    by_place,
                })
            }));
        }
    }
    found
}

fn shade<'a>(
    policy: &'a Policy,
    rule: &'a Rule,
    statement: &'a SettingStatement,
    value: &'a ValueFor,
    groups: &[&'a Resolved<'a>],
) -> Option<(Shade, &'a Rule, Place)> {
    let mut reached = groups
        .iter()
        .filter(|resolved| value.whom.reaches(resolved.group))
        .peekable();
    // A value for no group is a finding of its own.
    let first = *reached.peek()?;
    let is_effective = |resolved: &Resolved<'_>| {
        let chosen = statement.value_for(resolved.group);
        chosen.is_some_and(|chosen| chosen.place == value.place)
    };
    let effective_in: Vec<_> = reached.filter(|resolved| is_effective(resolved)).collect();
    if effective_in.is_empty() {
        let narrower = statement.value_for(first.group)?;
        return Some((Shade::Narrowed, rule, narrower.place));
    }
    let effects = effective_in.into_iter().map(|resolved| {
        let effective = resolved.settings.get(statement.setting.name);
        effective.map_or(Effect::Changes, |effective| {
            effect(policy, rule, value.place, effective)
        })
    });
    sum_up(rule.strength(), effects)
}

/// What a rule's value does for one group.
fn effect<'a>(
    policy: &Policy,
    rule: &Rule,
    place: Place,
    effective: &EffectiveSetting<'a>,
) -> Effect<'a> {
    let holds = effective.holds;
    if effective.overridden.is_empty() {
        return Effect::Changes;
    }
    let without = effective.without(place);
    if without.is_none_or(|without| without.value != holds.value) {
        return Effect::Changes;
    }
    let claims = effective.claims();
    let Some(own) = claims.iter().find(|claim| claim.place == place) else {
        return Effect::Changes;
    };
    if own.value != holds.value {
        return if is_passing(policy, holds.rule) {
            Effect::Changes
        } else {
            Effect::Overruled(holds.rule, holds.place)
        };
    }
    let says_the_same = claims.iter().filter(|claim| {
        claim.place != place
            && claim.value == own.value
            && order(claim.rule, claim.place) < order(rule, place)
            && (rule.strength() == Strength::Default || claim.rule.strength() <= rule.strength())
            && !is_passing(policy, claim.rule)
    });
    says_the_same
        .min_by_key(|claim| order(claim.rule, claim.place))
        .map_or(Effect::Changes, |claim| {
            Effect::Repeats(claim.rule, claim.place)
        })
}
