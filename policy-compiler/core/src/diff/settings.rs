//! Settings whose value, floor or ground changes.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use fyr_policy_source::Strength;

use super::bounds::{self, Bound};
use super::{Change, Content, Crowds, Effective, Gathered, Risk, Sides, Steps, Subject};
use crate::resolve::{EffectiveSetting, Resolved};
use crate::settings::{Kind, Role, Setting, Value};

pub(super) fn changes(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let mut gathered = Gathered::default();
    for time in sides.times() {
        let (old, new) = (time.old, time.new);
        let mut names: Vec<&'static str> = old.settings.keys().copied().collect();
        names.extend(new.settings.keys());
        names.sort_unstable();
        names.dedup();
        for name in names {
            let (before, after) = (old.settings.get(name), new.settings.get(name));
            let Some(setting) = after.or(before).map(|effective| effective.setting) else {
                continue;
            };
            let held = (held(setting, before), held(setting, after));
            let risk = risk(setting, old, new);
            let reported = if held.0 == held.1 {
                Risk::Nothing
            } else {
                risk
            };
            let subject = Subject::Setting(name.to_owned());
            gathered.add((risk, subject), held, time.when());
            let floor = floor(setting, old, new).filter(|(risk, _)| reported < *risk);
            if let Some((risk, held)) = floor {
                gathered.add((risk, Subject::Floor(name.to_owned())), held, time.when());
            }
        }
    }
    gathered.into_changes(crowds)
}

/// How grave all that changes of settings is where the one holds instead of the other.
pub(super) fn risk_between(before: &Resolved<'_>, after: &Resolved<'_>) -> Risk {
    let effective = before.settings.values().chain(after.settings.values());
    let risks = effective.map(|effective| {
        let floor = floor(effective.setting, before, after);
        let floor = floor.map_or(Risk::Ground, |(risk, _)| risk);
        risk(effective.setting, before, after).max(floor)
    });
    risks.max().unwrap_or(Risk::Ground)
}

fn held(setting: &Setting, effective: Option<&EffectiveSetting<'_>>) -> Effective {
    match effective {
        None => Effective::by_no_rule(Content::Written(setting.default.to_owned())),
        Some(effective) => Effective::by(effective.holds.rule, effective.holds.value.to_string()),
    }
}

fn risk(setting: &Setting, old: &Resolved<'_>, new: &Resolved<'_>) -> Risk {
    if !matters(setting, old, new) {
        return Risk::Ground;
    }
    let (before, after) = (
        old.settings.get(setting.name),
        new.settings.get(setting.name),
    );
    let value = |effective: Option<&EffectiveSetting<'_>>| match effective {
        Some(effective) => Some(effective.holds.value.clone()),
        None => without_a_rule(setting),
    };
    let (was, is) = (value(before), value(after));
    match of_values(setting, was.as_ref(), is.as_ref()) {
        Risk::Ground => floor(setting, old, new).map_or(Risk::Ground, |(risk, _)| risk),
        graver => graver,
    }
}

/// Whether a setting does anything on either side: what is excepted from nothing does not.
fn matters(setting: &Setting, old: &Resolved<'_>, new: &Resolved<'_>) -> bool {
    match setting.role {
        Role::Excepts(closed) => is_closed(closed, old) && is_closed(closed, new),
        Role::Restricts(_) | Role::Bypasses { .. } | Role::Neither => true,
    }
}

/// What becomes of the floors of a setting.
fn floor(setting: &Setting, old: &Resolved<'_>, new: &Resolved<'_>) -> Option<(Risk, Steps)> {
    matters(setting, old, new).then_some(())?;
    let (old, new) = (bounds(setting, old), bounds(setting, new));
    bounds::change(&old, &new, |one, other| setting.strictness(one, other))
}

/// What rules bound a setting with. A floor at the browsers' default bounds no unit.
fn bounds<'s>(setting: &Setting, resolved: &'s Resolved<'_>) -> Vec<Bound<'s, &'s Value>> {
    let effective = resolved.settings.get(setting.name).into_iter();
    let default = setting.default_value();
    let claims = effective
        .flat_map(EffectiveSetting::claims)
        .filter(|claim| {
            claim.rule.strength() != Strength::Default && default.as_ref() != Some(claim.value)
        });
    claims
        .map(|claim| Bound {
            rule: claim.rule,
            value: claim.value,
            held: Effective::by(claim.rule, claim.value.to_string()),
        })
        .collect()
}

/// Whether a setting closes anything: else there is nothing to except from it.
fn is_closed(name: &str, resolved: &Resolved<'_>) -> bool {
    let effective = resolved.settings.get(name);
    effective.is_some_and(|effective| {
        effective.setting.default_value().as_ref() != Some(effective.holds.value)
    })
}

/// Exceptions without a name are none.
fn without_a_rule(setting: &Setting) -> Option<Value> {
    match setting.role {
        Role::Excepts(_) => Some(Value::Names(BTreeSet::new())),
        Role::Restricts(_) | Role::Bypasses { .. } | Role::Neither => setting.default_value(),
    }
}

/// By the strictness of the setting; no value restricts no group, if any value does.
fn of_values(setting: &Setting, before: Option<&Value>, after: Option<&Value>) -> Risk {
    let is_ordered = match setting.kind {
        Kind::Levels(_) | Kind::Choice(_) | Kind::Number(_) | Kind::Names(_) => true,
        Kind::Policy(_) => false,
    };
    match (before, after) {
        (None, None) => Risk::Ground,
        (None, Some(_)) if is_ordered => Risk::Tighter,
        (Some(_), None) if is_ordered => Risk::Weaker,
        (None, Some(_)) | (Some(_), None) => Risk::Different,
        (Some(before), Some(after)) => match setting.strictness(after, before) {
            None => Risk::Different,
            Some(Ordering::Less) => Risk::Weaker,
            Some(Ordering::Equal) => Risk::Ground,
            Some(Ordering::Greater) => Risk::Tighter,
        },
    }
}
