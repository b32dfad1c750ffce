//! The lists that bundles close, as they are published, read back and swept.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use fyr_fixtures::{DAY, Publication, at, bundle, closing};
use fyr_schemas::CategoryId;
use fyr_schemas::bundle::{Bundle, ClosedList, LONGEST_LISTS};
use fyr_seal::{ContentError, Published, RepositoryError};

const NAMES: &str = "bet.example\ncasino.example\n";

#[test]
fn bundles_that_close_one_list_share_one_file() {
    let town = Publication::new();
    let published = publish(&town, &["a", "b"], NAMES).unwrap();
    let digest = fyr_trust::digest(NAMES.as_bytes());
    let files = lists(&town);
    assert_eq!(files, [format!("{digest}.gambling.txt")]);
    let listed: Vec<_> = published.lists().into_iter().collect();
    assert_eq!(listed, [(gambling(), (digest, NAMES.len() as u64))]);
    town.repository()
        .check_list(&gambling(), &closing(NAMES))
        .unwrap();
}

#[test]
fn a_list_that_no_bundle_closes_is_not_published() {
    let town = Publication::new();
    let lists = [(gambling(), NAMES.to_owned())].into();
    let content = town
        .authority
        .content([closing_bundle("a", BTreeMap::new())], lists)
        .unwrap();
    assert!(town.write(&content, at(DAY)).unwrap().lists().is_empty());
}

#[test]
fn a_bundle_whose_list_is_missing_or_another_is_refused_before_anything_is_written() {
    let town = Publication::new();
    let refused = |closed: ClosedList, lists: &[&str]| {
        let lists = lists.iter().map(|text| (gambling(), (*text).to_owned()));
        let bundles =
            ["a", "b"].map(|group| closing_bundle(group, [(gambling(), closed.clone())].into()));
        town.authority
            .content(bundles, lists.collect())
            .unwrap_err()
    };
    let error = refused(closing(NAMES), &[]);
    assert!(matches!(error, ContentError::NoList { .. }), "{error:?}");
    let longer = ClosedList {
        length: 99,
        ..closing(NAMES)
    };
    let fewer = ClosedList {
        names: 1,
        ..closing(NAMES)
    };
    let other = closing("bet.example\nzasino.example\n");
    for closed in [longer, fewer, other] {
        let error = refused(closed, &[NAMES]);
        assert!(matches!(error, ContentError::OtherList { .. }), "{error:?}");
    }
    let unsorted = "casino.example\nbet.example\n";
    let error = refused(closing(unsorted), &[unsorted]);
    assert!(matches!(error, ContentError::OtherList { .. }), "{error:?}");
    let endless = ClosedList {
        length: LONGEST_LISTS + 1,
        ..closing(NAMES)
    };
    let error = refused(endless, &[NAMES]);
    assert!(
        matches!(error, ContentError::ListsTooLong { .. }),
        "{error:?}"
    );
    assert!(!town.path().join("metadata").exists());
}

#[test]
fn a_changed_list_is_a_new_revision_and_an_unchanged_one_is_none() {
    let town = Publication::new();
    publish(&town, &["a"], NAMES).unwrap();
    assert_eq!(publish(&town, &["a"], NAMES).unwrap().revision().0, 1);
    let changed = publish(&town, &["a"], "bet.example\n").unwrap();
    assert_eq!(changed.revision().0, 2);
}

#[test]
fn the_lists_of_this_publication_and_of_the_one_before_stay_and_older_ones_go() {
    let town = Publication::new();
    let texts = ["a.example\n", "b.example\n", "c.example\n"];
    for text in texts {
        publish(&town, &["a"], text).unwrap();
        let old = SystemTime::now() - Duration::from_hours(48);
        for name in lists(&town) {
            let list = town.file("targets/lists").join(name);
            File::open(list).unwrap().set_modified(old).unwrap();
        }
    }
    let mut left: Vec<String> = texts[1..]
        .iter()
        .map(|text| {
            let digest = fyr_trust::digest(text.as_bytes());
            format!("{digest}.gambling.txt")
        })
        .collect();
    left.sort();
    assert_eq!(lists(&town), left);
}

#[test]
fn a_link_in_the_place_of_the_lists_leads_no_sweep_elsewhere() {
    let town = Publication::new();
    publish(&town, &["a"], NAMES).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let precious = elsewhere.path().join("precious");
    let lists = town.path().join("targets/lists");
    fs::rename(&lists, elsewhere.path().join("lists")).unwrap();
    fs::write(&precious, "").unwrap();
    symlink(elsewhere.path(), &lists).unwrap();
    let refused = publish(&town, &["a"], "bet.example\n");
    assert!(
        matches!(refused, Err(RepositoryError::Write(..))),
        "{refused:?}"
    );
    let unchanged = town.publish([bundle("b")], [].into(), at(DAY));
    assert!(unchanged.is_ok(), "{unchanged:?}");
    assert!(precious.exists());
}

#[test]
fn a_published_list_that_was_changed_does_not_pass_its_check() {
    let town = Publication::new();
    publish(&town, &["a"], NAMES).unwrap();
    let name = lists(&town).remove(0);
    let path = town.path().join("targets/lists").join(name);
    let check = || town.repository().check_list(&gambling(), &closing(NAMES));
    for damaged in ["", "bet.example\n", "bet.example\ncasino.exampla\n"] {
        fs::write(&path, damaged).unwrap();
        let refused = check();
        assert!(
            matches!(refused, Err(RepositoryError::Broken(_))),
            "{refused:?}"
        );
    }
    fs::write(&path, [NAMES, "d.example\n"].concat()).unwrap();
    assert!(check().is_err());
    fs::remove_file(&path).unwrap();
    assert!(matches!(check(), Err(RepositoryError::Read(..))));
}

/// Publishes groups that all close one list.
fn publish(town: &Publication, groups: &[&str], names: &str) -> Result<Published, RepositoryError> {
    let bundles = groups
        .iter()
        .map(|group| closing_bundle(group, [(gambling(), closing(names))].into()));
    town.publish(bundles, [(gambling(), names.to_owned())].into(), at(DAY))
}

/// The names of the published lists.
fn lists(town: &Publication) -> Vec<String> {
    let entries = fs::read_dir(town.file("targets/lists")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn gambling() -> CategoryId {
    "gambling".parse().unwrap()
}

/// A bundle that closes these lists.
fn closing_bundle(group: &str, closed: BTreeMap<CategoryId, ClosedList>) -> Bundle {
    Bundle {
        closed,
        ..bundle(group)
    }
}
