//! `fyr explain`: what a finding means, and why something holds for a group.

mod overview;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use fyr_policy_core::{
    AtTime, Code, ExplainError, Explanation, Ground, Language, Otherwise, Reason, ServiceNote,
    Subject, When, explain, overview as explain_all, wording,
};
use fyr_schemas::bundle::Coverage;
use fyr_schemas::{CategoryId, PeriodId};
use jiff::civil::{Date, DateTime};
use url::Url;

use crate::day::{day, moment, today};
use crate::meaning::{self, Meaning};
use crate::policy_directory::{self, ReadPolicyError};
use crate::render::{Findings, Look, visible};
use crate::suggested::suggested;
use crate::unknown::with_help;

/// Say what holds for a group and why, or what a finding means
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 explained, 1 an error in the policy, or there is no such group or setting,
2 wrong usage, or no such code.

Examples:
  fyr explain policy --group skovlunde-2026
  fyr explain policy --group skovlunde-2026 --url https://www.youtube.com/
  fyr explain policy --group skovlunde-2026 --setting youtube.level
  fyr explain policy --group skovlunde-2026 --url x.example --at 2026-11-24T09:10
  fyr explain FYR0401"
)]
pub(crate) struct ExplainArgs {
    /// The directory of the policy's source, or the code of a finding
    #[arg(value_name = "DIR|CODE", value_parser = suggested::<What>(codes))]
    #[arg(hide_possible_values = true)]
    what: What,
    /// The group to explain it for; without an address or a setting, everything that holds for it
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// The address to explain; `https://` may be left out
    #[arg(long, value_name = "URL", value_parser = address, conflicts_with = "setting")]
    url: Option<Url>,
    /// The setting to explain
    #[arg(long, value_name = "SETTING", value_parser = suggested::<String>(settings))]
    #[arg(hide_possible_values = true)]
    setting: Option<String>,
    /// The day to explain, such as 2026-08-01; today when left out
    #[arg(long, value_name = "DATE", value_parser = day)]
    date: Option<Date>,
    /// The moment to explain, by the clock in the organisation's time zone: 2026-11-24T09:10
    #[arg(long, value_name = "DATE-TIME", value_parser = moment, conflicts_with = "date")]
    at: Option<DateTime>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone)]
enum What {
    Code(Code),
    Policy(PathBuf),
}

impl FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(code) => Ok(Self::Code(code)),
            Err(_) if meaning::is_meant_as_code(text) && !Path::new(text).is_dir() => {
                Err(meaning::unknown(text))
            }
            Err(_) => Ok(Self::Policy(text.into())),
        }
    }
}

/// Why there is no explanation.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExplainCommandError {
    /// The policy could not be read.
    #[error(transparent)]
    Policy(#[from] ReadPolicyError),
    /// There is nothing to explain.
    #[error("{}", with_help(.0, .0.meant()))]
    Explain(ExplainError),
    /// It could not be printed.
    #[error("print the explanation")]
    Print(#[from] io::Error),
    /// It could not be put into JSON.
    #[error("print the explanation as JSON")]
    Json(#[from] serde_json::Error),
}

impl From<ExplainError> for ExplainCommandError {
    fn from(error: ExplainError) -> Self {
        Self::Explain(error)
    }
}

/// Runs `fyr explain`.
pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode, ExplainCommandError> {
    let directory = match &args.what {
        What::Code(code) => {
            describe_meaning(*code, args.json)?;
            return Ok(ExitCode::SUCCESS);
        }
        What::Policy(directory) => directory,
    };
    let group = group(args);
    let sources = policy_directory::read(directory)?;
    let day = || When::Day(args.date.unwrap_or_else(today));
    let when = args.at.map_or_else(day, When::Moment);
    let reported = match subject(args) {
        Some(subject) => explain(&sources, when, &group, &subject)
            .map(|explanation| print(&explanation, in_words, args.json)),
        None => explain_all(&sources, when, &group)
            .map(|overview| print(&overview, overview::in_words, args.json)),
    };
    match reported {
        Ok(printed) => printed.map(|()| ExitCode::SUCCESS),
        Err(ExplainError::Faulty(found)) => {
            let findings = Findings {
                directory,
                sources: &sources,
                all: &found,
            };
            findings.as_text(Look::of_stderr(), &mut io::stderr())?;
            Err(ExplainError::Faulty(found).into())
        }
        Err(error) => Err(error.into()),
    }
}

fn print<T: serde::Serialize>(
    reported: &T,
    in_words: impl Fn(&T) -> String,
    as_json: bool,
) -> Result<(), ExplainCommandError> {
    if as_json {
        writeln!(io::stdout(), "{}", serde_json::to_string_pretty(reported)?)?;
    } else {
        write!(io::stdout(), "{}", visible(&in_words(reported)))?;
    }
    Ok(())
}

fn codes() -> Vec<(&'static str, &'static str)> {
    let codes = Code::ALL.iter();
    let title = |code: &Code| wording::meaning(*code, Language::English).title;
    codes.map(|code| (code.as_str(), title(code))).collect()
}

fn settings() -> Vec<(&'static str, &'static str)> {
    let settings = fyr_policy_core::settings::all();
    settings
        .map(|setting| (setting.name, setting.doc))
        .collect()
}

/// The group; ends the program with a usage error where none is named.
fn group(args: &ExplainArgs) -> String {
    args.group.clone().unwrap_or_else(|| {
        let mut cli = <crate::Cli as clap::CommandFactory>::command();
        cli.build();
        let explain = cli.find_subcommand_mut("explain").cloned();
        explain
            .unwrap_or(cli)
            .error(
                clap::error::ErrorKind::MissingRequiredArgument,
                "explaining a policy needs `--group GROUP`",
            )
            .exit()
    })
}

/// What is asked about, if not everything.
fn subject(args: &ExplainArgs) -> Option<Subject> {
    match (&args.url, &args.setting) {
        (Some(url), _) => Some(Subject::Url(url.clone())),
        (None, Some(setting)) => Some(Subject::Setting(setting.clone())),
        (None, None) => None,
    }
}

/// Why a text is no address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddressError {
    /// It is none in the form of one.
    #[error(
        "not an address, for {0}: write it as the browser shows it, such as `https://www.dr.dk/`"
    )]
    Url(#[from] url::ParseError),
    /// It is something else.
    #[error("not an address: write it as the browser shows it, such as `https://www.dr.dk/`")]
    Other,
}

/// Reads an address; `https://` may be left out.
pub(crate) fn address(text: &str) -> Result<Url, AddressError> {
    match Url::parse(text) {
        // `x.example:8443` and `localhost:8443` would be addresses of the schemes before the colon.
        Ok(url) if url.has_host() || !is_host_and_port(text) => Ok(url),
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => {
            let url = Url::parse(&format!("https://{text}"))?;
            let is_name = |host: &str| {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:[]".contains(&byte);
                host.bytes().all(plain)
            };
            let is_plain = url.username().is_empty() && !text.contains("://");
            match url.host_str().filter(|host| is_plain && is_name(host)) {
                Some(_) => Ok(url),
                None => Err(AddressError::Other),
            }
        }
        Err(error) => Err(error.into()),
    }
}

fn is_host_and_port(text: &str) -> bool {
    let (_, rest) = text.split_once(':').unwrap_or_default();
    rest.starts_with(|letter: char| letter.is_ascii_digit())
}

fn describe_meaning(code: Code, as_json: bool) -> Result<(), ExplainCommandError> {
    let meaning = Meaning::of(code);
    if as_json {
        let json = serde_json::to_string_pretty(&meaning)?;
        writeln!(io::stdout(), "{json}")?;
    } else {
        let columns = Look::of_stdout().columns();
        write!(io::stdout(), "{}", meaning.in_words(columns))?;
    }
    Ok(())
}

fn in_words(explanation: &Explanation) -> String {
    let Explanation {
        group,
        unit,
        stage,
        date,
        subject,
        holds,
        ..
    } = explanation;
    let mut text = format!("{subject}: {holds}\nfor {group} ({stage}, {unit}) on {date}");
    if let Some(at) = &explanation.at {
        text.push_str(&time_in_words(at, &explanation.depends_on));
    }
    text.push('\n');
    match &explanation.because {
        Some(because) => describe_decided(&mut text, explanation, because),
        None if explanation.also.is_empty() && explanation.otherwise.is_empty() => {
            text.push_str("\nNo rule speaks of it: what holds is the browser's own default.\n");
        }
        None if explanation.also.is_empty() => {
            text.push_str("\nNo rule speaks of it now: what holds is the browser's own default.\n");
        }
        None => text.push_str("\nNo rule allows or blocks it. These settings act on its host:\n"),
    }
    for setting in &explanation.also {
        text.push('\n');
        describe(&mut text, "on it", setting);
    }
    for service in &explanation.services {
        describe_service(&mut text, service);
    }
    if let Some(at) = &explanation.at {
        describe_hours(&mut text, &at.decided);
    }
    describe_otherwise(&mut text, explanation);
    text
}

/// What follows the day: the hour, the periods that run, and until when.
fn time_in_words(at: &AtTime, depends_on: &BTreeSet<PeriodId>) -> String {
    let until = match at.until {
        Some(until) if until.date() == at.moment.date() => {
            Some(format!("until {}", until.strftime("%H:%M")))
        }
        Some(until) => Some(format!("until {}", until.strftime("%Y-%m-%d %H:%M"))),
        None => None,
    };
    let during = periods_in_words(&at.during, depends_on);
    let hour = format!(" at {}", at.moment.strftime("%H:%M"));
    let parts = [Some(hour), during, until].into_iter().flatten();
    parts.collect::<Vec<_>>().join(", ")
}

/// Which periods run, of those that something depends on; `None` where nothing does.
fn periods_in_words(
    running: &BTreeSet<PeriodId>,
    depends_on: &BTreeSet<PeriodId>,
) -> Option<String> {
    if running.is_empty() {
        return (!depends_on.is_empty()).then(|| "while no period runs".to_owned());
    }
    let periods: Vec<String> = running.iter().map(|name| format!("`{name}`")).collect();
    Some(format!("during {}", periods.join(" and ")))
}

fn describe_service(text: &mut String, service: &ServiceNote) {
    let from = match (&service.vendor, &service.country) {
        (Some(vendor), Some(country)) => format!(", {vendor}, {country}"),
        (Some(vendor), None) => format!(", {vendor}"),
        (None, _) => String::new(),
    };
    text.push('\n');
    let says = format!("{}{from}: {}", service.name, service.status);
    row(text, "service", &says);
    if !service.data_classes.is_empty() {
        let classes = service.data_classes.join(", ");
        row(text, "", &format!("may be entered: {classes}"));
    }
}

/// Who decided when the periods run that do.
fn describe_hours(text: &mut String, decided: &BTreeMap<PeriodId, Ground>) {
    if !decided.is_empty() {
        text.push('\n');
    }
    for (period, ground) in decided {
        let Ground {
            case,
            title,
            body,
            date,
            ..
        } = ground;
        row(text, "hours", &format!("`{period}` by {case}, {title}"));
        row(text, "", &format!("{body}, {date}, {}", ground.status));
    }
}

fn describe_otherwise(text: &mut String, explanation: &Explanation) {
    if !explanation.otherwise.is_empty() {
        text.push('\n');
    }
    for Otherwise {
        during,
        days,
        holds,
    } in &explanation.otherwise
    {
        let during = during.as_ref();
        let during = during.and_then(|during| periods_in_words(during, &explanation.depends_on));
        let when = [during, wording::days(*days, Language::English)]
            .into_iter()
            .flatten();
        let when: Vec<String> = when.collect();
        row(text, "at times", &format!("{holds} {}", when.join(", ")));
    }
}

fn describe_decided(text: &mut String, explanation: &Explanation, because: &Reason) {
    text.push('\n');
    describe(text, "because", because);
    for overridden in &explanation.overrode {
        text.push('\n');
        describe(text, "overrode", overridden);
    }
    text.push('\n');
    for (number, (engine, coverage)) in explanation.enforced.iter().enumerate() {
        let label = if number == 0 { "enforced" } else { "" };
        row(text, label, &format!("in {engine} {}", mechanism(coverage)));
    }
    if explanation.enforced.is_empty() {
        row(text, "enforced", "nowhere: personal devices get no bundle");
    }
}

fn describe(text: &mut String, label: &str, reason: &Reason) {
    let listed = reason.listed.as_ref();
    let listed = listed.map_or_else(String::new, |member| format!(", which lists {member}"));
    let says = format!("{}{listed} ({})", reason.says, reason.place);
    row(text, label, &says);
    let rule = format!(
        "rule `{}`, {} from {}",
        reason.rule, reason.strength, reason.unit
    );
    row(text, "", &rule);
    for why in reason.why.values() {
        row(text, "", why);
    }
    for guidance in reason.guidance.values() {
        row(text, "shown", guidance);
    }
    match &reason.decision {
        Some(ground) => {
            row(
                text,
                "decided",
                &format!("{}, {}", ground.case, ground.title),
            );
            let mut body = format!("{}, {}, {}", ground.body, ground.date, ground.status);
            if let Some(review) = ground.review {
                // Writing to a string cannot fail.
                let _ = write!(body, ", review {review}");
            }
            row(text, "", &body);
            if let Some(day) = ground.decide_by {
                row(
                    text,
                    "awaited",
                    &format!("{} must decide by {day}", ground.body),
                );
            }
        }
        None => row(text, "decided", "no decision is cited"),
    }
}

fn row(text: &mut String, label: &str, value: &str) {
    let mut label = label;
    // A line that a policy begins is below its own row.
    for line in value.lines() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{label:8}  {}", line.trim_end());
        label = "";
    }
}

fn mechanism(coverage: &Coverage) -> String {
    match coverage {
        Coverage::Policy(names) => format!("by {}", names.join(", ")),
        Coverage::Hosts(names) => {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            format!("by the addresses of {}", names.join(", "))
        }
        Coverage::Lists(categories) => {
            let categories: Vec<&str> = categories.iter().map(CategoryId::as_str).collect();
            format!("by the names listed under {}", categories.join(", "))
        }
        Coverage::Gap(gap) => format!("not, or not wholly: {}", gap.detail),
        Coverage::Inherent => "without a policy".to_owned(),
    }
}
