//! Characters that deceive whoever reads a policy: what is no text, what turns the order of
//! reading round, and letters of another alphabet in a word.

use fyr_policy_source::Span;

use crate::finding::{Diagnostic, Document, Name, Role};
use crate::letters::{self, Stranger};
use crate::source::{FileId, Place, SourceFile};
use crate::url_filter::UrlFilter;

/// The most findings of this kind in one file.
const MOST: usize = 20;

/// Reads a whole file, remarks included, character by character.
pub(super) fn check(file: FileId, source: &SourceFile) -> Vec<Diagnostic> {
    let is_plain = |letter: char| !is_no_text(letter) && letter != '\\' && letter != '\r';
    if source.text.is_ascii() && source.text.chars().all(is_plain) {
        return Vec::new();
    }
    if is_utf_16(&source.text) {
        return vec![another_encoding(file, source)];
    }
    let place = |written: Written| Place {
        file,
        span: Span {
            start: written.start,
            length: written.length,
        },
    };
    let single = characters(&source.text).filter_map(|written| describe(written, place(written)));
    let words = words(&source.text).filter_map(|word| {
        let letters = word
            .iter()
            .enumerate()
            .map(|(at, written)| (at, written.character));
        let stranger = letters::stranger(letters)?;
        let written = word.get(stranger.start)?;
        let word: String = word.iter().map(|written| written.character).collect();
        let name = name_around(&source.text, written.start);
        Some(mixed(&word, stranger, name, place(*written)))
    });
    let breaks = lone_returns(&source.text).map(|start| {
        hidden_break(place(Written {
            start,
            length: 1,
            character: '\r',
        }))
    });
    let blanks = indenting_blanks(&source.text)
        .map(|written| indents_nothing(written.character, place(written)));
    let all = single.chain(breaks).chain(blanks).chain(words);
    all.take(MOST).collect()
}

/// Whether a text is what Windows calls Unicode, two bytes a letter: most are half a zero.
fn is_utf_16(text: &str) -> bool {
    let zeros = text.bytes().filter(|byte| *byte == 0).count();
    zeros > 1 && zeros * 3 > text.chars().count()
}

fn another_encoding(file: FileId, source: &SourceFile) -> Diagnostic {
    let path = source.path.clone();
    Diagnostic::of(Document::OtherEncoding { path }).at(file.start(), Role::LargeFile)
}

/// Blanks at the beginning of a line that look like those of the keyboard and are none.
fn indenting_blanks(text: &str) -> impl Iterator<Item = Written> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let blank = |(_, letter): &(usize, char)| letter.is_whitespace();
        let mut indent = line.char_indices().take_while(blank);
        let is_other = |(_, letter): &(usize, char)| !matches!(letter, ' ' | '\t' | '\r' | '\n');
        let (offset, character) = indent.find(is_other)?;
        Some(Written {
            start: start + offset,
            length: character.len_utf8(),
            character,
        })
    })
}

fn indents_nothing(blank: char, place: Place) -> Diagnostic {
    Diagnostic::of(Document::BlankIndents { letter: blank }).at(place, Role::LooksLikeSpace)
}

/// Where a carriage return stands without the line feed that ends a line for every editor.
fn lone_returns(text: &str) -> impl Iterator<Item = usize> {
    let returns = text.match_indices('\r').map(|(start, _)| start);
    returns.filter(|start| text.as_bytes().get(start + 1) != Some(&b'\n'))
}

fn hidden_break(place: Place) -> Diagnostic {
    Diagnostic::of(Document::LoneReturn).at(place, Role::NewLine)
}

/// A character, and where and how long it is written.
#[derive(Debug, Clone, Copy)]
struct Written {
    start: usize,
    length: usize,
    character: char,
}

/// Every character, those that are written `\u0430` included.
fn characters(text: &str) -> impl Iterator<Item = Written> + Clone {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = text.len() - rest.len();
        let plain = || {
            rest.chars()
                .next()
                .map(|letter| (letter, letter.len_utf8()))
        };
        let (character, length) = escaped(rest).or_else(plain)?;
        rest = rest.get(length..)?;
        Some(Written {
            start,
            length,
            character,
        })
    })
}

/// The character that a text begins with in YAML's hexadecimal writing, and its length.
fn escaped(text: &str) -> Option<(char, usize)> {
    let letter = text.strip_prefix('\\')?.bytes().next()?;
    let digits = match letter {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return None,
    };
    let hex = text.get(2..2 + digits)?;
    let number = u32::from_str_radix(hex, 16).ok()?;
    Some((char::from_u32(number)?, 2 + digits))
}

/// The runs of letters, each with the marks that belong to it.
fn words(text: &str) -> impl Iterator<Item = Vec<Written>> {
    let mut characters = characters(text).peekable();
    std::iter::from_fn(move || {
        while characters
            .next_if(|written| !written.character.is_alphabetic())
            .is_some()
        {}
        characters.peek()?;
        let mut word = Vec::new();
        while let Some(written) = characters.next_if(|written| written.character.is_alphabetic()) {
            word.push(written);
        }
        Some(word)
    })
}

fn describe(written: Written, place: Place) -> Option<Diagnostic> {
    let character = written.character;
    let letter = character;
    if is_no_text(character) && !(character == BYTE_ORDER_MARK && written.start == 0) {
        let finding = match character {
            char::REPLACEMENT_CHARACTER => {
                Diagnostic::of(Document::NotUtf8).at(place, Role::LetterLost)
            }
            _ => Diagnostic::of(Document::Invisible { letter }).at(place, Role::InvisibleHere),
        };
        return Some(finding);
    }
    is_turning(character)
        .then(|| Diagnostic::of(Document::TurnsReading { letter }).at(place, Role::InvisibleHere))
}

/// The name on the internet that a letter stands in, as a name of another alphabet is encoded.
fn name_around(text: &str, at: usize) -> Option<String> {
    let is_around = |letter: char| letter.is_whitespace() || "\"'[]{},".contains(letter);
    let (before, after) = text.split_at_checked(at)?;
    let begin = before.rfind(is_around).map_or(0, |end| end + 1);
    let end = after.find(is_around).unwrap_or(after.len());
    let filter: UrlFilter = text.get(begin..at + end)?.parse().ok()?;
    let name = filter.host_name().filter(|name| name.contains('.'))?;
    Some(name.to_owned())
}

fn mixed(word: &str, stranger: Stranger, name: Option<String>, place: Place) -> Diagnostic {
    let Stranger {
        letter, looks_like, ..
    } = stranger;
    let looks_like = Some(looks_like);
    Diagnostic::of(Name::MixedAlphabets {
        word: word.to_owned(),
        looks_like,
        host: name,
    })
    .at(place, Role::Letter { letter, looks_like })
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// What no program shows, or shows as a box: control characters, marks without width, breaks
/// of lines that editors do not count, and what stands for bytes that are no text.
fn is_no_text(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2060}'
        | BYTE_ORDER_MARK
        | char::REPLACEMENT_CHARACTER => true,
        other => other.is_control(),
    }
}

/// What begins an embedding, an override or an isolate of bidirectional text (CVE-2021-42574).
fn is_turning(character: char) -> bool {
    matches!(
        character,
        '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' | '\u{2066}'..='\u{2068}'
    )
}
