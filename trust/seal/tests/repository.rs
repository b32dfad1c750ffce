//! The repository directory, as it is published, renewed and read back.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use fyr_fixtures::Replaced as _;
use fyr_fixtures::{DAY, Publication, at, bundle, public};
use fyr_seal::{
    Authorities, Change, Content, Expected, Prepared, PublicKey, Published, Repository,
    RepositoryError, SealError, Shown, Signers, SigningClock, SigningKey,
};
use fyr_trust::{Answer, Clock, EnrolmentAuthority, Refresh, Seen, TrustedState, VerifyError};
use jiff::{SignedDuration, Timestamp};
use rustix::fs::{CWD, Mode, mkfifoat};

#[test]
fn what_is_published_is_read_back_as_it_was() {
    let town = Publication::new();
    let published = town
        .publish_groups(&["indskoling", "personale"], "2026-08-01T08:00:00Z")
        .unwrap();
    assert_eq!(published.revision().0, 1);
    assert_eq!(published.bundles().len(), 2);
    assert_eq!(
        published.enrolment_keys().keys,
        [town.authority.enrolment.public_key().hex()]
    );
}

#[test]
fn what_changed_since_it_was_shown_is_not_signed_over_and_a_renewal_is_no_change() {
    let town = Publication::new();
    let shown = town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let repository = town
        .repository()
        .expecting(Expected::Shown(Shown::of(&shown)));
    let (authorities, signers) = (town.authority.authorities(), &town.authority.signers);
    let clock = SigningClock::right(at("2026-08-01T09:00:00Z"));
    town.repository().renew(signers, clock).unwrap();
    assert!(repository.published().is_ok());
    town.publish_groups(&["a", "b"], "2026-08-01T10:00:00Z")
        .unwrap();
    let refused = repository.prepare_rotation(&authorities, signers, clock);
    assert!(
        matches!(refused, Err(RepositoryError::ChangedMeanwhile(_))),
        "{refused:?}"
    );
}

#[test]
fn an_unchanged_policy_keeps_its_revision_and_its_targets() {
    let town = Publication::new();
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let again = town.publish_groups(&["a"], "2026-08-01T09:00:00Z").unwrap();
    assert_eq!(again.revision().0, 1);
    assert!(!town.file("metadata/2.targets.json").exists());
    assert!(!town.file("metadata/2.snapshot.json").exists());
    let changed = town
        .publish_groups(&["a", "b"], "2026-08-01T10:00:00Z")
        .unwrap();
    assert_eq!(changed.revision().0, 2);
}

#[test]
fn a_file_that_is_there_already_is_not_written_again() {
    let town = Publication::new();
    let published = town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let (_, digest) = published.bundles().into_iter().next().unwrap();
    let bundle = town.file(&format!("targets/bundles/{digest}.a.json"));
    let inode = || bundle.metadata().unwrap().ino();
    let before = inode();
    town.publish_groups(&["a", "b"], "2026-08-02T08:00:00Z")
        .unwrap();
    assert_eq!(inode(), before);
}

#[test]
fn renewing_signs_the_timestamp_every_time_and_the_snapshot_after_half_its_life() {
    let town = Publication::new();
    let first = town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let hour = town.renew(at("2026-08-01T09:00:00Z")).unwrap();
    assert!(!town.file("metadata/2.snapshot.json").exists());
    // The snapshot is the first to expire: it was signed an hour earlier.
    assert_eq!(hour.expires(), first.expires());
    let week = town.renew(at("2026-08-08T08:00:01Z")).unwrap();
    assert!(town.file("metadata/2.snapshot.json").exists());
    assert_eq!(week.revision().0, 1);
    assert_eq!(
        week.expires(),
        at("2026-08-08T08:00:01Z") + SignedDuration::from_hours(14 * 24)
    );
}

#[test]
fn a_repository_without_a_renewal_for_a_month_can_be_renewed() {
    let town = Publication::new();
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let renewed = town.renew(at("2026-09-01T08:00:00Z")).unwrap();
    assert!(renewed.expires() > at("2026-09-01T08:00:00Z"));
}

#[test]
fn root_and_targets_are_signed_anew_60_days_before_they_expire_and_not_before() {
    let town = Publication::new();
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    town.publish_groups(&["a"], "2027-05-01T08:00:00Z").unwrap();
    for path in ["metadata/2.root.json", "metadata/2.targets.json"] {
        assert!(!town.file(path).exists(), "{path}");
    }
    town.publish_groups(&["a"], "2027-06-15T08:00:00Z").unwrap();
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
        let mut town = Publication::new();
        town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
        *replace(&mut town.authority.signers) = vec![SigningKey::generate().unwrap()];
        town.publish_groups(&["a"], "2026-08-02T08:00:00Z").unwrap();
        assert!(town.file("metadata/2.root.json").exists());
    }
}

#[test]
fn a_root_of_three_keys_needs_two_of_them() {
    let mut town = Publication::new();
    town.authority.signers.root = (0..3).map(|_| SigningKey::generate().unwrap()).collect();
    let all = public(&town.authority.signers.root);
    town.authority.signers.root.truncate(1);
    let refused = publish_under(&town, all.clone(), &["a"], "2026-08-01T08:00:00Z");
    assert!(
        matches!(refused, Err(RepositoryError::WouldBeRefused(_))),
        "{refused:?}"
    );
    assert!(
        !town.file("metadata").exists(),
        "a refused publication left files"
    );

    let mut town = Publication::new();
    town.authority.signers.root = (0..3).map(|_| SigningKey::generate().unwrap()).collect();
    let all = public(&town.authority.signers.root);
    town.authority.signers.root.truncate(2);
    publish_under(&town, all, &["a"], "2026-08-01T08:00:00Z").unwrap();
}

#[test]
fn without_a_root_key_an_existing_repository_is_published_and_a_new_one_is_not() {
    let mut town = Publication::new();
    let root = public(&town.authority.signers.root);
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    town.authority.signers.root.clear();
    publish_under(&town, root.clone(), &["a", "b"], "2026-08-02T08:00:00Z").unwrap();

    let mut fresh = Publication::new();
    fresh.authority.signers.root.clear();
    let refused = publish_under(&fresh, root, &["a"], "2026-08-01T08:00:00Z");
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
    let mut town = Publication::new();
    let root = public(&town.authority.signers.root);
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    town.authority.signers.root.clear();
    publish_under(&town, root.clone(), &["a", "b"], "2027-07-01T08:00:00Z").unwrap();
    let refused = publish_under(&town, root, &["a"], "2027-08-02T08:00:00Z");
    assert!(refused.is_err(), "the root has expired: {refused:?}");
}

#[test]
fn another_organisation_cannot_publish_into_a_repository() {
    let town = Publication::new();
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let mut elsewhere = bundle("a");
    elsewhere.organisation = "elsewhere".parse().unwrap();
    let content = Content::new(
        [elsewhere],
        BTreeMap::new(),
        &[town.authority.enrolment.public_key()],
    )
    .unwrap();
    let refused = town.repository().publish(
        &content,
        &town.authority.authorities(),
        &town.authority.signers,
        SigningClock::right(at("2026-08-02T08:00:00Z")),
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
    let town = Publication::new();
    let first = town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let authority = EnrolmentAuthority {
        root: first.first_root().clone(),
    };
    let refresh = |state: &TrustedState, seen: &Seen| {
        let clock = Clock {
            system: at("2026-08-01T08:00:00Z"),
            build: Timestamp::MIN,
        };
        Refresh::begin(state, seen, &authority, clock)
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
    let device = refresh(&TrustedState::default(), &Seen::default());
    town.publish_groups(&["a", "b"], "2026-07-01T08:00:00Z")
        .unwrap();
    let device = refresh(&device.state, &device.seen);
    assert_eq!(device.document.revision().0, 2);
}

#[test]
fn publishing_over_a_damaged_repository_is_refused_and_leaves_it_as_it_is() {
    let town = Publication::new();
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let timestamp = town.file("metadata/timestamp.json");
    let damaged = fs::read_to_string(&timestamp)
        .unwrap()
        .replaced_all("\"version\":1", "\"version\":9");
    fs::write(&timestamp, &damaged).unwrap();
    let refused = town.publish_groups(&["a", "b"], "2026-08-02T08:00:00Z");
    assert!(
        matches!(refused, Err(RepositoryError::Broken(_))),
        "{refused:?}"
    );
    assert_eq!(fs::read_to_string(&timestamp).unwrap(), damaged);

    fs::remove_file(&timestamp).unwrap();
    let refused = town.publish_groups(&["a"], "2026-08-02T08:00:00Z");
    assert!(
        matches!(refused, Err(RepositoryError::HalfPublished(_))),
        "{refused:?}"
    );
}

#[test]
fn a_crash_at_any_file_leaves_the_last_publication_standing_and_the_next_one_repairs_it() {
    type Replaced = fn(&mut Signers) -> Vec<&mut Vec<SigningKey>>;
    let changes: [Replaced; 5] = [
        |_| Vec::new(),
        |signers| vec![&mut signers.targets],
        |signers| vec![&mut signers.snapshot],
        |signers| vec![&mut signers.timestamp],
        |signers| {
            let Signers {
                targets,
                snapshot,
                timestamp,
                ..
            } = signers;
            vec![targets, snapshot, timestamp]
        },
    ];
    for (number, replaced) in changes.into_iter().enumerate() {
        let mut town = Publication::new();
        town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
        let before = tree(&town.path());
        for keys in replaced(&mut town.authority.signers) {
            *keys = vec![SigningKey::generate().unwrap()];
        }
        town.publish_groups(&["a", "b"], "2026-08-02T08:00:00Z")
            .unwrap();
        let after = tree(&town.path());
        for broken in broken_off(&before, &after) {
            let repository = Repository::at(broken.path());
            let published = repository.published();
            let published = published.unwrap_or_else(|e| panic!("change {number}: {e:?}"));
            assert_eq!(published.unwrap().revision().0, 1);
            let repaired = repository.publish(
                &content(&town, &["a", "c"]),
                &town.authority.authorities(),
                &town.authority.signers,
                SigningClock::right(at("2026-08-03T08:00:00Z")),
            );
            let repaired = repaired.unwrap_or_else(|e| panic!("change {number}: {e:?}"));
            assert_eq!(repaired.revision().0, 2);
        }
    }
}

#[test]
fn a_change_of_keys_that_broke_off_is_completed_by_the_same_keys_and_by_newer_ones() {
    let mut town = Publication::new();
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let before = tree(&town.path());
    let old_root = town.authority.signers.root.remove(0);
    let signers = &mut town.authority.signers;
    for keys in [
        &mut signers.root,
        &mut signers.snapshot,
        &mut signers.timestamp,
    ] {
        *keys = vec![SigningKey::generate().unwrap()];
    }
    let root = public(&signers.root);
    signers.root.push(old_root);
    publish_under(&town, root.clone(), &["a"], "2026-08-02T08:00:00Z").unwrap();
    town.authority.signers.root.truncate(1);
    let after = tree(&town.path());
    let with_its_root = broken_off(&before, &after).into_iter().skip(1);
    for (number, broken) in with_its_root.enumerate() {
        let repository = Repository::at(broken.path());
        let clock = SigningClock::right(at("2026-08-03T08:00:00Z"));
        let completed = if number == 0 {
            repository.renew(&town.authority.signers, clock)
        } else {
            town.authority.signers.timestamp = vec![SigningKey::generate().unwrap()];
            let authorities = Authorities {
                root: root.clone(),
                ..town.authority.authorities()
            };
            repository
                .prepare_rotation(&authorities, &town.authority.signers, clock)
                .and_then(Prepared::write)
        };
        assert_eq!(completed.unwrap().revision().0, 1);
        assert!(broken.path().join("metadata/2.snapshot.json").exists());
    }
}

/// The states in which a publication can break off, from `before` to just before its timestamp.
fn broken_off(
    before: &BTreeMap<String, Vec<u8>>,
    after: &BTreeMap<String, Vec<u8>>,
) -> Vec<tempfile::TempDir> {
    let written: Vec<_> = after
        .iter()
        .filter(|(path, bytes)| {
            before.get(*path) != Some(*bytes) && *path != "metadata/timestamp.json"
        })
        .collect();
    assert!(!written.is_empty());
    (0..=written.len())
        .map(|crashed_after| {
            let place = tempfile::tempdir().unwrap();
            for (path, bytes) in before
                .iter()
                .chain(written.iter().take(crashed_after).copied())
            {
                let path = place.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            place
        })
        .collect()
}

#[test]
fn what_a_file_names_is_written_before_it_and_the_timestamp_last() {
    let town = Publication::new();
    let publication = fyr_seal::publish(
        None,
        &content(&town, &["a"]),
        &town.authority.authorities(),
        &town.authority.signers,
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
    let town = Publication::new();
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for number in 0..10 {
                let group = format!("g{number}");
                town.publish_groups(&["a", &group], "2026-08-02T08:00:00Z")
                    .unwrap();
            }
        });
        threads.spawn(|| {
            for _ in 0..10 {
                town.renew(at("2026-08-02T08:00:00Z")).unwrap();
            }
        });
    });
    let published = town.repository().published().unwrap().unwrap();
    assert_eq!(published.revision().0, 11);
    let timestamp = fs::read_to_string(town.file("metadata/timestamp.json")).unwrap();
    assert!(timestamp.contains("\"version\":21,"), "{timestamp}");
}

#[test]
fn changes_are_reported_group_by_group() {
    let town = Publication::new();
    let published = town
        .publish_groups(&["kept", "removed", "changed"], "2026-08-01T08:00:00Z")
        .unwrap();
    let mut renamed = bundle("changed");
    renamed.hosts = BTreeMap::from([(
        "www.youtube.com".parse().unwrap(),
        "216.239.38.120".parse().unwrap(),
    )]);
    let content = Content::new(
        [bundle("kept"), renamed, bundle("new")],
        BTreeMap::new(),
        &[town.authority.enrolment.public_key()],
    )
    .unwrap();
    let changes = content.changes(Some(&published));
    let reported: Vec<_> = changes
        .iter()
        .map(|(group, change)| (group.as_str(), *change))
        .collect();
    assert_eq!(
        reported,
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
    let town = Publication::new();
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    let staged = town.file("metadata/.timestamp.json");
    symlink(&victim, &staged).unwrap();
    town.publish_groups(&["a", "b"], "2026-08-02T08:00:00Z")
        .unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    let timestamp = town.file("metadata/timestamp.json");
    assert!(timestamp.symlink_metadata().unwrap().is_file());

    let metadata = elsewhere.path().join("metadata");
    fs::rename(town.file("metadata"), &metadata).unwrap();
    symlink(&metadata, town.file("metadata")).unwrap();
    let before = tree(elsewhere.path());
    let refused = town.publish_groups(&["a", "b", "c"], "2026-08-03T08:00:00Z");
    assert!(
        matches!(refused, Err(RepositoryError::Read(..))),
        "{refused:?}"
    );
    assert_eq!(tree(elsewhere.path()), before);
}

#[test]
fn a_pipe_in_the_place_of_the_lock_is_refused_and_nothing_waits_for_it() {
    let town = Publication::new();
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let lock = town.file(".lock");
    fs::remove_file(&lock).unwrap();
    mkfifoat(CWD, &lock, Mode::from_raw_mode(0o600)).unwrap();
    let is_refused = || {
        let refused = town.renew(at("2026-08-01T09:00:00Z"));
        matches!(refused, Err(RepositoryError::Lock(..)))
    };
    // To open a pipe without a reader would wait; one with a reader opens at once.
    assert!(is_refused());
    let reader = fs::File::options().read(true).write(true).open(&lock);
    assert!(is_refused());
    drop(reader.unwrap());
}

#[test]
fn a_lock_that_is_held_is_waited_for_and_then_reported_and_is_its_owners_alone() {
    let town = Publication::new();
    town.publish_groups(&["a"], "2026-08-01T08:00:00Z").unwrap();
    let lock = town.file(".lock");
    assert_eq!(lock.metadata().unwrap().mode() & 0o777, 0o600);
    let held = fs::File::open(&lock).unwrap();
    held.lock_shared().unwrap();
    let refused = town.renew(at("2026-08-01T09:00:00Z"));
    assert!(
        matches!(refused, Err(RepositoryError::Locked(_))),
        "{refused:?}"
    );
    drop(held);
    town.renew(at("2026-08-01T09:00:00Z")).unwrap();
}

/// Bundles that ask for nothing, one for each of `groups`.
fn content(town: &Publication, groups: &[&str]) -> Content {
    let bundles = groups.iter().map(|group| bundle(group));
    town.authority.content(bundles, BTreeMap::new()).unwrap()
}

/// Publishes where these are the root's keys, whoever signs.
fn publish_under(
    town: &Publication,
    root: Vec<PublicKey>,
    groups: &[&str],
    now: &str,
) -> Result<Published, RepositoryError> {
    let authorities = Authorities {
        root,
        ..town.authority.authorities()
    };
    let (content, signers) = (content(town, groups), &town.authority.signers);
    town.repository().publish(
        &content,
        &authorities,
        signers,
        SigningClock::right(at(now)),
    )
}

#[test]
fn what_is_published_belongs_to_the_owner_of_the_directory_and_all_can_read_it() {
    // Modes of files and directories that were there before are widened too.
    let town = Publication::new();
    town.publish_groups(&["a"], DAY).unwrap();
    let metadata = town.file("metadata");
    fs::set_permissions(&metadata, fs::Permissions::from_mode(0o700)).unwrap();
    let targets = town.file("metadata/1.targets.json");
    fs::set_permissions(&targets, fs::Permissions::from_mode(0o600)).unwrap();
    let enrolment = town.file("targets");
    let enrolment = fs::read_dir(&enrolment).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        path.extension().is_some().then_some(path)
    });
    let enrolment = enrolment.unwrap();
    fs::set_permissions(&enrolment, fs::Permissions::from_mode(0o600)).unwrap();
    town.publish_groups(&["a", "b"], DAY).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
    assert_eq!(mode(&metadata), 0o755);
    assert_eq!(mode(&enrolment), 0o644);
    assert_eq!(mode(&town.file("metadata/2.targets.json")), 0o644);
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
