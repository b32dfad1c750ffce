//! What is wrong with a document whose shape is wrong, member by member: every unknown, missing
//! and ill-written one in one run.
//!
//! Every byte is read three times at most: with the document, for the names of its members, and
//! with its own member.

use std::fmt;

use fyr_policy_source::{At, Span};
use schemars::JsonSchema;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Error;

use super::chunk::Chunk;
use super::fault;
use super::layout;
use super::shape::Shape;
use crate::code::Code;
use crate::finding::{Correction, Diagnostic, Document, Finding};
use crate::meant::did_you_mean;
use crate::settings;
use crate::source::Place;

/// The most members of one document that are looked at.
const MOST: usize = 100;

/// The findings for a document that could not be read, one at least.
pub(super) fn faults<T: DeserializeOwned + JsonSchema>(
    chunk: &Chunk<'_>,
    error: &Error,
) -> Vec<Diagnostic> {
    let found = fault::unreadable(chunk, error);
    if let Some(fault) = layout::fault(chunk).filter(|_| found.code() != Code::TooMuch) {
        return vec![fault];
    }
    let is_of_shape =
        [Code::UnknownField, Code::MissingField, Code::WrongValue].contains(&found.code());
    let members = is_of_shape.then(|| members(chunk)).flatten();
    let findings = members.map_or_else(Vec::new, |members| by_member::<T>(&members));
    if findings.is_empty() {
        vec![otherwise(found, || Some(Correction::Brackets))]
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

/// Reads each member as if it were the whole document: what is wrong then, except the members
/// that are not with it, is wrong with this one.
fn by_member<T: DeserializeOwned + JsonSchema>(members: &[Member<'_>]) -> Vec<Diagnostic> {
    let shape = Shape::of::<T>();
    let there: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let says = |name: &str| members.iter().find(|member| *member.name == *name)?.text();
    let mut missing = shape.missing(&there);
    missing.extend(shape.also_missing(&there, says));
    let mut findings = Vec::new();
    for (member, name) in members.iter().zip(there).take(MOST) {
        let Err(error) = member.chunk.read::<T>() else {
            continue;
        };
        let error = error.without_snippet();
        if is_about_others(error, &shape.missing(&[name])) {
            continue;
        }
        let finding = if member.is_bare() && shape.help(name).is_some() {
            fault::no_value(member.place(), Some(name))
        } else {
            fault::unreadable(&member.chunk, error)
        };
        let finding = match belongs_under(member, &shape, members) {
            Some(under) => corrected(finding, under),
            None => finding,
        };
        findings.push(otherwise(finding, || {
            shape.help(name).map(Correction::Meaning)
        }));
        let meant = did_you_mean(name, shape.names());
        missing.retain(|field| meant != Some(*field));
    }
    let Some(first) = members.first().filter(|_| !missing.is_empty()) else {
        return findings;
    };
    let unknown = members
        .iter()
        .filter(|member| shape.help(&member.name).is_none());
    if let Some(directory) = fault::other_kind(&first.name)
        && missing.first().copied() == shape.head()
        && unknown.count() * 2 >= members.len()
    {
        return vec![fault::in_wrong_place(first.place(), &first.name, directory)];
    }
    findings.push(report_missing(first.place(), &shape, &missing));
    findings
}

/// One finding for all fields that a document of this kind must have and has not.
pub(crate) fn missing_of<T: JsonSchema>(place: Place, missing: &[&str]) -> Diagnostic {
    report_missing(place, &Shape::of::<T>(), missing)
}

fn report_missing(place: Place, shape: &Shape, missing: &[&str]) -> Diagnostic {
    let meanings = missing.iter().filter_map(|field| shape.help(field));
    fault::missing(place, missing, meanings.collect())
}

/// A finding that says what to write instead.
fn corrected(mut finding: Diagnostic, correction: Correction) -> Diagnostic {
    if let Finding::Document(found) = &mut finding.finding
        && let Some(slot) = found.correction()
    {
        *slot = Some(correction);
    }
    finding
}

/// A finding that says what to write instead, where it does not say so already. Unknown fields name
/// those that are known.
fn otherwise(
    mut finding: Diagnostic,
    correction: impl FnOnce() -> Option<Correction>,
) -> Diagnostic {
    if let Finding::Document(found) = &mut finding.finding
        && !matches!(
            found,
            Document::UnknownField { .. } | Document::NotYaml { .. }
        )
        && let Some(slot) = found.correction()
        && slot.is_none()
    {
        *slot = correction();
    }
    finding
}

/// Where a field belongs that is at the top and is one of another field's.
fn belongs_under(member: &Member<'_>, shape: &Shape, members: &[Member<'_>]) -> Option<Correction> {
    let written = member.chunk.text.trim();
    let is_setting = shape.help("set").is_some() && settings::find(&member.name).is_some();
    if is_setting {
        return Some(Correction::UnderSet);
    }
    let parent = shape.parent(&member.name)?;
    if written.contains('\n') {
        return Some(Correction::Under(parent.to_owned()));
    }
    let unit = members.iter().find(|other| *other.name == parent);
    let unit = unit.and_then(|other| other.chunk.text.split_once(':'));
    let unit = unit.map(|(_, value)| value.trim());
    match unit.filter(|unit| parent == "for" && unit.starts_with('/') && !unit.contains(' ')) {
        Some(unit) => {
            let text = format!("for: {{ unit: {unit}, {written} }}");
            Some(Correction::Write(text))
        }
        None => Some(Correction::UnderAs {
            field: parent.to_owned(),
            line: written.to_owned(),
        }),
    }
}

/// Whether a document of one member is refused only for the first of the members that it lacks.
fn is_about_others(error: &Error, lacks: &[&str]) -> bool {
    matches!(error, Error::SerdeMissingField { field, .. } if lacks.first() == Some(field))
}

impl Member<'_> {
    /// The place of its name.
    fn place(&self) -> Place {
        self.chunk.place(Span {
            start: 0,
            length: self.name.span.length,
        })
    }

    /// What is written behind its name on the line.
    fn text(&self) -> Option<&str> {
        let (_, value) = self.chunk.text.lines().next()?.split_once(':')?;
        let value = value.split(" #").next()?;
        Some(value.trim().trim_matches(['"', '\'']))
    }

    /// Whether nothing is written behind its name.
    fn is_bare(&self) -> bool {
        let mut lines = self.chunk.text.lines().map(str::trim);
        let first = lines.next().and_then(|line| line.split_once(':'));
        let nothing = |text: &str| text.is_empty() || text.starts_with('#');
        first.is_some_and(|(_, value)| nothing(value.trim())) && lines.all(nothing)
    }
}
