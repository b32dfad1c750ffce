//! The compiler's text for people is below `wording/`, a folder for each language, and nowhere else.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;

use super::words::literals;
use super::{files, house};

/// Where the sources of the compiler are.
const SOURCES: &str = "policy-compiler/core/src/";

/// Texts that are elsewhere: how many below a place, and why. A count may only fall. What an error
/// says of itself by `Display` (`#[error("…")]`) is not counted: no finding quotes it.
const ELSEWHERE: [(&str, usize, &str); 9] = [
    (
        "catalogue/",
        26,
        "sources of facts, and the types of browsers' policies",
    ),
    (
        "parse/fault.rs",
        7,
        "what the reader of YAML says, to recognise it",
    ),
    (
        "parse/grammar.rs",
        5,
        "what the reader of YAML says, to recognise it",
    ),
    (
        "parse/value.rs",
        3,
        "what the reader of YAML says, to recognise it",
    ),
    (
        "policy/site_statement.rs",
        2,
        "`fyr explain` quotes a claim",
    ),
    (
        "reference/",
        17,
        "the reference, which is generated in English",
    ),
    (
        "schema.rs",
        6,
        "the reference, which is generated in English",
    ),
    (
        "settings.rs",
        2,
        "the reference, which is generated in English",
    ),
    (
        "settings/",
        88,
        "what each row of the table of settings says of itself",
    ),
];

#[test]
fn text_for_people_is_worded_for_a_language() -> Result<()> {
    let house = house();
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for path in files(".rs")? {
        let name = path.strip_prefix(&house)?.to_string_lossy().into_owned();
        let Some(below) = name.strip_prefix(SOURCES) else {
            continue;
        };
        if below.starts_with("wording/") || below.contains("tests/") || below.ends_with("tests.rs")
        {
            continue;
        }
        let source = fs::read_to_string(&path)?;
        let shipped = source.split("#[cfg(test)]\nmod tests {").next();
        let shipped = without_attributes(shipped.unwrap_or_default());
        let texts = literals::texts(&shipped).into_iter();
        let texts = texts.filter(|(_, text)| is_for_people(text));
        let places = ELSEWHERE.iter().map(|(place, ..)| *place);
        let place = places
            .filter(|place| below.starts_with(place))
            .max_by_key(|place| place.len());
        let of_place = found.entry(place.unwrap_or_default()).or_default();
        of_place.extend(texts.map(|(line, text)| format!("{name}:{line}: {text}")));
    }
    let mut wrong = Vec::new();
    for (place, count, why) in ELSEWHERE {
        let texts = found.remove(place).unwrap_or_default();
        if texts.len() != count {
            let is = texts.len();
            wrong.push(format!(
                "`{place}` has {is} texts instead of {count} ({why}):"
            ));
            wrong.extend(texts);
        }
    }
    let others = found.into_values().flatten();
    wrong.extend(others.map(|text| format!("word it below `wording/`: {text}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// A source with its attributes as empty lines: their text is for programmers, or what an error says
/// of itself.
fn without_attributes(source: &str) -> String {
    let mut is_inside = false;
    let lines = source.lines().map(|line| {
        is_inside |= line.trim_start().starts_with("#[");
        let kept = if is_inside { "" } else { line };
        is_inside &= !line.ends_with(']');
        kept
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a literal has two words after each other, outside what it quotes and what is put into it.
fn is_for_people(literal: &str) -> bool {
    let quoted = literal
        .split('`')
        .step_by(2)
        .collect::<Vec<_>>()
        .join(" ` ");
    let pieces = quoted
        .split('{')
        .map(|piece| piece.split_once('}').map_or(piece, |(_, after)| after));
    let text = pieces.collect::<Vec<_>>().join(" { ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_word = |word: &str| {
        let word = word.trim_end_matches([',', '.', ';', ':']);
        word.len() > 1
            && word
                .bytes()
                .all(|letter| letter.is_ascii_lowercase() || letter == b'\'')
    };
    words
        .windows(2)
        .any(|pair| pair.iter().all(|word| is_word(word)))
}

#[test]
fn a_message_is_text_for_people_and_a_name_is_none() {
    for text in [
        "the list is empty",
        "`{name}` takes no value",
        "did you mean `{name}`?",
    ] {
        assert!(is_for_people(text), "{text}");
    }
    for text in [
        "youtube.level",
        "{engine} {since}",
        "`a b`, `c d`",
        "sites.block.",
        "a",
    ] {
        assert!(!is_for_people(text), "{text}");
    }
}
