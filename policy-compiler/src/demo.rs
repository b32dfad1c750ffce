//! `fyr demo`: the whole loop on this machine, with throw-away keys and pretended devices.

mod browser;
mod children;
mod fleet;
mod outcome;
mod scene;
mod table;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;

use crate::demo::browser::{BrowserError, Ready};
use crate::demo::fleet::{FleetClient, FleetError};
use crate::demo::outcome::Outcome;
use crate::demo::scene::{Scene, SceneError};
use crate::demo::table::{Show, Table};
use crate::demo::watch::{PATIENCE, Watch, WatchError};

/// Run the whole loop here: policy, keys, server and five devices, one of them tampered with.
///
/// Needs no privilege and leaves the machine's own browser policy alone: every device lives
/// in a directory below a temporary one, which is removed at the end.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 every device is compliant at the end, 1 one is not, or it failed, 2 wrong usage.

Examples:
  fyr demo                      show the loop and keep the dashboard up until Ctrl-C
  fyr demo --once --json        run it once, print one JSON object; exit 0 only if every device is compliant
  fyr demo --browser            also open a Chromium governed by the first pupils' policy"
)]
pub(crate) struct DemoArgs {
    /// Run once and leave: apply, tamper, wait for the repair, publish again, wait for all
    #[arg(long)]
    once: bool,
    /// Print one JSON object instead of a table
    #[arg(long, requires = "once")]
    json: bool,
    /// Open a Chromium that obeys the first pupil group's policy, in a namespace of its own
    #[arg(long, conflicts_with = "once")]
    browser: bool,
    /// The policy to show; without it, the example municipality built into this program
    #[arg(long, value_name = "DIR")]
    policy: Option<PathBuf>,
}

/// Why the demo could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// The stage could not be set.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// The server cannot be asked.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The devices did not get where they should.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// No browser can be opened here.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// Ctrl-C cannot be caught here.
    #[error("watch for Ctrl-C")]
    Signal(#[from] ctrlc::Error),
    /// The result could not be printed.
    #[error("print the result")]
    Print(#[source] serde_json::Error),
}

/// Runs the demo. Exit code 0 when every device is compliant at the end.
pub(crate) fn run(args: &DemoArgs) -> Result<ExitCode, DemoError> {
    let browser = args.browser.then(Ready::here).transpose()?;
    let interrupted = interruptions()?;
    let mut table = Table::new(if args.json {
        Show::Nothing
    } else {
        Show::for_people()
    });

    table.step("policy, keys and the first revision");
    let mut scene = Scene::prepare(args.policy.as_deref())?;
    table.step("server");
    let server = scene.start_server()?;
    table.step("five devices enrol and apply");
    scene.start_devices(&server.url)?;
    let mut watch = Watch {
        fleet: FleetClient::new(&server.url)?,
        table,
        interrupted,
    };
    watch.until(&scene, |fleet| outcome::all_run(fleet, scene.revision))?;

    watch
        .table
        .step("the last device's browser policy is emptied by hand");
    let repair = scene.tamper_and_wait(PATIENCE)?;
    watch.until(&scene, |fleet| {
        outcome::has_repaired(fleet, scene.tampered_group())
    })?;

    watch.table.step("a second revision is published");
    let published = scene.publish_second_revision()?;
    let effective = watch.until(&scene, |fleet| outcome::all_run(fleet, scene.revision))?;

    let outcome = Outcome::of(&effective, published, repair, &server.url);
    if args.json {
        println!(
            "{}",
            serde_json::to_string(&outcome).map_err(DemoError::Print)?
        );
    } else {
        watch.table.clear();
        table::print(&outcome);
    }
    if !args.once {
        let browser = browser
            .map(|ready| scene.open_browser(&ready))
            .transpose()?;
        watch.stay(&scene, &outcome, browser)?;
    }
    Ok(if outcome.everyone_is_compliant() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Delivers one message per Ctrl-C or termination signal.
fn interruptions() -> Result<mpsc::Receiver<()>, ctrlc::Error> {
    let (sender, receiver) = mpsc::channel();
    ctrlc::set_handler(move || {
        // The receiver is gone only when the demo has ended anyway.
        let _ = sender.send(());
    })?;
    Ok(receiver)
}
