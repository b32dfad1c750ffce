//! `fyr sites`: where each site is enforced, and where not.

mod words;

use std::io::{self, Write as _};
use std::process::ExitCode;

use fyr_policy_core::{EnforcementError, enforcement};

use crate::policy_directory::{self, PolicyArgs, ReadPolicyError};
use crate::render::{Findings, Look, visible};
use crate::unknown::with_help;

/// Say where each site is enforced, and where not
///
/// For each group and browser: which sites its own list opens and closes, which the device closes by
/// name, which are so by themselves, and which are enforced nowhere, and why. What is enforced nowhere
/// comes first. With `--group` it is listed by control, with its decision; equal groups are listed
/// of once. `--json` names every site; of a category that is in one place as a whole it says so, with
/// the domains that are not.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 printed, 1 an error in the policy, or there is no such group, 2 wrong usage.

Examples:
  fyr sites policy                       what is enforced nowhere, and how full the lists are
  fyr sites policy --group skovlunde-2026
  fyr sites policy --json                every site of every group"
)]
pub(crate) struct SitesArgs {
    #[command(flatten)]
    policy: PolicyArgs,
    /// This group alone
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Print JSON, with every site
    #[arg(long)]
    json: bool,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SitesError {
    /// The policy could not be read.
    #[error(transparent)]
    Policy(#[from] ReadPolicyError),
    /// Nothing is enforced, or not for such a group.
    #[error("{}", with_help(.0, .0.meant()))]
    Enforcement(EnforcementError),
    /// It could not be printed.
    #[error("print the sites")]
    Print(#[from] io::Error),
    /// It could not be put into JSON.
    #[error("print the sites as JSON")]
    Json(#[from] serde_json::Error),
}

impl From<EnforcementError> for SitesError {
    fn from(error: EnforcementError) -> Self {
        Self::Enforcement(error)
    }
}

/// Runs `fyr sites`.
pub(crate) fn run(args: &SitesArgs) -> Result<ExitCode, SitesError> {
    let sources = policy_directory::read(&args.policy.directory)?;
    match enforcement(&sources, args.policy.day(), args.group.as_deref()) {
        Ok(report) if args.json => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            serde_json::to_writer_pretty(&mut out, &report)?;
            writeln!(out)?;
            out.flush()?;
            Ok(ExitCode::SUCCESS)
        }
        Ok(report) => {
            write!(io::stdout(), "{}", visible(&words::of(&report, args)))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(EnforcementError::Faulty(found)) => {
            let findings = Findings {
                directory: &args.policy.directory,
                sources: &sources,
                all: &found,
            };
            findings.as_text(Look::of_stderr(), &mut io::stderr())?;
            Err(EnforcementError::Faulty(found).into())
        }
        Err(error) => Err(error.into()),
    }
}
