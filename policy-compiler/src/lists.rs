//! `fyr lists`: what the categories of a policy hold, where they come from, and who speaks of them.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use fyr_policy_core::categories::{CategoryAccount, DroppedEntries, categories};
use fyr_policy_core::meant::Meant;
use fyr_policy_core::phrase::counted;
use fyr_policy_core::url_filter::Verdict;
use fyr_policy_core::{Language, wording};
use fyr_schemas::CategoryId;

use crate::policy_directory::{self, PolicyArgs, ReadPolicyError};
use crate::render::in_one_line;
use crate::unknown::with_help;

/// Say what the categories of a policy hold
///
/// For each category: where it comes from, its licence and digest, how many of its entries are
/// kept, how many were dropped and why, and which rules allow, warn of or block it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 printed, 1 the policy cannot be read, or has no such category, 2 wrong usage.

Examples:
  fyr lists policy
  fyr lists policy --category gambling
  fyr lists policy --json"
)]
pub(crate) struct ListsArgs {
    #[command(flatten)]
    policy: PolicyArgs,
    /// This category alone
    #[arg(long, value_name = "NAME")]
    category: Option<CategoryId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListsError {
    /// The policy could not be read.
    #[error(transparent)]
    Policy(#[from] ReadPolicyError),
    /// There is no policy.
    #[error("`fyr.yaml` is missing or cannot be read: run `fyr check`")]
    NoPolicy,
    /// No category has this name.
    #[error("{}", with_help(&format_args!("unknown category `{name}`"), Some(meant)))]
    UnknownCategory {
        /// The name that was given.
        name: CategoryId,
        /// What was probably meant.
        meant: Meant,
    },
    /// It could not be printed.
    #[error("print the categories")]
    Print(#[from] io::Error),
    /// It could not be put into JSON.
    #[error("print the categories as JSON")]
    Json(#[from] serde_json::Error),
}

/// Runs `fyr lists`.
pub(crate) fn run(args: &ListsArgs) -> Result<ExitCode, ListsError> {
    let sources = policy_directory::read(&args.policy.directory)?;
    let mut accounts = categories(&sources, args.policy.day()).ok_or(ListsError::NoPolicy)?;
    if let Some(wanted) = &args.category {
        let known = accounts.iter().map(|account| account.category.as_str());
        let meant = Meant::among(wanted.as_str(), known);
        accounts.retain(|account| account.category == *wanted);
        if accounts.is_empty() {
            let name = wanted.clone();
            return Err(ListsError::UnknownCategory { name, meant });
        }
    }
    if args.json {
        writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&accounts)?)?;
    } else {
        write!(io::stdout(), "{}", in_words(&accounts))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(accounts: &[CategoryAccount]) -> String {
    if accounts.is_empty() {
        return "the policy has no categories; `lists/lists.yaml` would declare them\n".to_owned();
    }
    let reported: Vec<String> = accounts.iter().map(describe).collect();
    reported.join("\n")
}

fn describe(account: &CategoryAccount) -> String {
    let mut text = String::new();
    let titles: Vec<&str> = account.title.values().map(String::as_str).collect();
    let as_of = account
        .as_of
        .map_or(String::new(), |day| format!(", as of {day}"));
    row(&mut text, account.category.as_str(), &titles.join(" / "));
    row(&mut text, "  source", &format!("{}{as_of}", account.source));
    row(&mut text, "  licence", &account.licence);
    row(&mut text, "  files", &account.files.join(", "));
    row(&mut text, "  digest", account.digest.as_str());
    row(&mut text, "  holds", &holds(account));
    for (number, entries) in account.dropped.iter().enumerate() {
        let label = if number == 0 { "  dropped" } else { "" };
        describe_dropped(&mut text, label, entries);
    }
    for rule in &account.rules {
        let decision = rule.decision.as_ref();
        let ground = decision.map_or(String::new(), |case| format!(", {case}"));
        let says = format!(
            "by `{}`, {} from {}{ground}",
            rule.rule, rule.strength, rule.unit
        );
        let label = match rule.verdict {
            Verdict::Block => "  blocked",
            Verdict::Warn => "  warned of",
            Verdict::Allow => "  allowed",
        };
        row(&mut text, label, &says);
    }
    if account.rules.is_empty() {
        row(&mut text, "  rules", "none speaks of it");
    }
    text
}

fn holds(account: &CategoryAccount) -> String {
    let kept = account.kept;
    let parts = match kept.parts {
        0 => String::new(),
        count => {
            let parts = counted(
                count,
                "address or part of a site",
                "addresses or parts of sites",
            );
            format!(" and {parts}")
        }
    };
    let domains = counted(kept.domains, "domain", "domains");
    let entries = counted(account.entries, "entry", "entries");
    format!("{domains}{parts}, of {entries}")
}

fn describe_dropped(text: &mut String, label: &str, entries: &DroppedEntries) {
    row(
        text,
        label,
        &format!(
            "{} {}",
            entries.count,
            wording::dropped(entries.reason, Language::English)
        ),
    );
    for line in &entries.examples {
        row(text, "", &format!("  {}  {}", line.place, line.text));
    }
}

fn row(text: &mut String, label: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{label:11}  {}", in_one_line(value));
}
