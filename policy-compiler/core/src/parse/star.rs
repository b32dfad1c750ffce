//! A text that begins with `*` and has no quotes, which YAML takes for an alias.

use super::chunk::Chunk;
use crate::finding::{Diagnostic, Document, Role};
use crate::source::Place;
use crate::url_filter::UrlFilter;

/// The finding for it; `place` is on its line.
pub(super) fn unquoted(chunk: &Chunk<'_>, place: Place) -> Diagnostic {
    let written = starred(chunk, place);
    let below = written.trim_start_matches(['*', '.']);
    let is_site = below.contains('.') && below.parse::<UrlFilter>().is_ok();
    Diagnostic::of(Document::Unquoted {
        text: written.to_owned(),
        site: is_site.then(|| below.to_owned()),
    })
    .at(place, Role::TakenForAlias)
}

/// The first text on the line that begins with `*`.
fn starred<'a>(chunk: &Chunk<'a>, place: Place) -> &'a str {
    let mut texts = chunk
        .line_at(place)
        .split([' ', ',', '[', ']', '{', '}', '\t', '\r']);
    texts.find(|text| text.starts_with('*')).unwrap_or("*")
}
