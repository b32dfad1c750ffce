//! Settles each setting of a group: the lowest rule decides, inside every floor above it.

use std::collections::BTreeMap;

use fyr_schemas::ControlId;
use fyr_schemas::policy::Strength;

use super::{Breach, BreachKind, Said};
use crate::policy::{Group, Layer, Rule, SettingStatement};
use crate::settings::{Setting, Value};
use crate::source::Place;

/// One setting of a group: what holds, and what was said besides.
#[derive(Debug)]
pub struct Settled<'a> {
    /// The setting.
    pub setting: &'static Setting,
    /// The control that reports on it.
    pub control: &'a ControlId,
    /// What holds.
    pub holds: Voice<'a>,
    /// What does not, from the top of the tree down.
    pub overridden: Vec<Voice<'a>>,
}

/// What one rule says of one setting.
#[derive(Debug, Clone, Copy)]
pub struct Voice<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Its value for the group.
    pub value: &'a Value,
    /// Where it is written.
    pub place: Place,
}

impl<'a> Settled<'a> {
    /// Everything that was said, from the top of the tree down.
    pub(crate) fn voices(&self) -> Vec<Voice<'a>> {
        let mut voices: Vec<Voice<'a>> = self.overridden.clone();
        voices.push(self.holds);
        voices.sort_by_key(|voice| (voice.layer(), voice.rule.id()));
        voices
    }

    /// What would hold had one of the voices not spoken.
    pub(crate) fn without(&self, left_out: Place) -> Option<Voice<'a>> {
        self.among(|voice| voice.place != left_out)
    }

    /// What would hold had only these voices spoken.
    pub(crate) fn among(&self, is_heard: impl Fn(&Voice<'a>) -> bool) -> Option<Voice<'a>> {
        let mut voices = self.voices();
        voices.retain(is_heard);
        let settled = settle_one(self.setting, self.control, &voices, &mut Vec::new())?;
        Some(settled.holds)
    }
}

impl Voice<'_> {
    fn layer(&self) -> Layer {
        self.rule.layer()
    }

    fn said(&self) -> Said {
        Said {
            rule: self.rule.id().clone(),
            value: self.value.to_string(),
            place: self.place,
        }
    }
}

/// Settles every setting that `rules`, sorted from the top down, speak of.
pub(super) fn settle<'a>(
    rules: &[&'a Rule],
    group: &Group,
    breaches: &mut Vec<Breach>,
) -> BTreeMap<&'static str, Settled<'a>> {
    let mut voices: BTreeMap<&'static str, (&'a SettingStatement, Vec<Voice<'a>>)> =
        BTreeMap::new();
    for rule in rules {
        for statement in &rule.settings {
            if let Some(said) = statement.value_for(group) {
                let voice = Voice {
                    rule,
                    value: &said.value,
                    place: said.place,
                };
                let name = statement.setting.name;
                voices
                    .entry(name)
                    .or_insert_with(|| (statement, Vec::new()))
                    .1
                    .push(voice);
            }
        }
    }
    voices
        .into_iter()
        .filter_map(|(name, (statement, voices))| {
            let settled = settle_one(statement.setting, &statement.control, &voices, breaches);
            Some((name, settled?))
        })
        .collect()
}

/// Settles one setting; `voices` are sorted from the top down. `None` without any.
fn settle_one<'a>(
    setting: &'static Setting,
    control: &'a ControlId,
    voices: &[Voice<'a>],
    breaches: &mut Vec<Breach>,
) -> Option<Settled<'a>> {
    let mut bounds: Vec<Voice<'a>> = Vec::new();
    let mut holds: Option<Voice<'a>> = None;
    for layer in voices.chunk_by(|a, b| a.layer() == b.layer()) {
        let within: Vec<Voice<'a>> = layer
            .iter()
            .filter(|voice| match breach(setting, &bounds, voice) {
                Some(breach) => {
                    breaches.push(breach);
                    false
                }
                None => true,
            })
            .copied()
            .collect();
        let Some(speaker) = speaker(setting, &within, breaches) else {
            continue;
        };
        holds = Some(speaker);
        bounds.extend(
            within
                .into_iter()
                .filter(|voice| voice.rule.strength() != Strength::Default),
        );
    }
    let holds = holds?;
    Some(Settled {
        setting,
        control,
        holds,
        overridden: voices
            .iter()
            .filter(|voice| !std::ptr::eq(voice.rule, holds.rule))
            .copied()
            .collect(),
    })
}

/// How a voice breaks a bound from above.
fn breach(setting: &Setting, bounds: &[Voice<'_>], voice: &Voice<'_>) -> Option<Breach> {
    let mut binding = bounds.iter().filter(|bound| bound.rule.bounds(voice.rule));
    binding.find_map(|bound| {
        let kind = match bound.rule.strength() {
            Strength::Locked if voice.value != bound.value => BreachKind::ChangesLocked,
            Strength::Minimum if setting.is_weaker(voice.value, bound.value) => {
                BreachKind::WeakerThanFloor
            }
            Strength::Locked | Strength::Minimum | Strength::Default => return None,
        };
        Some(between(kind, setting, bound, voice))
    })
}

/// The voice that speaks for a layer. Rules of one unit may agree, or say a minimum and a
/// stricter default; anything else is a breach.
fn speaker<'a>(
    setting: &Setting,
    layer: &[Voice<'a>],
    breaches: &mut Vec<Breach>,
) -> Option<Voice<'a>> {
    let by_strength = |voice: &&Voice<'a>| (voice.rule.strength(), voice.rule.id());
    let strongest = *layer.iter().min_by_key(by_strength)?;
    let mut speaker = strongest;
    for voice in layer {
        let refines = strongest.rule.strength() == Strength::Minimum
            && voice.rule.strength() == Strength::Default
            && !setting.is_weaker(voice.value, strongest.value);
        let agrees_with_speaker = voice.value == speaker.value;
        if voice.value == strongest.value {
            continue;
        }
        if refines && (agrees_with_speaker || speaker.value == strongest.value) {
            speaker = *voice;
        } else {
            breaches.push(between(BreachKind::SameLayer, setting, &strongest, voice));
        }
    }
    Some(speaker)
}

fn between(kind: BreachKind, setting: &Setting, above: &Voice<'_>, below: &Voice<'_>) -> Breach {
    Breach {
        kind,
        subject: setting.name.to_owned(),
        above: above.said(),
        below: below.said(),
    }
}
