//! Turns what the YAML reader refused into findings that people can act on.

use fyr_policy_source::Span;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use super::chunk::Chunk;
use super::grammar;
use super::star;
use super::value;
use crate::finding::{Correction, Diagnostic, Document, Expected, Grammar, Role};
use crate::meant::{Meant, did_you_mean};
use crate::source::{FileId, MAX_FILE_BYTES, Place, SourceFile};

/// The finding for a document that cannot be read.
pub(super) fn unreadable(chunk: &Chunk<'_>, error: &Error) -> Diagnostic {
    let error = error.without_snippet();
    let place = error.location().map_or_else(
        || chunk.place(Span::default()),
        |location| chunk.located(location),
    );
    match error {
        Error::UnknownAnchor { .. } => star::unquoted(chunk, place),
        Error::ExternalMessage { msg, .. } if msg.contains("alias") => star::unquoted(chunk, place),
        Error::SerdeUnknownField {
            field, expected, ..
        } => Diagnostic::of(Document::UnknownField {
            field: excerpt(field),
            meant: Meant::among(field, expected.iter().copied()),
            correction: None,
        })
        .at(place, Role::NotRead),
        Error::SerdeMissingField { field, .. } => missing(place, &[field], Vec::new()),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => Diagnostic::of(Document::UnknownWord {
            word: excerpt(variant),
            known: expected.iter().map(|word| (*word).to_owned()).collect(),
            correction: near(variant, expected).or_else(|| value::word(variant, expected)),
        })
        .at(place, Role::UnknownHere),
        Error::DuplicateMappingKey { key, .. } => {
            let field = excerpt(key.as_deref().unwrap_or("this name"));
            Diagnostic::of(Document::DuplicateField { field }).at(place, Role::NameTwice)
        }
        Error::Budget { breach, .. } => beyond_budget(place, breach),
        Error::ExternalMessage { msg, .. } if msg.contains("recursion limit") => too_deep(place),
        Error::ExternalMessage { msg, .. } => {
            let grammar = grammar::fault(msg).unwrap_or_else(|| Grammar::Other(msg.clone()));
            let correction = colon(chunk.line_at(place));
            let finding = Diagnostic::of(Document::NotYaml {
                grammar,
                correction,
            });
            finding.at(place, Role::Unreadable)
        }
        Error::Eof { .. } => Diagnostic::of(Document::EndsEarly).at(place, Role::Incomplete),
        Error::NullIntoString { .. } => no_value(place, None),
        // Numbers are all that is read from a scalar by type: years and versions.
        Error::InvalidScalar { .. } => wrong_type(place, Expected::Number, None),
        Error::Unexpected { expected, .. } => {
            let correction = match *expected {
                "mapping start" => {
                    value::as_texts(chunk, place).or_else(|| value::as_one(chunk, place))
                }
                "sequence start" => value::as_list(chunk, place),
                _ => None,
            };
            let expected = match *expected {
                "string scalar" | "scalar" => Expected::Text,
                "mapping start" => Expected::Mapping,
                "sequence start" => Expected::List,
                other => Expected::Other(other.to_owned()),
            };
            wrong_type(place, expected, correction)
        }
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            let correction = value::as_one(chunk, place).or_else(|| value::as_pair(chunk, place));
            wrong_type(place, Expected::Other(expected.clone()), correction)
        }
        other => refused(place, &UserMessageFormatter.format_message(other)),
    }
}

/// The finding for a text that a newtype refused with `` `text` is not … ``.
fn refused(place: Place, said: &str) -> Diagnostic {
    let parts = said
        .strip_prefix('`')
        .and_then(|rest| rest.split_once("` is not "));
    let Some((text, expected)) = parts else {
        return Diagnostic::of(Document::Unreadable {
            said: said.to_owned(),
            correction: None,
        })
        .at(place, Role::CannotBeRead);
    };
    let kind = expected.split(" (").next().unwrap_or(expected);
    let role = Role::IsNot {
        expected: kind.to_owned(),
    };
    Diagnostic::of(Document::Refused {
        text: text.to_owned(),
        expected: expected.to_owned(),
        correction: value::refused(text, expected),
    })
    .at(place, role)
}

fn wrong_type(place: Place, expected: Expected, correction: Option<Correction>) -> Diagnostic {
    Diagnostic::of(Document::WrongType {
        expected,
        correction,
    })
    .at(place, Role::OtherType)
}

/// The first characters of what was given, as much as a message has room for.
fn excerpt(given: &str) -> String {
    given.chars().take(80).collect()
}

fn near(given: &str, known: &[&str]) -> Option<Correction> {
    let meant = did_you_mean(given, known.iter().copied())?;
    Some(Correction::Near(meant.to_owned()))
}

/// What to write for `strength:default`, and for a line of hyphens.
fn colon(line: &str) -> Option<Correction> {
    if line.len() > 3 && line.bytes().all(|byte| byte == b'-') {
        return Some(Correction::Separator);
    }
    let (name, value) = line.split_once(':')?;
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || b"-.".contains(&byte));
    let is_tight = is_name && !name.is_empty() && !value.is_empty() && !value.starts_with(' ');
    is_tight.then(|| Correction::SpaceAfterColon {
        name: name.to_owned(),
        value: value.to_owned(),
    })
}

/// The finding for a field with nothing behind it.
pub(super) fn no_value(place: Place, name: Option<&str>) -> Diagnostic {
    let field = name.map(str::to_owned);
    let correction = None;
    Diagnostic::of(Document::NoValue { field, correction }).at(place, Role::Nothing)
}

/// The directory of the kind of document that a field begins.
pub(super) fn other_kind(head: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 3] = [
        ("decision", "decisions"),
        ("rule", "rules"),
        ("service", "services"),
    ];
    let kind = KINDS.iter().find(|(field, _)| *field == head);
    kind.map(|(_, directory)| *directory)
}

/// The finding for a document of one kind among those of another.
pub(super) fn in_wrong_place(place: Place, head: &str, directory: &str) -> Diagnostic {
    let kind = head.to_owned();
    Diagnostic::of(Document::OtherKind {
        kind: kind.clone(),
        directory: directory.to_owned(),
    })
    .at(place, Role::BeginsKind { kind })
}

/// The finding for fields that are not there, with what the reference says of them.
pub(super) fn missing(place: Place, fields: &[&str], meanings: Vec<String>) -> Diagnostic {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Diagnostic::of(Document::MissingFields { fields, meanings }).at(place, Role::MissingHere)
}

/// The finding for a second document in a file of one.
pub(super) fn second(file: FileId, source: &SourceFile, start: usize) -> Diagnostic {
    let span = Span { start, length: 3 };
    Diagnostic::of(Document::Second {
        path: source.path.clone(),
    })
    .at(Place { file, span }, Role::NotRead)
}

/// The finding for a file of too many documents.
pub(super) fn too_many_documents(place: Place) -> Diagnostic {
    Diagnostic::of(Document::TooManyDocuments).at(place, Role::LimitExceeded)
}

fn too_deep(place: Place) -> Diagnostic {
    Diagnostic::of(Document::TooDeep).at(place, Role::LimitExceeded)
}

fn beyond_budget(place: Place, breach: &BudgetBreach) -> Diagnostic {
    let found = match breach {
        BudgetBreach::Aliases { .. }
        | BudgetBreach::Anchors { .. }
        | BudgetBreach::AliasAnchorRatio { .. }
        | BudgetBreach::MergeKeys { .. } => Document::Anchors,
        BudgetBreach::Depth { .. } => Document::TooDeep,
        _ => Document::TooMuch,
    };
    Diagnostic::of(found).at(place, Role::LimitExceeded)
}

/// The finding for a file that no kind of document belongs to.
pub(super) fn misplaced(file: FileId, source: &SourceFile, meant: Option<&str>) -> Diagnostic {
    let meant = meant.filter(|meant| *meant != source.path);
    Diagnostic::of(Document::Misplaced {
        path: source.path.clone(),
        meant: meant.map(str::to_owned),
    })
    .at(file.start(), Role::NotRead)
}

/// The finding for a file that must hold a document and is empty.
pub(super) fn says_nothing(file: FileId, source: &SourceFile) -> Diagnostic {
    let path = source.path.clone();
    Diagnostic::of(Document::EmptyRequired { path }).at(file.start(), Role::Nothing)
}

/// The finding for a file beyond [`MAX_FILE_BYTES`].
pub(super) fn too_large(file: FileId, source: &SourceFile) -> Diagnostic {
    Diagnostic::of(Document::TooLarge {
        path: source.path.clone(),
        most: MAX_FILE_BYTES / (1024 * 1024),
    })
    .at(file.start(), Role::LargeFile)
}
