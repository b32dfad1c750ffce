//! Words about files and documents as they are written.

use super::{Said, phrase};
use crate::finding::{Correction, Document, Expected, Grammar, Others};
use crate::letters;

/// What belongs in a policy directory.
const WHAT_A_POLICY_CONTAINS: &str = "keep only `fyr.yaml`, `units.yaml`, `timetable.yaml`, and \
     `*.yaml` below `decisions/`, `rules/`, `services/` and `lists/` in a policy directory";

#[expect(clippy::too_many_lines, reason = "a table: one arm for each finding")]
pub(super) fn words(found: &Document) -> Said {
    match found {
        Document::NotYaml {
            grammar,
            correction,
        } => {
            let (message, help) = grammar_in_words(grammar);
            Said::new(message, corrected(correction.as_ref(), help))
        }
        Document::EndsEarly => Said::new(
            "the document ends before it is complete",
            "complete what begins on this line",
        ),
        Document::Unquoted { text, site } => Said::new(
            "a text that begins with `*` needs quotes",
            match site {
                Some(site) => format!("write `{site}`: it matches everything below it too"),
                None => format!("write `\"{text}\"`"),
            },
        ),
        Document::OpenBracket { opening, closing } => Said::new(
            format!("bracket `{opening}` is not closed"),
            format!("write the `{closing}` that closes it"),
        ),
        Document::Indentation { others, expected } => {
            let others = match others {
                Others::Above => "the line above it",
                Others::Below => "the lines below it",
            };
            Said::new(
                format!("this line is not indented like {others}"),
                format!(
                    "begin it with {} if it belongs beside {others}",
                    spaces(*expected)
                ),
            )
        }
        Document::UnknownField {
            field,
            meant,
            correction,
        } => Said::new(
            format!("unknown field `{field}`"),
            corrected(correction.as_ref(), &phrase::meant(meant)),
        ),
        Document::MissingFields { fields, meanings } => {
            let (noun, are) = match fields.len() {
                1 => ("field", "is"),
                _ => ("fields", "are"),
            };
            let to_add = || fields.iter().map(|field| format!("{field}:"));
            Said::new(
                format!("{noun} {} {are} missing", phrase::quoted(fields)),
                match meanings.as_slice() {
                    [] => format!("add {}", phrase::quoted(to_add())),
                    [one] => format!("add it: {one}"),
                    several => format!("add them: {}", several.join("; ")),
                },
            )
        }
        Document::UnknownWord {
            word,
            known,
            correction,
        } => Said::new(
            format!("`{word}` is not one of {}", phrase::quoted(known)),
            corrected(correction.as_ref(), "write one of them"),
        ),
        Document::WrongType {
            expected,
            correction,
        } => {
            let expected = expected_in_words(expected);
            Said::new(
                format!("expected {expected}"),
                corrected(correction.as_ref(), &format!("write {expected}")),
            )
        }
        Document::Refused {
            text,
            expected,
            correction,
        } => Said::new(
            format!("`{text}` is not {expected}"),
            corrected(correction.as_ref(), "correct the value"),
        ),
        Document::Unreadable { said, correction } => {
            Said::new(said, corrected(correction.as_ref(), "correct the value"))
        }
        Document::NoValue { field, correction } => Said::new(
            match field {
                Some(field) => format!("field `{field}` has no value"),
                None => "a value is missing".to_owned(),
            },
            corrected(
                correction.as_ref(),
                "write a value, or remove the name before it",
            ),
        ),
        Document::DuplicateField { field } => Said::new(
            format!("`{field}` is written twice"),
            "keep the one that you meant",
        ),
        Document::TooManyDocuments => Said::new(
            "the file has too many documents",
            "split it into several files",
        ),
        Document::TooDeep => Said::new(
            "the document is nested too deeply",
            "check the brackets and the indentation: a policy needs few levels",
        ),
        Document::Anchors => Said::new(
            "anchors, aliases and merges are not supported",
            "write the value in full where it applies",
        ),
        Document::TooMuch => Said::new(
            "the file has too many values",
            "split it into several files",
        ),
        Document::TooLarge { path, most } => Said::new(
            format!("file `{path}` is larger than {most} MiB"),
            "split it into several files",
        ),
        Document::MissingFile { path } => Said::new(
            format!("file `{path}` is missing"),
            format!("add `{path}` at the top of the policy directory"),
        ),
        Document::EmptyRequired { path } => Said::new(
            format!("file `{path}` is empty"),
            match path.as_str() {
                "units.yaml" => {
                    "begin it with `units:` and every unit by its path, as in `examples/ballerup`"
                }
                _ => "begin it with `organisation:`, as in `examples/ballerup`",
            },
        ),
        Document::Empty { path } => Said::new(
            format!("file `{path}` is empty"),
            "delete the file, or write the document",
        ),
        Document::OtherKind { kind, directory } => Said::new(
            format!("a document of kind `{kind}` is among documents of another kind"),
            format!("move it to a file below `{directory}/`"),
        ),
        Document::Second { path } => Said::new(
            format!("file `{path}` has a second document"),
            "join it with the first one: remove the line `---`",
        ),
        Document::Misplaced { path, meant } => Said::new(
            format!("file `{path}` does not belong to a policy"),
            match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => WHAT_A_POLICY_CONTAINS.to_owned(),
            },
        ),
        Document::MisplacedDirectory { directory, meant } => Said::new(
            format!("directory `{directory}/` does not belong to a policy"),
            match meant {
                Some(meant) => format!("rename it to `{meant}/`"),
                None => WHAT_A_POLICY_CONTAINS.to_owned(),
            },
        ),
        Document::OtherEncoding { path } => Said::new(
            format!("file `{path}` is in UTF-16, not in UTF-8"),
            "save it as UTF-8: editors ask for the encoding under `Save as`",
        ),
        Document::NotUtf8 => Said::new(
            "these bytes are not UTF-8",
            "write the letter again, and save the file as UTF-8",
        ),
        Document::Invisible { letter } => Said::new(
            format!("{} is not visible", letters::named(*letter)),
            "remove it: a reviewer cannot see it",
        ),
        Document::BlankIndents { letter } => Said::new(
            format!("{} does not indent", letters::named(*letter)),
            "indent with ordinary spaces",
        ),
        Document::LoneReturn => Said::new(
            "a carriage return begins a new line that editors do not show",
            "write an ordinary line end: a rule could be hidden in what looks like a comment",
        ),
        Document::ManyLines { field } => Said::new(
            format!("`{field}` has more than one line"),
            format!("write `{field}` in one line"),
        ),
        Document::ControlCharacter { field, letter } => Said::new(
            format!(
                "`{field}` contains the control character U+{:04X}",
                u32::from(*letter)
            ),
            "remove it: a reviewer cannot see it",
        ),
        Document::TurnsReading { letter } => Said::new(
            format!("{} reverses the reading order", letters::named(*letter)),
            "remove it and the mark that ends it: a reviewer would see another policy",
        ),
        Document::Unread {
            paths,
            more,
            rename,
        } => unread(paths, *more, rename.as_deref()),
    }
}

fn unread(paths: &[String], more: usize, rename: Option<&str>) -> Said {
    let (noun, are) = match paths.len() + more {
        1 => ("file", "is"),
        _ => ("files", "are"),
    };
    let more = match more {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let read = match rename {
        Some(path) => format!("rename it to `{path}`"),
        None => "let files that must be read end in `.yaml`".to_owned(),
    };
    Said::new(
        format!("{noun} {}{more} {are} not read", phrase::quoted(paths)),
        format!("{read}; keep other files elsewhere, or let them end in `.md` or `.bak`"),
    )
}

fn grammar_in_words(grammar: &Grammar) -> (String, &'static str) {
    let (message, help) = match grammar {
        Grammar::Tab => (
            "a tab is used where only spaces are allowed",
            "indent with spaces",
        ),
        Grammar::OpenQuote => ("a quote is not closed", "close it, or remove it"),
        Grammar::EarlyQuote => (
            "a quote ends the text too early",
            "use the other quotes, or write the quote inside the text twice",
        ),
        Grammar::Colon => (
            "a `:` is used where none is allowed",
            "put a text with `: ` in quotes, and align the fields of one mapping",
        ),
        Grammar::NoColon => ("this line has no `:`", "write `name: value`"),
        Grammar::Character => (
            "a value cannot begin with this character",
            "put the value in quotes",
        ),
        Grammar::Bracket => (
            "a bracket is not closed, or closed twice",
            "close each `[` with `]` and each `{` with `}`",
        ),
        Grammar::Directive => (
            "a line begins with `%`",
            "remove it: a policy has no directives",
        ),
        Grammar::Other(said) => {
            return (
                format!("this is not YAML: {said}"),
                "check the quotes, brackets and indentation of this line and the one above",
            );
        }
    };
    (message.to_owned(), help)
}

fn expected_in_words(expected: &Expected) -> &str {
    match expected {
        Expected::Number => "a whole number",
        Expected::Text => "a single text",
        Expected::Mapping => "a mapping, `name: value`",
        Expected::List => "a list, `[one, another]`",
        Expected::Other(expected) => expected,
    }
}

/// `no space`, `1 space`, `4 spaces`.
pub(super) fn spaces(count: usize) -> String {
    match count {
        0 => "no space".to_owned(),
        1 => "1 space".to_owned(),
        count => format!("{count} spaces"),
    }
}

fn corrected(correction: Option<&Correction>, otherwise: &str) -> String {
    match correction {
        None => otherwise.to_owned(),
        Some(Correction::Write(text)) => format!("write `{text}`"),
        Some(Correction::Near(word)) => format!("did you mean `{word}`?"),
        Some(Correction::Comma(one, other)) => {
            format!("write a comma between `{one}` and `{other}`")
        }
        Some(Correction::SpaceAfterColon { name, value }) => {
            format!("write `{name}: {value}`, with a space after the colon")
        }
        Some(Correction::Separator) => "write `---` between two documents".to_owned(),
        Some(Correction::BodyId) => "write its short name from `bodies` in `fyr.yaml`".to_owned(),
        Some(Correction::OneUnit) => {
            "write the rule once for each unit, or for the unit above them".to_owned()
        }
        Some(Correction::NoHyphen(line)) => {
            format!("write `{line}` and the lines below it without `- `")
        }
        Some(Correction::ByLanguage { field, text }) => {
            format!("write `{field}: {{ da: {text} }}`: each text follows its language")
        }
        Some(Correction::UnderSet) => {
            "indent it by two spaces: settings are written under `set:`".to_owned()
        }
        Some(Correction::Under(field)) => format!("write it under `{field}:`"),
        Some(Correction::UnderAs { field, line }) => format!("write it under `{field}:`: `{line}`"),
        Some(Correction::Meaning(meaning)) => meaning.clone(),
        Some(Correction::Brackets) => "check the brackets and the indentation around it".to_owned(),
    }
}
