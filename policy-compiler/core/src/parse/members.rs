//! What is wrong with a document whose shape is wrong, member by member: every unknown, missing
//! and ill-written one in one run.
//!
//! Every byte is read three times at most: with the document, for the names of its members, and
//! with its own member.

use std::fmt;

use fyr_schemas::policy::{At, Span};
use schemars::{JsonSchema, schema_for};
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use serde_saphyr::Error;

use super::chunk::Chunk;
use super::fault;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, did_you_mean};

/// The findings for a document that could not be read, one at least.
pub(super) fn faults<T: DeserializeOwned + JsonSchema>(
    chunk: &Chunk<'_>,
    error: &Error,
) -> Vec<Diagnostic> {
    let told = fault::unreadable(chunk, error);
    let is_of_shape =
        [Code::UnknownField, Code::MissingField, Code::WrongValue].contains(&told.code);
    let members = is_of_shape.then(|| members(chunk)).flatten();
    let findings = members.map_or_else(Vec::new, |members| by_member::<T>(&members));
    if findings.is_empty() {
        vec![told]
    } else {
        findings
    }
}

/// A member of the document's mapping, from its name to the next one.
struct Member<'a> {
    name: At<String>,
    chunk: Chunk<'a>,
}

/// The members of a mapping that is written line by line, in their order.
fn members<'a>(chunk: &Chunk<'a>) -> Option<Vec<Member<'a>>> {
    let read: Vec<Names> = chunk.read().ok()?;
    let [Names(names)] = <[_; 1]>::try_from(read).ok()?;
    let starts: Vec<usize> = names.iter().map(|name| name.span.start).collect();
    let ends = starts.iter().skip(1).copied().chain([chunk.text.len()]);
    names
        .into_iter()
        .zip(ends)
        .map(|(name, end)| {
            let before = chunk.text.get(..name.span.start)?;
            let begins_a_line = before.is_empty() || before.ends_with('\n');
            let chunk = chunk.part(name.span.start, end)?;
            begins_a_line.then_some(Member { name, chunk })
        })
        .collect()
}

/// The names of a mapping, in their order; the values are passed over.
struct Names(Vec<At<String>>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamesVisitor;

        impl<'de> Visitor<'de> for NamesVisitor {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = map.next_key()? {
                    map.next_value::<IgnoredAny>()?;
                    names.push(name);
                }
                Ok(Names(names))
            }
        }

        deserializer.deserialize_map(NamesVisitor)
    }
}

/// Reads each member as if it were the whole document: what is wrong then, but for the members
/// that are not with it, is wrong with this one.
fn by_member<T: DeserializeOwned + JsonSchema>(members: &[Member<'_>]) -> Vec<Diagnostic> {
    let (known, required) = names_of::<T>();
    let mut missing: Vec<&str> = required
        .iter()
        .map(String::as_str)
        .filter(|field| members.iter().all(|member| member.name.value != *field))
        .collect();
    let mut findings = Vec::new();
    for member in members {
        let name = member.name.value.as_str();
        let Err(error) = member.chunk.read::<T>() else {
            continue;
        };
        match error.without_snippet() {
            Error::SerdeMissingField { field, .. }
                if required
                    .iter()
                    .find(|other| *other != name)
                    .map(String::as_str)
                    == Some(*field) => {}
            error => findings.push(fault::unreadable(&member.chunk, error)),
        }
        if !known.iter().any(|field| field == name) {
            let meant = did_you_mean(name, known.iter().map(String::as_str));
            missing.retain(|field| meant != Some(*field));
        }
    }
    if let (Some(first), false) = (members.first(), missing.is_empty()) {
        let place = first.chunk.place(Span {
            start: 0,
            length: first.name.span.length,
        });
        findings.push(fault::missing(place, &missing));
    }
    findings
}

/// The names of a document's fields: all of them, and those that must be there in their order.
fn names_of<T: JsonSchema>() -> (Vec<String>, Vec<String>) {
    let schema = schema_for!(T);
    let known = schema.get("properties").and_then(Json::as_object);
    let required = schema.get("required").and_then(Json::as_array);
    (
        known.map_or_else(Vec::new, |fields| fields.keys().cloned().collect()),
        required.map_or_else(Vec::new, |fields| {
            fields
                .iter()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect()
        }),
    )
}
