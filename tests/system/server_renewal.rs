//! The server keeps a policy believable without being able to change it.

use std::path::Path;

use anyhow::{Context, Result};
use fyr_seal::{Published, Repository};
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
    let state = tempfile::tempdir()?;
    let online = ["--online-keys", &keys, "--passphrase-file", &passphrase];
    let server = Server::start(state.path(), &school.repository(), &online)?;
    let mut hints = server.events("/api/v1/hints")?;
    assert_eq!(hints.next("revision")?, "1");

    let after = wait::until("the renewal", wait::LIMIT, || {
        let now = published(&school.repository())?;
        Ok((now.expires() > before.expires()).then_some(now))
    })?;
    assert_eq!(after.revision(), before.revision());
    assert_eq!(after.bundles(), before.bundles());

    // A renewal is no news: the next hint is the next revision's.
    school.publish(2)?;
    assert_eq!(hints.next("revision")?, "2");
    Ok(())
}

#[test]
fn a_repository_that_was_tampered_with_changes_nothing_the_server_tells() -> Result<()> {
    let school = School::new()?;
    school.publish(1)?;
    let state = tempfile::tempdir()?;
    let server = Server::start(state.path(), &school.repository(), &[])?;
    let path = school.repository().join("metadata/timestamp.json");
    let text = std::fs::read_to_string(&path)?;
    std::fs::write(&path, text.replace("\"version\":", "\"version\": 9"))?;
    wait::until("the server to complain", wait::LIMIT, || {
        let complained = server.log().contains("the repository cannot be read");
        Ok(complained.then_some(()))
    })?;
    let fleet = server.json("/api/v1/fleet")?;
    assert_eq!(fleet.get("revision"), Some(&1.into()));
    assert_eq!(fleet.get("organisation"), Some(&"ballerup".into()));
    Ok(())
}
