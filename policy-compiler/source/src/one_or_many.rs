//! A value that may be written alone or as a list.

use std::fmt::Display;
use std::ops::Deref;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::{At, SettingValue};

/// One value or several, each with its place; none where nothing is written.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct OneOrMany<T>(pub Vec<At<T>>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for OneOrMany<T> {
    type Target = [At<T>];

    fn deref(&self) -> &[At<T>] {
        &self.0
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = At::<SettingValue>::deserialize(deserializer)?;
        let items = match written.value {
            SettingValue::List(items) => items,
            SettingValue::Text(_) | SettingValue::Map(_) => vec![written],
        };
        let item = |item: At<SettingValue>| match item.value {
            SettingValue::Text(text) => Ok(At {
                value: text.parse().map_err(de::Error::custom)?,
                span: item.span,
            }),
            SettingValue::List(_) | SettingValue::Map(_) => {
                Err(de::Error::custom("expected one value, or a list of values"))
            }
        };
        items
            .into_iter()
            .map(item)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [
                generator.subschema_for::<T>(),
                generator.subschema_for::<Vec<T>>(),
            ]
        })
    }
}
