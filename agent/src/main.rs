//! `fyr-agent`: fetches a device's policy, verifies it, applies it, repairs drift, reports.

mod agent;
mod alarm;
mod atomic;
mod belief;
mod client;
mod clock;
mod command;
mod execute;
mod failure;
mod fetch;
mod hints;
mod hosts;
mod key;
mod lock;
mod look;
mod observe;
mod presence;
mod report;
mod root;
mod run;
mod spool;
mod stamp;
mod store;
mod system;
mod upload;
mod watch;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use fyr_schemas::printable::printable;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::command::status::Form;
use crate::root::Root;

/// The exit code of a command that could not do its work.
const FAILED: u8 = 2;

/// Keep this device as its organisation decided.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The directory below which everything lies that the agent reads and writes.
    #[arg(long, value_name = "DIR", default_value = "/", global = true)]
    root: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join an organisation with the token that its administrator handed out.
    Enrol {
        /// One line that starts with `fyr1.`.
        token: String,
    },
    /// Keep this device: wait for changes, here and at the server, until stopped.
    Run,
    /// Fetch, apply, report and upload once.
    ///
    /// Exits with 0 when the device is compliant, 1 when it is not, has no policy yet or cannot sign
    /// its reports, 2 when nothing could be done, and 3 when it is compliant with its last good policy
    /// but the repository was refused or not reached.
    Once,
    /// Say what is in force, since when, what does not hold, why, and what to do.
    ///
    /// Exits with 0 when the device is compliant, 1 when it is not, has no policy yet or cannot sign
    /// its reports, 2 when that cannot be said. 0 does not mean that the agent runs, that the server is reached or
    /// that the policy is the newest: `--json` has these as `agent`, `causes` and `freshness`. Needs
    /// root: what a device did is not for everyone who uses it.
    Status {
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Verify again everything that is stored, and that the device holds it.
    ///
    /// Exits with 0 when it does, 1 when not, 2 when what is stored cannot be believed.
    Verify,
}

/// Logs what `RUST_LOG` asks for (`debug`, `warn,fyr_agent=trace`), and the agent's doings without it.
fn log_to_stderr() {
    let asked = std::env::var("RUST_LOG").ok();
    let filter = asked
        .and_then(|asked| asked.parse::<Targets>().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .init();
}

fn main() -> ExitCode {
    log_to_stderr();
    let arguments = Arguments::parse();
    match dispatch(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", printable(&format!("{error:#}")));
            ExitCode::from(FAILED)
        }
    }
}

fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let root = Root::open(&arguments.root)?;
    Ok(match arguments.command {
        Command::Enrol { token } => command::enrol::enrol(&root, &token)?,
        Command::Run => command::run::run(root)?,
        Command::Once => command::once::once(root)?,
        Command::Status { json } => {
            let form = if json { Form::Json } else { Form::Words };
            command::status::status(&root, form)?
        }
        Command::Verify => command::verify::verify(&root)?,
    })
}

/// An error with everything under it, on one line. What a server sent may be in it.
fn chain_in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    printable(&words)
}
