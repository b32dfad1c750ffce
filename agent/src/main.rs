//! `fyr-agent`: fetches a device's policy, verifies it, applies it, repairs drift, reports.

mod agent;
mod atomic;
mod client;
mod clock;
mod command;
mod execute;
mod fetch;
mod key;
mod lock;
mod observe;
mod presence;
mod report;
mod root;
mod spool;
mod store;
mod system;
mod upload;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::root::Root;

/// The exit code of a command that could not do its work.
const FAILED: u8 = 2;

/// Keeps this device as its organisation decided.
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
    /// Fetch, apply, report and upload once. Exits with 0 when the device is compliant, 1 when not.
    Once,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_env("FYR_LOG").unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    let arguments = Arguments::parse();
    match dispatch(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}

fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let root = Root::open(&arguments.root)?;
    match arguments.command {
        Command::Enrol { token } => command::enrol::enrol(&root, &token),
        Command::Once => command::once::once(root),
    }
}

/// An error with everything under it, on one line.
fn chain_in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    words
}
