//! A signer's clock that jumped, and the key that is replaced to repair what it signed.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output, Stdio};

use fyr_seal::Role;
use fyr_trust::{
    Answer, Clock, EnrolmentAuthority, Need, Refresh, Seen, TrustedState, VerifyError,
};
use jiff::{SignedDuration, Timestamp};

use super::{Office, ROLES, refused, reported, stderr};

#[test]
fn a_clock_that_jumped_publishes_nothing_unless_a_person_says_that_it_is_right() {
    let office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    let timestamp = || fs::read(office.path("repository/metadata/timestamp.json")).unwrap();
    let before = timestamp();
    let policy = office.changed_policy();
    let publish = ["publish", &policy, "--repository", "repository", "--yes"];
    for (offset, side) in [("+180d", " days earlier"), ("-30d", " days later")] {
        let jumped = office.fyr_at(offset, &publish);
        refused(&jumped, "no program keeps this clock synchronised");
        reported(&jumped, side);
        reported(&jumped, "`timedatectl`");
        assert_eq!(timestamp(), before, "{offset}: something was signed");
    }
    let ahead = office.fyr_at("+10d", &publish);
    assert!(ahead.status.success(), "{ahead:?}");
    let sure = [&publish[..], &["--clock-is-right"]].concat();
    let said = office.fyr_at("+180d", &sure);
    assert!(said.status.success(), "{said:?}");
    assert_ne!(timestamp(), before);
}

#[test]
fn a_new_timestamp_key_repairs_what_a_wrong_clock_signed() {
    let office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    let policy = office.policy.clone();
    let publish = ["publish", &policy, "--repository", "repository", "--yes"];
    let sure = [&publish[..], &["--clock-is-right"]].concat();
    assert!(office.fyr_at("+180d", &sure).status.success());
    let now = Timestamp::now();
    let month = SignedDuration::from_hours(30 * 24);
    let wrong = office.refresh(&TrustedState::default(), &Seen::default(), now);
    let (state, seen) = wrong.unwrap();
    assert!(seen.issued.unwrap().duration_since(now) > month);

    let again = office.fyr(&sure);
    reported(&again, "repair this with `fyr rotate timestamp`");
    let rotate = ["rotate", "timestamp", "--repository", "repository", "--yes"];
    let rotated = office.fyr(&[&rotate[..], &["--clock-is-right"]].concat());
    assert!(rotated.status.success(), "{rotated:?}");
    reported(&rotated, "copy `timestamp.pem` to the online keys");

    let (_, seen) = office.refresh(&state, &seen, now).unwrap();
    let issued = seen.issued.unwrap();
    assert!(issued.duration_since(now).abs() < month, "{issued}");
    assert!(
        office.publish().status.success(),
        "the new key does not publish"
    );
}

#[test]
fn every_key_that_the_root_names_can_be_replaced_and_the_old_one_no_longer_counts() {
    let office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    for role in [Role::Snapshot, Role::Timestamp, Role::Targets, Role::Root] {
        let before = office.published().role_keys(role);
        let rotated = office.fyr(&["rotate", role.name(), "--repository", "repository", "--yes"]);
        assert!(rotated.status.success(), "{role}: {rotated:?}");
        let after = office.published().role_keys(role);
        assert_eq!(after.len(), 1);
        assert!(before.is_disjoint(&after), "{role}");
    }
    let retired: BTreeSet<String> = fs::read_dir(office.path("keys/retired"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(retired.len(), 8, "{retired:?}");
    let published = office.publish();
    assert!(published.status.success(), "{published:?}");
    assert!(!stderr(&published).contains(" key "), "{published:?}");
}

#[test]
fn a_key_that_cannot_be_replaced_stays_as_it_was() {
    let office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    let public = || fs::read(office.path("keys/timestamp.pub")).unwrap();
    let before = public();
    fs::rename(office.path("keys/root.pem"), office.path("root.pem")).unwrap();
    let rotate = ["rotate", "timestamp", "--repository", "repository", "--yes"];
    refused(&office.fyr(&rotate), "no root key is at hand");
    assert_eq!(public(), before);
    assert!(office.publish().status.success());
    let enrolment = ["rotate", "enrolment", "--repository", "repository", "--yes"];
    refused(&office.fyr(&enrolment), "`fyr key new enrolment`");
}

impl Office {
    /// Runs a subcommand on a machine whose clock is off by `offset`, and whose kernel says nothing of its clock, unlike the kernel here.
    fn fyr_at(&self, offset: &str, arguments: &[&str]) -> Output {
        Command::new("strace")
            .args(["-f", "--seccomp-bpf", "-qq", "-o", "/dev/null"])
            .args(["-e", "trace=adjtimex,clock_adjtime"])
            .args(["-e", "inject=adjtimex,clock_adjtime:error=EPERM"])
            .args(["faketime", "-f", offset, env!("CARGO_BIN_EXE_fyr")])
            .args(arguments)
            .args(["--keys", "keys", "--passphrase-file", "passphrase"])
            .current_dir(self.place.path())
            .env_remove("CREDENTIALS_DIRECTORY")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// What a device keeps that refreshes from the repository.
    fn refresh(
        &self,
        state: &TrustedState,
        seen: &Seen,
        now: Timestamp,
    ) -> Result<(TrustedState, Seen), VerifyError> {
        let authority = EnrolmentAuthority {
            root: self.published().first_root().clone(),
        };
        let clock = Clock {
            system: now,
            build: Timestamp::MIN,
        };
        let fetch = |need: &Need| -> Result<Answer, VerifyError> {
            let path = self.path("repository").join(&need.path);
            Ok(fs::read(path).map_or(Answer::NotFound, Answer::Found))
        };
        let refreshed = Refresh::begin(state, seen, &authority, clock).drive(fetch, drop)?;
        Ok((refreshed.state, refreshed.seen))
    }
}
