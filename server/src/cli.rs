//! The command line of `fyr-server`: the server itself, or an action on the devices that it stores.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use fyr_schemas::fleet::Departure;
use fyr_schemas::printable::printable_lines;
use fyr_schemas::{DeviceId, GroupId};

use crate::options::{EXAMPLES, Options};
use crate::store::{Actor, Administration, FleetAction, LoggedAction, Order, OrderOutcome};

/// Host a policy repository, enrol devices, store their reports and show the state of the fleet.
///
/// The server listens on this machine only, unless `--listen` names another address. It signs no
/// policy. With `--online-keys` it renews the two short-lived roles (snapshot and timestamp) every
/// hour, so that devices go on trusting a policy that has not changed.
#[derive(Debug, Parser)]
#[command(
    name = "fyr-server",
    version,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Cli {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// How to serve.
    #[command(flatten)]
    pub options: Option<Options>,
}

/// What the command does instead of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List devices and take them out of the fleet, while the server runs and while it does not.
    #[command(subcommand)]
    Device(DeviceCommand),
}

/// What to do with devices.
#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// List every device, and those that left the fleet.
    List(Place),
    /// Show who took which device out of the fleet, and when.
    Log(Place),
    /// Retire a device: no count includes it, and its history stays.
    Retire(One),
    /// Revoke a device: its reports are refused. It goes on enforcing its policy.
    Revoke(One),
    /// Take a device that was retired or revoked back into the fleet.
    Restore(One),
    /// Delete everything that is stored of a device.
    Delete(One),
    /// Retire a device because another entry took its place: the same machine, enrolled again.
    Replace {
        /// Which device, by its id.
        old: DeviceId,
        /// The device that took its place.
        new: DeviceId,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
}

/// Where the devices are stored, and how the result is written.
#[derive(Debug, Args)]
pub struct Place {
    /// The state directory of the server.
    #[arg(long, value_name = "DIR")]
    state: PathBuf,

    /// Write JSON.
    #[arg(long)]
    json: bool,
}

/// One device.
#[derive(Debug, Args)]
pub struct One {
    /// Which device, by its id.
    device: DeviceId,

    #[command(flatten)]
    place: Place,
}

/// A device as `device list` writes it.
#[derive(Debug, Serialize)]
struct Listed {
    device: DeviceId,
    group: GroupId,
    departure: Option<Departure>,
    last_contact: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<DeviceId>,
}

/// What an action did, as JSON.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    device: &'a DeviceId,
    action: &'static str,
    changed: bool,
}

impl Command {
    /// Does it.
    pub async fn run(self) -> Result<()> {
        let Self::Device(command) = self;
        match command {
            DeviceCommand::List(place) => list(&place).await,
            DeviceCommand::Log(place) => log(&place).await,
            DeviceCommand::Retire(one) => act(one.device, FleetAction::Retire, &one.place).await,
            DeviceCommand::Revoke(one) => act(one.device, FleetAction::Revoke, &one.place).await,
            DeviceCommand::Restore(one) => act(one.device, FleetAction::Restore, &one.place).await,
            DeviceCommand::Delete(one) => act(one.device, FleetAction::Delete, &one.place).await,
            DeviceCommand::Replace { old, new, place } => {
                act(old, FleetAction::Replace { by: new }, &place).await
            }
        }
    }
}

async fn act(device: DeviceId, action: FleetAction, place: &Place) -> Result<()> {
    let mut database = Administration::open(&place.state).await?;
    let order = Order {
        device,
        action,
        actor: Actor::command_line(rustix::process::getuid().as_raw()),
        now: Timestamp::now(),
    };
    let outcome = database.carry_out(&order).await?;
    database.close().await?;
    if let Some(refusal) = outcome.refusal() {
        bail!(refusal);
    }
    let changed = outcome == OrderOutcome::Done;
    if place.json {
        return write_json(&Answer {
            device: &order.device,
            action: order.action.name(),
            changed,
        });
    }
    let done = if changed { "done" } else { "it was so before" };
    write(&format!(
        "{} `{}`: {done}\n",
        order.action.name(),
        order.device
    ))
}

async fn list(place: &Place) -> Result<()> {
    let mut database = Administration::open(&place.state).await?;
    let records = database.fleet().await?;
    database.close().await?;
    let in_use = records.devices.into_iter().map(|it| Listed {
        device: it.device,
        group: it.group,
        departure: None,
        last_contact: it.last_contact,
        replaced_by: None,
    });
    let departed = records.departed.into_iter().map(|it| Listed {
        device: it.device,
        group: it.group,
        departure: Some(it.departure),
        last_contact: it.last_contact,
        replaced_by: it.replaced_by,
    });
    let mut all: Vec<Listed> = in_use.chain(departed).collect();
    all.sort_by(|a, b| (&a.group, &a.device).cmp(&(&b.group, &b.device)));
    if place.json {
        return write_json(&all);
    }
    let lines: String = all.iter().map(line).collect();
    write(&lines)
}

fn line(listed: &Listed) -> String {
    let departure = match listed.departure {
        None => "in use",
        Some(Departure::Retired) => "retired",
        Some(Departure::Revoked) => "revoked",
    };
    let contact = listed.last_contact.map_or("never".to_owned(), |at| {
        at.strftime("%F %R UTC").to_string()
    });
    let replaced = listed
        .replaced_by
        .as_ref()
        .map(|by| format!("  replaced by {by}"))
        .unwrap_or_default();
    format!(
        "{}  {:<24} {departure:<8} last report {contact}{replaced}\n",
        listed.device,
        listed.group.as_str()
    )
}

async fn log(place: &Place) -> Result<()> {
    let mut database = Administration::open(&place.state).await?;
    let actions = database.actions().await?;
    database.close().await?;
    if place.json {
        return write_json(&actions);
    }
    let lines: String = actions.iter().map(log_line).collect();
    write(&lines)
}

fn log_line(logged: &LoggedAction) -> String {
    let LoggedAction {
        at,
        actor,
        action,
        device,
        other,
    } = logged;
    let other = other.as_ref().map(|other| format!(" by {other}"));
    let (at, other) = (at.strftime("%F %R UTC"), other.unwrap_or_default());
    format!("{at}  {action} {device}{other}  ({actor})\n")
}

fn write_json(value: &impl Serialize) -> Result<()> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Writes for a person. The name of an account is what its owner typed.
fn write(text: &str) -> Result<()> {
    print(&printable_lines(text))
}

fn print(text: &str) -> Result<()> {
    io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to standard output")
}
