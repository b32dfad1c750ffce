//! Settings whose value, floor or ground changes.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::{Change, Crowds, Gathered, Held, Risk, Sides, Subject};
use crate::policy::Firmness;
use crate::resolve::{Resolved, Settled};
use crate::settings::{Role, Setting, Value};

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
            let Some(setting) = after.or(before).map(|settled| settled.setting) else {
                continue;
            };
            let held = (held(setting, before), held(setting, after));
            let risk = risk(setting, old, new);
            let subject = Subject::Setting(name.to_owned());
            gathered.add((risk, subject), held, time.when());
        }
    }
    gathered.into_changes(crowds)
}

/// How grave all that changes of settings is where the one holds instead of the other.
pub(super) fn risk_between(before: &Resolved<'_>, after: &Resolved<'_>) -> Risk {
    let settled = before.settings.values().chain(after.settings.values());
    let risks = settled.map(|settled| risk(settled.setting, before, after));
    risks.max().unwrap_or(Risk::Ground)
}

fn held(setting: &Setting, settled: Option<&Settled<'_>>) -> Held {
    match settled {
        None => Held {
            value: setting.default.to_owned(),
            rule: None,
            strength: None,
            decision: None,
        },
        Some(settled) => {
            let rule = settled.holds.rule;
            Held {
                value: settled.holds.value.to_string(),
                rule: Some(rule.id().clone()),
                strength: Some(rule.firmness().words()),
                decision: rule.decision().cloned(),
            }
        }
    }
}

fn risk(setting: &Setting, old: &Resolved<'_>, new: &Resolved<'_>) -> Risk {
    if let Role::Excepts(closed) = setting.role
        && !(is_closed(closed, old) && is_closed(closed, new))
    {
        return Risk::Ground;
    }
    let (before, after) = (
        old.settings.get(setting.name),
        new.settings.get(setting.name),
    );
    let value = |settled: Option<&Settled<'_>>| match settled {
        Some(settled) => Some(settled.holds.value.clone()),
        None => without_a_rule(setting),
    };
    let (was, is) = (value(before), value(after));
    match of_values(setting, was.as_ref(), is.as_ref()) {
        // A floor at what browsers do anyway bounds nobody.
        Risk::Ground if is == setting.default_value() => Risk::Ground,
        Risk::Ground => of_firmness(firmness(before), firmness(after)),
        graver => graver,
    }
}

/// Whether a setting closes anything: else there is nothing to except from it.
fn is_closed(name: &str, resolved: &Resolved<'_>) -> bool {
    let settled = resolved.settings.get(name);
    settled.is_some_and(|settled| {
        settled.setting.default_value().as_ref() != Some(settled.holds.value)
    })
}

/// Exceptions that nobody names are none.
fn without_a_rule(setting: &Setting) -> Option<Value> {
    match setting.role {
        Role::Excepts(_) => Some(Value::Names(BTreeSet::new())),
        Role::Restricts(_) | Role::WayRound { .. } | Role::Neither => setting.default_value(),
    }
}

/// By the strictness of the setting; no value at all restricts nobody.
fn of_values(setting: &Setting, before: Option<&Value>, after: Option<&Value>) -> Risk {
    match (before, after) {
        (None, None) => Risk::Ground,
        (None, Some(_)) | (Some(_), None) => Risk::Different,
        (Some(before), Some(after)) => match setting.strictness(after, before) {
            None => Risk::Different,
            Some(Ordering::Less) => Risk::Weaker,
            Some(Ordering::Equal) => Risk::Ground,
            Some(Ordering::Greater) => Risk::Tighter,
        },
    }
}

/// The same value may be held more firmly or less.
fn of_firmness(before: Firmness, after: Firmness) -> Risk {
    match after.cmp(&before) {
        Ordering::Less => Risk::Tighter,
        Ordering::Equal => Risk::Ground,
        Ordering::Greater => Risk::Weaker,
    }
}

fn firmness(settled: Option<&Settled<'_>>) -> Firmness {
    settled.map_or(Firmness::LEAST, |settled| settled.holds.rule.firmness())
}
