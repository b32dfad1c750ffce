//! Firefox's `policies.json`: one file shared with others. Ours is merged into it, and what is
//! ours is written down in the file itself, so that one rename changes both.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::bundle::Bundle;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::pretty;

/// The top-level member that holds [`Mark`]. Firefox reads `policies` alone.
const MARK: &str = "fyr";
const POLICIES: &str = "policies";

/// The file as it was found, taken apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Existing {
    /// The top-level members besides `policies` and our mark.
    others: Map<String, Value>,
    /// The members of `policies`.
    policies: Map<String, Value>,
    /// What the agent wrote down about them.
    mark: Option<Mark>,
}

/// Which members of `policies` are ours, and what stood in their place before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Mark {
    /// The names of the members that are ours.
    members: BTreeSet<String>,
    /// Unmanaged values that ours replaced, to be put back when ours go.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    replaced: Map<String, Value>,
}

/// What is to become of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Desired {
    /// Nothing of ours is in it and nothing is to be.
    Leave,
    /// It is to hold this.
    Hold(Document),
    /// It held only what was ours, and that is gone.
    Nothing,
}

/// A whole `policies.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Map<String, Value>);

impl Document {
    /// The file's bytes.
    pub fn render(&self) -> Vec<u8> {
        pretty(&self.0)
    }

    /// Whether `bytes` say the same, in any layout: other tools share the file.
    pub fn equals(&self, bytes: &[u8]) -> bool {
        serde_json::from_slice::<Map<String, Value>>(bytes).is_ok_and(|found| found == self.0)
    }
}

impl Existing {
    /// Reads the file; `None` where Firefox could not read it either.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut others: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
        let policies = match others.remove(POLICIES) {
            Some(Value::Object(policies)) => policies,
            None => Map::new(),
            Some(_) => return None,
        };
        let mark = others
            .remove(MARK)
            .and_then(|mark| serde_json::from_value(mark).ok());
        Some(Self {
            others,
            policies,
            mark,
        })
    }
}

/// Whether a file of these bytes holds anything of ours.
pub fn holds_ours(bytes: &[u8]) -> bool {
    Existing::parse(bytes).is_some_and(|existing| existing.mark.is_some())
}

/// Our part of the file, which distinguishes a change of policy from drift.
pub fn own_part(bundle: &Bundle) -> Vec<u8> {
    pretty(&bundle.firefox)
}

/// Merges the bundle's members into the file, keeping everything that is not ours.
pub fn merge(bundle: &Bundle, existing: Existing) -> Desired {
    if bundle.firefox.is_empty() && existing.mark.is_none() {
        return Desired::Leave;
    }
    let Existing {
        others: mut document,
        mut policies,
        mark,
    } = existing;
    let before = mark.unwrap_or_default();
    let mut replaced = before.replaced;
    for (name, value) in &bundle.firefox {
        let found = policies.insert(name.clone(), value.clone());
        if let Some(found) = found.filter(|_| !before.members.contains(name)) {
            replaced.insert(name.clone(), found);
        }
    }
    for name in before
        .members
        .iter()
        .filter(|name| !bundle.firefox.contains_key(*name))
    {
        policies.remove(name);
        if let Some(unmanaged) = replaced.remove(name) {
            policies.insert(name.clone(), unmanaged);
        }
    }
    if bundle.firefox.is_empty() && policies.is_empty() && document.is_empty() {
        return Desired::Nothing;
    }
    document.insert(POLICIES.to_owned(), Value::Object(policies));
    if !bundle.firefox.is_empty() {
        document.insert(MARK.to_owned(), mark_value(&bundle.firefox, replaced));
    }
    Desired::Hold(Document(document))
}

fn mark_value(ours: &BTreeMap<String, Value>, replaced: Map<String, Value>) -> Value {
    let members = ours.keys().cloned().map(Value::String).collect();
    let mut mark = Map::new();
    mark.insert("members".to_owned(), Value::Array(members));
    if !replaced.is_empty() {
        mark.insert("replaced".to_owned(), Value::Object(replaced));
    }
    Value::Object(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{bundle, empty_bundle};
    use fyr_fixtures::Replaced as _;

    fn found(json: &str) -> Existing {
        Existing::parse(json.as_bytes()).expect("valid JSON")
    }

    #[track_caller]
    fn written(bundle: &Bundle, existing: Existing) -> Vec<u8> {
        match merge(bundle, existing) {
            Desired::Hold(document) => document.render(),
            other => panic!("nothing to write: {other:?}"),
        }
    }

    #[test]
    fn unmanaged_members_stay_and_ours_go_without_a_trace() {
        let before = "{\"policies\":{\"Homepage\":{\"URL\":\"x\"}},\"note\":1}";
        let during = written(&bundle(), found(before));
        let after = written(&empty_bundle(), Existing::parse(&during).unwrap());
        let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        assert_eq!(value(&after), value(before.as_bytes()));
    }

    #[test]
    fn an_unmanaged_value_that_ours_replaced_comes_back() {
        let before = "{\"policies\":{\"DisablePrivateBrowsing\":false}}";
        let during = written(&bundle(), found(before));
        assert!(String::from_utf8_lossy(&during).contains("\"DisablePrivateBrowsing\": true"));
        let after = written(&empty_bundle(), Existing::parse(&during).unwrap());
        assert!(String::from_utf8_lossy(&after).contains("\"DisablePrivateBrowsing\": false"));
    }

    #[test]
    fn a_tampered_member_of_ours_is_not_mistaken_for_a_unmanaged_one() {
        let during = String::from_utf8(written(&bundle(), Existing::default())).unwrap();
        let tampered = during.replaced(
            "\"DisablePrivateBrowsing\": true",
            "\"DisablePrivateBrowsing\": false",
        );
        assert_eq!(written(&bundle(), found(&tampered)), during.as_bytes());
    }

    #[test]
    fn a_file_that_held_only_ours_goes_with_it() {
        let during = written(&bundle(), Existing::default());
        let existing = Existing::parse(&during).unwrap();
        assert_eq!(merge(&empty_bundle(), existing), Desired::Nothing);
    }

    #[test]
    fn a_group_without_firefox_policy_leaves_a_unmanaged_file_alone() {
        let existing = found("{\"policies\":{}}");
        assert_eq!(merge(&empty_bundle(), existing), Desired::Leave);
    }

    #[test]
    fn another_layout_of_the_same_document_is_no_drift() {
        let Desired::Hold(document) = merge(&bundle(), Existing::default()) else {
            panic!("nothing to hold");
        };
        let compact = serde_json::to_vec(&document.0).unwrap();
        assert!(document.equals(&compact));
        assert!(!document.equals(b"{}"));
    }
}
