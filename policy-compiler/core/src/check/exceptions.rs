//! Exceptions from what is closed, named by those who did not close it.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::GroupId;
use fyr_schemas::policy::Strength;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words, in_backticks};
use crate::resolve::{Resolution, Resolved, Settled, Voice};
use crate::settings::{Role, Value};
use crate::source::Place;

pub(super) fn check(resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut loose: BTreeMap<Loose<'_>, Vec<&GroupId>> = BTreeMap::new();
    for resolved in resolution.at_all_times() {
        for found in in_group(resolved) {
            let groups = loose.entry(found).or_default();
            if !groups.contains(&&resolved.group.id) {
                groups.push(&resolved.group.id);
            }
        }
    }
    loose
        .iter()
        .map(|(loose, groups)| loose.tell(groups))
        .collect()
}

/// Exceptions that a rule names below what closes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Loose<'a> {
    /// The setting that names them, the rule, and where.
    by: (&'static str, &'a str, Place),
    names: Vec<&'a str>,
    /// The setting that closes, the rule, and where.
    closes: (&'static str, &'a str, Place),
    value: String,
}

impl Loose<'_> {
    fn tell(&self, groups: &[&GroupId]) -> Diagnostic {
        let ((setting, by, here), (closed, rule, there)) = (self.by, self.closes);
        let value = &self.value;
        let names = in_backticks(&self.names);
        Diagnostic::new(
            Code::LockedAbove,
            format!("`{setting}` excepts {names} from `{closed}: {value}` above"),
        )
        .at(
            here,
            format!("`{by}` names it for {}", groups_in_words(groups)),
        )
        .at(there, format!("`{rule}` says `{value}`, without it"))
        .help(format!(
            "remove {names}; only the unit of `{rule}`, and those above it, name exceptions from \
             `{closed}`"
        ))
    }
}

fn in_group<'a>(resolved: &Resolved<'a>) -> Vec<Loose<'a>> {
    let settled = resolved.settings.values();
    settled
        .filter_map(|excepts| loose(resolved, excepts))
        .collect()
}

/// What a setting excepts from another that is bound above it.
fn loose<'a>(resolved: &Resolved<'a>, excepts: &Settled<'a>) -> Option<Loose<'a>> {
    let Role::Excepts(closed) = excepts.setting.role else {
        return None;
    };
    let closed = resolved.settings.get(closed)?;
    let names = names(excepts.holds);
    closed.voices().into_iter().find_map(|bound| {
        let is_bound = bound.rule.strength() != Strength::Default
            && bound.rule.bounds(excepts.holds.rule)
            && closed.setting.default_value().as_ref() != Some(bound.value);
        let foreign = is_bound.then(|| foreign(excepts, &names, &bound))?;
        let side = |settled: &Settled<'a>, voice: Voice<'a>| {
            (settled.setting.name, voice.rule.id().as_str(), voice.place)
        };
        (!foreign.is_empty()).then(|| Loose {
            by: side(excepts, excepts.holds),
            names: foreign,
            closes: side(closed, bound),
            value: bound.value.to_string(),
        })
    })
}

/// The names that nobody names where the bound stands, or above.
fn foreign<'a>(
    excepts: &Settled<'a>,
    excepted: &BTreeSet<&'a str>,
    bound: &Voice<'a>,
) -> Vec<&'a str> {
    let voices = excepts.voices().into_iter();
    let known: BTreeSet<&str> = voices
        .filter(|voice| voice.rule.layer() <= bound.rule.layer())
        .flat_map(names)
        .collect();
    excepted.difference(&known).copied().collect()
}

fn names(voice: Voice<'_>) -> BTreeSet<&str> {
    match voice.value {
        Value::Names(names) => names.iter().map(String::as_str).collect(),
        Value::Level(_) | Value::Number(_) | Value::Policy(_) => BTreeSet::new(),
    }
}
