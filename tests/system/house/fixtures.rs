//! A test that edits the text of a fixture shows that there was something to edit.

use std::fs;

use anyhow::Result;

use super::{files, house};

/// Calls that replace no text: where, the call, and the reason.
const EXCEPTIONS: [(&str, &str, &str); 4] = [
    (
        "agent/src/atomic.rs",
        ".replace(\"a\", &directory",
        "replaces a file",
    ),
    (
        "tests/fixtures/src/lib.rs",
        "self.replace(from, to)",
        "what the other tests use",
    ),
    (
        "tests/system/agent_state.rs",
        "obstacle.replace(&path)",
        "replaces a file",
    ),
    (
        "tests/system/house/fixtures.rs",
        ".replace",
        "what is looked for",
    ),
];

#[test]
fn a_fixture_is_edited_by_what_fails_if_nothing_is_replaced() -> Result<()> {
    let house = house();
    let (mut bare, mut seen) = (Vec::new(), 0);
    for path in files(".rs")? {
        let name = path.strip_prefix(&house)?.to_string_lossy().into_owned();
        let text = fs::read_to_string(&path)?;
        let Some(tests) = tests_of(&name, &text) else {
            continue;
        };
        seen += 1;
        let excused = |line: &str| {
            let mut exceptions = EXCEPTIONS.iter();
            exceptions.any(|(place, call, _)| name == *place && line.contains(call))
        };
        let lines = tests
            .lines()
            .filter(|line| replaces_text(line) && !excused(line));
        bare.extend(lines.map(|line| format!("{name}: {}", line.trim())));
    }
    assert!(seen > 100, "only {seen} files of tests were read");
    assert!(
        bare.is_empty(),
        "use `Replaced` of `fyr-fixtures`, which fails if nothing is replaced:\n{}",
        bare.join("\n")
    );
    Ok(())
}

/// The part of a source that is tests.
fn tests_of<'t>(name: &str, text: &'t str) -> Option<&'t str> {
    let is_test = name.starts_with("tests/") || name.contains("/tests/");
    if is_test || name.ends_with("/tests.rs") {
        return Some(text);
    }
    let (_, tests) = text.split_once("#[cfg(test)]\nmod tests {")?;
    Some(tests)
}

/// Whether a line replaces a text by another; characters are replaced to spell a value otherwise.
fn replaces_text(line: &str) -> bool {
    let calls = [".replace(", ".replacen("].into_iter();
    let mut after = calls.flat_map(|call| line.split(call).skip(1));
    after.any(|argument| !argument.starts_with(['\'', '[', '/', '|']))
}

#[test]
fn a_replaced_text_is_found_and_a_replaced_character_is_not() {
    for line in [
        "text.replace(\"a\", \"b\")",
        "text.replacen(old, new, 1)",
        "    .replace(",
    ] {
        assert!(replaces_text(line), "{line}");
    }
    for line in ["name.replace('/', \"::\")", "text.replaced(\"a\", \"b\")"] {
        assert!(!replaces_text(line), "{line}");
    }
}
