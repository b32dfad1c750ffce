//! `fyr diff`: what changes for whom between two policies.

mod devices;
mod git;
mod markdown;
mod revision;
mod text;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fyr_policy_core::diff::Comparison;
use fyr_policy_core::policy::Assumptions;
use fyr_policy_core::{DiffError, Difference, Sources, diff};
use fyr_schemas::CaseNumber;
use jiff::civil::Date;
use url::Url;

use self::devices::Devices;
use self::revision::{Side, SideError};
use crate::day::{day, today};
use crate::render::{Findings, Look};
use crate::unknown::with_help;

/// Say what changes for whom between two policies
///
/// Compares what holds for every group, not how it is written: settings, sites, floors and the
/// decisions behind them, with what is gone as well as what is new. Each change has a risk:
/// `ground` (the same holds, under another rule, on another decision or on one that was
/// rewritten; or a body has other authority), `tighter`, `different` (the two
/// cannot be compared: look), `weaker`, `group-removed`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each side is a directory, a git revision of the other side's directory, or REV:PATH.
A directory that has the name of a revision is written ./NAME.

Exit codes: 0 compared, whether anything changes or not, 1 an error in one of the two, or it
cannot be read, 2 wrong usage.

Examples:
  fyr diff main policy                        what the working copy changes
  fyr diff main HEAD                          in the policy directory itself
  fyr diff v1:policy v2:policy --urls visited.txt
  fyr diff policy --what-if KS-2026-7         what a proposal would change
  fyr diff main policy --format markdown      a comment for a pull request"
)]
pub(crate) struct DiffArgs {
    /// The policy as it was
    #[arg(value_name = "OLD")]
    old: Side,
    /// The policy as it will be; the current directory when left out, or OLD with `--what-if`
    #[arg(value_name = "NEW")]
    new: Option<Side>,
    /// A draft or a hearing in NEW to take for decided: what would it change?
    #[arg(long, value_name = "CASE")]
    what_if: Vec<CaseNumber>,
    /// The day to compare for, such as 2026-08-01; today when left out
    #[arg(long, value_name = "DATE", value_parser = day)]
    date: Option<Date>,
    /// A file of addresses, one a line: say whose verdict changes
    #[arg(long, value_name = "FILE")]
    urls: Option<PathBuf>,
    /// A server whose fleet to count: how many devices the change reaches
    #[arg(long, value_name = "URL")]
    server: Option<Url>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Short for `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl DiffArgs {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a comment on a pull request
    Markdown,
    /// For a script
    Json,
}

/// Why two policies could not be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiffCommandError {
    /// One of them could not be read.
    #[error(transparent)]
    Side(#[from] SideError),
    /// One of them has errors.
    #[error("{}", with_help(.0, .0.meant()))]
    Faulty(DiffError),
    /// The list of addresses could not be read.
    #[error("read the addresses in `{}`", .0.display())]
    Addresses(PathBuf, #[source] io::Error),
    /// A line of it is no address.
    #[error("line {line} of `{}` is not an address: `{text}`", .path.display())]
    Address {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What stands there, cut after 80 characters.
        text: String,
    },
    /// The fleet could not be counted.
    #[error(transparent)]
    Devices(#[from] devices::DevicesError),
    /// It could not be printed.
    #[error("print the difference")]
    Print(#[from] io::Error),
    /// It could not be put into JSON.
    #[error("print the difference as JSON")]
    Json(#[from] serde_json::Error),
}

impl From<DiffError> for DiffCommandError {
    fn from(error: DiffError) -> Self {
        Self::Faulty(error)
    }
}

/// What is printed as JSON.
#[derive(serde::Serialize)]
struct Output<'a> {
    #[serde(flatten)]
    difference: &'a Difference,
    #[serde(skip_serializing_if = "Option::is_none")]
    devices: Option<&'a Devices>,
}

/// Runs `fyr diff`.
pub(crate) fn run(args: &DiffArgs) -> Result<ExitCode, DiffCommandError> {
    let new_side = match &args.new {
        Some(side) => side.clone(),
        None if args.what_if.is_empty() => Side::Directory(".".into()),
        None => args.old.clone(),
    };
    let old = args.old.read(&new_side)?;
    let new = new_side.read(&args.old)?;
    let comparison = Comparison {
        date: args.date.unwrap_or_else(today),
        addresses: args.urls.as_ref().map_or(Ok(Vec::new()), addresses)?,
        what_if: Assumptions {
            in_force: args.what_if.iter().cloned().collect(),
            ..Assumptions::default()
        },
    };
    let difference = match diff(&old, &new, &comparison) {
        Ok(difference) => difference,
        Err(error) => {
            if let Some(findings) = faulty(&error, &old, &new) {
                findings.as_text(Look::of_stderr(), &mut io::stderr())?;
            }
            return Err(error.into());
        }
    };
    let devices = match &args.server {
        Some(server) => Some(devices::touched(server, &difference)?),
        None => None,
    };
    let devices = devices.as_ref();
    let mut out = io::stdout();
    match args.format() {
        Format::Text => write!(out, "{}", text::render(&difference, devices))?,
        Format::Markdown => write!(out, "{}", markdown::render(&difference, devices))?,
        Format::Json => {
            let reported = Output {
                difference: &difference,
                devices,
            };
            writeln!(out, "{}", serde_json::to_string_pretty(&reported)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What was found in the side that keeps the two from being compared.
fn faulty<'a>(error: &'a DiffError, old: &'a Sources, new: &'a Sources) -> Option<Findings<'a>> {
    let (sources, all) = match error {
        DiffError::OldFaulty(findings) => (old, findings),
        DiffError::NewFaulty(findings) => (new, findings),
        DiffError::UnknownCase { .. } => return None,
    };
    Some(Findings {
        directory: Path::new(""),
        sources,
        all,
    })
}

/// Reads addresses, one a line; `https://` may be left out, `#` begins a remark.
fn addresses(path: &PathBuf) -> Result<Vec<Url>, DiffCommandError> {
    let text =
        std::fs::read_to_string(path).map_err(|e| DiffCommandError::Addresses(path.clone(), e))?;
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| {
            crate::explain::address(line).map_err(|_| DiffCommandError::Address {
                path: path.clone(),
                line: number + 1,
                text: line.chars().take(80).collect(),
            })
        })
        .collect()
}
