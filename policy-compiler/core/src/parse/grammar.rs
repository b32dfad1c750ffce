//! What is no YAML, in words that say what to look for.

/// A fault of grammar.
pub(super) struct Fault {
    /// What is wrong.
    pub(super) message: &'static str,
    /// What to do.
    pub(super) help: &'static str,
}

/// What is wrong where the reader says this, by a few of its words.
pub(super) fn fault(said: &str) -> Option<&'static Fault> {
    let known = FAULTS.iter().find(|(words, _)| said.contains(words));
    known.map(|(_, fault)| fault)
}

const FAULTS: &[(&str, Fault)] = &[
    (
        "tab",
        Fault {
            message: "a tab stands where only spaces may",
            help: "indent with spaces",
        },
    ),
    (
        "unclosed quote",
        Fault {
            message: "a quote is not closed",
            help: "close it, or remove it",
        },
    ),
    (
        "trailing content after",
        Fault {
            message: "a quote ends the text before its end",
            help: "put the text in the other quotes, or write the quote inside it twice",
        },
    ),
    (
        "mapping values are not allowed",
        Fault {
            message: "a `:` stands where none may",
            help: "put a text that holds `: ` in quotes, and begin the fields of one mapping under one another",
        },
    ),
    (
        "simple key expected",
        Fault {
            message: "this line has no `:`",
            help: "write `name: value`",
        },
    ),
    (
        "unexpected character",
        Fault {
            message: "no value begins with this character",
            help: "put the value in quotes",
        },
    ),
    (
        "bracket",
        Fault {
            message: "a bracket is not closed, or closed twice",
            help: "close each `[` with `]` and each `{` with `}`",
        },
    ),
    (
        "<document start>",
        Fault {
            message: "a line begins with `%`",
            help: "remove it: a policy needs no directives",
        },
    ),
];
