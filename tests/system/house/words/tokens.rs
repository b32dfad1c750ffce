//! The words of prose and of names: `is_open`, `isOpen` and `is open` have the same two.

use std::ops::Range;

/// One word of a text: a run of letters, or a part of such a run that its capitals set apart.
pub(super) struct Token {
    pub(super) at: Range<usize>,
}

impl Token {
    pub(super) fn is(&self, text: &str, word: &str) -> bool {
        text[self.at.clone()].eq_ignore_ascii_case(word)
    }

    /// Whether a phrase may go on with `next`: only blanks, comment marks or joints of a name lie between.
    pub(super) fn leads_to(&self, next: &Self, text: &str) -> bool {
        let between = &text[self.at.end..next.at.start];
        let joins = |mark: char| mark.is_whitespace() || "_-/!*#>\\".contains(mark);
        between.chars().all(joins) && !between.contains("\n\n")
    }
}

/// Every word of a text, in order. A letter after a backslash is an escape and no part of a word.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let mut tokens: Vec<Token> = Vec::new();
    let mut before = ' ';
    for (index, (at, letter)) in letters.iter().copied().enumerate() {
        let end = at + letter.len_utf8();
        let is_escape = before == '\\';
        let follows = letters.get(index + 1).map_or(' ', |(_, next)| *next);
        let begins = !before.is_alphabetic()
            || letter.is_uppercase() && (before.is_lowercase() || follows.is_lowercase());
        before = letter;
        if !letter.is_alphabetic() {
            continue;
        }
        if is_escape {
            before = ' ';
            continue;
        }
        match tokens.last_mut() {
            Some(token) if !begins => token.at.end = end,
            _ => tokens.push(Token { at: at..end }),
        }
    }
    tokens
}
