//! The JSON Schemas of every document: what an editor completes, and what others may rely on.

use fyr_policy_source::{
    Decision, List, OrganisationFile, Rule, Service, TimetableFile, UnitsFile,
};
use fyr_schemas::bundle::Bundle;
use fyr_schemas::enrolment::{EnrolmentKeys, EnrolmentReceipt, EnrolmentRequest, EnrolmentToken};
use fyr_schemas::envelope::Envelope;
use fyr_schemas::fleet::Fleet;
use fyr_schemas::report::{Report, ReportReceipt};
use schemars::{Schema, schema_for};
use serde_json::{Map, Value as Json, json};

use crate::catalogue::platforms::{self, Purpose};
use crate::compile::GapNote;
use crate::settings::{self, Kind, Level, Setting};

/// Every schema with the name of its file, without an ending.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("fyr", organisation()),
        ("units", schema_for!(UnitsFile)),
        ("decision", schema_for!(Decision)),
        ("rule", rule()),
        ("service", schema_for!(Service)),
        ("timetable", schema_for!(TimetableFile)),
        ("list", schema_for!(List)),
        ("bundle", schema_for!(Bundle)),
        ("gaps", schema_for!(Vec<GapNote>)),
        ("enrolment-keys", schema_for!(EnrolmentKeys)),
        ("enrolment-token", schema_for!(EnrolmentToken)),
        ("enrolment-request", schema_for!(EnrolmentRequest)),
        ("enrolment-receipt", schema_for!(EnrolmentReceipt)),
        ("envelope", schema_for!(Envelope)),
        ("report", schema_for!(Report)),
        ("report-receipt", schema_for!(ReportReceipt)),
        ("fleet", schema_for!(Fleet)),
    ]
}

/// The organisation, with the platforms whose hosts are known.
fn organisation() -> Schema {
    let mut schema = schema_for!(OrganisationFile);
    for (pointer, purpose) in [
        ("/$defs/SignIn/properties/providers/items", Purpose::SignIn),
        ("/properties/classroom/items", Purpose::Classroom),
    ] {
        if let Some(items) = schema.pointer_mut(pointer) {
            let names: Vec<&str> = platforms::of(purpose)
                .map(|platform| platform.name)
                .collect();
            *items = json!({ "enum": names });
        }
    }
    schema
}

/// A rule, with every setting of the table as a member of `set`.
fn rule() -> Schema {
    let mut schema = schema_for!(Rule);
    if let Some(set) = schema.pointer_mut("/properties/set") {
        *set = json!({
            "description": "Settings and their values; a value may differ by stage, `pupils` and `staff`.",
            "type": "object",
            "properties": settings::all().map(member).collect::<Map<_, _>>(),
            "patternProperties": {
                "^(chromium|firefox)\\.": {
                    "description": "A policy of the browser under the browser's own name."
                }
            },
            "additionalProperties": false,
        });
    }
    schema
}

fn member(setting: &Setting) -> (String, Json) {
    let value = value(setting.kind);
    let member = json!({
        "description": format!("{} Where no rule speaks of it: {}.", setting.doc, setting.default),
        "anyOf": [
            value,
            {
                "description": "Values by stage, `pupils` and `staff`.",
                "type": "object",
                "additionalProperties": value,
            }
        ]
    });
    (setting.name.to_owned(), member)
}

fn value(kind: Kind) -> Json {
    match kind {
        Kind::Levels(levels) | Kind::Choice(levels) => words(levels),
        Kind::Number(scale) => json!({
            "description": format!("A number of {}.", scale.unit),
            "type": "integer",
            "minimum": scale.least,
            "maximum": scale.most,
        }),
        Kind::Names(name) => json!({
            "description": format!("A list, each {name}."),
            "type": ["array", "string"],
            "items": { "type": "string" },
        }),
        Kind::Policy(policy) => json!({ "description": policy.schema().to_string() }),
    }
}

/// The words of a setting, and the booleans that an editor of YAML 1.1 takes some of them for.
fn words(levels: &[Level]) -> Json {
    let words: Vec<&str> = levels
        .iter()
        .flat_map(|level| std::iter::once(level.word).chain(level.also.iter().copied()))
        .collect();
    let mut accepted: Vec<Json> = words
        .iter()
        .filter(|word| !matches!(**word, "true" | "false"))
        .map(|word| json!(word))
        .collect();
    for (boolean, spellings) in [
        (true, ["on", "yes", "true"]),
        (false, ["off", "no", "false"]),
    ] {
        if words.iter().any(|word| spellings.contains(word)) {
            accepted.push(json!(boolean));
        }
    }
    json!({ "enum": accepted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_can_be_completed() {
        let schema = organisation().to_value().to_string();
        for name in ["unilogin", "google-classroom"] {
            assert!(schema.contains(&format!("\"{name}\"")), "{name}");
        }
    }

    #[test]
    fn every_setting_of_the_table_can_be_completed() {
        let schema = rule();
        let members = schema.pointer("/properties/set/properties").expect("set");
        for setting in settings::all() {
            assert!(members.get(setting.name).is_some(), "{}", setting.name);
        }
    }
}
