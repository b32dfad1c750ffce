//! The daemon: it follows the server within a moment, and repairs whatever is changed.

use std::time::Instant;

use anyhow::Result;
use fyr_tests::municipality::Enrolled;
use fyr_tests::town::{LIMIT, Town, bundle};
use fyr_tests::wait;
use serde_json::{Value, json};

fn youtube(device: &Enrolled) -> Option<Value> {
    let policy = device.device.chromium_policy("fyr.json").ok()?;
    policy.get("ForceYouTubeRestrict").cloned()
}

fn wait_for_youtube(device: &Enrolled, level: u8) -> Result<()> {
    wait::until("the YouTube level", LIMIT, || {
        Ok((youtube(device) == Some(json!(level))).then_some(()))
    })
}

#[test]
fn a_publication_reaches_the_device_at_once() -> Result<()> {
    let town = Town::new()?;
    let mut device = town.device()?;
    device.run()?;
    wait_for_youtube(&device, 1)?;
    town.device_that("the first report", |d| d.revision.is_some())?;
    for level in [2, 1, 2] {
        let start = Instant::now();
        town.publish(bundle(level)?)?;
        let published = start.elapsed();
        wait_for_youtube(&device, level)?;
        println!(
            "published after {published:?}, applied after {:?}",
            start.elapsed()
        );
    }
    Ok(())
}

#[test]
fn a_changed_file_is_repaired_at_once() -> Result<()> {
    let town = Town::new()?;
    let mut device = town.device()?;
    device.run()?;
    wait_for_youtube(&device, 1)?;
    town.device_that("the first report", |d| d.revision.is_some())?;
    let file = device.device.managed().join("fyr.json");
    for _ in 0..5 {
        let start = Instant::now();
        std::fs::write(&file, "{}")?;
        wait_for_youtube(&device, 1)?;
        println!("repaired after {:?}", start.elapsed());
    }
    let status = device.agent(&["status"])?;
    println!("{}", status.stdout);
    Ok(())
}
