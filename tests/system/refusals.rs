//! A compromised server: the device refuses what it offers, keeps its last good policy and says why.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fyr_schemas::Revision;
use fyr_schemas::report::{EventKind, RefusalReason};
use fyr_tests::municipality::{Enrolled, Municipality};
use serde_json::{Value, json};

/// A device with revision 1 in force, whose server has been captured since.
struct Captured {
    municipality: Municipality,
    device: Enrolled,
    before: Value,
}

#[test]
fn a_flipped_byte_in_a_bundle_is_refused() -> Result<()> {
    let captured = Captured::new()?;
    captured.municipality.close("flipped.example")?;
    captured.municipality.publish()?;
    for bundle in files(&captured.municipality.repository().join("targets/bundles"))? {
        flip(&bundle, "flipped.example")?;
    }
    captured.refused(RefusalReason::Integrity)
}

#[test]
fn a_flipped_byte_in_the_timestamp_is_refused() -> Result<()> {
    let captured = Captured::new()?;
    captured.municipality.close("flipped.example")?;
    captured.municipality.publish()?;
    flip(&timestamp(&captured.municipality), "expires\":\"2")?;
    captured.refused(RefusalReason::Signature)
}

#[test]
fn an_older_version_is_refused() -> Result<()> {
    let mut captured = Captured::new()?;
    let timestamp = timestamp(&captured.municipality);
    let old = fs::read(&timestamp)?;
    captured.municipality.close("newer.example")?;
    captured.municipality.publish()?;
    captured.device.agent(&["once"])?.success()?;
    captured.before = captured.device.device.chromium_policy("fyr.json")?;
    assert!(captured.before.to_string().contains("newer.example"));

    fs::write(&timestamp, old)?;
    captured.refused(RefusalReason::Rollback)
}

#[test]
fn an_expired_timestamp_is_refused() -> Result<()> {
    let captured = Captured::new()?;
    let expired = |timestamp: &mut Value| {
        let expires = timestamp.get_mut("expires").context("it expires")?;
        *expires = json!("2020-01-01T00:00:00Z");
        Ok(())
    };
    captured.municipality.forger()?.stamp(expired)?;
    captured.refused(RefusalReason::Expired)
}

#[test]
fn a_bundle_of_another_group_is_refused() -> Result<()> {
    let captured = Captured::new()?;
    captured.list_bundle_with("group", "personale-of-elsewhere")?;
    captured.refused(RefusalReason::WrongGroup)
}

#[test]
fn a_bundle_of_another_organisation_is_refused() -> Result<()> {
    let captured = Captured::new()?;
    captured.list_bundle_with("organisation", "elsewhere")?;
    captured.refused(RefusalReason::WrongOrganisation)
}

#[test]
fn the_repository_of_another_organisation_is_refused() -> Result<()> {
    let captured = Captured::new()?;
    let elsewhere = Municipality::like("malmo")?;
    elsewhere.publish()?;
    let here = captured.municipality.repository();
    for theirs in files(&elsewhere.repository())? {
        let place = here.join(theirs.strip_prefix(elsewhere.repository())?);
        fs::create_dir_all(place.parent().context("a file has a directory")?)?;
        fs::copy(&theirs, place)?;
    }
    captured.refused(RefusalReason::Signature)
}

#[test]
fn after_a_refusal_the_next_good_revision_is_taken() -> Result<()> {
    let captured = Captured::new()?;
    captured.list_bundle_with("organisation", "elsewhere")?;
    captured.device.agent(&["once"])?;

    captured.municipality.close("good.example")?;
    captured.municipality.publish()?;
    captured.device.agent(&["once"])?.success()?;
    let after = captured.device.device.chromium_policy("fyr.json")?;
    assert!(after.to_string().contains("good.example"));
    Ok(())
}

impl Captured {
    fn new() -> Result<Self> {
        let (municipality, device) =
            Municipality::like("ballerup")?.start("/skoler/skovlunde", "indskoling")?;
        device.agent(&["once"])?.success()?;
        let before = device.device.chromium_policy("fyr.json")?;
        Ok(Self {
            municipality,
            device,
            before,
        })
    }

    /// Signs, with the municipality's own keys, a bundle for the device's group that says it is
    /// another organisation's.
    fn list_bundle_with(&self, member: &str, value: &str) -> Result<()> {
        let group = self
            .municipality
            .bundle("/skoler/skovlunde", "indskoling")?
            .group;
        self.municipality
            .forger()?
            .list_bundle(group.as_str(), |bundle| {
                if let Some(member) = bundle.get_mut(member) {
                    *member = value.into();
                }
            })
    }

    /// Lets the agent look once more: nothing changes on the device, and the fleet says why.
    fn refused(&self, reason: RefusalReason) -> Result<()> {
        self.device.agent(&["once"])?;
        assert_eq!(self.device.device.chromium_policy("fyr.json")?, self.before);
        let reported = EventKind::Refused { reason };
        let device = self.municipality.device_that("the refusal", |device| {
            device.events.iter().any(|event| event.what == reported)
        })?;
        assert!(
            device
                .revision
                .is_some_and(|revision| revision > Revision(0))
        );
        Ok(())
    }
}

fn timestamp(municipality: &Municipality) -> PathBuf {
    municipality.repository().join("metadata/timestamp.json")
}

/// Changes one bit of the byte after `mark`, which must be there to be found.
fn flip(path: &Path, mark: &str) -> Result<()> {
    let mut bytes = fs::read(path)?;
    let found = bytes
        .windows(mark.len())
        .position(|at| at == mark.as_bytes());
    if let Some(byte) = found.and_then(|at| bytes.get_mut(at + mark.len())) {
        *byte ^= 1;
        fs::write(path, bytes)?;
    }
    Ok(())
}

fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = walkdir::WalkDir::new(directory).into_iter();
    let files = entries.filter(|entry| {
        entry
            .as_ref()
            .is_ok_and(|entry| entry.file_type().is_file())
    });
    Ok(files
        .map(|entry| entry.map(walkdir::DirEntry::into_path))
        .collect::<Result<_, _>>()?)
}
