//! A text that begins with `*` and has no quotes, which YAML takes for an alias.

use super::chunk::Chunk;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Place;
use crate::url_filter::UrlFilter;

/// The finding for it; `place` is on its line.
pub(super) fn unquoted(chunk: &Chunk<'_>, place: Place) -> Diagnostic {
    let written = starred(chunk, place);
    let below = written.trim_start_matches(['*', '.']);
    let is_site = below.contains('.') && below.parse::<UrlFilter>().is_ok();
    let help = if is_site {
        format!("write `{below}`: it means everything below it too")
    } else {
        format!("write `\"{written}\"`")
    };
    Diagnostic::new(Code::NotYaml, "a text that begins with `*` needs quotes")
        .at(place, "YAML takes it for the name of something else")
        .help(help)
}

/// The first text on the line that begins with `*`.
fn starred<'a>(chunk: &Chunk<'a>, place: Place) -> &'a str {
    let mut texts = chunk
        .line_at(place)
        .split([' ', ',', '[', ']', '{', '}', '\t', '\r']);
    texts.find(|text| text.starts_with('*')).unwrap_or("*")
}
