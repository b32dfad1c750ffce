//! The repository directory, as it is published, renewed and read back.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

use fyr_schemas::bundle::{Audience, Bundle, FORMAT};
use fyr_seal::{
    Authorities, Change, Content, PublicKey, Repository, RepositoryError, SealError, Signers,
    SigningClock, SigningKey,
};
use fyr_trust::{Answer, Clock, EnrolmentAuthority, Floor, Refresh, TrustedState, VerifyError};
use jiff::{SignedDuration, Timestamp};

#[test]
fn what_is_published_is_read_back_as_it_was() {
    let town = Town::new();
    let published = town
        .publish(&["indskoling", "personale"], "2026-08-01T08:00:00Z")
        .unwrap();
    assert_eq!(published.revision().0, 1);
    assert_eq!(published.bundles().len(), 2);
    assert_eq!(published.enrolment_keys().keys, [town.enrolment.hex()]);
}

#[test]
fn an_unchanged_policy_keeps_its_revision_and_its_targets() {
    let town = Town::new();
    town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let again = town.publish(&["a"], "2026-08-01T09:00:00Z").unwrap();
    assert_eq!(again.revision().0, 1);
    assert!(!town.file("metadata/2.targets.json").exists());
    assert!(!town.file("metadata/2.snapshot.json").exists());
    let changed = town.publish(&["a", "b"], "2026-08-01T10:00:00Z").unwrap();
    assert_eq!(changed.revision().0, 2);
}

#[test]
fn a_file_that_is_there_already_is_not_written_again() {
    let town = Town::new();
    let published = town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let (_, digest) = published.bundles().into_iter().next().unwrap();
    let bundle = town.file(&format!("targets/bundles/{digest}.a.json"));
    let inode = || bundle.metadata().unwrap().ino();
    let before = inode();
    town.publish(&["a", "b"], "2026-08-02T08:00:00Z").unwrap();
    assert_eq!(inode(), before);
}

#[test]
fn renewing_signs_the_timestamp_every_time_and_the_snapshot_after_half_its_life() {
    let town = Town::new();
    let first = town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let hour = town.renew("2026-08-01T09:00:00Z").unwrap();
    assert!(!town.file("metadata/2.snapshot.json").exists());
    // The snapshot is the first to expire: it was signed an hour earlier.
    assert_eq!(hour.expires(), first.expires());
    let week = town.renew("2026-08-08T08:00:01Z").unwrap();
    assert!(town.file("metadata/2.snapshot.json").exists());
    assert_eq!(week.revision().0, 1);
    assert_eq!(
        week.expires(),
        at("2026-08-08T08:00:01Z") + SignedDuration::from_hours(14 * 24)
    );
}

#[test]
fn a_repository_that_nobody_renewed_for_a_month_can_be_renewed() {
    let town = Town::new();
    town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let renewed = town.renew("2026-09-01T08:00:00Z").unwrap();
    assert!(renewed.expires() > at("2026-09-01T08:00:00Z"));
}

#[test]
fn root_and_targets_are_signed_anew_60_days_before_they_expire_and_not_before() {
    let town = Town::new();
    town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    town.publish(&["a"], "2027-05-01T08:00:00Z").unwrap();
    for path in ["metadata/2.root.json", "metadata/2.targets.json"] {
        assert!(!town.file(path).exists(), "{path}");
    }
    town.publish(&["a"], "2027-06-15T08:00:00Z").unwrap();
    for path in ["metadata/2.root.json", "metadata/2.targets.json"] {
        assert!(town.file(path).exists(), "{path}");
    }
}

#[test]
fn a_replaced_key_is_named_by_a_new_root_and_signs_its_role_anew() {
    for replace in [
        (|signers| &mut signers.targets) as fn(&mut Signers) -> &mut Vec<SigningKey>,
        |signers| &mut signers.snapshot,
        |signers| &mut signers.timestamp,
    ] {
        let mut town = Town::new();
        town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
        *replace(&mut town.signers) = vec![SigningKey::generate().unwrap()];
        town.publish(&["a"], "2026-08-02T08:00:00Z").unwrap();
        assert!(town.file("metadata/2.root.json").exists());
    }
}

#[test]
fn a_root_of_three_keys_needs_two_of_them() {
    let mut town = Town::new();
    town.signers.root = (0..3).map(|_| SigningKey::generate().unwrap()).collect();
    let all = public(&town.signers.root);
    town.signers.root.truncate(1);
    let refused = town.publish_under(all.clone(), &["a"], "2026-08-01T08:00:00Z");
    assert!(
        matches!(refused, Err(RepositoryError::WouldBeRefused(_))),
        "{refused:?}"
    );
    assert!(
        !town.file("metadata").exists(),
        "a refused publication left files"
    );

    let mut town = Town::new();
    town.signers.root = (0..3).map(|_| SigningKey::generate().unwrap()).collect();
    let all = public(&town.signers.root);
    town.signers.root.truncate(2);
    town.publish_under(all, &["a"], "2026-08-01T08:00:00Z")
        .unwrap();
}

#[test]
fn without_a_root_key_an_existing_repository_is_published_and_a_new_one_is_not() {
    let mut town = Town::new();
    let root = public(&town.signers.root);
    town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    town.signers.root.clear();
    town.publish_under(root.clone(), &["a", "b"], "2026-08-02T08:00:00Z")
        .unwrap();

    let mut fresh = Town::new();
    fresh.signers.root.clear();
    let refused = fresh.publish_under(root, &["a"], "2026-08-01T08:00:00Z");
    assert!(
        matches!(
            refused,
            Err(RepositoryError::Seal(SealError::RootNeeded { .. }))
        ),
        "{refused:?}"
    );
}

#[test]
fn an_emergency_is_published_in_the_last_weeks_of_a_root_although_its_key_is_put_away() {
    let mut town = Town::new();
    let root = public(&town.signers.root);
    town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    town.signers.root.clear();
    town.publish_under(root.clone(), &["a", "b"], "2027-07-01T08:00:00Z")
        .unwrap();
    let refused = town.publish_under(root, &["a"], "2027-08-02T08:00:00Z");
    assert!(refused.is_err(), "the root has expired: {refused:?}");
}

#[test]
fn another_organisation_cannot_publish_into_a_repository() {
    let town = Town::new();
    town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let mut foreign = bundle("a");
    foreign.organisation = "elsewhere".parse().unwrap();
    let content = Content::new([foreign], BTreeMap::new(), &[town.enrolment]).unwrap();
    let refused = town.repository().publish(
        &content,
        &town.authorities(public(&town.signers.root)),
        &town.signers,
        clock("2026-08-02T08:00:00Z"),
    );
    assert!(
        matches!(
            refused,
            Err(RepositoryError::Seal(SealError::OtherOrganisation { .. }))
        ),
        "{refused:?}"
    );
}

#[test]
fn a_clock_that_went_back_a_month_still_yields_metadata_that_devices_take() {
    let town = Town::new();
    let first = town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let authority = EnrolmentAuthority {
        root: first.first_root().clone(),
    };
    let refresh = |state: &TrustedState, floor: &Floor| {
        let clock = Clock {
            system: at("2026-08-01T08:00:00Z"),
            build: Timestamp::MIN,
        };
        Refresh::begin(state, floor, &authority, clock)
            .drive(
                |need| {
                    let answer =
                        fs::read(town.file(&need.path)).map_or(Answer::NotFound, Answer::Found);
                    Ok::<_, VerifyError>(answer)
                },
                drop,
            )
            .unwrap()
    };
    let device = refresh(&TrustedState::default(), &Floor::default());
    town.publish(&["a", "b"], "2026-07-01T08:00:00Z").unwrap();
    let device = refresh(&device.state, &device.floor);
    assert_eq!(device.document.revision().0, 2);
}

#[test]
fn publishing_over_a_damaged_repository_is_refused_and_leaves_it_as_it_is() {
    let town = Town::new();
    town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let timestamp = town.file("metadata/timestamp.json");
    let damaged = fs::read_to_string(&timestamp)
        .unwrap()
        .replace("\"version\":1", "\"version\":9");
    fs::write(&timestamp, &damaged).unwrap();
    let refused = town.publish(&["a", "b"], "2026-08-02T08:00:00Z");
    assert!(
        matches!(refused, Err(RepositoryError::Broken(_))),
        "{refused:?}"
    );
    assert_eq!(fs::read_to_string(&timestamp).unwrap(), damaged);

    fs::remove_file(&timestamp).unwrap();
    let refused = town.publish(&["a"], "2026-08-02T08:00:00Z");
    assert!(
        matches!(refused, Err(RepositoryError::HalfPublished(_))),
        "{refused:?}"
    );
}

#[test]
fn a_crash_at_any_file_leaves_the_last_publication_standing_and_the_next_one_mends_it() {
    let town = Town::new();
    town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let before = tree(town.directory.path());
    town.publish(&["a", "b"], "2026-08-02T08:00:00Z").unwrap();
    let after = tree(town.directory.path());
    let written: Vec<_> = after
        .iter()
        .filter(|(path, bytes)| {
            before.get(*path) != Some(*bytes) && *path != "metadata/timestamp.json"
        })
        .collect();
    assert!(!written.is_empty());
    for crashed_after in 0..=written.len() {
        let place = tempfile::tempdir().unwrap();
        for (path, bytes) in before
            .iter()
            .chain(written.iter().take(crashed_after).copied())
        {
            let path = place.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let repository = Repository::at(place.path());
        assert_eq!(repository.published().unwrap().unwrap().revision().0, 1);
        let content = town.content(&["a", "c"]);
        let repaired = repository
            .publish(
                &content,
                &town.authorities(public(&town.signers.root)),
                &town.signers,
                clock("2026-08-03T08:00:00Z"),
            )
            .unwrap();
        assert_eq!(repaired.revision().0, 2);
    }
}

#[test]
fn what_a_file_names_is_written_before_it_and_the_timestamp_last() {
    let town = Town::new();
    let publication = fyr_seal::publish(
        None,
        &town.content(&["a"]),
        &town.authorities(public(&town.signers.root)),
        &town.signers,
        at("2026-08-01T08:00:00Z"),
    )
    .unwrap();
    let metadata: Vec<&str> = publication.files().map(|(path, _)| path).collect();
    assert_eq!(
        metadata,
        [
            "metadata/1.root.json",
            "metadata/1.targets.json",
            "metadata/1.snapshot.json",
            "metadata/timestamp.json",
        ]
    );
}

#[test]
fn publishing_and_renewing_at_the_same_time_lose_nothing() {
    let town = Town::new();
    town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for number in 0..10 {
                let group = format!("g{number}");
                town.publish(&["a", &group], "2026-08-02T08:00:00Z")
                    .unwrap();
            }
        });
        threads.spawn(|| {
            for _ in 0..10 {
                town.renew("2026-08-02T08:00:00Z").unwrap();
            }
        });
    });
    let published = town.repository().published().unwrap().unwrap();
    assert_eq!(published.revision().0, 11);
    let timestamp = fs::read_to_string(town.file("metadata/timestamp.json")).unwrap();
    assert!(timestamp.contains("\"version\":21,"), "{timestamp}");
}

#[test]
fn changes_are_told_group_by_group() {
    let town = Town::new();
    let published = town
        .publish(&["kept", "removed", "changed"], "2026-08-01T08:00:00Z")
        .unwrap();
    let mut renamed = bundle("changed");
    renamed.hosts = BTreeMap::from([(
        "www.youtube.com".parse().unwrap(),
        "216.239.38.120".parse().unwrap(),
    )]);
    let content = Content::new(
        [bundle("kept"), renamed, bundle("new")],
        BTreeMap::new(),
        &[town.enrolment],
    )
    .unwrap();
    let changes = content.changes(Some(&published));
    let told: Vec<_> = changes
        .iter()
        .map(|(group, change)| (group.as_str(), *change))
        .collect();
    assert_eq!(
        told,
        [
            ("changed", Change::Changed),
            ("kept", Change::Unchanged),
            ("new", Change::New),
            ("removed", Change::Removed),
        ]
    );
}

#[test]
fn a_link_in_the_repository_does_not_lead_the_writing_elsewhere() {
    let town = Town::new();
    town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    let staged = town.file("metadata/.timestamp.json");
    symlink(&victim, &staged).unwrap();
    town.publish(&["a", "b"], "2026-08-02T08:00:00Z").unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    let timestamp = town.file("metadata/timestamp.json");
    assert!(timestamp.symlink_metadata().unwrap().is_file());

    let metadata = elsewhere.path().join("metadata");
    fs::rename(town.file("metadata"), &metadata).unwrap();
    symlink(&metadata, town.file("metadata")).unwrap();
    let before = tree(elsewhere.path());
    let refused = town.publish(&["a", "b", "c"], "2026-08-03T08:00:00Z");
    assert!(
        matches!(refused, Err(RepositoryError::Write(..))),
        "{refused:?}"
    );
    assert_eq!(tree(elsewhere.path()), before);
}

#[test]
fn a_lock_that_is_held_is_waited_for_and_then_reported_and_is_its_owners_alone() {
    let town = Town::new();
    town.publish(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let lock = town.file(".lock");
    assert_eq!(lock.metadata().unwrap().mode() & 0o777, 0o600);
    let held = fs::File::open(&lock).unwrap();
    held.lock_shared().unwrap();
    let refused = town.renew("2026-08-01T09:00:00Z");
    assert!(
        matches!(refused, Err(RepositoryError::Locked(_))),
        "{refused:?}"
    );
    drop(held);
    town.renew("2026-08-01T09:00:00Z").unwrap();
}

struct Town {
    directory: tempfile::TempDir,
    signers: Signers,
    enrolment: PublicKey,
}

impl Town {
    fn new() -> Self {
        let key = || vec![SigningKey::generate().unwrap()];
        Self {
            directory: tempfile::tempdir().unwrap(),
            signers: Signers {
                root: key(),
                targets: key(),
                snapshot: key(),
                timestamp: key(),
            },
            enrolment: SigningKey::generate().unwrap().public_key(),
        }
    }

    fn repository(&self) -> Repository {
        Repository::at(self.directory.path())
    }

    fn file(&self, path: &str) -> std::path::PathBuf {
        self.directory.path().join(path)
    }

    fn content(&self, groups: &[&str]) -> Content {
        Content::new(
            groups.iter().map(|group| bundle(group)),
            BTreeMap::new(),
            &[self.enrolment],
        )
        .unwrap()
    }

    fn authorities(&self, root: Vec<PublicKey>) -> Authorities {
        Authorities {
            root,
            targets: public(&self.signers.targets),
            snapshot: public(&self.signers.snapshot),
            timestamp: public(&self.signers.timestamp),
        }
    }

    fn publish(&self, groups: &[&str], now: &str) -> Result<fyr_seal::Published, RepositoryError> {
        self.publish_under(public(&self.signers.root), groups, now)
    }

    fn publish_under(
        &self,
        root: Vec<PublicKey>,
        groups: &[&str],
        now: &str,
    ) -> Result<fyr_seal::Published, RepositoryError> {
        let authorities = self.authorities(root);
        self.repository().publish(
            &self.content(groups),
            &authorities,
            &self.signers,
            clock(now),
        )
    }

    fn renew(&self, now: &str) -> Result<fyr_seal::Published, RepositoryError> {
        self.repository().renew(&self.signers, clock(now))
    }
}

fn public(keys: &[SigningKey]) -> Vec<PublicKey> {
    keys.iter().map(SigningKey::public_key).collect()
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn clock(time: &str) -> SigningClock {
    SigningClock::right(at(time))
}

fn bundle(group: &str) -> Bundle {
    serde_json::from_value(serde_json::json!({
        "format": FORMAT,
        "organisation": "ballerup",
        "group": group,
        "unit": "/",
        "audience": Audience::Pupils,
        "stage": "indskoling",
        "decisions": {},
        "controls": [],
        "chromium": {},
        "firefox": {},
        "hosts": {},
    }))
    .unwrap()
}

/// Every file below a directory, by its path.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}
