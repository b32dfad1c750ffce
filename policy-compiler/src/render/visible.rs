//! Texts of a policy as they are printed: without anything that a terminal would obey.

use fyr_schemas::printable::is_printable;

/// A text with nothing in it that a terminal would obey rather than show, in as many bytes: what is found
/// in a file is marked by its place there.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match (letter, letter.len_utf8()) {
            ('\n', _) => shown.push(letter),
            ('\t' | '\r', _) => shown.push(' '),
            (letter, _) if is_printable(letter) => shown.push(letter),
            (_, 1) => shown.push('?'),
            (_, 2) => shown.push('¿'),
            (_, 3) => shown.push(char::REPLACEMENT_CHARACTER),
            (_, _) => shown.push_str("????"),
        }
    }
    shown
}

/// A text as one line of what is printed: [`visible`], and no line of its own making.
pub(crate) fn in_one_line(text: &str) -> String {
    visible(text).replace('\n', " ")
}
