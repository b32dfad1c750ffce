//! Words: which ones no message, document or name may use, and how long a sentence of a message is.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::Result;

use super::{files, house};

mod left;
pub(super) mod literals;
mod tokens;

use self::tokens::{Token, tokens};

/// A term that readers misunderstand, as its words in lower case, and what to write instead.
const REFUSED: [(&[&str], &str); 25] = [
    (&["told"], "reported, named, shown, given"),
    (&["tells", "of"], "reports, names"),
    (&["tell", "of"], "report, name"),
    (&["mend"], "repair, fix"),
    (&["mends"], "repairs, fixes"),
    (&["mended"], "repaired, fixed"),
    (&["mending"], "repairing, fixing"),
    (&["nobody"], "no group, no person, or name who acts"),
    (&["somebody"], "name who acts"),
    (&["everybody"], "all groups, all devices, all users"),
    (&["hangs", "on"], "depends on"),
    (&["hang", "on"], "depend on"),
    (&["stands", "on"], "depends on, cites"),
    (&["stand", "on"], "depend on, cite"),
    (&["has", "its", "way"], "overrides"),
    (&["have", "their", "way"], "override"),
    (&["carries", "nothing"], "is not in force, has no effect"),
    (&["carry", "nothing"], "have no effect"),
    (&["whatever"], "any, every"),
    (&["but", "for"], "except"),
    (&["by", "itself"], "alone, on its own, automatically"),
    (&["whereabouts"], "placement"),
    (&["lifeline"], "essential host"),
    (&["lifelines"], "essential hosts"),
    (&["brought"], "personal (of a device), put, made"),
];

/// As [`REFUSED`]: other files and values are unmanaged or of a third party.
const FOREIGN: (&[&str], &str) = (&["foreign"], "unmanaged, third-party, another");

/// Text that is written so outside this project: where, the text, and the reason.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    (
        "server/src/store.rs",
        "foreign_keys(true)",
        "the name of SQLite's option",
    ),
    (
        "tests/system/publish_as_root.rs",
        "`nobody`: a user",
        "the name of a user that every system has",
    ),
];

/// Files that others wrote, or that hold the refused words as data.
const NOT_OURS: [&str; 7] = [
    ".png",
    "Cargo.lock",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    ".tsv",
    "catalogue/google-domains.txt",
    "tests/system/house/words.rs",
];

/// The most words in one sentence of a message: what a reader takes in at once.
const LONGEST_SENTENCE: usize = 20;

#[test]
fn refused_words_are_used_nowhere() -> Result<()> {
    let mut found = Vec::new();
    let mut excused = [false; EXCEPTIONS.len()];
    for (path, text) in texts()? {
        for (_, term, instead) in refused_in(&path) {
            found.push((
                path.clone(),
                format!("the file name: `{term}`; write {instead}"),
            ));
        }
        for (at, term, instead) in refused_in(&text) {
            let exception = EXCEPTIONS.iter().position(|(place, excused, _)| {
                path == *place && line_around(&text, at.start).contains(excused)
            });
            if let Some(exception) = exception {
                excused[exception] = true;
                continue;
            }
            let line = text[..at.start].matches('\n').count() + 1;
            found.push((path.clone(), format!("{line}: `{term}`; write {instead}")));
        }
    }
    assert_eq!(compared_with(left::REFUSED, &found), Vec::<String>::new());
    let stale: Vec<_> = (EXCEPTIONS.iter().zip(excused))
        .filter(|(_, excused)| !excused)
        .collect();
    assert!(stale.is_empty(), "these excuse nothing: {stale:?}");
    Ok(())
}

#[test]
fn a_message_has_short_sentences() -> Result<()> {
    let mut found = Vec::new();
    let mut seen = 0;
    for (path, text) in texts()?.into_iter().filter(|(path, _)| is_shipped(path)) {
        let shipped = text.split("#[cfg(test)]\nmod tests {").next();
        for (line, literal) in literals::texts(shipped.unwrap_or_default()) {
            seen += 1;
            for sentence in sentences(&literal) {
                let words = sentence.split_whitespace().count();
                if words > LONGEST_SENTENCE {
                    found.push((path.clone(), format!("{line}: {words} words: {sentence}")));
                }
            }
        }
    }
    assert!(seen > 1000, "only {seen} texts were read");
    assert_eq!(compared_with(left::LONG, &found), Vec::<String>::new());
    Ok(())
}

#[test]
fn a_refused_word_is_found_in_every_spelling_of_a_name_and_nowhere_else() {
    let found = |text| refused_in(text).count();
    for text in [
        "told",
        "Told",
        "is_told",
        "isTold",
        "TOLD",
        "a told-of day",
        "\\ntold",
        "byItself",
        "by_itself",
        "stands\n    /// on",
        "it stands \\\n    on",
        "FOREIGN",
        "is nobody's",
    ] {
        assert_eq!(found(text), 1, "{text}");
    }
    for text in [
        "toldt",
        "untold",
        "amend",
        "stands. On",
        "stands\n\non",
        "\\nobody",
        "mænd",
    ] {
        assert_eq!(found(text), 0, "{text}");
    }
}

/// Every text of the repository that is ours, with its path from the top.
fn texts() -> Result<Vec<(String, String)>> {
    let house = house();
    let mut texts = Vec::new();
    for path in files("")? {
        let name = path.strip_prefix(&house)?.to_string_lossy().into_owned();
        if !NOT_OURS.iter().any(|other| name.ends_with(other)) {
            texts.push((name, fs::read_to_string(&path)?));
        }
    }
    Ok(texts)
}

/// Each refused term in a text: its place, the term, what to write instead.
fn refused_in(text: &str) -> impl Iterator<Item = (Range<usize>, String, &'static str)> {
    let tokens = tokens(text);
    let refused = REFUSED.into_iter().chain([FOREIGN]);
    refused.flat_map(move |(term, instead)| {
        let windows = tokens.windows(term.len());
        let places = windows.filter_map(|window| place_of(window, term, text));
        let found = places.map(|place| (place, term.join(" "), instead));
        found.collect::<Vec<_>>()
    })
}

/// Where a term is, if these words are its words and nothing separates them.
fn place_of(window: &[Token], term: &[&str], text: &str) -> Option<Range<usize>> {
    let mut words = window.iter().zip(term);
    let follow = |pair: &[Token]| matches!(pair, [one, next] if one.leads_to(next, text));
    let is_term = words.all(|(token, word)| token.is(text, word)) && window.windows(2).all(follow);
    let (first, last) = (window.first()?, window.last()?);
    is_term.then_some(first.at.start..last.at.end)
}

/// What differs between what was found and what a list says is left: too many, or too few.
fn compared_with(left: &[(&str, usize)], found: &[(String, String)]) -> Vec<String> {
    let mut by_place: BTreeMap<&str, Vec<String>> =
        left.iter().map(|(place, _)| (*place, Vec::new())).collect();
    for (path, what) in found {
        let places = left
            .iter()
            .map(|(place, _)| *place)
            .filter(|place| path.starts_with(place));
        let place = places.max_by_key(|place| place.len()).unwrap_or_default();
        by_place
            .entry(place)
            .or_default()
            .push(format!("{path}:{what}"));
    }
    let mut wrong = Vec::new();
    for (place, found) in by_place {
        let allowed = left.iter().find(|(listed, _)| *listed == place);
        let allowed = allowed.map_or(0, |(_, count)| *count);
        if found.len() < allowed {
            wrong.push(format!(
                "lower the entry of `{place}` in words/left.rs to {}",
                found.len()
            ));
        } else if found.len() > allowed {
            wrong.push(format!(
                "`{place}` has {} instead of {allowed}",
                found.len()
            ));
            wrong.extend(found);
        }
    }
    wrong
}

/// Whether a file is a source of a program or library that people use.
fn is_shipped(path: &str) -> bool {
    let is_rust = Path::new(path)
        .extension()
        .is_some_and(|ending| ending == "rs");
    let is_source = is_rust && path.contains("src/") && !path.starts_with("tests/");
    is_source && !path.contains("/tests/") && !path.ends_with("/tests.rs")
}

/// The sentences of a text; a colon, a semicolon and the end of a line close one too.
fn sentences(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let ends = |word: &&str| word.ends_with(['.', '!', '?', ':', ';']);
        sentences.extend(words.split_inclusive(ends).map(|words| words.join(" ")));
    }
    sentences
}

fn line_around(text: &str, at: usize) -> &str {
    let from = text[..at].rfind('\n').map_or(0, |end| end + 1);
    text[from..].lines().next().unwrap_or_default()
}
