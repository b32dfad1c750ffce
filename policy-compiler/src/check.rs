//! `fyr check`: says what is wrong with a policy.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::dormant::dormant;
use crate::policy_directory::{PolicyArgs, ReadPolicyError};
use crate::render::{Format, Look};

/// Say what is wrong with a policy
///
/// Errors keep a policy from compiling; warnings are for a reviewer. Several are
/// reported in one run, each with its place and with what to do.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 nothing or warnings alone, 1 an error in the policy, or it cannot be read, 2 wrong usage.

Examples:
  fyr check policy
  fyr check policy --date 2027-08-01     as it will be after the summer
  fyr check policy --json                for a pipeline
  fyr check policy --format sarif        for code review, run at the top of the repository"
)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    policy: PolicyArgs,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Short for `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl CheckArgs {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// Why a policy could not be checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    /// It could not be read.
    #[error(transparent)]
    Policy(#[from] ReadPolicyError),
    /// The findings could not be printed.
    #[error("print the findings")]
    Print(#[from] io::Error),
}

/// Runs `fyr check`.
pub(crate) fn run(args: &CheckArgs) -> Result<ExitCode, CheckError> {
    let (sources, checked) = args.policy.check()?;
    let findings = args.policy.findings(&sources, &checked.diagnostics);
    match args.format() {
        Format::Text => {
            findings.as_text(Look::of_stdout(), &mut io::stdout())?;
            writeln!(io::stdout(), "{}", findings.tally())?;
            if let Some(dormant) = dormant(&checked.dormant) {
                writeln!(io::stdout(), "{dormant}")?;
            }
        }
        Format::Json => findings.as_json(&checked.dormant, &mut io::stdout())?,
        Format::Sarif => findings.as_sarif(&mut io::stdout())?,
    }
    Ok(if checked.failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
