//! `timetable.yaml`: the periods that rules may speak of, and the holidays.
//!
//! Days and hours are read as they are written; `fyr-policy-core` says what is wrong with them.

use std::collections::BTreeMap;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::one_or_many::OneOrMany;
use super::{At, Day, Scope, SettingValue};
use fyr_schemas::id::{CaseNumber, PeriodId};
use fyr_schemas::timetable::Hours;

/// The periods and the holidays.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Fyr: the timetable (timetable.yaml)")]
pub struct TimetableFile {
    /// The case that decided the periods and the holidays that cite none of their own.
    pub decision: Option<At<CaseNumber>>,
    /// Every period by its name: `school-hours`, `exam:matematik-9`, `lesson:projekt-7b`. What
    /// stands before `:` is its kind; a rule during a `lesson` comes after all others of its unit.
    #[serde(default)]
    pub periods: BTreeMap<At<PeriodId>, Period>,
    /// Days on which no period by weekday runs.
    #[serde(default)]
    pub holidays: Vec<Holiday>,
}

/// When a period runs: by weekday (`days`), or on single days (`on`).
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Period {
    /// The case that decided when it runs.
    pub decision: Option<At<CaseNumber>>,
    /// The days of the week: `mon-fri`, `[mon, wed]`.
    #[serde(default)]
    #[schemars(schema_with = "days_schema")]
    pub days: Option<At<SettingValue>>,
    /// Single days, in the holidays too.
    #[serde(default)]
    pub on: OneOrMany<Day>,
    /// The hours: `08:00-15:30`, several of them, or by the days of the week. All day when left
    /// out.
    #[serde(default)]
    #[schemars(schema_with = "hours_schema")]
    pub hours: Option<At<SettingValue>>,
    /// The first day of a period by weekday.
    pub from: Option<At<Day>>,
    /// The last day of a period by weekday.
    pub until: Option<At<Day>>,
    /// The groups for which it runs: a unit's path, or a selection. All groups if left out.
    #[serde(rename = "for")]
    pub scope: Option<Scope>,
    /// Those who have other hours: a school, a stage. The lowest unit counts, and on one unit the
    /// narrower selection.
    #[serde(default)]
    pub except: Vec<Exception>,
}

/// Other hours for some; what it does not say is as the period says it.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exception {
    /// For whom.
    #[serde(rename = "for")]
    pub scope: Scope,
    /// The case that decided it; that of the period if left out. Hours that a part below a
    /// floor takes from it cite their own.
    pub decision: Option<At<CaseNumber>>,
    /// The days of the week.
    #[serde(default)]
    #[schemars(schema_with = "days_schema")]
    pub days: Option<At<SettingValue>>,
    /// Single days.
    #[serde(default)]
    pub on: OneOrMany<Day>,
    /// The hours.
    #[serde(default)]
    #[schemars(schema_with = "hours_schema")]
    pub hours: Option<At<SettingValue>>,
}

/// Days without school: `on` single days, or `from` a day `until` another.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Holiday {
    /// Its name.
    pub name: At<String>,
    /// The case that decided it.
    pub decision: Option<At<CaseNumber>>,
    /// Single days.
    #[serde(default)]
    pub on: OneOrMany<Day>,
    /// The first day.
    pub from: Option<At<Day>>,
    /// The last day.
    pub until: Option<At<Day>>,
    /// The groups that have it: a unit's path, or a selection. All groups if left out.
    #[serde(rename = "for")]
    pub scope: Option<Scope>,
}

fn days_schema(_: &mut SchemaGenerator) -> Schema {
    let days = json_schema!({ "type": "string", "pattern": DAYS });
    json_schema!({
        "anyOf": [days, { "type": "array", "items": days }, { "type": "null" }]
    })
}

/// One day of the week, or from one until another.
const DAYS: &str = "^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$";

fn hours_schema(generator: &mut SchemaGenerator) -> Schema {
    let hours = generator.subschema_for::<Hours>();
    let several = json_schema!({ "type": "array", "items": hours });
    json_schema!({
        "anyOf": [
            hours,
            several,
            {
                "description": "Hours by the days of the week: `{ mon-thu: 08:00-15:30, fri: 08:00-14:00 }`.",
                "type": "object",
                "patternProperties": { DAYS: { "anyOf": [hours, several] } },
                "additionalProperties": false
            },
            { "type": "null" }
        ]
    })
}
