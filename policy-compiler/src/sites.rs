//! `fyr sites`: where each site is enforced, and where not.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use fyr_policy_core::target::{LossReason, SitesAt, Where};
use fyr_policy_core::{
    EnforcedControl, EnforcedSites, Enforcement, EnforcementError, GroupAtTime, SitesIn,
    enforcement,
};
use fyr_schemas::PeriodId;
use fyr_schemas::bundle::{self, Engine};

use crate::policy_directory::{self, PolicyArgs, ReadPolicyError};
use crate::render::{Findings, Look, in_one_line, visible};

/// The sites that are named of those that are enforced nowhere for one reason.
const SITES_NAMED: usize = 5;

/// The groups that are named of those that are alike.
const GROUPS_NAMED: usize = 5;

/// Say where each site is enforced, and where not
///
/// For each group and browser: which sites its own list opens and closes, which the device closes by
/// name, which are so by themselves, and which are enforced nowhere, and why; by control, with its
/// decision. Groups that are alike are told of once. `--json` names every site; of a category that is
/// in one place as a whole it says so, with the domains that are not.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 told, 1 an error in the policy, or there is no such group, 2 wrong usage.

Examples:
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
    #[error(transparent)]
    Enforcement(#[from] EnforcementError),
    /// It could not be printed.
    #[error("print the sites")]
    Print(#[from] io::Error),
    /// It could not be put into JSON.
    #[error("print the sites as JSON")]
    Json(#[from] serde_json::Error),
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
            write!(io::stdout(), "{}", visible(&in_words(&report, args)))?;
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

fn in_words(report: &[Enforcement], args: &SitesArgs) -> String {
    if report.is_empty() {
        return "nothing is enforced: devices brought from home get no bundle\n".to_owned();
    }
    let told: Vec<String> = report.iter().map(tell).collect();
    let mut text = told.join("\n");
    let cut = report.iter().flat_map(|one| &one.enforced.controls);
    let mut cut = cut.flat_map(|control| &control.sites);
    if cut.any(is_cut) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "\n`fyr sites {} --json` names every site",
            args.policy.directory.display()
        );
    }
    text
}

fn is_cut(sites: &SitesIn) -> bool {
    is_nowhere(sites) && sites.which.sites.len() > SITES_NAMED
}

fn is_nowhere(sites: &SitesIn) -> bool {
    match sites.place {
        Where::Nowhere(_) => true,
        Where::Browser { .. } | Where::Device { .. } | Where::Inherent => false,
    }
}

fn tell(one: &Enforcement) -> String {
    let EnforcedSites {
        engine,
        entries,
        controls,
    } = &one.enforced;
    let mut text = format!("{}\n", in_one_line(&groups(one)));
    let _ = writeln!(
        text,
        "  in {engine}, {} closed and {} open entries of {} each",
        entries.closed, entries.open, entries.of
    );
    for control in controls {
        tell_control(&mut text, control, *engine);
    }
    if controls.is_empty() {
        text.push_str("  no site is opened or closed\n");
    }
    text
}

/// `a, b and 3 more groups, during exam`.
fn groups(one: &Enforcement) -> String {
    let by_group: Vec<&[GroupAtTime]> = one.groups.chunk_by(|a, b| a.group == b.group).collect();
    let all_times: BTreeSet<String> = by_group.iter().map(|times| in_times(times)).collect();
    let named = by_group.iter().take(GROUPS_NAMED).filter_map(|times| {
        let group = &times.first()?.group;
        Some(match all_times.len() {
            1 => group.to_string(),
            _ => format!("{group}{}", in_times(times)),
        })
    });
    let named: Vec<String> = named.collect();
    let more = match by_group.len().saturating_sub(GROUPS_NAMED) {
        0 => String::new(),
        1 => " and 1 more group".to_owned(),
        more => format!(" and {more} more groups"),
    };
    let times = match all_times.first() {
        Some(times) if all_times.len() == 1 => times.as_str(),
        Some(_) | None => "",
    };
    format!("{}{more}{times}", named.join(", "))
}

/// The times of one group, after its name; nothing where no period runs.
fn in_times(times: &[GroupAtTime]) -> String {
    if let [only] = times
        && only.during.is_empty()
    {
        return String::new();
    }
    let times = times.iter().map(|at| {
        let periods: Vec<&str> = at.during.iter().map(PeriodId::as_str).collect();
        match periods.as_slice() {
            [] => " while no period runs".to_owned(),
            periods => format!(" during {}", periods.join(" and ")),
        }
    });
    times.collect::<Vec<String>>().join(" or")
}

fn tell_control(text: &mut String, control: &EnforcedControl, engine: Engine) {
    let decision = control.decision.as_ref();
    let ground = decision.map_or(String::new(), |case| format!(", {case}"));
    let _ = writeln!(text, "  {}{}", control.control, in_one_line(&ground));
    for sites in &control.sites {
        let count = sites.which.count;
        let says = in_one_line(&place(sites, engine));
        let _ = writeln!(text, "  {count:>8}  {says}");
    }
}

fn place(sites: &SitesIn, engine: Engine) -> String {
    match &sites.place {
        Where::Browser { list } => format!("in {engine}, by {list}"),
        Where::Device { category } => format!(
            "on the device, by name ({}); what lies below, other than `www.`, stays open",
            bundle::list_target_name(category)
        ),
        Where::Inherent => "by itself: nothing closes it".to_owned(),
        Where::Nowhere(reason @ LossReason::NoWarning) => {
            format!(
                "open without a warning, since {reason}: {}",
                some_of(&sites.which)
            )
        }
        Where::Nowhere(reason) => format!("nowhere, since {reason}: {}", some_of(&sites.which)),
    }
}

fn some_of(which: &SitesAt) -> String {
    let wholes = which
        .categories
        .iter()
        .map(|whole| match whole.except.len() {
            0 => format!("category:{}", whole.category),
            except => format!("category:{} but for {except}", whole.category),
        });
    let sites = which.sites.iter().take(SITES_NAMED).cloned();
    let named: Vec<String> = wholes.chain(sites).collect();
    match which.sites.len().saturating_sub(SITES_NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
