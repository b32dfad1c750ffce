//! What is wrong with a text that is no YAML, by what its reader says.

use crate::finding::Grammar;

/// What is wrong where the reader says this, by a few of its words.
pub(super) fn fault(said: &str) -> Option<Grammar> {
    let known = FAULTS.iter().find(|(words, _)| said.contains(words));
    known.map(|(_, fault)| fault.clone())
}

const FAULTS: &[(&str, Grammar)] = &[
    ("tab", Grammar::Tab),
    ("unclosed quote", Grammar::OpenQuote),
    ("trailing content after", Grammar::EarlyQuote),
    ("mapping values are not allowed", Grammar::Colon),
    ("simple key expected", Grammar::NoColon),
    ("unexpected character", Grammar::Character),
    ("bracket", Grammar::Bracket),
    ("<document start>", Grammar::Directive),
];
