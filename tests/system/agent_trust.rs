//! What a device believes of a repository that hides files, and of stolen server keys.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use fyr_tests::child::Ended;
use fyr_tests::municipality::Municipality;
use fyr_tests::town::Town;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// The exit code of `fyr-agent once` where the repository was refused or not reached.
const STALE: i32 = 3;

#[track_caller]
fn exits(ended: &Ended, code: i32, said: &str) -> Result<()> {
    ensure!(ended.status.code() == Some(code), "{ended:?}");
    ensure!(ended.stderr.contains(said), "{ended:?}");
    Ok(())
}

#[test]
fn a_revoked_key_is_not_believed_again_after_the_root_that_revoked_it_is_hidden() -> Result<()> {
    let (mut municipality, device) =
        Municipality::like("ballerup")?.start("/skoler/skovlunde", "indskoling")?;
    device.agent(&["once"])?.success()?;
    let before = device.device.chromium_policy("fyr.json")?;
    let hidden = municipality.copy_repository("hidden")?;
    let thief = municipality.replace_key("timestamp")?.at(&hidden);
    municipality.close("newer.example")?;
    municipality.publish()?;

    let stub = municipality.pretend()?;
    stub.answer("metadata/timestamp.json", 500);
    exits(&device.agent(&["once"])?, STALE, "out of reach")?;
    // The thief hides root 2 and signs with the key that it revokes.
    thief.stamp(|_| Ok(()))?;
    stub.serve(&hidden);
    let refused = "is not signed by the keys that the root names for it";
    exits(&device.agent(&["once"])?, STALE, refused)?;
    ensure!(device.device.chromium_policy("fyr.json")? == before);
    // All the while, and after a start without a network, the last good policy is in force.
    device.agent(&["verify"])?.success()?;
    fs::remove_file(device.device.managed().join("fyr.json"))?;
    exits(&device.agent(&["once"])?, STALE, refused)?;
    ensure!(device.device.chromium_policy("fyr.json")? == before);

    stub.serve(&municipality.repository());
    device.agent(&["once"])?.success()?;
    let after = device.device.chromium_policy("fyr.json")?.to_string();
    ensure!(after.contains("newer.example"), "{after}");
    Ok(())
}

#[test]
fn versions_of_a_refresh_that_broke_off_are_not_rolled_back() -> Result<()> {
    let (mut municipality, device) =
        Municipality::like("ballerup")?.start("/skoler/skovlunde", "indskoling")?;
    device.agent(&["once"])?.success()?;
    let older = municipality.copy_repository("older")?;
    municipality.close("newer.example")?;
    municipality.publish()?;
    let stub = municipality.pretend()?;
    stub.answer("metadata/2.targets.json", 500);
    exits(&device.agent(&["once"])?, STALE, "out of reach")?;
    stub.serve(&older);
    let refused = "version 2 was verified before; an older version is refused";
    exits(&device.agent(&["once"])?, STALE, refused)?;
    device.agent(&["verify"])?.success()?;
    Ok(())
}

#[test]
fn a_store_that_answers_403_for_a_file_that_it_does_not_have_is_a_repository() -> Result<()> {
    let (mut municipality, device) =
        Municipality::like("ballerup")?.start("/skoler/skovlunde", "indskoling")?;
    let stub = municipality.pretend()?;
    stub.answer("metadata/2.root.json", 403);
    let ended = device.agent(&["once"])?;
    ensure!(ended.status.code() == Some(0), "{ended:?}");
    // Every other file that is forbidden is not there to be judged.
    stub.answer("metadata/timestamp.json", 403);
    exits(&device.agent(&["once"])?, STALE, "out of reach")
}

#[test]
fn once_says_by_its_exit_code_that_the_repository_was_refused_or_not_reached() -> Result<()> {
    let mut town = Town::new()?;
    let device = town.settled_device()?;
    let forger = town.forger()?;
    forger.stamp(|timestamp| {
        let expires = timestamp.get_mut("expires").context("it expires")?;
        *expires = json!("2020-01-01T00:00:00Z");
        Ok(())
    })?;
    exits(&device.agent(&["once"])?, STALE, "was refused")?;
    town.server().kill()?;
    exits(&device.agent(&["once"])?, STALE, "out of reach")?;
    // What is wrong on the device comes first.
    let unmanaged = device.device.managed().join("ø.json");
    fs::write(unmanaged, "{\"ForceYouTubeRestrict\": 0}")?;
    exits(&device.agent(&["once"])?, 1, "out of reach")
}

#[test]
fn online_roles_that_live_longer_than_two_weeks_are_refused() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let too_long = Timestamp::now() + SignedDuration::from_hours(15 * 24);
    town.forger()?.stamp(|timestamp| {
        let expires = timestamp.get_mut("expires").context("it expires")?;
        *expires = json!(Timestamp::from_second(too_long.as_second())?);
        Ok(())
    })?;
    exits(&device.agent(&["once"])?, STALE, "more than 14 days after")
}
