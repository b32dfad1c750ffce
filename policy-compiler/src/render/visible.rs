//! Texts of a policy as they are printed: without anything that a terminal would obey.

/// A text with nothing in it that a terminal would obey rather than show, in as many bytes.
pub(crate) fn visible(text: &str) -> String {
    let shown = |letter: char| match letter {
        '\n' => letter,
        '\t' | '\r' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        letter if letter.is_control() && letter.len_utf8() == 1 => '?',
        letter if letter.is_control() => '¿',
        letter => letter,
    };
    text.chars().map(shown).collect()
}

/// A text as one line of what is printed: [`visible`], and no line of its own making.
pub(crate) fn in_one_line(text: &str) -> String {
    visible(text).replace('\n', " ")
}
