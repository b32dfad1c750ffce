//! What was meant by a value of the wrong kind, computed from what was written.

use fyr_policy_source::Day;
use fyr_schemas::UnitPath;

use super::chunk::Chunk;
use crate::finding::Correction;
use crate::meant::audience_meant;
use crate::source::Place;

/// What to write for a text where another one is expected.
pub(super) fn refused(text: &str, expected: &str) -> Option<Correction> {
    let meant = if expected.starts_with("a unit path") {
        if let Some((path, next)) = text.split_once(' ')
            && path.parse::<UnitPath>().is_ok()
        {
            return Some(Correction::Comma(path.to_owned(), next.to_owned()));
        }
        let names: Option<Vec<String>> = text.trim_matches('/').split('/').map(slug).collect();
        let path = names.map(|names| format!("/{}", names.join("/")));
        path.filter(|path| path.parse::<UnitPath>().is_ok())
    } else if expected.starts_with("a day") {
        day_meant(text).or_else(|| last_of_month(text))
    } else if expected.starts_with("a country") {
        Some(text.to_uppercase()).filter(|meant| meant.len() == 2)
    } else if expected.starts_with("the name of a body") {
        return Some(Correction::BodyId);
    } else if expected.contains("(lowercase letters a to z, digits and `-`") {
        slug(text)
    } else {
        None
    };
    let meant = meant.filter(|meant| meant != text);
    meant.map(Correction::Write)
}

/// `1.8.2027`, `2027/8/1`, `1/8 2027` and `1 augusti 2027` as the calendar of the language writes
/// them.
pub fn day_meant(text: &str) -> Option<String> {
    let parts = text.split(['.', '/', '-', ' ', ',']);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let [first, month, last] = parts.as_slice() else {
        return None;
    };
    let (day, year) = match (first.len(), last.len()) {
        (4, _) => (last, first),
        (_, 4) => (first, last),
        _ => return None,
    };
    let month = month_named(month).map_or_else(|| (*month).to_owned(), |month| month.to_string());
    let meant = format!("{year}-{month:0>2}-{day:0>2}");
    meant.parse::<Day>().ok().map(|_| meant)
}

/// The number of a month by its name in Danish, English, Norwegian or Swedish, or what it begins with.
fn month_named(name: &str) -> Option<usize> {
    const MONTHS: [&[&str]; 12] = [
        &["jan"],
        &["feb"],
        &["mar"],
        &["apr"],
        &["maj", "mai", "may"],
        &["jun"],
        &["jul"],
        &["aug"],
        &["sep"],
        &["okt", "oct"],
        &["nov"],
        &["dec", "des"],
    ];
    let name = name.to_lowercase();
    let mut months = MONTHS.iter().zip(1..);
    months
        .find(|(begin, _)| begin.iter().any(|begin| name.starts_with(begin)))
        .map(|(_, number)| number)
}

/// The last day of a month that has fewer than were written: `2027-02-30`.
fn last_of_month(text: &str) -> Option<String> {
    let (month, day) = text.rsplit_once('-')?;
    let first: Day = format!("{month}-01").parse().ok()?;
    let is_behind = day.parse::<u8>().is_ok_and(|day| 28 < day && day <= 31);
    is_behind.then(|| first.0.last_of_month().to_string())
}

/// A name in small Latin letters: `Østskolen 2` is `oestskolen-2`.
fn slug(text: &str) -> Option<String> {
    let mut meant = String::new();
    for letter in text.to_lowercase().chars() {
        match letter {
            'æ' | 'ä' => meant.push_str("ae"),
            'ø' | 'ö' => meant.push_str("oe"),
            'å' => meant.push_str("aa"),
            letter if letter.is_ascii_alphanumeric() => meant.push(letter),
            _ => meant.push('-'),
        }
    }
    let words: Vec<&str> = meant.split('-').filter(|word| !word.is_empty()).collect();
    (!words.is_empty() && words.len() < 10).then(|| words.join("-"))
}

/// What to write for a word that is none of these.
pub(super) fn word(given: &str, known: &[&str]) -> Option<Correction> {
    let audience = audience_meant(given).filter(|audience| known.contains(audience));
    audience.map(|audience| Correction::Write(audience.to_owned()))
}

/// The field on the line of a single text, and the text, where another shape was expected.
fn field_and_text<'a>(chunk: &Chunk<'a>, place: Place) -> Option<(&'a str, &'a str)> {
    let at = place.span.start.checked_sub(chunk.start)?;
    let before = chunk.text.get(..at)?.lines().next_back()?;
    let text = chunk.text.get(at..)?.lines().next()?;
    let (field, between) = before.rsplit_once(':')?;
    let field = field.rsplit([' ', '{', ',']).next()?;
    let text = text.split(" #").next()?;
    // What closes another bracket, or was meant to, is no part of it.
    let text = text.trim_end_matches([' ', ']', '}', '\r']).trim_start();
    let is_single = between.trim().is_empty() && !text.is_empty() && !text.contains(['{', '[']);
    is_single.then_some((field, text))
}

/// What to write for a list where one value belongs, or a mapping: `for: [/a, /b]`, `- name: value`.
pub(super) fn as_one(chunk: &Chunk<'_>, place: Place) -> Option<Correction> {
    let line = chunk.line_at(place);
    if line.starts_with("for: [") {
        return Some(Correction::OneUnit);
    }
    let field = line
        .strip_prefix("- ")
        .filter(|field| field.contains(": "))?;
    Some(Correction::NoHyphen(field.trim().to_owned()))
}

/// What to write for `{ pupils strict }` and `{ pupils:strict }`, where a value for each belongs.
pub(super) fn as_pair(chunk: &Chunk<'_>, place: Place) -> Option<Correction> {
    let at = place.span.start.checked_sub(chunk.start)?;
    let text = chunk.text.get(at..)?.lines().next()?;
    let text = text.split([',', '}']).next()?.trim();
    let (name, value) = text.split_once([':', ' '])?;
    let is_word = |word: &str| {
        let mut letters = word.bytes();
        !word.is_empty() && letters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (is_word(name) && is_word(value)).then(|| Correction::Write(format!("{name}: {value}")))
}

/// What to write for a single text where a list belongs.
pub(super) fn as_list(chunk: &Chunk<'_>, place: Place) -> Option<Correction> {
    let (field, text) = field_and_text(chunk, place)?;
    Some(Correction::Write(format!("{field}: [{text}]")))
}

/// What to write for a single text where one text for each language belongs.
pub(super) fn as_texts(chunk: &Chunk<'_>, place: Place) -> Option<Correction> {
    let (field, text) = field_and_text(chunk, place)?;
    let is_by_language = ["why", "guidance", "title"].contains(&field);
    let is_plain = text.starts_with('"') || !text.contains([',', '}', ']', ':', '#', '\'']);
    (is_by_language && is_plain).then(|| Correction::ByLanguage {
        field: field.to_owned(),
        text: text.to_owned(),
    })
}
