//! Which versions of a browser know a policy.

use fyr_policy_source::BrowserVersion;
use fyr_schemas::bundle::Engine;
use serde_json::Value;

use super::{Policy, member_versions};

/// The versions that know a policy. Where nothing says, all are taken to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Versions {
    /// The first one.
    pub since: Option<BrowserVersion>,
    /// The first extended release, where that came before [`since`](Self::since).
    pub since_extended: Option<BrowserVersion>,
    /// The last one, where later ones have lost it.
    pub until: Option<BrowserVersion>,
}

/// A part of a browser's policy that an old version does not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TooNew {
    /// The policy, or a member of its table: `Permissions.ScreenShare`.
    pub policy: String,
    /// The versions that know it, in words: `Firefox 142`, or `Firefox ESR 140.2`.
    pub needs: String,
}

/// The extended releases of Firefox, which get what is new in point releases of their own.
const EXTENDED: [u16; 9] = [60, 68, 78, 91, 102, 115, 128, 140, 153];

/// Policies over a feature that no older version has: there is nothing to enforce there.
const AS_OLD_AS_THEIR_FEATURE: &[&str] = &[
    "firefox.IPProtectionAvailable",
    "firefox.VisualSearchEnabled",
];

impl Versions {
    /// Reads `138`, `98-144`, `125/115.10`, or nothing.
    pub(super) fn parse(text: &str) -> Self {
        let (first, until) = match text.split_once('-') {
            Some((first, last)) => (first, last.parse().ok()),
            None => (text, None),
        };
        let (since, extended) = first.split_once('/').unwrap_or((first, ""));
        Self {
            since: since.parse().ok(),
            since_extended: extended.parse().ok(),
            until,
        }
    }

    /// Whether a version knows the policy.
    pub fn know(&self, version: BrowserVersion) -> bool {
        let has_come = self.since.is_none_or(|since| version >= since);
        let came_early = EXTENDED.contains(&version.major)
            && self.since_extended.is_some_and(|since| version >= since);
        (has_come || came_early) && self.until.is_none_or(|until| version.major <= until.major)
    }

    fn in_words(self, engine: Engine) -> String {
        let since = self
            .since
            .map_or_else(String::new, |since| since.to_string());
        match self.since_extended {
            // An extended release later than the ordinary one says nothing new.
            Some(extended) if Some(extended) < self.since => {
                format!("{engine} {since} or {engine} ESR {extended}")
            }
            Some(_) | None => format!("{engine} {since}"),
        }
    }
}

impl Policy {
    /// What a version of this policy's browser would not know of `value`, although there is
    /// something to enforce: the policy itself, or the members of its table that came later.
    pub fn too_new_for(&self, version: BrowserVersion, value: &Value) -> Vec<TooNew> {
        if AS_OLD_AS_THEIR_FEATURE.contains(&self.full_name) {
            return Vec::new();
        }
        let too_new = |versions: Versions, policy: &str| {
            (!versions.know(version)).then(|| TooNew {
                policy: policy.to_owned(),
                needs: versions.in_words(self.engine),
            })
        };
        if let Some(whole) = too_new(self.versions, self.name) {
            return vec![whole];
        }
        let members = value.as_object().into_iter().flatten();
        members
            .filter_map(|(member, _)| {
                let name = format!("{}.{member}", self.name);
                too_new(member_versions(self.engine, &name)?, &name)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalogue::find;

    #[track_caller]
    fn knows(versions: &str, version: &str, expected: bool) {
        let version = version.parse().expect(version);
        assert_eq!(Versions::parse(versions).know(version), expected);
    }

    #[test]
    fn a_version_knows_what_came_before_it_and_was_not_removed() {
        knows("138", "137", false);
        knows("138", "138", true);
        knows("98-144", "144", true);
        knows("98-144", "145", false);
        knows("", "1", true);
    }

    #[test]
    fn an_extended_release_knows_what_its_point_releases_added() {
        knows("125/115.10", "115.9", false);
        knows("125/115.10", "115.10", true);
        knows("125/115.10", "124", false);
        knows("125/115.10", "128", true);
        knows("139/60", "138", false);
        knows("139/60", "128", true);
    }

    #[track_caller]
    fn too_new(policy: &str, version: &str, value: &Value, expected: &[(&str, &str)]) {
        let found = find(policy)
            .expect(policy)
            .too_new_for(version.parse().expect(version), value);
        let found: Vec<_> = found
            .iter()
            .map(|each| (each.policy.as_str(), each.needs.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_member_may_be_newer_than_its_policy() {
        let both = &json!({"Camera": {}, "ScreenShare": {}});
        let screen = (
            "Permissions.ScreenShare",
            "Firefox 142 or Firefox ESR 140.2",
        );
        too_new("firefox.Permissions", "128", both, &[screen]);
        too_new("firefox.Permissions", "140.2", both, &[]);
        let whole = ("Permissions", "Firefox 62 or Firefox ESR 60.2");
        too_new("firefox.Permissions", "60.1", both, &[whole]);
        too_new("firefox.IPProtectionAvailable", "128", &json!(false), &[]);
        let never = ("SkipTermsOfUse", "Firefox 138");
        too_new("firefox.SkipTermsOfUse", "128", &json!(true), &[never]);
    }
}
