//! A night with no network, a dead server, a full disk and power cuts: in the morning everything
//! holds, and the reports say what happened.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use fyr_schemas::fleet::DeviceState;
use fyr_schemas::report::{EventKind, Found, Place, Product};
use fyr_tests::binaries::Binary;
use fyr_tests::child::{self, Ended};
use fyr_tests::municipality::Enrolled;
use fyr_tests::town::{Town, bundle};
use fyr_tests::wait;
use serde_json::{Value, json};

fn holds(device: &Enrolled, level: u8) -> Result<bool> {
    let wanted = json!(bundle(level)?.chromium);
    Ok(device
        .device
        .chromium_policy("fyr.json")
        .is_ok_and(|found| found == wanted))
}

fn wait_until_held(device: &Enrolled, level: u8) -> Result<()> {
    wait::until("the policy to be in force", wait::LIMIT, || {
        Ok(holds(device, level)?.then_some(()))
    })
}

#[test]
fn without_a_server_an_agent_starts_enforces_the_policy_and_reports_it_later() -> Result<()> {
    let mut town = Town::new()?;
    let mut device = town.settled_device()?;
    town.server().kill()?;
    fs::remove_file(device.device.managed().join("fyr.json"))?;
    device.run()?;
    wait_until_held(&device, 1)?;
    let status = wait::until("the status to say so", wait::LIMIT, || {
        let status = device.agent(&["status"])?;
        Ok(status
            .stdout
            .contains("The server is out of reach")
            .then_some(status))
    })?;
    ensure!(status.status.code() == Some(0), "{status:?}");
    town.serve_again()?;
    let place = Place::Chromium(Product::Chromium);
    let seen = town.device_that("the night's reports", |seen| {
        let drift = EventKind::Drift {
            place,
            found: Found::Missing,
        };
        seen.state == DeviceState::Compliant && seen.events.iter().any(|event| event.what == drift)
    })?;
    ensure!(seen.missing_reports == 0, "{seen:#?}");
    Ok(())
}

#[test]
fn once_without_a_server_repairs_and_says_that_the_server_is_out_of_reach() -> Result<()> {
    let mut town = Town::new()?;
    let device = town.settled_device()?;
    town.server().kill()?;
    fs::write(device.device.managed().join("fyr.json"), "{}")?;
    let ended = device.agent(&["once"])?;
    ensure!(ended.status.code() == Some(3), "{ended:?}");
    ensure!(
        ended.stderr.contains("the repository is out of reach"),
        "{ended:?}"
    );
    ensure!(holds(&device, 1)?);
    Ok(())
}

#[test]
fn a_kill_at_any_moment_leaves_whole_files_and_loses_no_report() -> Result<()> {
    let town = Town::new()?;
    let mut device = town.settled_device()?;
    let file = device.device.managed().join("fyr.json");
    for round in 0..16_u8 {
        let level = 1 + round % 2;
        device.run()?;
        // An agent that was killed before its repair has left none.
        if file.exists() {
            fs::remove_file(&file)?;
        }
        town.publish(bundle(level)?)?;
        // However long the agent lives, what a browser can read is always whole.
        let life = Duration::from_millis(u64::from(round) * 6);
        wait::throughout("every file is whole", life, || every_file_is_whole(&device))?;
        device.kill()?;
        ensure!(
            every_file_is_whole(&device)?,
            "half a file after round {round}"
        );
    }
    device.run()?;
    wait_until_held(&device, 2)?;
    town.device_that("every report", |seen| {
        seen.missing_reports == 0 && seen.state == DeviceState::Compliant
    })?;
    Ok(())
}

fn every_file_is_whole(device: &Enrolled) -> Result<bool> {
    for entry in fs::read_dir(device.device.managed())? {
        let Ok(bytes) = fs::read(entry?.path()) else {
            continue;
        };
        if serde_json::from_slice::<Value>(&bytes).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

#[test]
fn any_one_damaged_file_of_the_state_loses_neither_policy_nor_numbers() -> Result<()> {
    let mut town = Town::new()?;
    let device = town.settled_device()?;
    town.server().kill()?;
    // Without a server the stored state is all there is, and a report waits in the spool.
    device.agent(&["once"])?;
    let state = device.device.root().join("var/lib/fyr");
    let mut numbers = BTreeSet::from([spooled(&state)?.last().copied().unwrap_or(0)]);
    for damage in [Damage::Truncate, Damage::Remove, Damage::Garbage] {
        for file in files_below(&state)? {
            damage.apply(&file)?;
            fs::remove_file(device.device.managed().join("fyr.json"))?;
            let ended = device.agent(&["once"])?;
            let reported = format!("{damage:?} of {}: {ended:?}", file.display());
            ensure!(ended.status.code() == Some(3), "{reported}");
            ensure!(holds(&device, 1)?, "{reported}");
            let number = spooled(&state)?.last().copied().unwrap_or(0);
            ensure!(
                numbers.insert(number),
                "number {number} was used twice: {reported}"
            );
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Damage {
    Truncate,
    Remove,
    Garbage,
}

impl Damage {
    fn apply(self, file: &Path) -> Result<()> {
        match self {
            Self::Truncate => fs::File::options().write(true).open(file)?.set_len(7)?,
            Self::Remove => fs::remove_file(file)?,
            Self::Garbage => fs::write(file, [0xff; 300])?,
        }
        Ok(())
    }
}

fn files_below(state: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(state).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

fn spooled(state: &Path) -> Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(state.join("spool"))? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        numbers.extend(
            name.strip_suffix(".json")
                .and_then(|name| name.parse::<u64>().ok()),
        );
    }
    numbers.sort_unstable();
    Ok(numbers)
}

#[test]
fn a_second_agent_on_one_root_is_turned_away() -> Result<()> {
    let town = Town::new()?;
    let device = town.running_device()?;
    for command in [&["run"][..], &["once"]] {
        let ended = device.agent(command)?;
        ensure!(ended.status.code() == Some(2), "{ended:?}");
        ensure!(
            ended.stderr.contains("another fyr-agent already manages"),
            "{ended:?}"
        );
    }
    ensure!(device.agent(&["status"])?.status.success());
    Ok(())
}

/// Runs the agent where the device's `/etc` is mounted otherwise.
fn once_with(device: &Enrolled, mount: &str) -> Result<Ended> {
    let script = format!("set -eu\nroot=$1\n{mount}\nexec \"$2\" --root \"$root\" once");
    let mut line: Vec<OsString> = vec!["--mount".into()];
    if !rustix::process::geteuid().is_root() {
        line.push("--map-root-user".into());
    }
    line.extend(["sh", "-c", &script, "once"].map(Into::into));
    line.extend([device.device.root().into(), Binary::Agent.path()?.into()]);
    child::run(Path::new("unshare"), line)
}

#[test]
fn on_a_full_disk_the_old_policy_stays_whole_and_the_failure_is_reported() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    town.publish(bundle(2)?)?;
    let mount = r#"
cp -a "$root/etc" "$root/copy"
mount -t tmpfs -o size=64k,mode=755 tmpfs "$root/etc"
cp -a "$root/copy/." "$root/etc"
dd if=/dev/zero of="$root/etc/filler" bs=4k 2>/dev/null || true
trap 'cp -a "$root/etc/chromium/policies/managed/fyr.json" "$root/seen"' EXIT
"$2" --root "$root" once || exit $?
"#;
    let ended = once_with(&device, mount)?;
    ensure!(ended.status.code() == Some(1), "{ended:?}");
    let seen = fs::read(device.device.root().join("seen"))?;
    let seen: Value = serde_json::from_slice(&seen)?;
    ensure!(seen == json!(bundle(1)?.chromium), "{seen}");
    failed_for(&town, fyr_schemas::report::FailureReason::NoSpace)?;
    device.agent(&["once"])?.success()?;
    ensure!(holds(&device, 2)?);
    Ok(())
}

#[test]
fn on_a_read_only_file_system_nothing_breaks_and_the_failure_is_reported() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    town.publish(bundle(2)?)?;
    let mount = "mount --bind \"$root/etc\" \"$root/etc\"\nmount -o remount,ro,bind \"$root/etc\"";
    let ended = once_with(&device, mount)?;
    ensure!(ended.status.code() == Some(1), "{ended:?}");
    failed_for(&town, fyr_schemas::report::FailureReason::ReadOnly)?;
    device.agent(&["once"])?.success()?;
    ensure!(holds(&device, 2)?);
    Ok(())
}

fn failed_for(town: &Town, reason: fyr_schemas::report::FailureReason) -> Result<()> {
    let failed = fyr_schemas::report::ControlState::Failed(reason);
    town.device_that("the failure on the server", |seen| {
        seen.findings.iter().any(|finding| finding.state == failed)
    })?;
    Ok(())
}
