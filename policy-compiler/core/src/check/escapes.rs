//! R28: the ways round each restriction are closed for everybody it restricts.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::{GroupId, RuleId};

use crate::code::Code;
use crate::desired::Verdict;
use crate::diagnostic::{Diagnostic, groups_in_words, in_backticks};
use crate::resolve::{Resolution, Resolved};
use crate::source::Place;

/// The ways round every restriction.
const AROUND_EVERYTHING: &[&str] = &[
    "escape.developer-tools",
    "escape.dns-over-https",
    "escape.extensions",
    "escape.guest",
    "escape.incognito",
    "escape.javascript-urls",
    "escape.profiles",
    "escape.proxy",
];

/// The ways round a blocked site besides.
const AROUND_SITES: &[&str] = &["escape.page-viewers"];

/// The families of settings that restrict what can be seen.
const RESTRICTING: &[&str] = &["safesearch", "youtube"];

/// A rule that restricts, with the ways round it that nobody spoke of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Hole<'a> {
    rule: &'a RuleId,
    /// Where it restricts.
    place: Place,
    ways: Vec<&'static str>,
}

pub(super) fn check(resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut holes: BTreeMap<Hole<'_>, BTreeSet<&GroupId>> = BTreeMap::new();
    for resolved in resolution.at_all_times() {
        for hole in holes_of(resolved) {
            holes.entry(hole).or_default().insert(&resolved.group.id);
        }
    }
    holes
        .into_iter()
        .map(|(hole, groups)| tell(&hole, &Vec::from_iter(groups)))
        .collect()
}

/// At most one hole for each rule that restricts the group.
fn holes_of<'a>(resolved: &Resolved<'a>) -> Vec<Hole<'a>> {
    let by_settings = resolved
        .settings
        .values()
        .filter(|settled| {
            let setting = settled.setting;
            RESTRICTING.contains(&setting.family())
                && setting.default_value().as_ref() != Some(settled.holds.value)
        })
        .map(|settled| Hole {
            rule: settled.holds.rule.id(),
            place: settled.holds.place,
            ways: unspoken(resolved, AROUND_EVERYTHING),
        });
    let by_sites = resolved
        .sites
        .voices
        .iter()
        .filter(|voice| voice.says.verdict == Verdict::Block)
        .map(|voice| Hole {
            rule: voice.rule.id(),
            place: voice.says.place,
            ways: unspoken(resolved, &[AROUND_EVERYTHING, AROUND_SITES].concat()),
        });
    let mut holes: Vec<Hole<'a>> = by_settings
        .chain(by_sites)
        .filter(|hole| !hole.ways.is_empty())
        .collect();
    holes.sort();
    holes.dedup_by_key(|hole| hole.rule);
    holes
}

/// The ways that no rule speaks of, and that are therefore open. A way that a rule leaves
/// open has been decided.
fn unspoken(resolved: &Resolved<'_>, ways: &[&'static str]) -> Vec<&'static str> {
    ways.iter()
        .filter(|way| !resolved.settings.contains_key(*way))
        .copied()
        .collect()
}

fn tell(hole: &Hole<'_>, groups: &[&GroupId]) -> Diagnostic {
    let whom = groups_in_words(groups);
    Diagnostic::new(
        Code::EscapeOpen,
        format!("`{}` can be walked around by {whom}", hole.rule),
    )
    .at(hole.place, "restricts here")
    .help(format!(
        "set {} to `closed` for {whom}, or to `open` where that is decided",
        in_backticks(&hole.ways)
    ))
}
