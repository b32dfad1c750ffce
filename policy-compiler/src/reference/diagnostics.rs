//! The page of findings: every code with its meaning and an example.

use std::fmt::Write as _;

use fyr_policy_core::{Code, Severity};

use crate::meaning::Meaning;

/// The page, from the table of codes and the golden files of the tests.
pub(super) fn page() -> String {
    let mut page = "\
# Findings

Everything that `fyr check` can say, by its code. A code is never given another meaning.
`fyr explain CODE` shows the same in a terminal. An *error* keeps a policy from compiling; a
*warning* does not.

Written by `make generate`.

| code | | what it is |
|---|---|---|
"
    .to_owned();
    let meanings = || Code::ALL.iter().copied().map(Meaning::of);
    // Writing to a string cannot fail.
    for meaning in meanings() {
        let Meaning { code, title, .. } = meaning;
        let severity = match meaning.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let link = code.to_ascii_lowercase();
        let _ = writeln!(page, "| [{code}](#{link}) | {severity} | {title} |");
    }
    for meaning in meanings() {
        let _ = write!(
            page,
            "\n## {}\n\n**{}**: {}.\n\n{}\n\n```text\n{}\n```\n",
            meaning.code,
            capitalised(meaning.title),
            meaning.consequence(),
            meaning.why,
            meaning.example,
        );
    }
    page
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
