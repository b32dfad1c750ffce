//! The daemon: it follows the server within a moment, and repairs every change.

use std::fs;

use anyhow::{Result, ensure};
use fyr_schemas::fleet::DeviceState;
use fyr_tests::municipality::Enrolled;
use fyr_tests::town::{Town, bundle};
use fyr_tests::wait;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// Waits for a level; the heartbeat is many times longer than the wait.
fn wait_for_youtube(device: &Enrolled, level: u8) -> Result<()> {
    wait::until("the YouTube level", wait::LIMIT, || {
        let policy = device.device.chromium_policy("fyr.json").ok();
        let found = policy.and_then(|policy| policy.get("ForceYouTubeRestrict").cloned());
        Ok((found == Some(json!(level))).then_some(()))
    })
}

#[test]
fn publications_reach_the_device_by_the_servers_hints() -> Result<()> {
    let town = Town::new()?;
    let device = town.running_device()?;
    for level in [2, 1, 2] {
        town.publish(bundle(level)?)?;
        wait_for_youtube(&device, level)?;
    }
    Ok(())
}

#[test]
fn a_publication_while_the_server_was_away_is_fetched_when_it_is_back() -> Result<()> {
    let mut town = Town::new()?;
    let device = town.running_device()?;
    town.server().kill()?;
    town.publish(bundle(2)?)?;
    town.serve_again()?;
    wait_for_youtube(&device, 2)
}

#[test]
fn a_file_that_is_changed_again_and_again_is_repaired_every_time() -> Result<()> {
    let town = Town::new()?;
    let device = town.running_device()?;
    let file = device.device.managed().join("fyr.json");
    for _ in 0..50 {
        fs::write(&file, "{}")?;
        wait_for_youtube(&device, 1)?;
    }
    Ok(())
}

#[test]
fn a_browser_that_is_installed_later_gets_its_policy_at_once() -> Result<()> {
    let town = Town::new()?;
    let device = town.running_device()?;
    let root = device.device.root();
    let declared = root.join("etc/fyr/other");
    fs::write(&declared, "{\"browsers\": [\"chromium\", \"brave\"]}")?;
    fs::rename(declared, root.join("etc/fyr/device.json"))?;
    let policy = root.join("etc/brave/policies/managed/fyr.json");
    wait::until("the policy of the new browser", wait::LIMIT, || {
        Ok(policy.exists().then_some(()))
    })
}

#[test]
fn expired_metadata_is_reported_without_another_cause() -> Result<()> {
    // Online metadata lives for two weeks.
    let lifetime = SignedDuration::from_hours(14 * 24);
    let founded = Timestamp::now().checked_sub(lifetime)?;
    let town = Town::founded(founded.checked_add(SignedDuration::from_secs(12))?)?;
    let device = town.running_device()?;
    let seen = town.device_that("a fresh device", |seen| seen.revision.is_some())?;
    ensure!(seen.state == DeviceState::Compliant, "{seen:#?}");
    let fresh = seen.sequence;
    town.device_that("the stale device", |seen| {
        seen.state == DeviceState::Stale && seen.sequence > fresh
    })?;
    let status = device.agent(&["status"])?;
    ensure!(
        status.stdout.contains("metadata of the policy expired"),
        "{status:?}"
    );
    ensure!(device.device.chromium_policy("fyr.json")? == json!(bundle(1)?.chromium));
    Ok(())
}

#[test]
fn an_agent_that_is_asked_to_stop_stops_and_leaves_the_policy() -> Result<()> {
    let town = Town::new()?;
    let mut device = town.settled_device()?;
    let pid = device.run()?.pid();
    wait::until("the agent to run", wait::LIMIT, || {
        let status = device.agent(&["status"])?;
        Ok(status.stdout.contains("Agent       running").then_some(()))
    })?;
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid)?);
    let pid = pid.ok_or_else(|| anyhow::anyhow!("a pid"))?;
    rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
    wait::until("the agent to stop", wait::LIMIT, || {
        let status = device.agent(&["status"])?;
        Ok(status
            .stdout
            .contains("Agent       not running")
            .then_some(()))
    })?;
    ensure!(device.device.chromium_policy("fyr.json")? == json!(bundle(1)?.chromium));
    Ok(())
}
