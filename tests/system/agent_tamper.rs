//! Every change to a managed file is undone at once, and the fleet sees what it was.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use fyr_schemas::report::{EventKind, Found, Place, Product};
use fyr_tests::device::Device;
use fyr_tests::town::{Town, bundle};
use fyr_tests::wait;
use serde_json::{Value, json};

const CHROMIUM: Place = Place::Chromium(Product::Chromium);
const FIREFOX: Place = Place::Firefox(Product::Firefox);
/// 2000-01-01, the one time that every file of ours in a Chromium directory carries.
const FIXED_TIME: i64 = 946_684_800;

/// Tampers with a settled device and waits until it holds its policy again and said so.
fn check(
    place: Place,
    found: Found,
    tamper: impl FnOnce(&Device) -> Result<()>,
    after: impl FnOnce(&Device) -> Result<()>,
) -> Result<()> {
    let town = Town::new()?;
    let running = town.running_device()?;
    let device = &running.device;
    tamper(device)?;
    town.device_that("the drift and its repair", |seen| {
        let reported = |what: &EventKind| seen.events.iter().any(|event| event.what == *what);
        let repaired = |what: &EventKind| {
            matches!(what, EventKind::Repaired { place: repaired, .. } if *repaired == place)
        };
        reported(&EventKind::Drift { place, found })
            && seen.events.iter().any(|event| repaired(&event.what))
    })?;
    let status = running.agent(&["verify"])?.success()?;
    ensure!(status.ends_with("agree with it\n"), "{status}");
    let effective: Value = in_force(&device.managed())?;
    ensure!(effective == json!(bundle(1)?.chromium), "{effective}");
    after(device)
}

/// What a Chromium browser makes of a directory: the file that sorts last wins.
fn in_force(managed: &Path) -> Result<Value> {
    let mut files: Vec<_> = fs::read_dir(managed)?.collect::<Result<_, _>>()?;
    files.retain(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    files.sort_by_key(fs::DirEntry::file_name);
    let mut effective = serde_json::Map::new();
    for file in files {
        effective.extend(serde_json::from_slice::<serde_json::Map<String, Value>>(
            &fs::read(file.path())?,
        )?);
    }
    Ok(Value::Object(effective))
}

fn fyr_json(device: &Device) -> std::path::PathBuf {
    device.managed().join("fyr.json")
}

/// Puts one thing in another's place in one step, so that the agent never sees neither.
fn swap(one: &Path, other: &Path) -> Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[test]
fn a_changed_file_is_restored_with_its_mode_and_its_time() -> Result<()> {
    check(
        CHROMIUM,
        Found::Changed,
        |device| {
            let aside = device.root().join("other");
            fs::write(&aside, "{\"ForceYouTubeRestrict\": 0}")?;
            Ok(fs::rename(aside, fyr_json(device))?)
        },
        |device| {
            let metadata = fs::metadata(fyr_json(device))?;
            ensure!(metadata.permissions().mode() & 0o7777 == 0o644);
            ensure!((metadata.mtime(), metadata.mtime_nsec()) == (FIXED_TIME, 0));
            Ok(())
        },
    )
}

#[test]
fn a_deleted_file_is_written_again() -> Result<()> {
    let tamper = |device: &Device| Ok(fs::remove_file(fyr_json(device))?);
    check(CHROMIUM, Found::Missing, tamper, |_| Ok(()))
}

#[test]
fn a_truncated_file_is_written_again() -> Result<()> {
    let tamper = |device: &Device| {
        let file = fs::File::options().write(true).open(fyr_json(device))?;
        Ok(file.set_len(20)?)
    };
    check(CHROMIUM, Found::Truncated, tamper, |_| Ok(()))
}

#[test]
fn a_file_that_only_its_owner_may_read_is_readable_again() -> Result<()> {
    let tamper = |device: &Device| {
        Ok(fs::set_permissions(
            fyr_json(device),
            fs::Permissions::from_mode(0o600),
        )?)
    };
    check(CHROMIUM, Found::Metadata, tamper, |_| Ok(()))
}

#[test]
fn a_symbolic_link_is_replaced_and_its_target_is_left_alone() -> Result<()> {
    check(
        CHROMIUM,
        Found::Symlink,
        |device| {
            let victim = device.root().join("victim");
            fs::write(&victim, "{}")?;
            let link = device.root().join("link");
            symlink(victim, &link)?;
            Ok(fs::rename(link, fyr_json(device))?)
        },
        |device| {
            ensure!(fs::read(device.root().join("victim"))? == b"{}");
            ensure!(fs::symlink_metadata(fyr_json(device))?.is_file());
            Ok(())
        },
    )
}

#[test]
fn a_directory_in_the_files_place_is_set_aside_with_what_it_holds() -> Result<()> {
    check(
        CHROMIUM,
        Found::NotAFile,
        |device| {
            let directory = device.root().join("directory");
            fs::create_dir(&directory)?;
            fs::write(directory.join("somebodys"), "file")?;
            swap(&directory, &fyr_json(device))
        },
        |device| {
            let aside = device.managed().join("fyr.json.fyr-aside-0/somebodys");
            ensure!(fs::read(aside)? == b"file");
            Ok(())
        },
    )
}

#[test]
fn a_removed_directory_comes_back_with_its_policy() -> Result<()> {
    // In one step: the agent restores files faster than they can be removed one by one.
    let tamper = |device: &Device| {
        let policies = device.root().join("etc/chromium/policies");
        Ok(fs::rename(policies, device.root().join("gone"))?)
    };
    check(CHROMIUM, Found::Missing, tamper, |_| Ok(()))
}

#[test]
fn a_directory_that_became_a_link_is_a_directory_again() -> Result<()> {
    check(
        CHROMIUM,
        Found::Symlink,
        |device| {
            let elsewhere = device.root().join("elsewhere");
            fs::create_dir(&elsewhere)?;
            let link = device.root().join("link");
            symlink(&elsewhere, &link)?;
            swap(&link, &device.managed())
        },
        |device| {
            let elsewhere = fs::read_dir(device.root().join("elsewhere"))?;
            ensure!(
                elsewhere.count() == 0,
                "something was written through the link"
            );
            Ok(())
        },
    )
}

#[test]
fn an_unmanaged_file_that_would_win_is_outranked_and_left_alone() -> Result<()> {
    const UNMANAGED: &str = "{\"ForceYouTubeRestrict\": 0}";
    check(
        CHROMIUM,
        Found::Shadowed,
        |device| {
            let unmanaged = device.root().join("unmanaged");
            fs::write(&unmanaged, UNMANAGED)?;
            Ok(fs::rename(unmanaged, device.managed().join("zz.json"))?)
        },
        |device| {
            ensure!(fs::read_to_string(device.managed().join("zz.json"))? == UNMANAGED);
            ensure!(!fyr_json(device).exists(), "two files of ours");
            device.chromium_policy("~fyr.json").map(drop)
        },
    )
}

#[test]
fn when_the_unmanaged_file_goes_the_plain_name_comes_back() -> Result<()> {
    let town = Town::new()?;
    let running = town.running_device()?;
    let device = &running.device;
    let unmanaged = device.managed().join("zz.json");
    let outranking = device.managed().join("~fyr.json");
    fs::write(&unmanaged, "{\"ForceYouTubeRestrict\": 0}")?;
    wait::until("the outranking name", wait::LIMIT, || {
        Ok(outranking.exists().then_some(()))
    })?;
    fs::remove_file(&unmanaged)?;
    wait::until("the plain name alone", wait::LIMIT, || {
        Ok((fyr_json(device).exists() && !outranking.exists()).then_some(()))
    })
}

#[test]
fn an_unmanaged_file_that_nothing_outranks_is_reported_as_a_failure() -> Result<()> {
    let town = Town::new()?;
    let running = town.running_device()?;
    fs::write(
        running.device.managed().join("ø\u{202e}\u{1b}[2J\nx.json"),
        "{\"ForceYouTubeRestrict\": 0}",
    )?;
    town.device_that("the failed control", |seen| {
        seen.findings.iter().any(|finding| {
            use fyr_schemas::report::{ControlState, FailureReason};
            finding.control.as_str() == "youtube.level"
                && finding.state == ControlState::Failed(FailureReason::Shadowed)
        })
    })?;
    let status = running.agent(&["status"])?;
    ensure!(status.status.code() == Some(1), "{status:?}");
    let words: Vec<&str> = status.stdout.split_whitespace().collect();
    let words = words.join(" ");
    ensure!(
        words.contains("in /etc/chromium/policies/managed overrides `fyr.json`")
            && words.contains("Remove `ø\\u{202e}\\u{1b}[2J\\u{a}x.json`."),
        "{status:?}"
    );
    // The name is the pupil's, and the terminal is the administrator's.
    let steers = |letter: char| letter == '\u{202e}' || (letter.is_control() && letter != '\n');
    ensure!(!status.stdout.contains(steers), "{status:?}");
    Ok(())
}

#[test]
fn firefox_policy_is_restored_and_unmanaged_policy_in_it_stays() -> Result<()> {
    check(
        FIREFOX,
        Found::Changed,
        |device| {
            let unmanaged = json!({"policies": {
                "DisablePrivateBrowsing": false, "Homepage": {"URL": "https://x.example"},
            }});
            let aside = device.root().join("other");
            fs::write(&aside, unmanaged.to_string())?;
            let file = device.root().join("etc/firefox/policies/policies.json");
            Ok(fs::rename(aside, file)?)
        },
        |device| {
            let policy = device.firefox_policy()?;
            let held = policy.get("policies").context("policies")?;
            ensure!(
                held.get("DisablePrivateBrowsing") == Some(&json!(true)),
                "{policy}"
            );
            ensure!(held.get("Homepage").is_some(), "{policy}");
            Ok(())
        },
    )
}

#[test]
fn our_hosts_lines_come_back_and_unmanaged_lines_stay() -> Result<()> {
    check(
        Place::Hosts,
        Found::Missing,
        |device| {
            let aside = device.root().join("other");
            fs::write(&aside, "127.0.0.1 localhost\n")?;
            Ok(fs::rename(aside, device.root().join("etc/hosts"))?)
        },
        |device| {
            let hosts = fs::read_to_string(device.root().join("etc/hosts"))?;
            ensure!(hosts.contains("216.239.38.120 www.youtube.com"), "{hosts}");
            ensure!(hosts.ends_with("127.0.0.1 localhost\n"), "{hosts}");
            Ok(())
        },
    )
}

#[test]
fn a_hosts_file_that_is_written_in_place_keeps_its_lines() -> Result<()> {
    let town = Town::new()?;
    let running = town.running_device()?;
    let path = running.device.root().join("etc/hosts");
    // As an editor does: it empties the file, and writes it a moment later.
    let mut file = fs::File::create(&path)?;
    let moment = std::time::Duration::from_millis(30);
    wait::throughout("the agent waits for the writer", moment, || {
        Ok(fs::metadata(&path)?.len() == 0)
    })?;
    file.write_all(b"127.0.0.1 localhost\n")?;
    drop(file);
    wait::until("our lines beside the writer's", wait::LIMIT, || {
        let hosts = fs::read_to_string(&path)?;
        ensure!(hosts.ends_with("127.0.0.1 localhost\n"), "{hosts}");
        Ok(hosts
            .contains("216.239.38.120 www.youtube.com")
            .then_some(()))
    })
}

#[test]
fn what_a_power_cut_left_in_the_staging_directory_is_swept() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let staged = device
        .device
        .root()
        .join("etc/chromium/policies/.fyr/staged");
    fs::write(&staged, "{\"half\": ")?;
    device.agent(&["once"])?.success()?;
    ensure!(!staged.exists(), "the left-over is still there");
    Ok(())
}

#[test]
fn a_policy_that_is_repealed_leaves_no_trace() -> Result<()> {
    let town = Town::new()?;
    let device = town.settled_device()?;
    let mut repealed = bundle(1)?;
    repealed.controls.clear();
    repealed.chromium.clear();
    repealed.firefox.clear();
    repealed.hosts.clear();
    town.publish(repealed)?;
    device.agent(&["once"])?.success()?;
    let device = &device.device;
    ensure!(device.chromium_policy("fyr.json")? == json!({}));
    ensure!(
        !device
            .root()
            .join("etc/firefox/policies/policies.json")
            .exists()
    );
    ensure!(!device.root().join("etc/hosts").exists());
    Ok(())
}
