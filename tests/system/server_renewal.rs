//! The server keeps a policy believable without being able to change it.

use std::path::Path;

use anyhow::{Context, Result};
use fyr_fixtures::Replaced as _;
use fyr_seal::{KeyDirectory, Passphrase, Published, Repository, Role, Signers, SigningClock};
use fyr_tests::hosted::Hosted;
use fyr_tests::school::School;
use fyr_tests::server::Server;
use fyr_tests::wait;
use jiff::{SignedDuration, Timestamp};

fn published(repository: &Path) -> Result<Published> {
    Repository::at(repository)
        .published()?
        .context("something is published")
}

#[test]
fn a_server_with_the_online_keys_renews_the_metadata_and_nothing_else() -> Result<()> {
    let school = School::new()?;
    let days_ago = Timestamp::now().checked_sub(SignedDuration::from_hours(24 * 10))?;
    school.publish_at(1, days_ago)?;
    let before = published(&school.repository())?;
    let (keys, passphrase) = school.online_keys()?;
    let (keys, passphrase) = (keys.display().to_string(), passphrase.display().to_string());
    let online = ["--online-keys", &keys, "--passphrase-file", &passphrase];
    let hosted = Hosted::of(school, &online)?;
    let mut hints = hosted.events("/api/v1/hints")?;
    assert_eq!(hints.next("revision")?, "1");

    let after = wait::until("the renewal", wait::LIMIT, || {
        let now = published(&hosted.school.repository())?;
        Ok((now.expires() > before.expires()).then_some(now))
    })?;
    assert_eq!(after.revision(), before.revision());
    assert_eq!(after.bundles(), before.bundles());

    // A renewal is no news: the next hint is the next revision's.
    hosted.school.publish(2)?;
    assert_eq!(hints.next("revision")?, "2");
    Ok(())
}

#[test]
fn a_repository_that_was_tampered_with_changes_nothing_the_server_tells() -> Result<()> {
    let hosted = Hosted::open(&[])?;
    let path = hosted.school.repository().join("metadata/timestamp.json");
    let text = std::fs::read_to_string(&path)?;
    std::fs::write(&path, text.replaced_all("\"version\":", "\"version\": 9"))?;
    wait::until("the server to complain", wait::LIMIT, || {
        let complained = hosted.log().contains("the repository cannot be read");
        Ok(complained.then_some(()))
    })?;
    let fleet = hosted.json("/api/v1/fleet")?;
    assert_eq!(fleet.get("revision"), Some(&1.into()));
    assert_eq!(fleet.get("organisation"), Some(&"ballerup".into()));
    Ok(())
}

#[test]
fn a_hint_is_sent_before_the_bundles_of_the_new_revision_are_read() -> Result<()> {
    let school = School::new()?;
    school.publish(1)?;
    let (state, place) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let offered = place.path().join("repository");
    copy(&school.repository(), &offered)?;
    let server = Server::start(state.path(), &offered, &[])?;
    let mut hints = server.events("/api/v1/hints")?;
    assert_eq!(hints.next("revision")?, "1");

    // The new metadata arrives, and no bundle of it yet.
    school.publish(2)?;
    for name in ["2.targets.json", "2.snapshot.json", "timestamp.json"] {
        let (from, to) = (
            school.repository().join("metadata"),
            offered.join("metadata"),
        );
        std::fs::copy(from.join(name), to.join(".arriving"))?;
        std::fs::rename(to.join(".arriving"), to.join(name))?;
    }
    assert_eq!(hints.next("revision")?, "2");
    let revision = || -> Result<_> { Ok(server.json("/api/v1/fleet")?.get("revision").cloned()) };
    assert_eq!(revision()?, Some(1.into()), "a page without its bundles");

    copy(&school.repository(), &offered)?;
    wait::until("the bundles to be read", wait::LIMIT, || {
        Ok((revision()? == Some(2.into())).then_some(()))
    })
}

#[test]
fn a_renewal_reads_no_bundle_again() -> Result<()> {
    let hosted = Hosted::open(&[])?;
    std::fs::remove_dir_all(hosted.school.repository().join("targets/bundles"))?;

    let (keys, passphrase) = hosted.school.online_keys()?;
    let passphrase = Passphrase::from_file(&passphrase)?;
    let keys = KeyDirectory::at(keys);
    let open = |role: Role| keys.unlock(&role.into(), &passphrase);
    let signers = Signers {
        snapshot: vec![open(Role::Snapshot)?],
        timestamp: vec![open(Role::Timestamp)?],
        ..Signers::default()
    };
    let now = SigningClock::right(Timestamp::now());
    Repository::at(hosted.school.repository()).renew(&signers, now)?;
    wait::until("the renewal to be read", wait::LIMIT, || {
        let log = hosted.log();
        anyhow::ensure!(!log.contains("cannot be read"), "{log}");
        Ok((log.matches("publication read").count() == 2).then_some(()))
    })
}

#[test]
fn a_server_that_cannot_renew_says_so_in_its_log_on_its_page_and_as_a_metric() -> Result<()> {
    let school = School::new()?;
    school.publish(1)?;
    let (keys, passphrase) = school.online_keys()?;
    // A key that the root does not name: as after a rotation.
    let other = School::new()?;
    let (other_keys, _) = other.online_keys()?;
    for half in ["timestamp.pem", "timestamp.pub"] {
        std::fs::copy(other_keys.join(half), keys.join(half))?;
    }
    let (keys, passphrase) = (keys.display().to_string(), passphrase.display().to_string());
    let online = ["--online-keys", &keys, "--passphrase-file", &passphrase];
    let hosted = Hosted::of(school, &online)?;
    wait::until("the page to say so", wait::LIMIT, || {
        let page = hosted.get("/")?.text();
        Ok(page
            .contains("This server cannot renew the metadata")
            .then_some(()))
    })?;
    wait::until("the log to say so", wait::LIMIT, || {
        let log = hosted.log();
        Ok(log.contains("metadata not renewed").then_some(()))
    })?;
    let metrics = hosted.get("/metrics")?.text();
    assert!(metrics.contains("renewal_failing 1"), "{metrics}");
    let health = hosted.get("/healthz")?;
    assert_eq!(health.status, 503, "{health:?}");
    assert_eq!(health.text(), "the metadata cannot be renewed\n");
    Ok(())
}

#[test]
fn a_probe_reports_a_repository_that_cannot_be_read_until_it_can() -> Result<()> {
    let hosted = Hosted::open(&[])?;
    let answers = |status: u16, text: &str| {
        wait::until(text, wait::LIMIT, || {
            let health = hosted.get("/healthz")?;
            Ok((health.status == status && health.text() == text).then_some(()))
        })
    };
    answers(200, "ok\n")?;
    let path = hosted.school.repository().join("metadata/timestamp.json");
    let sound = std::fs::read_to_string(&path)?;
    std::fs::write(&path, sound.replaced_all("\"version\":", "\"version\": 9"))?;
    answers(503, "the repository cannot be read\n")?;
    std::fs::write(&path, &sound)?;
    answers(200, "ok\n")?;
    std::fs::remove_file(&path)?;
    answers(503, "the repository cannot be read\n")
}

/// Copies what is below a directory into another; what is there is replaced.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
