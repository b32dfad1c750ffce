//! A power cut between any two changes that the agent makes to the disk.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use fyr_tests::binaries::Binary;
use fyr_tests::child;
use fyr_tests::municipality::Enrolled;
use fyr_tests::town::{Town, bundle};
use serde_json::{Value, json};

/// Every way in which the agent changes what a directory or a file holds. Each kind is counted
/// without help.
const CHANGES: [&str; 6] = [
    "mkdirat", "write", "fchmod", "fsync", "renameat", "unlinkat",
];
/// More changes of one kind than one turn makes.
const MOST: u32 = 200;

#[test]
fn a_power_cut_before_any_change_leaves_a_policy_whole_and_is_repaired_by_the_next_pass()
-> Result<()> {
    let town = Town::new()?;
    let template = town.settled_device()?;
    fs::remove_file(
        template
            .device
            .root()
            .join("etc/firefox/policies/policies.json"),
    )?;
    fs::write(
        template.device.root().join("etc/hosts"),
        "127.0.0.1 localhost\n",
    )?;
    town.publish_closing(bundle(2)?, &[("gambling", "bet.example\n")])?;
    let mut cuts = 0;
    for kind in CHANGES {
        for number in 1..MOST {
            let device = template.copy()?;
            let was_cut = turn_until(&device, kind, number)?;
            recovers(&device).with_context(|| format!("cut before {kind} {number}"))?;
            if !was_cut {
                break;
            }
            cuts += 1;
        }
    }
    ensure!(cuts > 30, "only {cuts} changes were cut");
    Ok(())
}

fn recovers(device: &Enrolled) -> Result<()> {
    is_whole(device)?;
    // The stored policy is believed as it stands, before anything is fetched again.
    let verified = device.agent(&["verify"])?;
    ensure!(verified.stdout.contains("is verified"), "{verified:?}");
    device.agent(&["once"])?.success()?;
    let policy = device.device.chromium_policy("fyr.json")?;
    ensure!(policy == json!(bundle(2)?.chromium), "{policy}");
    let staged = device
        .device
        .root()
        .join("etc/chromium/policies/.fyr/staged");
    ensure!(!staged.exists(), "something is left over");
    let root = device.device.root();
    let hosts = fs::read_to_string(root.join("etc/hosts"))?;
    ensure!(hosts.contains("0.0.0.0 bet.example # fyr\n"), "{hosts}");
    let lists = fs::read_dir(root.join("var/lib/fyr/lists"))?;
    ensure!(lists.count() == 1, "a list is left over");
    Ok(())
}

/// Runs one turn that is killed at its `number`th change of a kind, if it makes so many.
fn turn_until(device: &Enrolled, kind: &str, number: u32) -> Result<bool> {
    let kill = format!("inject={kind}:signal=KILL:when={number}");
    let mut line: Vec<OsString> = ["-f", "-qq", "-o", "/dev/null"].map(Into::into).into();
    line.extend(["-e".into(), format!("trace={kind}").into()]);
    line.extend(["-e".into(), kill.into(), Binary::Agent.path()?.into()]);
    line.extend(["--root".into(), device.device.root().into(), "once".into()]);
    let ended = child::run(Path::new("strace"), line)?;
    Ok(!ended.status.success())
}

/// What a browser and a resolver find is the old or the new, never a part of either.
fn is_whole(device: &Enrolled) -> Result<()> {
    let policy = device.device.chromium_policy("fyr.json")?;
    let is_either = [1, 2]
        .iter()
        .any(|level| bundle(*level).is_ok_and(|bundle| policy == json!(bundle.chromium)));
    ensure!(is_either, "{policy}");
    if let Ok(text) = fs::read(
        device
            .device
            .root()
            .join("etc/firefox/policies/policies.json"),
    ) {
        serde_json::from_slice::<Value>(&text)?;
    }
    let hosts = fs::read_to_string(device.device.root().join("etc/hosts"))?;
    ensure!(hosts.ends_with("127.0.0.1 localhost\n"), "{hosts}");
    ensure!(
        hosts.contains("# BEGIN") == hosts.contains("# END"),
        "{hosts}"
    );
    let closes = |name: &str| hosts.contains(&format!("0.0.0.0 {name} # fyr\n"));
    ensure!(
        closes("bet.example") == closes("www.bet.example"),
        "{hosts}"
    );
    Ok(())
}
