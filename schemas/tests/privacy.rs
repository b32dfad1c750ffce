//! No field of a report can hold personal data (R33): proved on the schema itself, so that a new
//! field is refused here before anybody can fill it.

use std::collections::BTreeSet;

use fyr_schemas::report::Report;
use proptest::prelude::*;
use schemars::schema_for;
use serde_json::{Map, Value, json};

/// The closed alphabets of the ids a report may hold. None has room for a name, an address or a
/// search: names that the policy gives to its own parts, and digests.
const IDS: [&str; 5] = [
    // OrganisationId and GroupId
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    // ControlId
    "^[a-z0-9-]+(\\.[A-Za-z0-9-]+)*$",
    // PeriodId
    "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?:)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    // DeviceId
    "^[0-9a-f]{32}$",
    // Digest
    "^[0-9a-f]{64}$",
];

/// Everything in `schema` that could contain free text, by its place.
fn open_places(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    walk(schema, schema, "report", &mut seen, &mut found);
    found
}

fn walk(
    root: &Value,
    schema: &Value,
    place: &str,
    seen: &mut BTreeSet<String>,
    found: &mut Vec<String>,
) {
    let Some(schema) = schema.as_object() else {
        found.push(format!("{place}: anything at all"));
        return;
    };
    if let Some(Value::String(reference)) = schema.get("$ref") {
        let pointer = reference.strip_prefix('#').unwrap_or_default();
        if seen.insert(format!("{place} {reference}")) && seen.len() < 10_000 {
            let target = root.pointer(pointer).unwrap_or(&Value::Bool(true));
            walk(root, target, place, seen, found);
        }
    }
    let choices = ["oneOf", "anyOf", "allOf"];
    for choice in choices.iter().filter_map(|name| schema.get(*name)) {
        for variant in choice.as_array().into_iter().flatten() {
            walk(root, variant, place, seen, found);
        }
    }
    let decided = ["enum", "const", "$ref", "oneOf", "anyOf", "allOf"]
        .iter()
        .any(|name| schema.contains_key(*name));
    for kind in kinds(schema) {
        match kind {
            "string" if !decided && !is_closed_text(schema) => {
                found.push(format!("{place}: a text of any kind"));
            }
            "object" => walk_object(root, schema, place, seen, found),
            "array" => {
                let items = schema.get("items").unwrap_or(&Value::Bool(true));
                walk(root, items, &format!("{place}[]"), seen, found);
            }
            _ => {}
        }
    }
    if kinds(schema).is_empty() && !decided {
        found.push(format!("{place}: anything at all"));
    }
}

fn walk_object(
    root: &Value,
    schema: &Map<String, Value>,
    place: &str,
    seen: &mut BTreeSet<String>,
    found: &mut Vec<String>,
) {
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        found.push(format!("{place}: members of any name"));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        walk(root, property, &format!("{place}.{name}"), seen, found);
    }
}

fn kinds(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_closed_text(schema: &Map<String, Value>) -> bool {
    let text = |name| schema.get(name).and_then(Value::as_str);
    text("format") == Some("date-time") || text("pattern").is_some_and(|it| IDS.contains(&it))
}

#[test]
fn every_text_of_a_report_is_one_of_a_list_a_time_or_an_id() {
    let schema = schema_for!(Report).to_value();
    assert_eq!(open_places(&schema), Vec::<String>::new());
}

#[test]
fn a_field_that_could_hold_a_name_would_be_found() {
    let holes = [
        json!({"type": "string"}),
        json!({"type": ["string", "null"]}),
        json!({"type": "string", "pattern": ".*"}),
        json!({"type": "string", "maxLength": 40}),
        json!({"type": "array", "items": {"type": "string"}}),
        json!({"type": "array"}),
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
        json!({"type": "object", "properties": {}}),
        json!({"anyOf": [{"type": "null"}, {"type": "string"}]}),
        json!({"$ref": "#/$defs/Nothing"}),
        json!({}),
        json!(true),
    ];
    for hole in holes {
        let mut schema = schema_for!(Report).to_value();
        schema["properties"]["note"] = hole.clone();
        let found = open_places(&schema);
        assert!(
            found.iter().any(|place| place.starts_with("report.note")),
            "{hole} was not found: {found:?}"
        );
    }
}

proptest! {
    /// The parser keeps what the schema promises: no free text is accepted in any field.
    #[test]
    fn a_report_with_anything_added_is_refused(name in "[a-z]{1,12}", text in "[A-Z ]{1,20}") {
        let report = json!({
            "format": 1, "organisation": "ballerup", "group": "g", "device": "0".repeat(32),
            "sequence": 1, "at": "2026-01-01T00:00:00Z", "agent": [0, 1, 0], "bundle": null,
            "freshness": {"state": "fresh"}, "controls": [], "events": [],
            "browsers": [],
        });
        prop_assert!(serde_json::from_value::<Report>(report.clone()).is_ok());
        let mut more = report.clone();
        more[&name] = json!(text);
        prop_assert!(serde_json::from_value::<Report>(more).is_err());
        for field in ["organisation", "group", "device"] {
            let mut other = report.clone();
            other[field] = json!(text);
            prop_assert!(serde_json::from_value::<Report>(other).is_err(), "{}", field);
        }
    }
}
