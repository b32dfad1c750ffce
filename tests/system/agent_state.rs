//! The agent's state: older copies, a lost key, and who may read it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use fyr_schemas::fleet::FleetDevice;
use fyr_schemas::report::EventKind;
use fyr_tests::municipality::Enrolled;
use fyr_tests::town::{Town, bundle};
use serde_json::json;

fn state(device: &Enrolled) -> PathBuf {
    device.device.root().join("var/lib/fyr")
}

fn mode(path: &Path) -> Result<u32> {
    Ok(fs::symlink_metadata(path)?.permissions().mode() & 0o7777)
}

#[test]
fn an_older_copy_of_the_policy_that_is_put_back_does_not_win() -> Result<()> {
    for (restored, other) in [("trust", "trust.twin"), ("trust.twin", "trust")] {
        let mut town = Town::new()?;
        let device = town.settled_device()?;
        let older = fs::read(state(&device).join(restored))?;
        town.publish(bundle(2)?)?;
        device.agent(&["once"])?.success()?;
        town.server().kill()?;
        fs::write(state(&device).join(restored), older)?;
        let verified = device.agent(&["verify"])?.success()?;
        ensure!(verified.starts_with("revision 2 "), "{verified}");
        // A start repairs the older copy from the newer one, and not the other way round.
        device.agent(&["once"])?;
        fs::remove_file(state(&device).join(other))?;
        let verified = device.agent(&["verify"])?.success()?;
        ensure!(verified.starts_with("revision 2 "), "{verified}");
        ensure!(device.device.chromium_policy("fyr.json")? == json!(bundle(2)?.chromium));
    }
    Ok(())
}

#[test]
fn an_older_copy_of_the_memory_that_is_put_back_uses_no_report_number_again() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let older = fs::read(state(&device).join("memory"))?;
    town.publish(bundle(2)?)?;
    device.agent(&["once"])?.success()?;
    let id = device.id()?;
    let before = town.device_that("the second report", |seen| {
        seen.device == id && seen.sequence >= 2
    })?;
    fs::write(state(&device).join("memory"), older)?;
    let ended = device.agent(&["once"])?;
    ensure!(
        !ended.stderr.contains("the server has other reports"),
        "{ended:?}"
    );
    town.device_that("the third report", |seen| {
        seen.device == id && seen.sequence == before.sequence + 1
    })?;
    Ok(())
}

#[test]
fn a_device_without_its_key_enforces_its_policy_and_reports_the_loss_as_an_error() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let other = town.device()?;
    let key =
        |device: &Enrolled| ["device.key", "device.key.twin"].map(|copy| state(device).join(copy));
    for (loss, said) in [
        ("missing", "its key is missing"),
        ("damaged", "its key is damaged"),
        ("other", "its key is that of another device"),
    ] {
        for (own, strange) in key(&device).iter().zip(key(&other)) {
            match loss {
                "missing" => fs::remove_file(own)?,
                "damaged" => fs::write(own, "half")?,
                _ => drop(fs::copy(strange, own)?),
            }
        }
        fs::remove_file(device.device.managed().join("fyr.json"))?;
        let ended = device.agent(&["once"])?;
        ensure!(ended.status.code() == Some(1), "{ended:?}");
        ensure!(ended.stderr.contains("ERROR"), "{ended:?}");
        ensure!(ended.stderr.contains(said), "{ended:?}");
        ensure!(device.device.chromium_policy("fyr.json")? == json!(bundle(1)?.chromium));
        let status = device.agent(&["status"])?;
        ensure!(status.status.code() == Some(1), "{status:?}");
        let line = format!("Error: this device cannot sign reports: {said}.");
        ensure!(status.stdout.contains(&line), "{status:?}");
    }
    // It takes what is published as before.
    town.publish(bundle(2)?)?;
    device.agent(&["once"])?;
    ensure!(device.device.chromium_policy("fyr.json")? == json!(bundle(2)?.chromium));
    // The way back is to join again.
    fs::remove_dir_all(state(&device))?;
    device.agent(&["enrol", &town.token()?])?.success()?;
    device.agent(&["once"])?.success()?;
    Ok(())
}

#[test]
fn what_a_device_did_is_not_readable_by_other_users() -> Result<()> {
    let mut town = Town::new()?;
    let device = town.settled_device()?;
    town.server().kill()?;
    town_left_a_report(&device)?;
    let spool = state(&device).join("spool");
    // As an earlier version left them.
    let private = || -> Result<Vec<PathBuf>> {
        let mut files = vec![
            state(&device).join("memory"),
            state(&device).join("memory.twin"),
        ];
        for entry in fs::read_dir(&spool)? {
            files.push(entry?.path());
        }
        Ok(files)
    };
    for _ in 0..2 {
        ensure!(mode(&spool)? == 0o700, "{:o}", mode(&spool)?);
        for file in private()? {
            ensure!(
                mode(&file)? == 0o600,
                "{} {:o}",
                file.display(),
                mode(&file)?
            );
        }
        fs::set_permissions(&spool, fs::Permissions::from_mode(0o755))?;
        for file in private()? {
            fs::set_permissions(file, fs::Permissions::from_mode(0o644))?;
        }
        town_left_a_report(&device)?;
    }
    Ok(())
}

#[test]
fn a_spool_or_a_lock_that_cannot_be_used_stops_no_enforcement() -> Result<()> {
    for (name, obstacle) in [
        ("spool", Obstacle::File),
        ("spool", Obstacle::Link),
        ("lock", Obstacle::Directory),
        ("lock", Obstacle::Link),
    ] {
        let town = Town::new()?;
        let device = town.settled_device()?;
        let path = state(&device).join(name);
        obstacle.replace(&path)?;
        fs::remove_file(device.device.managed().join("fyr.json"))?;
        let ended = device.agent(&["once"])?;
        let case = format!("{name}, {obstacle:?}: {ended:?}");
        ensure!(ended.status.code() == Some(0), "{case}");
        let policy = device.device.chromium_policy("fyr.json")?;
        ensure!(policy == json!(bundle(1)?.chromium), "{case}");
        let id = device.id()?;
        let found = |seen: &FleetDevice, expected: fn(&EventKind) -> bool| {
            seen.device == id && seen.events.iter().any(|event| expected(&event.what))
        };
        town.device_that("the report of the repair", |seen| {
            found(seen, |what| matches!(what, EventKind::Repaired { .. }))
        })?;
        if name == "spool" {
            // The report about the spool is sent from memory, too.
            town.device_that("the report that the spool cannot be used", |seen| {
                found(seen, |what| matches!(what, EventKind::Unstored { .. }))
            })?;
        }
    }
    Ok(())
}

/// What is in the place of a file or directory of the state.
#[derive(Debug, Clone, Copy)]
enum Obstacle {
    File,
    Directory,
    /// A link that leads to nothing.
    Link,
}

impl Obstacle {
    fn replace(self, path: &Path) -> Result<()> {
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        } else {
            fs::remove_file(path)?;
        }
        match self {
            Self::File => fs::write(path, "not a directory")?,
            Self::Directory => fs::create_dir(path)?,
            Self::Link => symlink("nowhere", path)?,
        }
        Ok(())
    }
}

/// One turn whose report waits in the spool.
fn town_left_a_report(device: &Enrolled) -> Result<()> {
    let policy = device.device.managed().join("fyr.json");
    fs::remove_file(policy)?;
    device.agent(&["once"])?;
    let waiting = fs::read_dir(state(device).join("spool"))?.count();
    ensure!(waiting > 0, "no report waits");
    Ok(())
}
