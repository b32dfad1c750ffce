//! Findings as people read them in a terminal or a log.

use std::ffi::OsStr;
use std::io::{self, IsTerminal};

use fyr_policy_core::phrase::counted;
use fyr_policy_core::source::FileId;
use fyr_policy_core::{Diagnostic, Label, Language, Severity, Sources, word};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::excerpt::Excerpt;
use super::visible::visible;

/// How text is dressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    dress: Dress,
    /// The columns that a line may have.
    columns: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dress {
    /// Letters and lines alone.
    Plain,
    /// With colours, for a terminal.
    Coloured,
}

/// The columns of a file or a pipe.
const COLUMNS: usize = 100;

impl Look {
    /// Colours where standard output is a terminal whose user has not asked for none.
    pub(crate) fn of_stdout() -> Self {
        Self::of(&io::stdout())
    }

    /// Colours where standard error is a terminal whose user has not asked for none.
    pub(crate) fn of_stderr() -> Self {
        Self::of(&io::stderr())
    }

    fn of(stream: &(impl IsTerminal + rustix::fd::AsFd)) -> Self {
        if !stream.is_terminal() {
            return Self {
                dress: Dress::Plain,
                columns: COLUMNS,
            };
        }
        let no_color = std::env::var_os("NO_COLOR");
        let unwanted = wants_no_colour(no_color.as_deref(), std::env::var_os("TERM").as_deref());
        let size = rustix::termios::tcgetwinsize(stream);
        // A terminal that does not know its size says zero.
        let columns = size.map_or(0, |size| usize::from(size.ws_col));
        Self {
            dress: if unwanted {
                Dress::Plain
            } else {
                Dress::Coloured
            },
            columns: if columns == 0 {
                COLUMNS
            } else {
                columns.clamp(60, 120)
            },
        }
    }

    /// The columns that a line may have.
    pub(crate) fn columns(self) -> usize {
        self.columns
    }

    fn handler(self) -> GraphicalReportHandler {
        let theme = match self.dress {
            Dress::Plain => GraphicalTheme::unicode_nocolor(),
            Dress::Coloured => GraphicalTheme::unicode(),
        };
        GraphicalReportHandler::new_themed(theme)
            .with_width(self.columns)
            .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
            .with_break_words(false)
            .with_links(false)
    }
}

/// Whether the user has asked for no colours (`NO_COLOR`), or the terminal knows none (`TERM`).
fn wants_no_colour(no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    no_color.is_some_and(|value| !value.is_empty()) || term.is_some_and(|term| term == "dumb")
}

/// The most places of a finding that are shown with their lines; the others are counted.
const MOST_PLACES: usize = 8;

/// One finding: what it is, the lines of each file it is about, and what to do.
pub(super) fn render(finding: &Diagnostic, sources: &Sources, look: Look) -> io::Result<String> {
    let words = word(finding, Language::English);
    // The offenders come first, then what they offend.
    let mut by_file: Vec<(FileId, Vec<&Label>)> = Vec::new();
    for label in shown(&words.labels) {
        let file = label.place.file;
        match by_file.iter_mut().find(|(known, _)| *known == file) {
            Some((_, labels)) => labels.push(label),
            None => by_file.push((file, vec![label])),
        }
    }
    let mut by_file = by_file.into_iter();
    let here = by_file.next();
    let severity = match finding.severity() {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
    };
    let others = match words.labels.len().saturating_sub(MOST_PLACES) {
        0 => String::new(),
        count => format!(
            ", here and in {}",
            counted(count, "more place", "more places")
        ),
    };
    let message = visible(&format!("{}: {}{others}", finding.code(), words.message));
    let mut parts = vec![Shown::new(message, severity, here, sources)];
    parts.extend(by_file.map(|part| {
        let message = "see also".to_owned();
        Shown::new(message, miette::Severity::Advice, Some(part), sources)
    }));
    if let Some(last) = parts.last_mut() {
        last.help = Some(visible(&words.help));
    }
    let mut text = String::new();
    for part in &parts {
        let rendered = look.handler().render_report(&mut text, part);
        rendered.map_err(io::Error::other)?;
    }
    Ok(text)
}

/// The labels that are shown: the first, and the last where it is what the others offend.
fn shown(labels: &[Label]) -> impl Iterator<Item = &Label> {
    let last = match labels {
        [first, .., last] if labels.len() > MOST_PLACES && first.text != last.text => Some(last),
        _ => None,
    };
    let most = MOST_PLACES - usize::from(last.is_some());
    labels.iter().take(most).chain(last)
}

/// A part of a finding as miette shows one: a line of text over the labels of one file.
#[derive(Debug)]
struct Shown {
    message: String,
    severity: miette::Severity,
    help: Option<String>,
    source: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
}

impl Shown {
    fn new(
        message: String,
        severity: miette::Severity,
        part: Option<(FileId, Vec<&Label>)>,
        sources: &Sources,
    ) -> Self {
        let excerpt = part.and_then(|(file, labels)| {
            let excerpt = Excerpt::of(sources.file(file)?, &labels, sources)?;
            let texts = labels.iter().map(|label| Some(visible(&label.text)));
            let spans = texts.zip(excerpt.spans.clone());
            // The place of the first label is the place of the finding, wherever the others stand.
            let labels = spans
                .enumerate()
                .map(|(number, (text, span))| match number {
                    0 => LabeledSpan::new_primary_with_span(text, span),
                    _ => LabeledSpan::new_with_span(text, span),
                });
            Some((labels.collect(), excerpt))
        });
        let (labels, source) = excerpt.unzip();
        Self {
            message,
            severity,
            help: None,
            source,
            labels: labels.unwrap_or_default(),
        }
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl miette::Diagnostic for Shown {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_terminal_and_a_user_who_asks_get_no_colours() {
        let plain = |no_color: Option<&str>, term: Option<&str>| {
            wants_no_colour(no_color.map(OsStr::new), term.map(OsStr::new))
        };
        assert!(plain(Some("1"), Some("xterm")));
        assert!(plain(None, Some("dumb")));
        assert!(!plain(Some(""), Some("xterm")));
        assert!(!plain(None, None));
    }
}
