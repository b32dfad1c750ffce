//! Findings about files and documents as they are written.

use serde::Serialize;

use crate::code::Code;
use crate::meant::Meant;

/// A finding about a file or a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Document {
    /// The text is no YAML.
    NotYaml {
        /// What is wrong with it.
        grammar: Grammar,
        /// What to write instead.
        correction: Option<Correction>,
    },
    /// The document ends before it is complete.
    EndsEarly,
    /// A text that begins with `*` has no quotes.
    Unquoted {
        /// The text.
        text: String,
        /// The site that was probably meant.
        site: Option<String>,
    },
    /// A bracket is not closed.
    OpenBracket {
        /// The bracket that closes it.
        closing: char,
        /// The bracket.
        opening: char,
    },
    /// A line is indented unlike others.
    Indentation {
        /// Those others.
        others: Others,
        /// How many spaces they have.
        expected: usize,
    },
    /// The document has an unknown field.
    UnknownField {
        /// The field.
        field: String,
        /// What was probably meant.
        meant: Meant,
        /// What to write instead.
        correction: Option<Correction>,
    },
    /// Required fields are missing.
    MissingFields {
        /// The fields.
        fields: Vec<String>,
        /// What the reference says of them.
        meanings: Vec<String>,
    },
    /// A word that is not one of a few.
    UnknownWord {
        /// The word.
        word: String,
        /// Those few.
        known: Vec<String>,
        /// What to write instead.
        correction: Option<Correction>,
    },
    /// A value of another type.
    WrongType {
        /// The type that is expected.
        expected: Expected,
        /// What to write instead.
        correction: Option<Correction>,
    },
    /// A text that the field does not take.
    Refused {
        /// The text.
        text: String,
        /// What the field takes, in the words of the reference.
        expected: String,
        /// What to write instead.
        correction: Option<Correction>,
    },
    /// A value that cannot be read.
    Unreadable {
        /// What the reader of YAML says.
        said: String,
        /// What to write instead.
        correction: Option<Correction>,
    },
    /// A field has no value.
    NoValue {
        /// The field, where it is known.
        field: Option<String>,
        /// What to write instead.
        correction: Option<Correction>,
    },
    /// A field is written twice.
    DuplicateField {
        /// The field.
        field: String,
    },
    /// A file has too many documents.
    TooManyDocuments,
    /// A document is nested too deeply.
    TooDeep,
    /// A document has anchors, aliases or merges.
    Anchors,
    /// A file has too many values.
    TooMuch,
    /// A file is too large.
    TooLarge {
        /// Its path.
        path: String,
        /// The most that is allowed, in MiB.
        most: usize,
    },
    /// A required file is missing.
    MissingFile {
        /// Its path.
        path: String,
    },
    /// A required file is empty.
    EmptyRequired {
        /// Its path.
        path: String,
    },
    /// A file is empty.
    Empty {
        /// Its path.
        path: String,
    },
    /// A document of one kind is among documents of another.
    OtherKind {
        /// The field that begins such a document.
        kind: String,
        /// The directory of its kind.
        directory: String,
    },
    /// A second document in a file of one.
    Second {
        /// The path of the file.
        path: String,
    },
    /// A file that does not belong to a policy.
    Misplaced {
        /// Its path.
        path: String,
        /// The path that was probably meant.
        meant: Option<String>,
    },
    /// A directory that does not belong to a policy.
    MisplacedDirectory {
        /// Its name.
        directory: String,
        /// The name that was probably meant.
        meant: Option<String>,
    },
    /// A file is in UTF-16.
    OtherEncoding {
        /// Its path.
        path: String,
    },
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// A character that is not visible.
    Invisible {
        /// It.
        letter: char,
    },
    /// A blank other than a space before the text of a line.
    BlankIndents {
        /// It.
        letter: char,
    },
    /// A carriage return without a line feed.
    LoneReturn,
    /// A text of one line has several.
    ManyLines {
        /// Its field.
        field: String,
    },
    /// A text has a control character.
    ControlCharacter {
        /// Its field.
        field: String,
        /// It.
        letter: char,
    },
    /// A character reverses the reading order.
    TurnsReading {
        /// It.
        letter: char,
    },
    /// Files that look like a part of the policy are not read.
    Unread {
        /// The first of them.
        paths: Vec<String>,
        /// How many more there are.
        more: usize,
        /// The path under which the first of them would be read.
        rename: Option<String>,
    },
}

/// What is wrong with a text that is no YAML.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grammar {
    /// A tab where only spaces are allowed.
    Tab,
    /// A quote is not closed.
    OpenQuote,
    /// A quote ends the text too early.
    EarlyQuote,
    /// A colon where none is allowed.
    Colon,
    /// A line without a colon.
    NoColon,
    /// A character that begins no value.
    Character,
    /// A bracket is not closed, or closed twice.
    Bracket,
    /// A line begins with `%`.
    Directive,
    /// What the reader of YAML says.
    Other(String),
}

/// The lines that a wrongly indented line is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Others {
    /// The line above it.
    Above,
    /// The lines below it.
    Below,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// A whole number.
    Number,
    /// A single text.
    Text,
    /// Names with values.
    Mapping,
    /// A list.
    List,
    /// Another type, in the words of the reference.
    Other(String),
}

/// What to write instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Correction {
    /// This text.
    Write(String),
    /// This word, which is written almost alike.
    Near(String),
    /// A comma between two texts.
    Comma(String, String),
    /// A space behind the colon.
    SpaceAfterColon {
        /// The name before it.
        name: String,
        /// The value behind it.
        value: String,
    },
    /// `---` between two documents.
    Separator,
    /// The id of a body instead of its name.
    BodyId,
    /// A rule for each unit, or for the unit above them.
    OneUnit,
    /// This line without the hyphen before it.
    NoHyphen(String),
    /// A text for each language.
    ByLanguage {
        /// The field.
        field: String,
        /// The text.
        text: String,
    },
    /// The setting under `set`.
    UnderSet,
    /// The field under another one.
    Under(String),
    /// The field under another one, as it is written.
    UnderAs {
        /// The other field.
        field: String,
        /// The line.
        line: String,
    },
    /// What the reference says of the field.
    Meaning(String),
    /// Brackets and indentation that are balanced.
    Brackets,
}

impl Document {
    /// What to write instead, for findings that can say so.
    pub(crate) fn correction(&mut self) -> Option<&mut Option<Correction>> {
        match self {
            Self::NotYaml { correction, .. }
            | Self::UnknownField { correction, .. }
            | Self::UnknownWord { correction, .. }
            | Self::WrongType { correction, .. }
            | Self::Refused { correction, .. }
            | Self::Unreadable { correction, .. }
            | Self::NoValue { correction, .. } => Some(correction),
            _ => None,
        }
    }
}

impl Document {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::NotYaml { .. }
            | Self::EndsEarly
            | Self::Unquoted { .. }
            | Self::OpenBracket { .. }
            | Self::Indentation { .. } => Code::NotYaml,
            Self::UnknownField { .. } => Code::UnknownField,
            Self::MissingFields { .. } => Code::MissingField,
            Self::UnknownWord { .. }
            | Self::WrongType { .. }
            | Self::Refused { .. }
            | Self::Unreadable { .. }
            | Self::NoValue { .. } => Code::WrongValue,
            Self::DuplicateField { .. } => Code::DuplicateField,
            Self::TooManyDocuments
            | Self::TooDeep
            | Self::Anchors
            | Self::TooMuch
            | Self::TooLarge { .. } => Code::TooMuch,
            Self::MissingFile { .. } | Self::EmptyRequired { .. } => Code::MissingFile,
            Self::Empty { .. } => Code::EmptyFile,
            Self::OtherKind { .. }
            | Self::Second { .. }
            | Self::Misplaced { .. }
            | Self::MisplacedDirectory { .. } => Code::MisplacedFile,
            Self::OtherEncoding { .. }
            | Self::NotUtf8
            | Self::Invisible { .. }
            | Self::BlankIndents { .. }
            | Self::LoneReturn
            | Self::ManyLines { .. }
            | Self::ControlCharacter { .. } => Code::NotText,
            Self::TurnsReading { .. } => Code::TurnsReading,
            Self::Unread { .. } => Code::UnreadFile,
        }
    }
}
