//! Settles each setting of a group: the lowest rule decides, inside every floor above it.

use std::collections::BTreeMap;

use fyr_policy_source::Strength;
use fyr_schemas::ControlId;

use super::{Breach, BreachKind, QuotedClaim};
use crate::policy::{Group, Layer, Rule, SettingStatement};
use crate::settings::{Setting, Value};
use crate::source::Place;

/// One setting of a group: what holds, and what was said besides.
#[derive(Debug)]
pub struct EffectiveSetting<'a> {
    /// The setting.
    pub setting: &'static Setting,
    /// The control that reports on it.
    pub control: &'a ControlId,
    /// What holds.
    pub holds: SettingClaim<'a>,
    /// What does not, from the top of the tree down.
    pub overridden: Vec<SettingClaim<'a>>,
}

/// What one rule says of one setting.
#[derive(Debug, Clone, Copy)]
pub struct SettingClaim<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Its value for the group.
    pub value: &'a Value,
    /// Where it is written.
    pub place: Place,
}

impl<'a> EffectiveSetting<'a> {
    /// Everything that was said, from the top of the tree down.
    pub(crate) fn claims(&self) -> Vec<SettingClaim<'a>> {
        let mut claims: Vec<SettingClaim<'a>> = self.overridden.clone();
        claims.push(self.holds);
        claims.sort_by_key(|claim| (claim.layer(), claim.rule.id()));
        claims
    }

    /// What would hold had one of the voices not spoken.
    pub(crate) fn without(&self, left_out: Place) -> Option<SettingClaim<'a>> {
        self.among(|claim| claim.place != left_out)
    }

    /// What would hold had only these voices spoken.
    pub(crate) fn among(
        &self,
        is_considered: impl Fn(&SettingClaim<'a>) -> bool,
    ) -> Option<SettingClaim<'a>> {
        let mut claims = self.claims();
        claims.retain(is_considered);
        let effective = resolve_setting(self.setting, self.control, &claims, &mut Vec::new())?;
        Some(effective.holds)
    }
}

impl SettingClaim<'_> {
    fn layer(&self) -> Layer {
        self.rule.layer()
    }

    fn quoted(&self) -> QuotedClaim {
        QuotedClaim {
            rule: self.rule.id().clone(),
            value: self.value.to_string(),
            place: self.place,
        }
    }
}

/// Settles every setting that `rules`, sorted from the top down, speak of.
pub(super) fn resolve_settings<'a>(
    rules: &[&'a Rule],
    group: &Group,
    breaches: &mut Vec<Breach>,
) -> BTreeMap<&'static str, EffectiveSetting<'a>> {
    let mut claims: BTreeMap<&'static str, (&'a SettingStatement, Vec<SettingClaim<'a>>)> =
        BTreeMap::new();
    for rule in rules {
        for statement in &rule.settings {
            if let Some(quoted) = statement.value_for(group) {
                let claim = SettingClaim {
                    rule,
                    value: &quoted.value,
                    place: quoted.place,
                };
                let name = statement.setting.name;
                claims
                    .entry(name)
                    .or_insert_with(|| (statement, Vec::new()))
                    .1
                    .push(claim);
            }
        }
    }
    claims
        .into_iter()
        .filter_map(|(name, (statement, claims))| {
            let effective =
                resolve_setting(statement.setting, &statement.control, &claims, breaches);
            Some((name, effective?))
        })
        .collect()
}

/// Settles one setting; `voices` are sorted from the top down. `None` without any.
fn resolve_setting<'a>(
    setting: &'static Setting,
    control: &'a ControlId,
    claims: &[SettingClaim<'a>],
    breaches: &mut Vec<Breach>,
) -> Option<EffectiveSetting<'a>> {
    let mut bounds: Vec<SettingClaim<'a>> = Vec::new();
    let mut holds: Option<SettingClaim<'a>> = None;
    for layer in claims.chunk_by(|a, b| a.layer() == b.layer()) {
        let within: Vec<SettingClaim<'a>> = layer
            .iter()
            .filter(|claim| match breach(setting, &bounds, claim) {
                Some(breach) => {
                    breaches.push(breach);
                    false
                }
                None => true,
            })
            .copied()
            .collect();
        let Some(deciding) = deciding(setting, &within, breaches) else {
            continue;
        };
        holds = Some(deciding);
        bounds.extend(
            within
                .into_iter()
                .filter(|claim| claim.rule.strength() != Strength::Default),
        );
    }
    let holds = holds?;
    Some(EffectiveSetting {
        setting,
        control,
        holds,
        overridden: claims
            .iter()
            .filter(|claim| !std::ptr::eq(claim.rule, holds.rule))
            .copied()
            .collect(),
    })
}

/// How a voice breaks a bound from above.
fn breach(
    setting: &Setting,
    bounds: &[SettingClaim<'_>],
    claim: &SettingClaim<'_>,
) -> Option<Breach> {
    let mut binding = bounds.iter().filter(|bound| bound.rule.bounds(claim.rule));
    binding.find_map(|bound| {
        let kind = match bound.rule.strength() {
            Strength::Locked if claim.value != bound.value => BreachKind::ChangesLocked,
            Strength::Minimum if setting.is_weaker(claim.value, bound.value) => {
                BreachKind::WeakerThanFloor
            }
            Strength::Locked | Strength::Minimum | Strength::Default => return None,
        };
        Some(between(kind, setting, bound, claim))
    })
}

/// The voice that speaks for a layer. Rules of one unit may agree, or say a minimum and a
/// stricter default; anything else is a breach.
fn deciding<'a>(
    setting: &Setting,
    layer: &[SettingClaim<'a>],
    breaches: &mut Vec<Breach>,
) -> Option<SettingClaim<'a>> {
    let by_strength = |claim: &&SettingClaim<'a>| (claim.rule.strength(), claim.rule.id());
    let strongest = *layer.iter().min_by_key(by_strength)?;
    let mut deciding = strongest;
    for claim in layer {
        let refines = strongest.rule.strength() == Strength::Minimum
            && claim.rule.strength() == Strength::Default
            && !setting.is_weaker(claim.value, strongest.value);
        let agrees_with_deciding = claim.value == deciding.value;
        if claim.value == strongest.value {
            continue;
        }
        if refines && (agrees_with_deciding || deciding.value == strongest.value) {
            deciding = *claim;
        } else {
            breaches.push(between(BreachKind::SameLayer, setting, &strongest, claim));
        }
    }
    Some(deciding)
}

fn between(
    kind: BreachKind,
    setting: &Setting,
    above: &SettingClaim<'_>,
    below: &SettingClaim<'_>,
) -> Breach {
    Breach {
        kind,
        subject: setting.name.to_owned(),
        above: above.quoted(),
        below: below.quoted(),
    }
}
