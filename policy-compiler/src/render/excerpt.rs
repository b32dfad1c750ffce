//! The lines of a file that labels are about, each no longer than a person reads.

use std::ops::Range;

use fyr_policy_core::source::SourceFile;
use fyr_policy_core::{Label, Sources};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::visible::visible;

/// The most letters of a line that are shown.
const LONGEST: usize = 200;

/// How many letters stay before the first label of a line that is cut.
const BEFORE: usize = 40;

/// The labelled lines of one file and their neighbours, and where they stand in it.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    /// The number of lines before the first that is shown.
    skipped: usize,
    /// Where each label stands in the text of the excerpt.
    pub(super) spans: Vec<SourceSpan>,
    /// The column of each label in the file, counted from nought.
    columns: Vec<usize>,
}

impl Excerpt {
    /// What is shown of a file for labels, of which there is one at least.
    pub(super) fn of(file: &SourceFile, labels: &[&Label], sources: &Sources) -> Option<Self> {
        let whole = file.text.as_str();
        let places = labels.iter().map(|label| label.place.span);
        let from = places.clone().map(|span| span.start).min()?;
        let until = places.map(|span| span.start + span.length).max()?;
        let start = line_start(whole, line_start(whole, from).saturating_sub(1));
        let end = line_end(whole, (line_end(whole, until) + 1).min(whole.len()));
        let column = |label: &&Label| sources.position(label.place).column.saturating_sub(1);
        let mut excerpt = Self {
            name: visible(&file.path),
            text: String::new(),
            skipped: whole.get(..start)?.matches('\n').count(),
            spans: vec![(0, 0).into(); labels.len()],
            columns: labels.iter().map(column).collect(),
        };
        let mut at = start;
        for line in whole.get(start..end)?.split_inclusive('\n') {
            excerpt.add(line, at, labels);
            at += line.len();
        }
        Some(excerpt)
    }

    /// Adds one line that begins at `at`, and notes the labels that begin in it.
    fn add(&mut self, line: &str, at: usize, labels: &[&Label]) {
        let here = |label: &Label| {
            let start = label.place.span.start;
            (at..at + line.len().max(1))
                .contains(&start)
                .then(|| start - at)
        };
        let starts = labels.iter().filter_map(|label| here(label));
        let shown = window(line, starts.min().unwrap_or(0));
        if shown.start > 0 {
            self.text.push('…');
        }
        let begins = self.text.len();
        let text = line.get(shown.clone()).unwrap_or_default();
        self.text.push_str(&visible(text));
        if shown.end < line.len() {
            self.text.push_str("…\n");
        }
        for (label, span) in labels.iter().zip(&mut self.spans) {
            let Some(start) = here(label) else {
                continue;
            };
            let inside = |byte: usize| byte.clamp(shown.start, shown.end) - shown.start;
            let end = inside(start + label.place.span.length);
            let start = inside(start);
            *span = (begins + start, end - start).into();
        }
    }
}

/// The bytes of a line that are shown where its first label begins at the byte `label`.
fn window(line: &str, label: usize) -> Range<usize> {
    let letters = |count: usize, from: usize| {
        let rest = line.get(from..).unwrap_or_default();
        let end = rest.char_indices().nth(count);
        end.map_or(line.len(), |(at, _)| from + at)
    };
    let all = letters(LONGEST, 0);
    if all == line.len() {
        return 0..all;
    }
    let before = line.get(..label).unwrap_or(line);
    let start = match before.char_indices().rev().nth(BEFORE) {
        Some((at, _)) if letters(LONGEST, 0) <= label => at,
        Some(_) | None => 0,
    };
    start..letters(LONGEST, start)
}

fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    let after = text.get(at..).and_then(|rest| rest.find('\n'));
    after.map_or(text.len(), |newline| at + newline)
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, lines_before, lines_after)?;
        // Without neighbours it is asked for a label's place; a line begins at nought.
        let label = self.spans.iter().position(|own| own == span);
        let column = label
            .filter(|_| lines_before == 0 && lines_after == 0)
            .and_then(|label| self.columns.get(label).copied());
        let contents = MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            self.skipped + inner.line(),
            column.unwrap_or(0),
            inner.line_count(),
        );
        Ok(Box::new(contents.with_language("YAML")))
    }
}
