//! The policy file of a Chromium product, and the name that lets it win over unmanaged files.

use std::collections::{BTreeMap, BTreeSet};

use fyr_agent_core::obstacle::Affected;
use fyr_schemas::bundle::Bundle;
use fyr_schemas::printable::printable;
use serde_json::Value;

use super::pretty;
use crate::actual::{UnmanagedFile, UnmanagedPolicies};
use crate::path::OwnName;

/// The file's bytes: `{}` where the bundle has no policy for the family.
pub fn render(bundle: &Bundle) -> Vec<u8> {
    pretty(&bundle.chromium)
}

/// Under which name the file wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    /// The lowest name that outranks every unmanaged file that can be outranked.
    pub name: OwnName,
    /// What unmanaged files overrule all the same.
    pub overruled: Option<Affected>,
    /// The names of those files, printable. They stay on the device: a name can say who someone is.
    pub by: Vec<String>,
}

/// Finds the name for `bundle`'s file among `unmanaged` files.
///
/// A browser takes each policy from the file that sorts last. Only files that set one of our
/// policies to another value count, and those whose content is unknown.
pub fn rank(bundle: &Bundle, unmanaged: &[UnmanagedFile]) -> Ranking {
    let rivals: Vec<(&[u8], Affected)> = unmanaged
        .iter()
        .filter_map(|file| Some((file.name.as_slice(), contested(bundle, &file.policies)?)))
        .collect();
    let highest = OwnName::all().last().unwrap_or(OwnName::PLAIN);
    let name = OwnName::all()
        .find(|own| {
            rivals
                .iter()
                .all(|(rival, _)| own.outranks(rival) || !highest.outranks(rival))
        })
        .unwrap_or(highest);
    let (by, overruled): (Vec<String>, Vec<Affected>) = rivals
        .into_iter()
        .filter(|(rival, _)| !highest.outranks(rival))
        .map(|(rival, affected)| (printable(&String::from_utf8_lossy(rival)), affected))
        .unzip();
    Ranking {
        name,
        overruled: overruled.into_iter().reduce(Affected::and),
        by,
    }
}

/// What of `bundle` an unmanaged file would change if it won.
fn contested(bundle: &Bundle, unmanaged: &UnmanagedPolicies) -> Option<Affected> {
    match unmanaged {
        UnmanagedPolicies::Opaque => (!bundle.chromium.is_empty()).then_some(Affected::Everything),
        UnmanagedPolicies::Known(policies) => {
            let names = conflicts(&bundle.chromium, policies);
            (!names.is_empty()).then_some(Affected::Names(names))
        }
    }
}

fn conflicts(ours: &BTreeMap<String, Value>, theirs: &BTreeMap<String, Value>) -> BTreeSet<String> {
    theirs
        .iter()
        .filter(|(name, value)| ours.get(*name).is_some_and(|own| own != *value))
        .map(|(name, _)| name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::bundle;

    fn unmanaged(name: &str, json: &str) -> UnmanagedFile {
        UnmanagedFile {
            name: name.into(),
            policies: UnmanagedPolicies::parse(json.as_bytes()),
        }
    }

    #[track_caller]
    fn check(files: &[UnmanagedFile], name: &str, overruled: bool) {
        let ranking = rank(&bundle(), files);
        assert_eq!(ranking.name.file_name(), name);
        assert_eq!(ranking.overruled.is_some(), overruled);
    }

    #[test]
    fn an_unmanaged_file_that_contradicts_nothing_is_left_alone() {
        check(
            &[unmanaged("zz.json", "{\"HomepageLocation\":\"x\"}")],
            "fyr.json",
            false,
        );
        check(
            &[unmanaged("zz.json", "{\"ForceYouTubeRestrict\":2}")],
            "fyr.json",
            false,
        );
        check(
            &[unmanaged("a.json", "{\"ForceYouTubeRestrict\":0}")],
            "fyr.json",
            false,
        );
    }

    #[test]
    fn a_later_file_that_contradicts_is_outranked_by_the_lowest_name_that_can() {
        check(
            &[unmanaged("zz.json", "{\"ForceYouTubeRestrict\":0}")],
            "~fyr.json",
            false,
        );
        check(
            &[unmanaged("~zz", "{\"ForceYouTubeRestrict\":0}")],
            "~~fyr.json",
            false,
        );
    }

    #[test]
    fn a_comment_that_hides_a_policy_from_strict_json_does_not_hide_the_file() {
        check(
            &[unmanaged("zz.json", "{/**/\"ForceYouTubeRestrict\":0,}")],
            "~fyr.json",
            false,
        );
    }

    #[test]
    fn a_name_above_every_name_of_ours_is_reported_and_the_others_are_still_outranked() {
        let files = [
            unmanaged("ø.json", "{\"ForceYouTubeRestrict\":0}"),
            unmanaged("zz.json", "{\"ForceYouTubeRestrict\":0}"),
        ];
        check(&files, "~fyr.json", true);
        assert_eq!(rank(&bundle(), &files).by, ["ø.json"]);
    }

    #[test]
    fn a_policy_name_cannot_leave_its_string() {
        let mut bundle = bundle();
        let hostile = "x\": 1}, {\"URLBlocklist";
        bundle.chromium.insert(hostile.into(), Value::Bool(true));
        let parsed: BTreeMap<String, Value> = serde_json::from_slice(&render(&bundle)).unwrap();
        assert_eq!(parsed, bundle.chromium);
    }
}
