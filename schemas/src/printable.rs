//! Text of strangers as a terminal or a log shows it: file names, answers of servers, documents that were
//! not checked. What a reader would not see, or a terminal would obey, is written as its number.

/// Whether a character is shown as itself: no control, no invisible character, no mark that turns the
/// order of reading round, no separator but the space.
pub fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return letter == ' ' || letter.is_ascii_graphic();
    }
    // Behind a letter, marks that combine with it are text.
    let behind_a_letter = String::from_iter(['x', letter]);
    behind_a_letter.escape_debug().nth(1) == Some(letter)
}

/// A text as one line of printable characters; each other character as `\u{202e}`.
pub fn printable(text: &str) -> String {
    escaped(text, is_printable)
}

/// The same for text of several lines, which stay.
pub fn printable_lines(text: &str) -> String {
    escaped(text, |letter| letter == '\n' || is_printable(letter))
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_kept(letter) {
            shown.push(letter);
        } else {
            shown.extend(letter.escape_unicode());
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_of_the_nordic_languages_and_signs_are_shown() {
        for text in [
            "Børne- og Skoleudvalget «ä» 100 €",
            "a\u{30a}rhus",
            "\"\\'`",
            "日本",
        ] {
            assert_eq!(printable(text), text);
        }
    }

    #[test]
    fn what_steers_a_terminal_or_deceives_its_reader_is_written_as_its_number() {
        for (text, shown) in [
            ("\u{1b}[2Jno", "\\u{1b}[2Jno"),
            ("a\u{9b}1m", "a\\u{9b}1m"),
            ("a\u{202e}nosj", "a\\u{202e}nosj"),
            ("a\u{2066}b\u{2069}", "a\\u{2066}b\\u{2069}"),
            ("a\u{200f}b\u{200b}", "a\\u{200f}b\\u{200b}"),
            ("a\u{ad}b\u{feff}", "a\\u{ad}b\\u{feff}"),
            ("a\u{2028}b\r\tc", "a\\u{2028}b\\u{d}\\u{9}c"),
            ("a\u{e0041}", "a\\u{e0041}"),
        ] {
            assert_eq!(printable(text), shown);
            assert_eq!(printable_lines(text), shown);
        }
        assert_eq!(printable("a\nb"), "a\\u{a}b");
        assert_eq!(printable_lines("a\nb"), "a\nb");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_printable_and_shown_again_as_it_is(text in any::<String>()) {
            let shown = printable(&text);
            prop_assert!(shown.chars().all(is_printable));
            prop_assert_eq!(printable(&shown), shown);
        }
    }
}
