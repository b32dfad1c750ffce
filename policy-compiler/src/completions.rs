//! `fyr completions`: what a shell needs to complete the command line.

use std::io;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

/// Print a shell's completions for this command
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 printed, 1 it cannot be printed, 2 wrong usage.

Example:
  fyr completions bash > ~/.local/share/bash-completion/completions/fyr"
)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Why the completions could not be printed.
#[derive(Debug, thiserror::Error)]
#[error("print the completions")]
pub(crate) struct CompletionsError(#[from] io::Error);

/// Runs `fyr completions`.
pub(crate) fn run(args: &CompletionsArgs) -> Result<ExitCode, CompletionsError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::Cli::command(), "fyr", &mut script);
    io::Write::write_all(&mut io::stdout().lock(), &script)?;
    Ok(ExitCode::SUCCESS)
}
