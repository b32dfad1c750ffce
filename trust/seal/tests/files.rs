//! Which files a repository holds, and which it refuses to read.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use fyr_fixtures::{DAY, Publication, at};
use fyr_seal::{Published, RepositoryError, SigningClock};
use rustix::fs::{CWD, Mode, mkfifoat};

/// Publishes another group on each of four days; every file is old enough to be removed by then.
fn four_publications(town: &Publication) -> Vec<Published> {
    let days = ["2026-08-01", "2026-08-02", "2026-08-03", "2026-08-04"];
    let groups: [&[&str]; 4] = [&["a"], &["b"], &["c"], &["d"]];
    let publish = |(day, groups): (&&str, &[&str])| {
        let published = town.publish_groups(groups, &format!("{day}T08:00:00Z"));
        age(&town.path());
        published.unwrap()
    };
    days.iter().zip(groups).map(publish).collect()
}

#[test]
fn what_the_last_two_publications_name_stays_with_every_root_and_older_files_go() {
    let town = Publication::new();
    let published = four_publications(&town);
    let bundles: Vec<String> = published[2..]
        .iter()
        .flat_map(Published::bundles)
        .map(|(group, digest)| format!("{digest}.{group}.json"))
        .collect();
    assert_eq!(names(&town.file("targets/bundles")), sorted(bundles));
    let metadata = [
        "1.root.json",
        "3.snapshot.json",
        "3.targets.json",
        "4.snapshot.json",
        "4.targets.json",
        "timestamp.json",
    ];
    assert_eq!(names(&town.file("metadata")), metadata);
    // The keys whose tokens count are the same in all four.
    let in_targets = names(&town.file("targets"));
    assert_eq!(in_targets.len(), 2, "{in_targets:?}");
    assert_eq!(
        town.repository().published().unwrap().unwrap().revision().0,
        4
    );
}

#[test]
fn a_file_of_the_last_day_stays_though_no_publication_names_it() {
    let town = Publication::new();
    four_publications(&town);
    // Written, and not named by a timestamp yet: by a program that does not hold this lock.
    let (bundle, targets) = ("targets/bundles/0.e.json", "metadata/5.targets.json");
    for path in [bundle, targets] {
        fs::write(town.file(path), "{}").unwrap();
    }
    town.publish_groups(&["e"], "2026-08-05T08:00:00Z").unwrap();
    assert!(town.file(bundle).exists());
    age(&town.path());
    town.publish_groups(&["f"], "2026-08-06T08:00:00Z").unwrap();
    assert!(!town.file(bundle).exists());
}

#[test]
fn a_file_stays_for_a_day_after_the_last_publication_that_named_it() {
    let town = Publication::new();
    let published = town.publish_groups(&["a"], "2026-07-01T08:00:00Z").unwrap();
    let (_, digest) = published.bundles().into_iter().next().unwrap();
    let old = [
        format!("targets/bundles/{digest}.a.json"),
        "metadata/1.targets.json".to_owned(),
        "metadata/1.snapshot.json".to_owned(),
        "metadata/2.snapshot.json".to_owned(),
    ];
    let are_there = || old.clone().map(|path| town.file(&path).exists());
    // It is in force for long, and its snapshot is renewed shortly before it is replaced.
    town.renew(at("2026-07-20T08:00:00Z")).unwrap();
    age(&town.path());
    town.renew(at("2026-08-10T08:00:00Z")).unwrap();
    town.publish_groups(&["b"], "2026-08-10T08:00:10Z").unwrap();
    town.publish_groups(&["c"], "2026-08-10T08:00:20Z").unwrap();
    assert_eq!(are_there(), [true, true, false, true]);
    age(&town.path());
    town.publish_groups(&["d"], "2026-08-11T09:00:00Z").unwrap();
    assert_eq!(are_there(), [false; 4]);
}

#[test]
fn a_link_in_the_place_of_a_directory_is_not_followed_and_one_to_the_repository_is() {
    let town = Publication::new();
    let published = town.publish_groups(&["a"], DAY).unwrap();
    let outside = tempfile::tempdir().unwrap();
    let link = outside.path().join("repository");
    symlink(town.path(), &link).unwrap();
    let through = || fyr_seal::Repository::at(&link).published();
    assert_eq!(through().unwrap().unwrap().revision(), published.revision());
    for directory in ["targets/bundles", "targets", "metadata"] {
        let moved = outside.path().join(directory.replace('/', "-"));
        fs::rename(town.file(directory), &moved).unwrap();
        symlink(&moved, town.file(directory)).unwrap();
        assert!(rotate(&town).is_err(), "{directory}");
        fs::remove_file(town.file(directory)).unwrap();
        fs::rename(&moved, town.file(directory)).unwrap();
    }
    rotate(&town).unwrap();
}

/// Makes every file below a directory two days old.
fn age(directory: &Path) {
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(48);
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            age(&path);
        } else {
            File::open(path).unwrap().set_modified(old).unwrap();
        }
    }
}

#[test]
fn a_link_or_a_pipe_in_the_place_of_a_file_is_refused_and_waits_for_none() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    fs::write(&secret, "precious").unwrap();
    let place_pipe = |place: &Path| mkfifoat(CWD, place, Mode::from_raw_mode(0o644)).unwrap();
    let place_link = |place: &Path| symlink(&secret, place).unwrap();
    let place_endless = |place: &Path| symlink("/dev/zero", place).unwrap();
    let placings: [&dyn Fn(&Path); 3] = [&place_pipe, &place_link, &place_endless];
    for place in placings {
        let town = Publication::new();
        let published = town.publish_groups(&["a"], DAY).unwrap();
        let (_, digest) = published.bundles().into_iter().next().unwrap();
        let bundle = town.file(&format!("targets/bundles/{digest}.a.json"));
        fs::remove_file(&bundle).unwrap();
        place(&bundle);
        let refused = rotate(&town);
        assert!(
            matches!(&refused, Err(RepositoryError::WouldBeRefused(cause)) if matches!(**cause, RepositoryError::Read(..))),
            "{refused:?}"
        );

        let root = town.file("metadata/1.root.json");
        fs::remove_file(&root).unwrap();
        place(&root);
        let refused = town.repository().published();
        assert!(
            matches!(refused, Err(RepositoryError::Read(..))),
            "{refused:?}"
        );
    }
}

#[test]
fn a_file_longer_than_a_device_takes_is_not_read_to_its_end() {
    let town = Publication::new();
    let published = town.publish_groups(&["a"], DAY).unwrap();
    let (_, digest) = published.bundles().into_iter().next().unwrap();
    let bundle = town.file(&format!("targets/bundles/{digest}.a.json"));
    // Its length is in its inode alone; to read it whole would take all memory.
    File::create(&bundle).unwrap().set_len(1 << 40).unwrap();
    let refused = rotate(&town);
    assert!(
        matches!(refused, Err(RepositoryError::WouldBeRefused(_))),
        "{refused:?}"
    );
}

/// Signs what is published under the same keys again, which reads every bundle.
fn rotate(town: &Publication) -> Result<Published, RepositoryError> {
    let (authorities, signers) = (town.authority.authorities(), &town.authority.signers);
    let clock = SigningClock::right(at(DAY));
    let repository = town.repository();
    repository
        .prepare_rotation(&authorities, signers, clock)?
        .write()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    sorted(
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect(),
    )
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
