//! `rules/*.yaml`: what holds for whom, and why.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::one_or_many::OneOrMany;
use super::{At, Day, Ownership, SettingValue};
use fyr_schemas::bundle::Audience;
use fyr_schemas::id::{CaseNumber, LanguageCode, PeriodId, RuleId, StageId, UnitPath};

/// One rule: settings and sites for the groups it selects.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Fyr: a rule (rules/*.yaml)")]
pub struct Rule {
    /// Its short name.
    pub rule: At<RuleId>,
    /// The case that decided it, as the decision's file writes it.
    pub decision: Option<At<CaseNumber>>,
    /// The groups to which it applies: a unit's path, or a selection.
    #[serde(rename = "for")]
    pub scope: Scope,
    /// What lower units may do.
    pub strength: At<Strength>,
    /// Who may go below a `minimum` all the same.
    pub overridable: Option<At<Overridable>>,
    /// The periods of the timetable during which it is in force; always if left out.
    #[serde(default)]
    pub during: OneOrMany<PeriodId>,
    /// The first day on which it is in force.
    pub from: Option<At<Day>>,
    /// The last day on which it is in force.
    pub until: Option<At<Day>>,
    /// Settings and their values; a value may differ by stage, `pupils` and `staff`.
    #[serde(default)]
    pub set: BTreeMap<At<String>, At<SettingValue>>,
    /// Sites that are allowed, shown with a warning, or blocked.
    #[serde(default)]
    pub sites: Sites,
    /// What people read before a site that the rule warns of, by language.
    #[serde(default)]
    pub guidance: BTreeMap<At<LanguageCode>, String>,
    /// The reason in words, by language; an emergency may leave it to the decision that follows.
    #[serde(default)]
    pub why: BTreeMap<At<LanguageCode>, String>,
}

/// What lower levels may do about a rule.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Lower units cannot change it.
    Locked,
    /// Lower units may only make it more restrictive.
    Minimum,
    /// Lower units may change it.
    Default,
}

impl Strength {
    /// The word of the source.
    pub fn word(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Minimum => "minimum",
            Self::Default => "default",
        }
    }
}

/// Who may go below a floor.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Overridable {
    /// Rules during lessons only (`during: lesson:NAME`): for their time, and with an end.
    Lessons,
}

/// Verdicts over sites: a URL filter as Chromium writes it, a `service:NAME`, a `category:NAME`, or
/// `services:STATUS` for every service that has the status for the group (`services:approved`). What
/// opens a service closes it to groups that are too young for it, or lack a guardian's approval.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sites {
    /// Sites that are allowed.
    #[serde(default)]
    pub allow: Vec<At<String>>,
    /// Sites that open after the user has read the guidance.
    #[serde(default)]
    pub warn: Vec<At<String>>,
    /// Sites that are blocked.
    #[serde(default)]
    pub block: Vec<At<String>>,
}

/// Whom a rule is for. Every field narrows the selection.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The unit; every unit below it is included.
    pub unit: At<UnitPath>,
    /// Pupils only, or staff only.
    pub who: Option<At<Audience>>,
    /// These stages alone.
    pub stage: Vec<At<StageId>>,
    /// Managed or personal devices only.
    pub ownership: Option<At<Ownership>>,
}

/// A selection of groups within a unit.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Selection {
    /// The unit; every unit below it is included.
    unit: At<UnitPath>,
    /// Pupils only, or staff only.
    who: Option<At<Audience>>,
    /// One stage or several.
    #[serde(default)]
    stage: OneOrMany<StageId>,
    /// Managed or personal devices only.
    ownership: Option<At<Ownership>>,
}

/// The two ways to write a [`Scope`].
enum WrittenScope {
    Path(UnitPath),
    Selection(Selection),
}

/// A path alone where nothing narrows it.
impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            unit,
            who,
            stage,
            ownership,
        } = self;
        if who.is_none() && stage.is_empty() && ownership.is_none() {
            return unit.serialize(serializer);
        }
        let selection = Selection {
            unit: unit.clone(),
            who: *who,
            stage: OneOrMany(stage.clone()),
            ownership: *ownership,
        };
        selection.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = At::<WrittenScope>::deserialize(deserializer)?;
        Ok(match written.value {
            WrittenScope::Path(value) => Self {
                unit: At {
                    value,
                    span: written.span,
                },
                who: None,
                stage: Vec::new(),
                ownership: None,
            },
            WrittenScope::Selection(selection) => Self {
                unit: selection.unit,
                who: selection.who,
                stage: selection.stage.0,
                ownership: selection.ownership,
            },
        })
    }
}

impl<'de> Deserialize<'de> for WrittenScope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScopeVisitor;

        impl<'de> Visitor<'de> for ScopeVisitor {
            type Value = WrittenScope;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a unit path such as `/skoler`, or a mapping with `unit`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<WrittenScope, E> {
                text.parse().map(WrittenScope::Path).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WrittenScope, A::Error> {
                Selection::deserialize(MapAccessDeserializer::new(map)).map(WrittenScope::Selection)
            }
        }

        deserializer.deserialize_any(ScopeVisitor)
    }
}

impl schemars::JsonSchema for Scope {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scope".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A unit's path with everything below it, or a selection within it.",
            "anyOf": [
                generator.subschema_for::<UnitPath>(),
                generator.subschema_for::<Selection>(),
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn rule(text: &str) -> Rule {
        let options = serde_saphyr::options! { strict_booleans: true };
        serde_saphyr::from_str_with_options(text, options).expect(text)
    }

    #[test]
    fn values_mean_what_they_say_in_spite_of_yaml_1_1() {
        let rule = rule(
            "{rule: x, for: /, strength: locked, why: {}, set: {a: off, b: no, c: NO, d: 1-3, e: true, f: 12}}",
        );
        let texts: Vec<_> = rule
            .set
            .values()
            .map(|value| match &value.value {
                SettingValue::Text(text) => text.as_str(),
                SettingValue::List(_) | SettingValue::Map(_) => "not text",
            })
            .collect();
        assert_eq!(texts, ["off", "no", "NO", "1-3", "true", "12"]);
    }

    #[test]
    fn a_scope_is_a_path_or_a_selection_and_both_know_where_they_stand() {
        let text = "{rule: x, for: /skoler, strength: locked, why: {}}";
        let place = |rule: &Rule, text: &str| {
            let span = rule.scope.unit.span;
            text[span.start..span.start + span.length].to_owned()
        };
        assert_eq!(place(&rule(text), text), "/skoler");
        let text = "{rule: x, for: {unit: /skoler, stage: mellemtrin}, strength: locked, why: {}}";
        assert_eq!(place(&rule(text), text), "/skoler");
        assert_eq!(rule(text).scope.stage.len(), 1);
    }
}
