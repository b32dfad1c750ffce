//! Lists of names: fetched once, closed on the whole device, kept right, and never in force by half.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use fyr_fixtures::Replaced as _;
use fyr_schemas::bundle::Bundle;
use fyr_schemas::fleet::DeviceState;
use fyr_schemas::report::{ControlState, EventKind, FailureReason, Found, Place, RefusalReason};
use fyr_tests::municipality::Enrolled;
use fyr_tests::town::{Town, bundle};
use fyr_tests::wait;
use serde_json::{Value, json};

const GAMBLING: &str = "bet.example\ncasino.example\nexcepted.example\n";
const ADULT: &str = "adult.example\nwww.other.example\n";
const UNMANAGED: &str = "127.0.0.1 localhost\n10.0.0.7 printer\n";

/// A bundle that leaves one name of the list of gambling sites open.
fn excepting(youtube: u8) -> Result<Bundle> {
    let mut bundle = serde_json::to_value(bundle(youtube)?)?;
    let members = bundle.as_object_mut().context("a bundle has members")?;
    let (digest, except) = ("0".repeat(64), ["excepted.example"]);
    let list = json!({ "digest": digest, "length": 0, "names": 0, "except": except });
    members.insert("closed".to_owned(), json!({ "gambling": list }));
    Ok(serde_json::from_value(bundle)?)
}

/// A town that closes two lists, and a device that does.
fn closed() -> Result<(Town, Enrolled)> {
    let town = Town::new()?;
    town.publish_closing(excepting(1)?, &[("adult", ADULT), ("gambling", GAMBLING)])?;
    let device = town.device()?;
    fs::write(hosts_path(&device), UNMANAGED)?;
    device.agent(&["once"])?.success()?;
    Ok((town, device))
}

fn hosts_path(device: &Enrolled) -> PathBuf {
    device.device.root().join("etc/hosts")
}

fn hosts(device: &Enrolled) -> Result<String> {
    Ok(fs::read_to_string(hosts_path(device))?)
}

fn closes(hosts: &str, name: &str) -> bool {
    hosts.contains(&format!("0.0.0.0 {name} # fyr\n"))
}

/// The lists that a device has stored.
fn stored(device: &Enrolled) -> Result<Vec<PathBuf>> {
    let lists = device.device.root().join("var/lib/fyr/lists");
    let mut paths = Vec::new();
    for entry in fs::read_dir(lists)? {
        paths.push(entry?.path());
    }
    Ok(paths)
}

/// The file in which a town publishes a list.
fn published(town: &Town, category: &str) -> Result<PathBuf> {
    let lists = town.repository().join("targets/lists");
    let mut newest = None;
    for entry in fs::read_dir(lists)? {
        let entry = entry?;
        let name = entry.file_name();
        if name
            .to_string_lossy()
            .ends_with(&format!(".{category}.txt"))
        {
            newest = newest.max(Some((entry.metadata()?.modified()?, entry.path())));
        }
    }
    Ok(newest.context("the list is published")?.1)
}

#[test]
fn every_name_of_a_list_is_closed_but_those_that_are_excepted() -> Result<()> {
    let (town, device) = closed()?;
    let text = hosts(&device)?;
    for name in [
        "bet.example",
        "www.bet.example",
        "adult.example",
        "www.other.example",
    ] {
        ensure!(closes(&text, name), "{name} is open: {text}");
    }
    ensure!(!text.contains("excepted.example"), "{text}");
    ensure!(text.ends_with(UNMANAGED), "{text}");
    ensure!(stored(&device)?.len() == 2);

    let verified = device.agent(&["verify"])?.success()?;
    for reported in [
        "list `gambling` with 3 names",
        "list `adult` with 2 names",
        "agree with it",
    ] {
        ensure!(verified.contains(reported), "{verified}");
    }
    let words = device.agent(&["status"])?.success()?;
    ensure!(
        words.contains("2 names of `adult`, 2 names of `gambling`"),
        "{words}"
    );
    let id = device.id()?;
    town.device_that("the control over the list", |seen| {
        seen.device == id && seen.state == DeviceState::Compliant
    })?;
    Ok(())
}

#[test]
fn a_second_turn_writes_nothing_and_fetches_no_list() -> Result<()> {
    let (town, device) = closed()?;
    for category in ["adult", "gambling"] {
        fs::remove_file(published(&town, category)?)?;
    }
    let reported = device.agent(&["once"])?;
    ensure!(reported.status.success(), "{reported:?}");
    ensure!(!reported.stderr.contains("write /etc"), "{reported:?}");
    Ok(())
}

#[test]
fn publishing_a_changed_list_replaces_its_names_and_costs_that_list_alone() -> Result<()> {
    let (town, device) = closed()?;
    let lists = [
        ("adult", ADULT),
        ("gambling", "bet.example\npoker.example\n"),
    ];
    town.publish_closing(excepting(2)?, &lists)?;
    fs::remove_file(published(&town, "adult")?)?;
    device.agent(&["once"])?.success()?;
    let text = hosts(&device)?;
    ensure!(closes(&text, "poker.example"), "{text}");
    ensure!(closes(&text, "adult.example"), "{text}");
    ensure!(!text.contains("casino.example"), "{text}");
    ensure!(stored(&device)?.len() == 2, "the old list is still stored");
    Ok(())
}

#[test]
fn a_list_that_is_no_longer_closed_leaves_no_trace() -> Result<()> {
    let (town, device) = closed()?;
    town.publish(bundle(2)?)?;
    device.agent(&["once"])?.success()?;
    let text = hosts(&device)?;
    ensure!(!text.contains("0.0.0.0"), "{text}");
    ensure!(text.ends_with(UNMANAGED), "{text}");
    ensure!(stored(&device)?.is_empty());
    Ok(())
}

/// Publishes a policy with another list, spoils that list, and expects the last good policy.
#[track_caller]
fn refused(spoil: impl FnOnce(&PathBuf) -> Result<()>, reason: RefusalReason) -> Result<()> {
    let (town, device) = closed()?;
    let before = hosts(&device)?;
    town.publish_closing(excepting(2)?, &[("gambling", "bet.example\nzoo.example\n")])?;
    spoil(&published(&town, "gambling")?)?;
    let ended = device.agent(&["once"])?;
    ensure!(ended.status.code() == Some(3), "{ended:?}");
    ensure!(hosts(&device)? == before, "the hosts file changed");
    ensure!(device.device.chromium_policy("fyr.json")? == json!(bundle(1)?.chromium));
    let id = device.id()?;
    town.device_that("the refusal", |seen| {
        let mut events = seen.events.iter();
        seen.device == id && events.any(|e| e.what == EventKind::Refused { reason })
    })?;
    ensure!(
        device
            .agent(&["verify"])?
            .success()?
            .starts_with("revision 2 ")
    );
    Ok(())
}

#[test]
fn a_list_that_was_changed_on_its_way_keeps_the_whole_policy_out() -> Result<()> {
    refused(
        |list| Ok(fs::write(list, "bet.example\nzoo.exampla\n")?),
        RefusalReason::Integrity,
    )
}

#[test]
fn a_list_with_a_line_for_the_hosts_file_keeps_the_whole_policy_out() -> Result<()> {
    refused(
        |list| Ok(fs::write(list, "6.6.6.6 bank.dk\nzz.e.dk\n")?),
        RefusalReason::Integrity,
    )
}

#[test]
fn a_list_that_never_ends_keeps_the_whole_policy_out() -> Result<()> {
    refused(
        |list| Ok(fs::write(list, "bet.example\n".repeat(100_000))?),
        RefusalReason::TooLarge,
    )
}

#[test]
fn a_missing_list_keeps_the_whole_policy_out() -> Result<()> {
    refused(|list| Ok(fs::remove_file(list)?), RefusalReason::Integrity)
}

#[test]
fn a_stored_list_that_is_damaged_is_fetched_again() -> Result<()> {
    let (_town, device) = closed()?;
    for list in stored(&device)? {
        let mut text = fs::read(&list)?;
        *text.first_mut().context("a list has names")? ^= 1;
        fs::write(&list, text)?;
    }
    fs::write(hosts_path(&device), UNMANAGED)?;
    device.agent(&["once"])?.success()?;
    let text = hosts(&device)?;
    ensure!(
        closes(&text, "bet.example") && closes(&text, "adult.example"),
        "{text}"
    );
    device.agent(&["verify"])?.success()?;
    Ok(())
}

#[test]
fn while_a_damaged_list_cannot_be_fetched_the_hosts_file_stays_and_it_is_reported() -> Result<()> {
    let (mut town, device) = closed()?;
    town.server().kill()?;
    let before = hosts(&device)?;
    for list in stored(&device)? {
        fs::write(list, "6.6.6.6 bank.dk\n")?;
    }
    fs::remove_file(device.device.managed().join("fyr.json"))?;
    let ended = device.agent(&["once"])?;
    ensure!(ended.status.code() == Some(1), "{ended:?}");
    ensure!(hosts(&device)? == before, "the hosts file changed");
    ensure!(device.device.chromium_policy("fyr.json")? == json!(bundle(1)?.chromium));
    let verified = device.agent(&["verify"])?;
    ensure!(verified.status.code() == Some(1), "{verified:?}");
    let status = device.agent(&["status"])?;
    ensure!(
        status
            .stdout
            .contains("A list of names is missing or damaged"),
        "{status:?}"
    );
    Ok(())
}

#[test]
fn a_closed_name_that_is_removed_is_closed_again_at_once() -> Result<()> {
    let (town, mut device) = closed()?;
    device.run()?;
    let whole = hosts(&device)?;
    let place = Place::Hosts;
    for (number, spoilt) in [
        whole.replaced_all("0.0.0.0 bet.example # fyr\n", ""),
        whole.replaced_all("0.0.0.0 bet.example", "93.184.216.34 bet.example"),
        whole.split_inclusive('\n').take(3).collect(),
        UNMANAGED.to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let aside = device.device.root().join("other");
        fs::write(&aside, spoilt)?;
        fs::rename(aside, hosts_path(&device))?;
        wait::until("the repair", wait::LIMIT, || {
            let now = hosts(&device)?;
            Ok(closes(&now, "bet.example").then_some(()))
        })
        .with_context(|| format!("tampering {number}"))?;
    }
    ensure!(hosts(&device)?.ends_with(UNMANAGED));
    let id = device.id()?;
    town.device_that("the drift", |seen| {
        let found = Found::Changed;
        let mut events = seen.events.iter();
        seen.device == id && events.any(|e| e.what == EventKind::Drift { place, found })
    })?;
    Ok(())
}

#[test]
fn an_unmanaged_entry_that_opens_a_closed_name_is_reported_as_a_failure() -> Result<()> {
    let (town, mut device) = closed()?;
    device.run()?;
    let whole = hosts(&device)?;
    fs::write(
        hosts_path(&device),
        whole + "93.184.216.34 www.bet.example\n",
    )?;
    town.device_that("the failed control", |seen| {
        let shadowed = ControlState::Failed(FailureReason::Shadowed);
        let failing: Vec<&str> = seen
            .findings
            .iter()
            .filter(|finding| finding.state == shadowed)
            .map(|finding| finding.control.as_str())
            .collect();
        failing == ["sites.block.gambling"]
    })?;
    let status: Value = serde_json::from_str(&device.agent(&["status", "--json"])?.stdout)?;
    ensure!(
        status.to_string().contains("\"www.bet.example\""),
        "{status}"
    );
    Ok(())
}
