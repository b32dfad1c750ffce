//! The value of a setting, as it is written.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::At;

/// The value of a setting as it is written, before the setting has given it a type.
///
/// Everything scalar is text: `off`, `no` and `1-3` mean what they say in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// A word, a number or a line of text.
    Text(String),
    /// A list.
    List(Vec<At<SettingValue>>),
    /// A mapping: by stage, `pupils` and `staff`, or a browser policy's own members.
    Map(BTreeMap<At<String>, At<SettingValue>>),
}

impl<'de> Deserialize<'de> for SettingValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = SettingValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value, a list, or a mapping by stage")
            }

            fn visit_bool<E>(self, value: bool) -> Result<SettingValue, E> {
                Ok(SettingValue::Text(value.to_string()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<SettingValue, E> {
                Ok(SettingValue::Text(value.to_string()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<SettingValue, E> {
                Ok(SettingValue::Text(value.to_string()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<SettingValue, E> {
                Ok(SettingValue::Text(value.to_string()))
            }

            fn visit_str<E>(self, text: &str) -> Result<SettingValue, E> {
                Ok(SettingValue::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<SettingValue, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(SettingValue::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SettingValue, A::Error> {
                BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(SettingValue::Map)
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

impl schemars::JsonSchema for SettingValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SettingValue".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A value for all groups of the rule, or a mapping by stage, `pupils` and `staff`."
        })
    }
}
