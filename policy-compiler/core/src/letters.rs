//! Letters that look like others, as Unicode's Technical Standard 39 lists them.

use std::char;

use unicode_script::{Script, UnicodeScript as _};
use unicode_security::confusable_detection::skeleton;

/// A character as people can look it up: `U+0430 CYRILLIC SMALL LETTER A`.
pub(crate) fn named(character: char) -> String {
    let number = u32::from(character);
    match unicode_names2::name(character) {
        Some(name) => format!("U+{number:04X} {name}"),
        None => format!("U+{number:04X}"),
    }
}

/// What a name on the internet looks like: two names with the same looks are distinguished by
/// no reader.
pub(crate) fn looks(host: &str) -> String {
    skeleton(host).flat_map(char::to_lowercase).collect()
}

/// A letter that stands among Latin ones, belongs to another script, and looks like a Latin one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stranger {
    /// How many bytes of the text stand before it.
    pub(crate) start: usize,
    /// The letter.
    pub(crate) letter: char,
    /// The Latin letter that it looks like.
    pub(crate) looks_like: char,
}

/// The first stranger in a word. Words of one script are no concern, whichever it is, and
/// neither is a sign such as `µ` or `Δ` beside Latin letters.
pub(crate) fn stranger(letters: impl Iterator<Item = (usize, char)> + Clone) -> Option<Stranger> {
    let mut all = letters.clone().map(|(_, letter)| letter);
    if !all.any(|letter| letter.script() == Script::Latin) {
        return None;
    }
    letters
        .filter(|(_, letter)| {
            matches!(
                letter.script(),
                Script::Cyrillic | Script::Greek | Script::Armenian | Script::Cherokee
            )
        })
        .find_map(|(start, letter)| {
            let mut bytes = [0; 4];
            let mut looks = skeleton(letter.encode_utf8(&mut bytes));
            let looks_like = looks.next().filter(char::is_ascii_alphabetic)?;
            Some(Stranger {
                start,
                letter,
                looks_like,
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(word: &str) -> Option<char> {
        stranger(word.char_indices()).map(|stranger| stranger.letter)
    }

    #[test]
    fn a_letter_of_another_alphabet_among_latin_ones_is_found() {
        assert_eq!(first("p\u{430}ypal"), Some('\u{430}'));
        assert_eq!(first("g\u{3bf}\u{3bf}gle"), Some('\u{3bf}'));
        assert_eq!(named('\u{430}'), "U+0430 CYRILLIC SMALL LETTER A");
    }

    #[test]
    fn words_as_people_here_write_them_are_none() {
        for word in [
            "Børnehaveklasse",
            "Måløvhøj",
            "förskoleklass",
            "Straße",
            "šport",
            "Þór",
            "naïve",
            "10µm",
            "Δt",
            "Ελλάδα",
            "Привет",
            "العربية",
            "日本語",
            "YouTube视频",
            "a\u{30a}",
        ] {
            assert_eq!(first(word), None, "{word}");
        }
    }

    #[test]
    fn names_that_look_alike_have_the_same_looks() {
        for (one, other) in [
            ("malmo.se", "rnalmo.se"),
            ("google.com", "g00gle.com"),
            ("login.example", "log\u{456}n.example"),
            (
                "paypal.example",
                "\u{440}\u{430}\u{443}\u{440}\u{430}l.example",
            ),
        ] {
            assert_eq!(looks(one), looks(other), "{one} {other}");
        }
        assert_ne!(looks("malmø.example"), looks("malmo.example"));
        assert_ne!(looks("skole.example"), looks("skola.example"));
    }
}
