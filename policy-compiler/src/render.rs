//! Shows findings: as text with the source lines they are about, as JSON, or as SARIF.

mod excerpt;
mod json;
mod sarif;
mod text;
mod visible;

use std::io::{self, Write};
use std::path::Path;

use fyr_policy_core::phrase::counted;
use fyr_policy_core::{Diagnostic, DormantRule, Sources};

pub(crate) use self::text::Look;
pub(crate) use self::visible::{in_one_line, visible};

/// The most findings that are shown one by one in a run; the others are counted.
const MOST_SHOWN: usize = 1_000;

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people, with the lines they are about
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code review
    Sarif,
}

/// What was found in a policy directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Findings<'a> {
    /// The directory as the command was given it.
    pub(crate) directory: &'a Path,
    /// Its files.
    pub(crate) sources: &'a Sources,
    /// What was found in them.
    pub(crate) all: &'a [Diagnostic],
}

impl<'a> Findings<'a> {
    /// Writes every finding with its source lines.
    pub(crate) fn as_text(&self, look: Look, out: &mut impl Write) -> io::Result<()> {
        for finding in self.shown() {
            writeln!(out, "{}", text::render(finding, self.sources, look)?)?;
        }
        match self.omitted() {
            0 => Ok(()),
            omitted => writeln!(out, "… and {omitted} more are hidden; fix these first\n"),
        }
    }

    /// Writes every finding as one JSON object.
    pub(crate) fn as_json(&self, dormant: &[DormantRule], out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &json::document(self, dormant))?;
        writeln!(out)
    }

    /// Writes every finding as a SARIF log, with paths from the directory that the command is
    /// run in.
    pub(crate) fn as_sarif(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &sarif::log(self)?)?;
        writeln!(out)
    }

    /// `2 errors, 1 warning`, or that nothing was found.
    pub(crate) fn tally(&self) -> String {
        let errors = self.all.iter().filter(|finding| finding.is_error()).count();
        let some = |count, one, many| (count > 0).then(|| counted(count, one, many));
        let parts: Vec<String> = [
            some(errors, "error", "errors"),
            some(self.all.len() - errors, "warning", "warnings"),
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

    fn shown(&self) -> impl Iterator<Item = &'a Diagnostic> + use<'a> {
        self.all.iter().take(MOST_SHOWN)
    }

    fn omitted(&self) -> usize {
        self.all.len().saturating_sub(MOST_SHOWN)
    }
}
