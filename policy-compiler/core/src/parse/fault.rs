//! Turns what the YAML reader refused into findings that people can act on.

use fyr_policy_source::Span;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use super::chunk::Chunk;
use super::grammar;
use super::star;
use super::value;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, did_you_mean, help_for_unknown, in_backticks};
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
        } => Diagnostic::new(
            Code::UnknownField,
            format!("unknown field `{}`", excerpt(field)),
        )
        .at(place, "nothing reads this field")
        .help(help_for_unknown(field, expected.iter().copied())),
        Error::SerdeMissingField { field, .. } => missing(place, &[field]),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => Diagnostic::new(
            Code::WrongValue,
            format!(
                "`{}` is not one of {}",
                excerpt(variant),
                in_backticks(expected)
            ),
        )
        .at(place, "this word is not known here")
        .help_if(near(variant, expected).or_else(|| value::word(variant, expected))),
        Error::DuplicateMappingKey { key, .. } => {
            let key = excerpt(key.as_deref().unwrap_or("this name"));
            Diagnostic::new(Code::DuplicateField, format!("`{key}` is given twice"))
                .at(place, "the second one")
                .help("keep the one that was meant")
        }
        Error::Budget { breach, .. } => beyond_budget(place, breach),
        Error::ExternalMessage { msg, .. } if msg.contains("recursion limit") => too_deep(place),
        Error::ExternalMessage { msg, .. } => {
            not_yaml(place, msg).help_if(colon(chunk.line_at(place)))
        }
        Error::Eof { .. } => Diagnostic::new(Code::NotYaml, "the document ends too early")
            .at(place, "something is missing here")
            .help("finish what is begun on this line"),
        Error::NullIntoString { .. } => Diagnostic::new(Code::WrongValue, "a value is missing")
            .at(place, "nothing is written here")
            .help("write a value, or remove the name before it"),
        // Numbers are all that is read from a scalar by type: years and versions.
        Error::InvalidScalar { .. } => Diagnostic::new(Code::WrongValue, "expected a whole number")
            .at(place, "this is something else"),
        Error::Unexpected { expected, .. } => {
            let help = match *expected {
                "mapping start" => {
                    value::as_texts(chunk, place).or_else(|| value::as_one(chunk, place))
                }
                "sequence start" => value::as_list(chunk, place),
                _ => None,
            };
            let expected = match *expected {
                "string scalar" | "scalar" => "a single text",
                "mapping start" => "a mapping, `name: value`",
                "sequence start" => "a list, `[one, another]`",
                other => other,
            };
            Diagnostic::new(Code::WrongValue, format!("expected {expected}"))
                .at(place, "this is something else")
                .help_if(help)
        }
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            Diagnostic::new(Code::WrongValue, format!("expected {expected}"))
                .at(place, "this is something else")
                .help_if(value::as_one(chunk, place).or_else(|| value::as_pair(chunk, place)))
        }
        other => {
            let said = UserMessageFormatter.format_message(other).into_owned();
            let (label, help) = (value::label(&said), value::refused(&said));
            Diagnostic::new(Code::WrongValue, said)
                .at(place, label)
                .help_if(help)
        }
    }
}

/// The first characters of what was given, as much as a message has room for.
fn excerpt(given: &str) -> String {
    given.chars().take(80).collect()
}

fn near(given: &str, known: &[&str]) -> Option<String> {
    let meant = did_you_mean(given, known.iter().copied())?;
    Some(format!("did you mean `{meant}`?"))
}

fn not_yaml(place: Place, said: &str) -> Diagnostic {
    let finding = |message: String| {
        Diagnostic::new(Code::NotYaml, message).at(place, "it cannot be read from here on")
    };
    match grammar::fault(said) {
        Some(fault) => finding(fault.message.to_owned()).help(fault.help),
        None => finding(format!("this is not YAML: {said}"))
            .help("check the quotes, brackets and indentation of this line and the one above"),
    }
}

/// What to write for `strength:default`, and for a line of hyphens.
fn colon(line: &str) -> Option<String> {
    if line.len() > 3 && line.bytes().all(|byte| byte == b'-') {
        return Some("write `---` between two documents".to_owned());
    }
    let (name, value) = line.split_once(':')?;
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || b"-.".contains(&byte));
    let is_tight = is_name && !name.is_empty() && !value.is_empty() && !value.starts_with(' ');
    is_tight.then(|| format!("write `{name}: {value}`, with a space behind the colon"))
}

/// The finding for a field with nothing behind it.
pub(super) fn no_value(place: Place, name: &str) -> Diagnostic {
    Diagnostic::new(Code::WrongValue, format!("`{name}` has no value"))
        .at(place, "nothing is written behind it")
}

/// The kind of document that a field begins, and the directory of its files.
pub(super) fn other_kind(head: &str) -> Option<(&'static str, &'static str)> {
    const KINDS: [(&str, &str, &str); 3] = [
        ("decision", "a decision", "decisions"),
        ("rule", "a rule", "rules"),
        ("service", "a service", "services"),
    ];
    let kind = KINDS.iter().find(|(field, _, _)| *field == head);
    kind.map(|(_, what, directory)| (*what, *directory))
}

/// The finding for a document of one kind among those of another.
pub(super) fn in_wrong_place(
    place: Place,
    head: &str,
    (what, directory): (&str, &str),
) -> Diagnostic {
    Diagnostic::new(
        Code::MisplacedFile,
        format!("{what} stands among documents of another kind"),
    )
    .at(place, format!("`{head}` begins {what}"))
    .help(format!("move it to a file under `{directory}/`"))
}

/// The finding for fields that are not there.
pub(super) fn missing(place: Place, fields: &[&str]) -> Diagnostic {
    let are_missing = match fields {
        [_] => "is missing",
        _ => "are missing",
    };
    let to_add: Vec<String> = fields.iter().map(|field| format!("{field}:")).collect();
    Diagnostic::new(
        Code::MissingField,
        format!("{} {are_missing}", in_backticks(fields)),
    )
    .at(place, "missing here")
    .help(format!("add {}", in_backticks(&to_add)))
}

/// The finding for a second document in a file of one.
pub(super) fn second(file: FileId, source: &SourceFile, start: usize) -> Diagnostic {
    let span = Span { start, length: 3 };
    Diagnostic::new(
        Code::MisplacedFile,
        format!(
            "`{}` holds one document, and this is the second",
            source.path
        ),
    )
    .at(Place { file, span }, "nothing reads this document")
    .help("join it with the first, without the line `---`")
}

/// The finding for a file of more documents than anybody writes.
pub(super) fn too_many_documents(place: Place) -> Diagnostic {
    Diagnostic::new(
        Code::TooMuch,
        "the file holds more documents than a person would write",
    )
    .at(place, "the limit is passed here")
    .help("split it into several files")
}

fn too_deep(place: Place) -> Diagnostic {
    Diagnostic::new(Code::TooMuch, "the document is nested too deeply")
        .at(place, "the limit is passed here")
        .help("a policy nests a few levels at most; check the brackets and the indentation")
}

fn beyond_budget(place: Place, breach: &BudgetBreach) -> Diagnostic {
    let (message, help) = match breach {
        BudgetBreach::Aliases { .. }
        | BudgetBreach::Anchors { .. }
        | BudgetBreach::AliasAnchorRatio { .. }
        | BudgetBreach::MergeKeys { .. } => (
            "anchors, aliases and merges are no part of the policy language",
            "write the value out where it holds",
        ),
        BudgetBreach::Depth { .. } => return too_deep(place),
        _ => (
            "the file holds more than a person would write",
            "split it into several files",
        ),
    };
    Diagnostic::new(Code::TooMuch, message)
        .at(place, "the limit is passed here")
        .help(help)
}

/// What belongs in a policy directory.
pub(super) const WHAT_A_POLICY_HOLDS: &str = "a policy directory holds `fyr.yaml`, `units.yaml`, \
     `timetable.yaml`, and `*.yaml` below `decisions/`, `rules/`, `services/` and `lists/`";

/// The finding for a file that no kind of document belongs to.
pub(super) fn misplaced(file: FileId, source: &SourceFile, meant: Option<&str>) -> Diagnostic {
    let help = match meant.filter(|meant| *meant != source.path) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => WHAT_A_POLICY_HOLDS.to_owned(),
    };
    Diagnostic::new(
        Code::MisplacedFile,
        format!("`{}` is no file of a policy", source.path),
    )
    .at(file.start(), "nothing reads this file")
    .help(help)
}

/// The finding for a file that must hold a document and is empty.
pub(super) fn says_nothing(file: FileId, source: &SourceFile) -> Diagnostic {
    let begin = match source.path.as_str() {
        "units.yaml" => "`units:` and every unit by its path",
        _ => "`organisation:` and the fields behind it",
    };
    Diagnostic::new(Code::MissingFile, format!("`{}` is empty", source.path))
        .at(file.start(), "nothing is written here")
        .help(format!("begin it with {begin}, as in `examples/ballerup`"))
}

/// The finding for a file beyond [`MAX_FILE_BYTES`].
pub(super) fn too_large(file: FileId, source: &SourceFile) -> Diagnostic {
    Diagnostic::new(
        Code::TooMuch,
        format!(
            "`{}` has more than {} MiB",
            source.path,
            MAX_FILE_BYTES / (1024 * 1024)
        ),
    )
    .at(file.start(), "this file")
    .help("split it into several files")
}
