//! The type of a policy's value: reads what an administrator wrote, and checks what is emitted.
//!
//! Stricter than the browsers: a value outside its enum, a member no browser knows and a number
//! out of bounds are refused, where most browsers take them without a word and do nothing.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use fyr_schemas::bundle::Engine;
use serde_json::{Map, Value};

use crate::catalogue::Given;

/// The type of one value.
#[derive(Debug, Clone, PartialEq)]
pub enum Schema {
    /// `true` or `false`.
    Boolean,
    /// A number within bounds, whole or not.
    Number(Bounds),
    /// A text.
    Text(Format),
    /// Exactly one of these values.
    OneOf(Vec<Value>),
    /// A list of one type.
    List(Box<Schema>),
    /// A table.
    Table(Table),
    /// All that one of these takes; the first that fits reads a written value.
    Any(Vec<Schema>),
    /// A schema shared by several policies of an engine, by name: these may refer to themselves.
    Shared(Engine, String),
    /// Nothing at all: the definition could not be read.
    Nothing,
}

/// The members of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    members: BTreeMap<String, Schema>,
    others: Option<Box<Schema>>,
    required: BTreeSet<String>,
}

/// The bounds of a number, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    least: Option<f64>,
    most: Option<f64>,
    whole: bool,
}

/// What a text must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Any text.
    Free,
    /// An absolute address, or nothing.
    AddressOrEmpty,
    /// An absolute address.
    Address,
    /// A scheme and a host without a path: `https://skola.example`.
    Origin,
}

/// Where a value differs from its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} `{found}` is not {expected}", Place(path))]
pub struct Mismatch {
    /// The way to the wrong value, outermost first; empty for the value itself.
    pub path: Vec<String>,
    /// The wrong value, cut after 80 characters.
    pub found: String,
    /// What would have been accepted, with its article.
    pub expected: String,
}

impl Schema {
    /// Reads a JSON Schema of the catalogue's tables; [`Schema::Nothing`] when it makes no sense.
    pub(super) fn parse(text: &str, engine: Engine) -> Self {
        serde_json::from_str(text).map_or(Self::Nothing, |schema| Self::from_json(&schema, engine))
    }

    /// Turns what was written into the JSON that a browser takes.
    pub fn read(&self, given: &Given) -> Result<Value, Mismatch> {
        match (self, given) {
            (Self::Any(schemas), _) => schemas
                .iter()
                .find_map(|schema| schema.read(given).ok())
                .ok_or_else(|| self.mismatch(&given.excerpt())),
            (Self::Shared(engine, name), _) => resolve(*engine, name).read(given),
            (Self::OneOf(values), Given::Scalar(text)) => values
                .iter()
                .find(|value| written(value) == *text)
                .cloned()
                .ok_or_else(|| self.mismatch(&given.excerpt())),
            (Self::List(items), Given::List(given)) => given
                .iter()
                .enumerate()
                .map(|(at, each)| items.read(each).map_err(|wrong| wrong.inside(&at)))
                .collect(),
            (Self::Table(table), Given::Table(given)) => table.read(given),
            (_, Given::Scalar(text)) => {
                let value = self.read_scalar(text);
                let value = value.ok_or_else(|| self.mismatch(&given.excerpt()))?;
                self.check(&value).map(|()| value)
            }
            (_, Given::List(_) | Given::Table(_)) => Err(self.mismatch(&given.excerpt())),
        }
    }

    /// Whether `value` is of this type.
    pub fn check(&self, value: &Value) -> Result<(), Mismatch> {
        let fits = match (self, value) {
            (Self::Boolean, Value::Bool(_)) => true,
            (Self::Number(bounds), Value::Number(number)) => bounds.hold(number),
            (Self::Text(format), Value::String(text)) => format.fits(text),
            (Self::OneOf(values), _) => values.contains(value),
            (Self::Any(schemas), _) => schemas.iter().any(|schema| schema.check(value).is_ok()),
            (Self::Shared(engine, name), _) => return resolve(*engine, name).check(value),
            (Self::List(items), Value::Array(values)) => {
                return values.iter().enumerate().try_for_each(|(at, each)| {
                    items.check(each).map_err(|wrong| wrong.inside(&at))
                });
            }
            (Self::Table(table), Value::Object(members)) => return table.check(members),
            (
                Self::Boolean
                | Self::Number(_)
                | Self::Text(_)
                | Self::List(_)
                | Self::Table(_)
                | Self::Nothing,
                _,
            ) => false,
        };
        if fits {
            Ok(())
        } else {
            Err(self.mismatch(&value.to_string()))
        }
    }

    fn read_scalar(&self, text: &str) -> Option<Value> {
        match self {
            Self::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some(Value::Bool(true)),
                "false" | "no" | "off" => Some(Value::Bool(false)),
                _ => None,
            },
            Self::Number(_) => serde_json::from_str::<serde_json::Number>(text)
                .ok()
                .map(Value::Number),
            Self::Text(_) => Some(Value::String(text.to_owned())),
            Self::OneOf(_)
            | Self::List(_)
            | Self::Table(_)
            | Self::Any(_)
            | Self::Shared(..)
            | Self::Nothing => None,
        }
    }

    fn mismatch(&self, found: &str) -> Mismatch {
        Mismatch {
            path: Vec::new(),
            found: found.chars().take(80).collect(),
            expected: self.to_string(),
        }
    }

    fn from_json(schema: &Value, engine: Engine) -> Self {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            return Self::Shared(engine, name.to_owned());
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return Self::OneOf(values.clone());
        }
        match schema.get("type") {
            Some(Value::String(name)) => Self::of_type(name, schema, engine),
            Some(Value::Array(names)) => Self::Any(
                names
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|name| Self::of_type(name, schema, engine))
                    .collect(),
            ),
            _ => schema
                .get("anyOf")
                .and_then(Value::as_array)
                .map_or(Self::Nothing, |choices| {
                    Self::Any(
                        choices
                            .iter()
                            .map(|choice| Self::from_json(choice, engine))
                            .collect(),
                    )
                }),
        }
    }

    fn of_type(name: &str, schema: &Value, engine: Engine) -> Self {
        match name {
            "boolean" => Self::Boolean,
            "integer" | "number" => Self::Number(Bounds {
                least: schema.get("minimum").and_then(Value::as_f64),
                most: schema.get("maximum").and_then(Value::as_f64),
                whole: name == "integer",
            }),
            "string" => Self::Text(Format::of(schema)),
            "array" => schema.get("items").map_or(Self::Nothing, |items| {
                Self::List(Box::new(Self::from_json(items, engine)))
            }),
            "object" => Self::Table(Table::from_json(schema, engine)),
            _ => Self::Nothing,
        }
    }
}

impl Table {
    fn from_json(schema: &Value, engine: Engine) -> Self {
        let named = |key: &str| schema.get(key).and_then(Value::as_object);
        // The vendors' patterns all mean "any other name"; which names exist is not in their files.
        let others = named("patternProperties")
            .and_then(|patterns| patterns.values().next())
            .or_else(|| schema.get("additionalProperties"));
        Self {
            members: named("properties")
                .into_iter()
                .flatten()
                .map(|(name, member)| (name.clone(), Schema::from_json(member, engine)))
                .collect(),
            others: others.map(|schema| Box::new(Schema::from_json(schema, engine))),
            required: schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
        }
    }

    fn read(&self, given: &BTreeMap<String, Given>) -> Result<Value, Mismatch> {
        let mut members = Map::new();
        for (name, each) in given {
            let value = self.member(name)?.read(each);
            members.insert(name.clone(), value.map_err(|wrong| wrong.inside(name))?);
        }
        self.check(&members).map(|()| Value::Object(members))
    }

    fn check(&self, members: &Map<String, Value>) -> Result<(), Mismatch> {
        for (name, value) in members {
            self.member(name)?
                .check(value)
                .map_err(|wrong| wrong.inside(name))?;
        }
        match self
            .required
            .iter()
            .find(|name| !members.contains_key(*name))
        {
            None => Ok(()),
            Some(name) => Err(Mismatch {
                path: Vec::new(),
                found: "the table".to_owned(),
                expected: format!("a table with the member `{name}`"),
            }),
        }
    }

    fn member(&self, name: &str) -> Result<&Schema, Mismatch> {
        let schema = self.members.get(name).or(self.others.as_deref());
        schema.ok_or_else(|| Mismatch {
            path: Vec::new(),
            found: name.chars().take(80).collect(),
            expected: format!("one of the members {}", quoted(self.members.keys())),
        })
    }
}

impl Bounds {
    fn hold(self, number: &serde_json::Number) -> bool {
        let Some(value) = number.as_f64() else {
            return false;
        };
        self.least.is_none_or(|least| value >= least)
            && self.most.is_none_or(|most| value <= most)
            && !(self.whole && number.as_i64().is_none())
    }
}

impl Format {
    /// The tables know two patterns worth checking: an address, and an origin.
    fn of(schema: &Value) -> Self {
        let is_address = |schema: &Value| schema.get("format").is_some();
        let choices = schema.get("anyOf").and_then(Value::as_array);
        if choices.is_some_and(|choices| choices.iter().any(is_address)) {
            return Self::AddressOrEmpty;
        }
        match (
            is_address(schema),
            schema.get("pattern").and_then(Value::as_str),
        ) {
            (true, Some(pattern)) if pattern.contains("[^/]+/?)$") => Self::Origin,
            (true, _) => Self::Address,
            (false, _) => Self::Free,
        }
    }

    fn fits(self, text: &str) -> bool {
        let address = || text.split_once("://");
        match self {
            Self::Free => true,
            Self::AddressOrEmpty => text.is_empty() || address().is_some(),
            Self::Address => {
                address().is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty())
            }
            Self::Origin => address().is_some_and(|(scheme, rest)| {
                let host = rest.strip_suffix('/').unwrap_or(rest);
                matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains('/')
            }),
        }
    }
}

impl Mismatch {
    fn inside(mut self, name: &dyn fmt::Display) -> Self {
        self.path.insert(0, name.to_string());
        self
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn resolve(engine: Engine, name: &str) -> Schema {
    super::shared_schema(engine, name).map_or(Schema::Nothing, |text| Schema::parse(text, engine))
}

/// A JSON value as an administrator would write it.
fn written(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn quoted<T: fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

struct Place<'a>(&'a [String]);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("the value")
        } else {
            write!(f, "in `{}`,", self.0.join("."))
        }
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("`true` or `false`"),
            Self::Number(bounds) => bounds.fmt(f),
            Self::Text(Format::Free) => f.write_str("a text"),
            Self::Text(Format::Address) => {
                f.write_str("an address such as `https://skola.example/`")
            }
            Self::Text(Format::AddressOrEmpty) => f.write_str("an address, or empty"),
            Self::Text(Format::Origin) => f.write_str("an origin such as `https://skola.example`"),
            Self::OneOf(values) => write!(f, "one of {}", quoted(values.iter().map(written))),
            Self::List(_) => f.write_str("a list"),
            Self::Table(_) => f.write_str("a table"),
            Self::Any(schemas) => {
                let names: Vec<_> = schemas.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(" or "))
            }
            Self::Shared(engine, name) => resolve(*engine, name).fmt(f),
            Self::Nothing => f.write_str("a value that this version knows"),
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.whole {
            "a whole number"
        } else {
            "a number"
        })?;
        match (self.least, self.most) {
            (Some(least), Some(most)) => write!(f, " from {least} to {most}"),
            (Some(least), None) => write!(f, " of at least {least}"),
            (None, Some(most)) => write!(f, " of at most {most}"),
            (None, None) => Ok(()),
        }
    }
}
