//! Settings that never hold, or hold already.

use fyr_schemas::policy::Strength;

use super::{Effect, Shade, Shadowed, is_passing, order, sum_up};
use crate::policy::{Policy, Rule, SettingStatement, ValueFor};
use crate::resolve::{Resolution, Resolved, Settled};
use crate::source::Place;

/// Every value that changes nothing for anybody.
pub(super) fn shadowed<'a>(
    policy: &'a Policy,
    resolution: &'a Resolution<'a>,
) -> Vec<Shadowed<'a>> {
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
                Some(Shadowed {
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
    // A value for nobody is told by itself.
    let first = *reached.peek()?;
    let stands = |resolved: &Resolved<'_>| {
        let chosen = statement.value_for(resolved.group);
        chosen.is_some_and(|chosen| chosen.place == value.place)
    };
    let standing: Vec<_> = reached.filter(|resolved| stands(resolved)).collect();
    if standing.is_empty() {
        let narrower = statement.value_for(first.group)?;
        return Some((Shade::Narrowed, rule, narrower.place));
    }
    let effects = standing.into_iter().map(|resolved| {
        let settled = resolved.settings.get(statement.setting.name);
        settled.map_or(Effect::Changes, |settled| {
            effect(policy, rule, value.place, settled)
        })
    });
    sum_up(rule.strength(), effects)
}

/// What a rule's value does for one group.
fn effect<'a>(policy: &Policy, rule: &Rule, place: Place, settled: &Settled<'a>) -> Effect<'a> {
    let holds = settled.holds;
    if settled.overridden.is_empty() {
        return Effect::Changes;
    }
    let without = settled.without(place);
    if without.is_none_or(|without| without.value != holds.value) {
        return Effect::Changes;
    }
    let voices = settled.voices();
    let Some(own) = voices.iter().find(|voice| voice.place == place) else {
        return Effect::Changes;
    };
    if own.value != holds.value {
        return if is_passing(policy, holds.rule) {
            Effect::Changes
        } else {
            Effect::Overruled(holds.rule, holds.place)
        };
    }
    let says_the_same = voices.iter().filter(|voice| {
        voice.place != place
            && voice.value == own.value
            && order(voice.rule, voice.place) < order(rule, place)
            && (rule.strength() == Strength::Default || voice.rule.strength() <= rule.strength())
            && !is_passing(policy, voice.rule)
    });
    says_the_same
        .min_by_key(|voice| order(voice.rule, voice.place))
        .map_or(Effect::Changes, |voice| {
            Effect::Repeats(voice.rule, voice.place)
        })
}
