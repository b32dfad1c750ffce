//! The `fyr` command: its subcommands, one file each.

mod enrol_token;
mod key;
mod passphrase;
mod publish;

use std::process::ExitCode;

use clap::Parser;

/// Policy for a municipality's school devices: check, compile, explain, sign and publish it.
#[derive(Debug, Parser)]
#[command(name = "fyr", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Key(key::KeyArgs),
    Publish(publish::PublishArgs),
    EnrolToken(enrol_token::EnrolTokenArgs),
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("fyr: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    Ok(match &cli.command {
        Command::Key(args) => key::run(args)?,
        Command::Publish(args) => publish::run(args)?,
        Command::EnrolToken(args) => enrol_token::run(args)?,
    })
}
