//! `fyr-server`: reads the command line, starts the server, and ends it on SIGTERM or Ctrl-C.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use fyr_server::cli::{Cli, Command};
use fyr_server::options::Options;

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr();
    let done = match (cli.command, cli.options) {
        (Some(command), _) => administer(command),
        (None, Some(options)) => run(options),
        // The parser requires the options where no subcommand is given.
        (None, None) => Ok(()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fyr-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Logs what `RUST_LOG` asks for (`debug`, `warn,sqlx=trace`), and without it what the server does.
fn log_to_stderr() {
    let asked = std::env::var("RUST_LOG").ok();
    let filter = asked
        .and_then(|asked| asked.parse::<Targets>().ok())
        .unwrap_or_else(|| {
            Targets::new()
                .with_default(LevelFilter::WARN)
                .with_target("fyr_server", LevelFilter::INFO)
        });
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .init();
}

fn administer(command: Command) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(command.run())
}

fn run(options: Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
        let running = fyr_server::start(options).await?;
        if let Some(link) = &running.account_link {
            // On standard error and not in the log, so that no log level hides it.
            eprintln!("open this link to create an account; it works once: {link}");
        }
        writeln!(io::stdout(), "listening on {}", running.url)
            .context("cannot say on standard output where the server listens")?;
        running
            .serve(async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            })
            .await;
        Ok(())
    })
}
