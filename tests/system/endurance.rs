//! A night with a dead server and power cuts: nothing is lost, and nothing is left half-written.

use std::fs;

use anyhow::Result;
use fyr_schemas::Revision;
use fyr_schemas::report::EventKind;
use fyr_tests::municipality::{Enrolled, LIMIT, Municipality};
use fyr_tests::wait;

#[test]
fn an_unreachable_server_changes_nothing_and_drift_is_still_repaired() -> Result<()> {
    let (mut municipality, device) = running()?;
    let file = device.device.managed().join("fyr.json");
    let before = fs::read(&file)?;
    municipality.kill_server()?;

    fs::remove_file(&file)?;
    wait::until("the repair without a server", LIMIT, || {
        Ok(fs::read(&file).is_ok_and(|now| now == before).then_some(()))
    })?;

    municipality.serve()?;
    let told = municipality.device_that("the report of the night", |device| {
        let repaired = |kind: &EventKind| matches!(kind, EventKind::Repaired { .. });
        device.events.iter().any(|event| repaired(&event.what))
    })?;
    assert_eq!(told.missing_reports, 0);
    Ok(())
}

#[test]
fn killed_at_any_time_the_agent_leaves_whole_files_and_a_whole_sequence() -> Result<()> {
    let (municipality, mut device) = running()?;
    let file = device.device.managed().join("fyr.json");
    for round in 0..5 {
        municipality.close(&format!("round-{round}.example"))?;
        municipality.publish()?;
        // The kill falls wherever the agent happens to be in taking the new revision.
        device.kill()?;
        if file.exists() {
            device.device.chromium_policy("fyr.json")?;
        }
        device.run()?;
    }
    let newest = municipality.fleet()?.revision;
    let last = municipality.in_force(newest)?;
    assert_eq!(last.missing_reports, 0);
    let policy = device.device.chromium_policy("fyr.json")?;
    assert!(policy.to_string().contains("round-4.example"));
    Ok(())
}

fn running() -> Result<(Municipality, Enrolled)> {
    let (municipality, mut device) =
        Municipality::like("ballerup")?.start("/skoler/skovlunde", "indskoling")?;
    device.run()?;
    municipality.in_force(Revision(1))?;
    Ok((municipality, device))
}
