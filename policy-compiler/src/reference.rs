//! `fyr reference`: every setting, field and finding of this version, to be read.

mod diagnostics;

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use fyr_policy_core::reference;

/// Write the reference: settings, fields and findings
///
/// One page of Markdown for each, as this version of the command knows them. `--help` describes the
/// commands.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 written, 1 a file cannot be written, 2 wrong usage.

Example:
  fyr reference --out docs/reference"
)]
pub(crate) struct ReferenceArgs {
    /// The directory to write to; made if it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Why a page could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReferenceError {
    /// The result could not be printed.
    #[error("print the result")]
    Print(#[source] io::Error),
    /// A file could not be written.
    #[error("write `{}`", .0.display())]
    Write(PathBuf, #[source] io::Error),
}

/// Runs `fyr reference`.
pub(crate) fn run(args: &ReferenceArgs) -> Result<ExitCode, ReferenceError> {
    fs::create_dir_all(&args.out).map_err(|e| ReferenceError::Write(args.out.clone(), e))?;
    let pages = [
        ("policy-language.md", reference::language()),
        ("settings.md", reference::settings()),
        ("diagnostics.md", diagnostics::page()),
    ];
    for (name, text) in &pages {
        let path = args.out.join(name);
        fs::write(&path, text).map_err(|e| ReferenceError::Write(path, e))?;
    }
    let count = pages.len();
    writeln!(
        io::stdout(),
        "wrote {count} pages to {}",
        args.out.display()
    )
    .map_err(ReferenceError::Print)?;
    Ok(ExitCode::SUCCESS)
}
