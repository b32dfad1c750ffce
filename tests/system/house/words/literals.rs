//! The string literals of a Rust source, as far as their sentences can be counted.

/// Each string literal with the number of its line; comments and characters are passed over.
pub(in super::super) fn texts(source: &str) -> Vec<(usize, String)> {
    let mut texts = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, from) = rest.split_at(at);
        let line = source[..source.len() - from.len()].matches('\n').count() + 1;
        rest = if from.starts_with("//") {
            from.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(raw) = raw(before, from) {
            texts.push((line, raw.0.to_owned()));
            raw.1
        } else if let Some(quoted) = from.strip_prefix('"') {
            let (text, after) = plain(quoted);
            texts.push((line, text));
            after
        } else {
            after_character(from)
        };
    }
    texts
}

/// The text of `r#"…"#` and what follows it, where a raw literal begins at this quote.
fn raw<'a>(before: &str, from: &'a str) -> Option<(&'a str, &'a str)> {
    let marks = before.len() - before.trim_end_matches('#').len();
    let is_raw = from.starts_with('"') && before.trim_end_matches('#').ends_with('r');
    let end = format!("\"{}", "#".repeat(marks));
    is_raw.then(|| from[1..].split_once(&end)).flatten()
}

/// The text up to the closing quote, a line that goes on joined to the next, and what follows.
fn plain(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (text, &quoted[at + 1..]),
            '\\' => match letters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, '\n')) => {}
                other => text.extend(other.map(|(_, letter)| letter)),
            },
            _ => text.push(letter),
        }
    }
    (text, "")
}

/// What follows a character literal, a lifetime or a division.
fn after_character(from: &str) -> &str {
    for character in ["'\"'", "'\\\"'", "'/'", "'\\''", "'\\\\'"] {
        if let Some(after) = from.strip_prefix(character) {
            return after;
        }
    }
    &from[1..]
}
