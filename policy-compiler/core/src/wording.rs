//! Words a finding for a language. Every message, label and help of the compiler is written below
//! this module and nowhere else.
//!
//! **To add a language**, add it to [`Language`] and write one module beside `english`, with the
//! same functions. The compiler then names every finding that it does not word yet.

mod english;

use crate::code::Code;
use crate::finding::Diagnostic;
use crate::source::Place;

/// A language that findings are worded in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// Plain technical English.
    #[default]
    English,
}

/// A finding in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// What was found, in one line.
    pub message: String,
    /// What each of its places shows, in the order of the places.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: String,
}

/// A place of a finding, with what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub place: Place,
    /// What it shows.
    pub text: String,
}

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What was found, in one line.
    pub title: &'static str,
    /// Why it matters and what to do.
    pub text: &'static str,
}

/// Words a finding.
pub fn word(found: &Diagnostic, language: Language) -> Wording {
    match language {
        Language::English => english::word(found),
    }
}

/// What a code means, in words.
pub fn meaning(code: Code, language: Language) -> Meaning {
    match language {
        Language::English => english::meaning(code),
    }
}
