//! The agent, one turn at a time: joining, applying, telling, and what it refuses to do.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use anyhow::{Context as _, Result, ensure};
use fyr_schemas::fleet::DeviceState;
use fyr_schemas::report::{EventKind, RefusalReason};
use fyr_tests::binaries::Binary;
use fyr_tests::child;
use fyr_tests::device::Device;
use fyr_tests::municipality::Enrolled;
use fyr_tests::town::{Town, bundle};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

#[test]
fn a_device_joins_applies_and_reports() -> Result<()> {
    let town = Town::new()?;
    let device = town.device()?;
    ensure!(device.device.chromium_policy("fyr.json")? == json!({}));
    device.agent(&["once"])?.success()?;
    ensure!(device.device.chromium_policy("fyr.json")? == json!(bundle(1)?.chromium));
    let firefox = device.device.firefox_policy()?;
    ensure!(
        firefox.get("policies") == Some(&json!(bundle(1)?.firefox)),
        "{firefox}"
    );
    let id = device.id()?;
    town.device_that("the report", |seen| {
        seen.device == id && seen.revision.is_some()
    })?;
    Ok(())
}

#[test]
fn a_second_turn_changes_nothing() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let file = device.device.managed().join("fyr.json");
    let before = fs::metadata(&file)?;
    let reported = device.agent(&["once"])?;
    ensure!(!reported.stderr.contains("write /etc"), "{reported:?}");
    ensure!(
        reported.stdout == "revision 1 is in force\n",
        "{reported:?}"
    );
    ensure!(
        fs::metadata(&file)?.ino() == before.ino(),
        "the file was written again"
    );
    Ok(())
}

#[test]
fn a_device_whose_group_is_not_published_says_so_and_holds_its_last_policy() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let mut other = bundle(2)?;
    other.group = "udskoling".parse()?;
    town.publish(other)?;
    let turn = device.agent(&["once"])?;
    ensure!(turn.status.code() == Some(3), "{turn:?}");
    ensure!(
        turn.stdout == "revision 1 is in force; what the repository offers was refused\n",
        "{turn:?}"
    );
    let words = device.agent(&["status"])?.stdout;
    ensure!(
        words.contains("The published policy has no group `indskoling`"),
        "{words}"
    );
    let id = device.id()?;
    town.device_that("the refusal and its reason", |seen| {
        let refused = EventKind::Refused {
            reason: RefusalReason::NoGroup,
        };
        seen.device == id && seen.events.iter().any(|event| event.what == refused)
    })?;
    Ok(())
}

#[test]
fn a_device_that_never_had_a_policy_says_so_and_is_not_called_compliant() -> Result<()> {
    let mut town = Town::new()?;
    let device = town.device()?;
    town.server().kill()?;
    let turn = device.agent(&["once"])?;
    ensure!(turn.status.code() == Some(1), "{turn:?}");
    ensure!(
        turn.stdout == "no policy is in force on this device yet; the server is out of reach\n",
        "{turn:?}"
    );
    let status = device.agent(&["status"])?;
    ensure!(status.status.code() == Some(1), "{status:?}");
    ensure!(
        status
            .stdout
            .starts_with("No policy is in force on this device yet."),
        "{status:?}"
    );
    let verified = device.agent(&["verify"])?;
    ensure!(verified.status.code() == Some(2), "{verified:?}");
    Ok(())
}

#[test]
fn verify_says_what_would_be_written_and_writes_nothing() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let file = device.device.managed().join("fyr.json");
    fs::remove_file(&file)?;
    let verified = device.agent(&["verify"])?;
    ensure!(verified.status.code() == Some(1), "{verified:?}");
    ensure!(
        verified
            .stdout
            .contains("would write /etc/chromium/policies/managed/fyr.json, "),
        "{verified:?}"
    );
    ensure!(!file.exists(), "the file was written");
    Ok(())
}

#[test]
fn a_device_that_lost_its_memory_is_believed_again_and_does_not_stay_green() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let id = device.id()?;
    let green = town.device_that("a green device", |seen| {
        seen.device == id && seen.state == DeviceState::Compliant
    })?;
    let root = device.device.root();
    for entry in fs::read_dir(root.join("var/lib/fyr"))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("memory") {
            fs::remove_file(entry.path())?;
        }
    }
    // An unmanaged file that no name of ours sorts after.
    let unmanaged = device.device.managed().join("ø.json");
    fs::write(unmanaged, "{\"ForceYouTubeRestrict\": 0}")?;
    let ended = device.agent(&["once"])?;
    ensure!(ended.status.code() == Some(1), "{ended:?}");
    let red = town.device_that("the failure", |seen| {
        seen.device == id && seen.state == DeviceState::NonCompliant
    })?;
    ensure!(red.sequence > green.sequence, "{red:?}");
    ensure!(red.missing_reports == 0, "{red:?}");
    Ok(())
}

#[test]
fn the_status_is_printed_as_text_and_as_json() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let words = device.agent(&["status"])?.success()?;
    ensure!(
        words.starts_with("The policy is in force on this device.\n"),
        "{words}"
    );
    ensure!(
        words.contains("Firefox has no such policy"),
        "a gap is never silent: {words}"
    );
    ensure!(words.lines().count() <= 24, "more than a screen: {words}");
    let status: Value = serde_json::from_str(&device.agent(&["status", "--json"])?.success()?)?;
    ensure!(status.get("compliant") == Some(&json!(true)), "{status}");

    fs::remove_file(device.device.managed().join("fyr.json"))?;
    let red = device.agent(&["status"])?;
    ensure!(red.status.code() == Some(1), "{red:?}");
    for reported in [
        "Not in force: ",
        "youtube.level",
        "The agent is not running",
    ] {
        ensure!(red.stdout.contains(reported), "{red:?}");
    }
    Ok(())
}

#[test]
fn a_signed_time_ahead_of_the_clock_is_reported_and_the_policy_is_applied() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let tomorrow = Timestamp::now().checked_add(SignedDuration::from_hours(24))?;
    town.publish_at(bundle(2)?, tomorrow)?;
    device.agent(&["once"])?.success()?;
    ensure!(device.device.chromium_policy("fyr.json")? == json!(bundle(2)?.chromium));
    device.agent(&["once"])?.success()?;
    town.device_that("the clock to be reported", |seen| {
        seen.events
            .iter()
            .any(|event| matches!(event.what, EventKind::SignedTimeAhead { .. }))
    })?;
    Ok(())
}

/// Tries to join with a token and returns what was said.
#[track_caller]
fn turned_away(token: &str) -> Result<String> {
    let device = Device::new()?;
    let root = device.root().display().to_string();
    let ended = child::run(&Binary::Agent.path()?, ["--root", &root, "enrol", token])?;
    ensure!(ended.status.code() == Some(2), "{ended:?}");
    ensure!(
        ended.stderr.lines().count() == 1,
        "one clear error: {ended:?}"
    );
    ensure!(
        !device.root().join("var/lib/fyr/enrolment").exists(),
        "it joined"
    );
    ensure!(!device.managed().exists(), "something was written");
    Ok(ended.stderr)
}

#[test]
fn a_token_that_is_none_is_refused() -> Result<()> {
    ensure!(turned_away("hello")?.contains("not an enrolment token"));
    ensure!(turned_away("fyr1.AAAA")?.contains("damaged"));
    Ok(())
}

#[test]
fn an_expired_token_is_refused() -> Result<()> {
    let town = Town::new()?;
    let token = town.token_for("indskoling", SignedDuration::from_secs(-5))?;
    ensure!(turned_away(&token)?.contains("expired"));
    Ok(())
}

#[test]
fn a_token_whose_server_has_another_root_is_refused() -> Result<()> {
    let (town, other) = (Town::new()?, Town::new()?);
    let token = town.token_at(&other)?;
    let said = turned_away(&token)?;
    ensure!(
        said.contains("publishes another repository than the one that this token names"),
        "{said}"
    );
    Ok(())
}

#[test]
fn a_token_that_no_listed_key_signed_is_refused() -> Result<()> {
    let (town, other) = (Town::new()?, Town::new()?);
    let token = town.token_signed_by(&other)?;
    let said = turned_away(&token)?;
    ensure!(said.contains("not signed by an enrolment key"), "{said}");
    Ok(())
}

#[test]
fn a_device_joins_once() -> Result<()> {
    let town = Town::new()?;
    let device = town.device()?;
    let again = device.agent(&["enrol", &town.token()?])?;
    ensure!(again.status.code() == Some(2), "{again:?}");
    ensure!(
        again.stderr.contains("is enrolled in group `indskoling`"),
        "{again:?}"
    );
    Ok(())
}

#[test]
fn a_device_that_has_not_joined_says_so_and_touches_nothing() -> Result<()> {
    let device = Device::new()?;
    let root = device.root().display().to_string();
    for command in ["once", "run", "status", "verify"] {
        let ended = child::run(&Binary::Agent.path()?, ["--root", &root, command])?;
        ensure!(ended.status.code() == Some(2), "{ended:?}");
        ensure!(ended.stderr.contains("fyr-agent enrol TOKEN"), "{ended:?}");
    }
    ensure!(!device.managed().exists());
    ensure!(!device.root().join("var").exists());
    Ok(())
}

#[test]
fn browsers_are_found_by_their_binaries_where_nothing_is_declared() -> Result<()> {
    let town = Town::new()?;
    let device = Device::new()?;
    fs::remove_file(device.root().join("etc/fyr/device.json"))?;
    fs::create_dir_all(device.root().join("opt/google/chrome"))?;
    fs::write(device.root().join("opt/google/chrome/chrome"), "")?;
    let device = Enrolled::join(device, &town.token()?)?;
    device.agent(&["once"])?.success()?;
    let etc = device.device.root().join("etc");
    let chrome = etc.join("opt/chrome/policies/managed/fyr.json");
    let policy: Value = serde_json::from_slice(&fs::read(chrome)?)?;
    ensure!(policy == json!(bundle(1)?.chromium));
    ensure!(!device.device.managed().exists(), "Chromium is not there");
    ensure!(
        !etc.join("firefox/policies").exists(),
        "Firefox is not there"
    );
    Ok(())
}

#[test]
fn a_declaration_that_cannot_be_read_is_reported_and_the_known_browsers_stay() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let declaration = device.device.root().join("etc/fyr/device.json");
    fs::write(declaration, "{\"browsers\": [\"netscape\"]}")?;
    let status = device.agent(&["status"])?;
    ensure!(status.status.code() == Some(2), "{status:?}");
    ensure!(
        status.stderr.contains("does not declare browsers"),
        "{status:?}"
    );
    Ok(())
}

#[test]
fn verify_believes_nothing_that_was_changed_on_disk() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let verified = device.agent(&["verify"])?.success()?;
    ensure!(
        verified.starts_with("revision 1 for group `indskoling`"),
        "{verified}"
    );
    let state = device.device.root().join("var/lib/fyr");
    for copy in ["trust", "trust.twin"] {
        let path = state.join(copy);
        let mut bytes = fs::read(&path)?;
        let last = bytes.last_mut().context("a stored policy")?;
        *last ^= 1;
        fs::write(&path, bytes)?;
    }
    let refused = device.agent(&["verify"])?;
    ensure!(refused.status.code() == Some(2), "{refused:?}");
    Ok(())
}
