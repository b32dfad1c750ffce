//! One document of a file as text: where it stands, and how it is read within bounds.

use fyr_policy_source::Span;
use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Location};

use crate::source::{FileId, Place};

/// The most documents that one file may hold.
const MAX_DOCUMENTS: usize = 1_000;

/// A stretch of a file that holds a document, or a part of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk<'a> {
    pub(super) file: FileId,
    /// How many bytes of the file stand before it.
    pub(super) start: usize,
    pub(super) text: &'a str,
}

/// Splits a file where YAML does: a line that begins with `---` ends a document in any
/// stands in. Past the most documents it is the place of the first one too many.
pub(super) fn split(file: FileId, text: &str) -> Result<Vec<Chunk<'_>>, Place> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > 0 && is_marker(line) {
            if starts.len() == MAX_DOCUMENTS {
                let span = Span {
                    start: at,
                    length: 3,
                };
                return Err(Place { file, span });
            }
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    Ok(starts
        .iter()
        .zip(ends)
        .filter_map(|(&start, end)| {
            let text = text.get(start..end)?;
            Some(Chunk { file, start, text })
        })
        .collect())
}

fn is_marker(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

impl<'a> Chunk<'a> {
    /// A part of this one; both ends are within it.
    pub(super) fn part(&self, start: usize, end: usize) -> Option<Chunk<'a>> {
        Some(Chunk {
            file: self.file,
            start: self.start + start,
            text: self.text.get(start..end)?,
        })
    }

    /// The line that a place is on, without the blanks around it.
    pub(super) fn line_at(&self, place: Place) -> &'a str {
        let at = place.span.start.saturating_sub(self.start);
        let before = self.text.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = self.text.get(start..).and_then(|rest| rest.lines().next());
        line.unwrap_or_default().trim()
    }

    /// Reads what it holds: nothing, or one document.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        // A policy is written for people: nothing in it needs anchors, merges or deep nesting.
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_aliases: 0,
                max_anchors: 0,
                max_merge_keys: 0,
                max_depth: 16,
                flow_nesting_limit: 32,
                max_documents: 1_000,
                max_nodes: 100_000,
                max_events: 400_000,
            },
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            reject_unsupported_tags: true,
            reject_tagged_field_names: true,
            with_snippet: false,
        };
        serde_saphyr::from_multiple_with_options(self.text, options)
    }

    /// The place of something written in it.
    pub(super) fn place(&self, span: Span) -> Place {
        Place {
            file: self.file,
            span: Span {
                start: self.start + span.start,
                length: span.length,
            },
        }
    }

    /// The place of what the reader refused: it knows bytes for values, and only line and
    /// column for what is no YAML.
    pub(super) fn located(&self, location: Location) -> Place {
        if location.span().byte_offset().is_some() {
            return self.place(location.into());
        }
        let at = |number: u64| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
        let mut lines = self.text.split_inclusive('\n');
        let before: usize = lines.by_ref().take(at(location.line())).map(str::len).sum();
        let line = lines.next().unwrap_or_default();
        let within: usize = line
            .chars()
            .take(at(location.column()))
            .map(char::len_utf8)
            .sum();
        self.place(Span {
            start: before + within,
            length: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[track_caller]
    fn chunks(text: &str) -> Vec<String> {
        let sources: Sources = [("fyr.yaml", text)].into_iter().collect();
        let (file, _) = sources.files().next().expect("one file");
        let chunks = split(file, text).expect("few documents");
        assert!(
            chunks
                .iter()
                .all(|chunk| text[chunk.start..].starts_with(chunk.text))
        );
        chunks.iter().map(|chunk| chunk.text.to_owned()).collect()
    }

    #[test]
    fn a_file_is_split_where_yaml_splits_it() {
        assert_eq!(chunks(""), [""]);
        assert_eq!(chunks("---\na: b\n"), ["---\na: b\n"]);
        assert_eq!(
            chunks("a: b\n--- # next\nc: d"),
            ["a: b\n", "--- # next\nc: d"]
        );
        assert_eq!(chunks("a: b\r\n---\r\nc: d"), ["a: b\r\n", "---\r\nc: d"]);
        assert_eq!(chunks("a: |\n  ---\n  b"), ["a: |\n  ---\n  b"]);
        assert_eq!(chunks("a: ---b\n---b: c"), ["a: ---b\n---b: c"]);
    }
}
