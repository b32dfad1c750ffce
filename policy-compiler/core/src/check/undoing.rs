//! Browsers' own policies that take back what a setting decides, or that no setting holds against.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use fyr_policy_source::Strength;
use fyr_schemas::{GroupId, RuleId, UnitPath};
use serde_json::Value as Json;

use crate::catalogue::Policy as Native;
use crate::finding::{Diagnostic, Floor, PerGroup, Role};
use crate::policy::Policy;
use crate::resolve::{EffectiveSetting, Resolution, Resolved, SettingClaim};
use crate::settings::{self, Effect, Kind, Setting, Value};
use crate::source::Place;

use super::says_for;

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut undoing = PerGroup::default();
    for resolved in resolution.at_all_times() {
        for found in in_group(resolved) {
            undoing.note(found, &resolved.group.id);
        }
    }
    let undoing = undoing.into_findings(Undoing::finding);
    undoing
        .into_iter()
        .chain(beyond_their_unit(policy))
        .collect()
}

/// A browser's own policy, and the setting that it would undo.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Undoing<'a> {
    by: (&'static str, &'a RuleId, Place),
    setting: (&'static str, &'a RuleId, Place),
    values: (String, String),
}

impl<'a> Undoing<'a> {
    fn of(
        native: (&EffectiveSetting<'a>, SettingClaim<'a>),
        setting: (&EffectiveSetting<'a>, SettingClaim<'a>),
    ) -> Self {
        let side = |(effective, claim): (&EffectiveSetting<'a>, SettingClaim<'a>)| {
            (effective.setting.name, claim.rule.id(), claim.place)
        };
        Self {
            by: side(native),
            setting: side(setting),
            values: (native.1.value.to_string(), setting.1.value.to_string()),
        }
    }

    fn finding(self, groups: &BTreeSet<&GroupId>) -> Diagnostic {
        let ((native, by, here), (setting, decides, there)) = (self.by, self.setting);
        let (own, value) = self.values;
        Diagnostic::of(Floor::PolicyUndoes {
            policy: native.to_owned(),
            setting: setting.to_owned(),
            value: value.clone(),
            decides: decides.clone(),
        })
        .at(here, says_for(by, own, groups))
        .at(
            there,
            Role::Says {
                rule: decides.clone(),
                value,
            },
        )
    }
}

/// Everything of one group that a browser's own policy undoes.
fn in_group<'a>(resolved: &Resolved<'a>) -> Vec<Undoing<'a>> {
    let mut found = Vec::new();
    for native in resolved.settings.values() {
        let (Kind::Policy(policy), Value::Policy(value)) =
            (native.setting.kind, native.holds.value)
        else {
            continue;
        };
        for setting in settings::spoken_of(policy, value) {
            let Some(effective) = resolved.settings.get(setting.name) else {
                continue;
            };
            let undoes = |claim: &SettingClaim<'_>| {
                !may_override(native, claim) && !enforces(claim, effective.setting, (policy, value))
            };
            let bound = deciding(effective, native.holds).find(undoes);
            found
                .extend(bound.map(|claim| Undoing::of((native, native.holds), (effective, claim))));
        }
    }
    found
}

/// The claims that decide a setting for whoever sets a browser's own policy: what holds, and every
/// bound above it.
fn deciding<'a>(
    effective: &EffectiveSetting<'a>,
    native: SettingClaim<'a>,
) -> impl Iterator<Item = SettingClaim<'a>> {
    let holds = effective.holds.place;
    let setting = effective.setting;
    effective.claims().into_iter().filter(move |claim| {
        let strength = claim.rule.strength();
        let bounds = strength != Strength::Default && claim.rule.bounds(native.rule);
        (bounds || claim.place == holds)
            && (strength == Strength::Locked || !leaves_open(setting, claim.value))
    })
}

/// Whether a value is what browsers do anyway, so that there is nothing to undo.
fn leaves_open(setting: &Setting, value: &Value) -> bool {
    match setting.kind {
        Kind::Levels(_) | Kind::Choice(_) => setting.default_value().as_ref() == Some(value),
        Kind::Number(_) | Kind::Names(_) | Kind::Policy(_) => false,
    }
}

/// Whether a browser's own policy was set by the rule that decides the setting, or above it: by a
/// decision, where one decides the setting.
fn may_override(native: &EffectiveSetting<'_>, decides: &SettingClaim<'_>) -> bool {
    let mut claims = native.claims().into_iter();
    claims.any(|claim| {
        let is_decided = claim.rule.decision().is_some() || decides.rule.decision().is_none();
        let stands_above = claim.rule.layer() < decides.rule.layer() && is_decided;
        claim.value == native.holds.value && (claim.rule.id() == decides.rule.id() || stands_above)
    })
}

/// Whether a browser's own policy says nothing but what puts a setting in force: at what a rule says,
/// or stricter where the rule lets others tighten.
fn enforces(
    claim: &SettingClaim<'_>,
    setting: &'static Setting,
    (policy, value): (&Native, &Json),
) -> bool {
    let is_meant_by = |level: &Value| {
        let mechanism = settings::mechanism(policy.engine, Some(setting), level);
        mechanism.effects.iter().any(|effect| match effect {
            Effect::Policy(name, enforces) => *name == policy.name && enforces == value,
            Effect::Block(_) | Effect::Allow(_) | Effect::Host(..) => false,
        })
    };
    let may_tighten = claim.rule.strength() != Strength::Locked;
    let mut stricter = setting.levels().filter(|level| {
        may_tighten && setting.strictness(level, claim.value) == Some(Ordering::Greater)
    });
    is_meant_by(claim.value) || stricter.any(|level| is_meant_by(&level))
}

/// Policies that are for the organisation, set for a part of it.
fn beyond_their_unit(policy: &Policy) -> impl Iterator<Item = Diagnostic> {
    let rules = policy.rules.values().chain(policy.dormant.values());
    rules
        .filter(|rule| *rule.unit() != UnitPath::root())
        .flat_map(|rule| {
            rule.settings.iter().filter_map(move |statement| {
                let name = statement.setting.name;
                settings::for_the_organisation(name)?;
                let place = statement.values.first()?.place;
                let policy = name.to_owned();
                let finding = Diagnostic::of(Floor::OnlyForOrganisation {
                    policy: policy.clone(),
                    unit: rule.unit().clone(),
                });
                Some(finding.at(place, Role::OnlyForOrganisation { policy }))
            })
        })
}
