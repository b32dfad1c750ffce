//! The lists that bundles close, as they are published, read back and swept.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

use fyr_schemas::CategoryId;
use fyr_schemas::bundle::{Audience, Bundle, ClosedList, FORMAT, LONGEST_LISTS};
use fyr_seal::{
    Authorities, Content, ContentError, PublicKey, Published, Repository, RepositoryError, Signers,
    SigningClock, SigningKey,
};
use jiff::Timestamp;

const NAMES: &str = "bet.example\ncasino.example\n";

#[test]
fn bundles_that_close_one_list_share_one_file() {
    let town = Town::new();
    let published = town.publish(&["a", "b"], NAMES).unwrap();
    let digest = fyr_trust::digest(NAMES.as_bytes());
    let files = town.lists();
    assert_eq!(files, [format!("{digest}.gambling.txt")]);
    let listed: Vec<_> = published.lists().into_iter().collect();
    assert_eq!(listed, [(gambling(), (digest, NAMES.len() as u64))]);
    town.repository()
        .check_list(&gambling(), &closing(NAMES))
        .unwrap();
}

#[test]
fn a_list_that_no_bundle_closes_is_not_published() {
    let town = Town::new();
    let lists = [(gambling(), NAMES.to_owned())].into();
    let content = Content::new([bundle("a", BTreeMap::new())], lists, &town.enrolment()).unwrap();
    assert!(town.write(&content).unwrap().lists().is_empty());
}

#[test]
fn a_bundle_whose_list_is_missing_or_another_is_refused_before_anything_is_written() {
    let town = Town::new();
    let refused = |closed: ClosedList, lists: &[&str]| {
        let lists = lists.iter().map(|text| (gambling(), (*text).to_owned()));
        let bundles = ["a", "b"].map(|group| bundle(group, [(gambling(), closed.clone())].into()));
        Content::new(bundles, lists.collect(), &town.enrolment()).unwrap_err()
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
    assert!(!town.directory.path().join("metadata").exists());
}

#[test]
fn a_changed_list_is_a_new_revision_and_an_unchanged_one_is_none() {
    let town = Town::new();
    town.publish(&["a"], NAMES).unwrap();
    assert_eq!(town.publish(&["a"], NAMES).unwrap().revision().0, 1);
    let changed = town.publish(&["a"], "bet.example\n").unwrap();
    assert_eq!(changed.revision().0, 2);
}

#[test]
fn the_lists_of_this_publication_and_of_the_one_before_stay_and_older_ones_go() {
    let town = Town::new();
    let texts = ["a.example\n", "b.example\n", "c.example\n"];
    for text in texts {
        town.publish(&["a"], text).unwrap();
    }
    let mut left: Vec<String> = texts[1..]
        .iter()
        .map(|text| {
            let digest = fyr_trust::digest(text.as_bytes());
            format!("{digest}.gambling.txt")
        })
        .collect();
    left.sort();
    assert_eq!(town.lists(), left);
}

#[test]
fn a_link_in_the_place_of_the_lists_leads_no_sweep_elsewhere() {
    let town = Town::new();
    town.publish(&["a"], NAMES).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let precious = elsewhere.path().join("precious");
    let lists = town.directory.path().join("targets/lists");
    fs::rename(&lists, elsewhere.path().join("lists")).unwrap();
    fs::write(&precious, "").unwrap();
    symlink(elsewhere.path(), &lists).unwrap();
    let refused = town.publish(&["a"], "bet.example\n");
    assert!(
        matches!(refused, Err(RepositoryError::Write(..))),
        "{refused:?}"
    );
    let unchanged =
        town.write(&Content::new([bundle("b", [].into())], [].into(), &town.enrolment()).unwrap());
    assert!(unchanged.is_ok(), "{unchanged:?}");
    assert!(precious.exists());
}

#[test]
fn a_published_list_that_was_changed_does_not_pass_its_check() {
    let town = Town::new();
    town.publish(&["a"], NAMES).unwrap();
    let name = town.lists().remove(0);
    let path = town.directory.path().join("targets/lists").join(name);
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

struct Town {
    directory: tempfile::TempDir,
    signers: Signers,
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
        }
    }

    fn repository(&self) -> Repository {
        Repository::at(self.directory.path())
    }

    /// Any key will do; the same one, so that nothing changes by itself.
    fn enrolment(&self) -> [PublicKey; 1] {
        [self.signers.targets.first().unwrap().public_key()]
    }

    /// Publishes groups that all close one list.
    fn publish(&self, groups: &[&str], names: &str) -> Result<Published, RepositoryError> {
        let closed: BTreeMap<_, _> = [(gambling(), closing(names))].into();
        let bundles = groups.iter().map(|group| bundle(group, closed.clone()));
        let lists = [(gambling(), names.to_owned())].into();
        self.write(&Content::new(bundles, lists, &self.enrolment()).unwrap())
    }

    fn write(&self, content: &Content) -> Result<Published, RepositoryError> {
        let of = |keys: &[SigningKey]| keys.iter().map(SigningKey::public_key).collect();
        let authorities = Authorities {
            root: of(&self.signers.root),
            targets: of(&self.signers.targets),
            snapshot: of(&self.signers.snapshot),
            timestamp: of(&self.signers.timestamp),
        };
        let now: Timestamp = "2026-08-01T08:00:00Z".parse().unwrap();
        self.repository().publish(
            content,
            &authorities,
            &self.signers,
            SigningClock::right(now),
        )
    }

    fn lists(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path().join("targets/lists")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

fn gambling() -> CategoryId {
    "gambling".parse().unwrap()
}

fn closing(names: &str) -> ClosedList {
    ClosedList {
        digest: fyr_trust::digest(names.as_bytes()),
        length: names.len() as u64,
        names: u32::try_from(names.lines().count()).unwrap(),
        except: [].into(),
    }
}

fn bundle(group: &str, closed: BTreeMap<CategoryId, ClosedList>) -> Bundle {
    let bundle: Bundle = serde_json::from_value(serde_json::json!({
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
    .unwrap();
    Bundle { closed, ..bundle }
}
