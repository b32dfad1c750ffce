//! `fyr review`: what is due for review.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use fyr_policy_core::phrase::counted;
use fyr_policy_core::{Due, Review, SingleBlock, Task, review};
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::policy_directory::{self, PolicyArgs, ReadPolicyError};
use crate::render::{Findings, Look, in_one_line, visible};

/// The sites of a rule that are named; the others are counted.
const SITES_NAMED: usize = 3;

/// List what waits for review, by month, and every single block with its age
///
/// Overdue and coming reviews of decisions and services, emergencies that await their decision,
/// decisions that end, impact assessments that grow old, approved services without a security
/// validation; then the rules that block single sites, with their owner and their number.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 listed, whether anything is overdue or not, 1 an error in the policy, 2 wrong usage.

Examples:
  fyr review policy
  fyr review policy --date 2027-01-01    what will be due then
  fyr review policy --json               for a calendar"
)]
pub(crate) struct ReviewArgs {
    #[command(flatten)]
    policy: PolicyArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Why nothing could be listed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReviewError {
    /// The policy could not be read.
    #[error(transparent)]
    Policy(#[from] ReadPolicyError),
    /// The list could not be printed.
    #[error("print the review")]
    Print(#[from] io::Error),
    /// The list could not be put into JSON.
    #[error("write the review as JSON")]
    Json(#[from] serde_json::Error),
}

/// Runs `fyr review`.
pub(crate) fn run(args: &ReviewArgs) -> Result<ExitCode, ReviewError> {
    let sources = policy_directory::read(&args.policy.directory)?;
    match review(&sources, args.policy.day()) {
        Ok(review) if args.json => {
            writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&review)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Ok(review) => {
            write!(io::stdout(), "{}", visible(&in_words(&review)))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(findings) => {
            let findings = Findings {
                directory: &args.policy.directory,
                sources: &sources,
                all: &findings,
            };
            findings.as_text(Look::of_stderr(), &mut io::stderr())?;
            eprintln!(
                "{}; fix the policy, then repeat the command",
                findings.tally()
            );
            Ok(ExitCode::FAILURE)
        }
    }
}

fn in_words(review: &Review) -> String {
    let mut text = format!("what waits for review on {}\n", review.date);
    let mut by_month: BTreeMap<Month, Vec<&Due>> = BTreeMap::new();
    for due in &review.due {
        by_month
            .entry(Month::of(due.by, review.date))
            .or_default()
            .push(due);
    }
    if by_month.keys().all(|month| *month == Month::Later) {
        text.push_str("\nnothing within a year\n");
    }
    for (month, due) in &by_month {
        match month {
            Month::Now => text.push_str("\nnow\n"),
            // Writing to a string cannot fail.
            Month::In(year, month) => {
                let _ = writeln!(text, "\n{year}-{month:02}");
            }
            Month::Later => {
                let first = due.first().map_or(review.date, |due| due.by);
                let _ = writeln!(text, "\nlater: {}, the first on {first}", due.len());
                continue;
            }
        }
        text.push_str(&table(
            &due.iter().map(|due| row_of_due(due)).collect::<Vec<_>>(),
        ));
    }
    text.push_str(&single_blocks(&review.single_blocks));
    text
}

/// When something is due: what is overdue is due now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Month {
    Now,
    In(i16, i8),
    Later,
}

impl Month {
    fn of(by: Date, today: Date) -> Self {
        let horizon = today.checked_add(1.year()).unwrap_or(Date::MAX);
        if by <= today {
            Self::Now
        } else if by < horizon {
            Self::In(by.year(), by.month())
        } else {
            Self::Later
        }
    }
}

fn row_of_due(due: &Due) -> Vec<String> {
    vec![
        due.by.to_string(),
        word(due.task).to_owned(),
        due.subject.clone(),
        due.title.clone(),
        due.who.clone().unwrap_or_default(),
    ]
}

fn word(task: Task) -> &'static str {
    match task {
        Task::Decide => "decide",
        Task::ReviewDecision | Task::ReviewService => "review",
        Task::Renew => "renew",
        Task::Assess => "assess",
        Task::Validate => "validate",
    }
}

fn single_blocks(blocks: &[SingleBlock]) -> String {
    let count: usize = blocks.iter().map(|block| block.sites.len()).sum();
    let Some(oldest) = blocks.iter().map(|block| block.days).max() else {
        return "\nno single blocks\n".to_owned();
    };
    format!(
        "\nsingle blocks: {count} in {}, the oldest {}\n{}",
        counted(blocks.len(), "rule", "rules"),
        age(oldest),
        table(&blocks.iter().map(row_of_block).collect::<Vec<_>>())
    )
}

fn row_of_block(block: &SingleBlock) -> Vec<String> {
    let unknown = || "no owner".to_owned();
    let named = block.sites.iter().take(SITES_NAMED).cloned();
    let mut sites = named.collect::<Vec<_>>().join(", ");
    if block.sites.len() > SITES_NAMED {
        // Writing to a string cannot fail.
        let _ = write!(sites, " and {} more", block.sites.len() - SITES_NAMED);
    }
    let review = block.review.map_or_else(
        || "no review".to_owned(),
        |review| format!("review {review}"),
    );
    vec![
        block.rule.to_string(),
        age(block.days),
        block.owner.clone().unwrap_or_else(unknown),
        block
            .decision
            .as_ref()
            .map_or_else(|| "no decision".to_owned(), ToString::to_string),
        review,
        sites,
    ]
}

/// `12 days`, `7 months`, `3 years`: as exact as a person would say it.
fn age(days: i32) -> String {
    let days = usize::try_from(days).unwrap_or(0);
    match days {
        0..60 => counted(days, "day", "days"),
        60..730 => counted(days / 30, "month", "months"),
        _ => counted(days / 365, "year", "years"),
    }
}

/// Rows with their columns aligned; the last one runs on.
fn table(rows: &[Vec<String>]) -> String {
    let in_lines = |row: &Vec<String>| row.iter().map(|cell| in_one_line(cell)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(in_lines).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {}", cells.join("  ").trim_end());
    }
    text
}
