//! Shows findings: as text with the source lines they are about, or as JSON.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use fyr_policy_core::source::FileId;
use fyr_policy_core::{Diagnostic, DormantRule, Label, Severity, Sources, Standing};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, SourceSpan,
};

/// How text is dressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Letters and lines alone.
    Plain,
    /// With colours, for a terminal.
    Coloured,
}

impl Look {
    /// Colours where standard output is a terminal whose user has not asked for none.
    pub(crate) fn of_stdout() -> Self {
        Self::of(io::stdout().is_terminal())
    }

    /// Colours where standard error is a terminal whose user has not asked for none.
    pub(crate) fn of_stderr() -> Self {
        Self::of(io::stderr().is_terminal())
    }

    fn of(is_terminal: bool) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if is_terminal && !unwanted {
            Self::Coloured
        } else {
            Self::Plain
        }
    }

    fn handler(self) -> GraphicalReportHandler {
        let theme = match self {
            Self::Plain => GraphicalTheme::unicode_nocolor(),
            Self::Coloured => GraphicalTheme::unicode(),
        };
        GraphicalReportHandler::new_themed(theme)
            .with_width(100)
            .with_links(false)
    }
}

/// Writes every finding with its source lines.
pub(crate) fn as_text(
    findings: &[Diagnostic],
    sources: &Sources,
    look: Look,
    out: &mut impl Write,
) -> io::Result<()> {
    let handler = look.handler();
    for finding in findings {
        let mut text = String::new();
        handler
            .render_report(&mut text, &Shown::new(finding, sources))
            .map_err(io::Error::other)?;
        out.write_all(text.as_bytes())?;
        writeln!(out)?;
    }
    Ok(())
}

/// `2 errors, 1 warning`, or that nothing was found.
pub(crate) fn tally(findings: &[Diagnostic]) -> String {
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let counted = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    };
    let parts: Vec<String> = [
        counted(errors, "error"),
        counted(findings.len() - errors, "warning"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "nothing to report".to_owned()
    } else {
        parts.join(", ")
    }
}

/// `rules not in force on this day: 2 proposed`; `None` where every rule holds, or is a finding.
pub(crate) fn dormant(rules: &[DormantRule]) -> Option<String> {
    let word = |rule: &DormantRule| match rule.standing {
        Standing::Proposed => Some("proposed"),
        Standing::Coming(_) => Some("still to begin"),
        Standing::Ended(_) => Some("ended"),
        Standing::InForce | Standing::Void => None,
    };
    let parts: Vec<String> = ["proposed", "still to begin", "ended"]
        .into_iter()
        .map(|kind| {
            let are = rules.iter().filter(|rule| word(rule) == Some(kind));
            (are.count(), kind)
        })
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| format!("{count} {kind}"))
        .collect();
    (!parts.is_empty()).then(|| format!("rules not in force on this day: {}", parts.join(", ")))
}

/// Writes every finding as one JSON object, with the rules that do not hold on the day.
pub(crate) fn as_json(
    findings: &[Diagnostic],
    dormant: &[DormantRule],
    sources: &Sources,
    out: &mut impl Write,
) -> io::Result<()> {
    #[derive(serde::Serialize)]
    struct Findings<'a> {
        findings: Vec<Finding<'a>>,
        dormant: &'a [DormantRule],
    }

    #[derive(serde::Serialize)]
    struct Finding<'a> {
        code: &'static str,
        severity: Severity,
        message: &'a str,
        help: Option<&'a str>,
        places: Vec<PlaceOf<'a>>,
    }

    #[derive(serde::Serialize)]
    struct PlaceOf<'a> {
        #[serde(flatten)]
        position: fyr_policy_core::Position<'a>,
        text: &'a str,
    }

    let findings = findings
        .iter()
        .map(|finding| Finding {
            code: finding.code.as_str(),
            severity: finding.code.severity(),
            message: &finding.message,
            help: finding.help.as_deref(),
            places: finding
                .labels
                .iter()
                .map(|label| PlaceOf {
                    position: sources.position(label.place),
                    text: &label.text,
                })
                .collect(),
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &Findings { findings, dormant })?;
    writeln!(out)
}

/// A finding as miette shows one: a message over the labels of one file. Labels in other
/// files follow below it.
#[derive(Debug)]
struct Shown {
    message: String,
    code: Option<&'static str>,
    severity: miette::Severity,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    elsewhere: Vec<Self>,
}

impl Shown {
    fn new(finding: &Diagnostic, sources: &Sources) -> Self {
        let mut by_file: BTreeMap<FileId, Vec<&Label>> = BTreeMap::new();
        for label in &finding.labels {
            by_file.entry(label.place.file).or_default().push(label);
        }
        let severity = match finding.code.severity() {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        };
        let first = finding.labels.first().map(|label| label.place.file);
        let here = first
            .and_then(|file| by_file.remove(&file))
            .unwrap_or_default();
        Self {
            message: finding.message.clone(),
            code: Some(finding.code.as_str()),
            severity,
            help: finding.help.clone(),
            source: first.and_then(|file| named(sources, file)),
            labels: here.into_iter().map(span).collect(),
            elsewhere: by_file
                .into_iter()
                .map(|(file, labels)| Self {
                    message: "see also".to_owned(),
                    code: None,
                    severity: miette::Severity::Advice,
                    help: None,
                    source: named(sources, file),
                    labels: labels.into_iter().map(span).collect(),
                    elsewhere: Vec::new(),
                })
                .collect(),
        }
    }
}

fn named(sources: &Sources, file: FileId) -> Option<NamedSource<String>> {
    let file = sources.file(file)?;
    Some(NamedSource::new(&file.path, file.text.clone()).with_language("YAML"))
}

fn span(label: &Label) -> LabeledSpan {
    let span = label.place.span;
    LabeledSpan::new_with_span(
        Some(label.text.clone()),
        SourceSpan::new(span.start.into(), span.length),
    )
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl miette::Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.code
            .map(|code| Box::new(code) as Box<dyn std::fmt::Display>)
    }

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

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(
            self.elsewhere
                .iter()
                .map(|shown| shown as &dyn miette::Diagnostic),
        ))
    }
}
