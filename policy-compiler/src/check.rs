//! `fyr check`: says what is wrong with a policy.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;

use fyr_policy_core::phrase::in_backticks;
use fyr_policy_core::{Dormancy, DormantRule};

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

/// Of how many rules of a kind each is named.
const RULES_NAMED: usize = 3;

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

/// ``rules not in force on this day: 1 proposed (`quiz`), 4 begin by themselves, the first on
/// 2027-01-01``; `None` where every rule holds, or is a finding.
fn dormant(rules: &[DormantRule]) -> Option<String> {
    let mut of_kind: BTreeMap<Kind, Vec<&DormantRule>> = BTreeMap::new();
    for rule in rules {
        of_kind
            .entry(Kind::of(rule.because))
            .or_default()
            .push(rule);
    }
    let parts: Vec<String> = of_kind
        .iter()
        .map(|(kind, rules)| kind.in_words(rules))
        .collect();
    (!parts.is_empty()).then(|| format!("rules not in force on this day: {}", parts.join(", ")))
}

/// Why rules are not in force, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Proposed,
    Begins,
    BeginsLater,
    Ended,
}

impl Kind {
    fn of(because: Dormancy) -> Self {
        match because {
            Dormancy::Proposed => Self::Proposed,
            Dormancy::Begins(_) => Self::Begins,
            Dormancy::BeginsLater(_) => Self::BeginsLater,
            Dormancy::Ended => Self::Ended,
        }
    }

    fn in_words(self, rules: &[&DormantRule]) -> String {
        let (one, several) = match self {
            Self::Proposed => ("proposed", "proposed"),
            Self::Begins | Self::BeginsLater => ("begins", "begin"),
            Self::Ended => ("ended", "ended"),
        };
        let first = rules.iter().filter_map(|rule| rule.because.day()).min();
        let (does, on) = match (rules.len(), first) {
            (1, Some(day)) => (one, format!(" on {day}")),
            (1, None) => (one, String::new()),
            (_, Some(day)) => (several, format!(", the first on {day}")),
            (_, None) => (several, String::new()),
        };
        let names: Vec<&str> = rules.iter().map(|rule| rule.rule.as_str()).collect();
        let names = if names.len() <= RULES_NAMED {
            format!(" ({})", in_backticks(&names))
        } else {
            String::new()
        };
        format!("{} {does}{on}{names}", rules.len())
    }
}
