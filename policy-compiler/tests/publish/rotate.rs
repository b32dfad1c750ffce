//! A rotation whose writing fails.

use std::collections::BTreeSet;
use std::fs;

use fyr_seal::{KeyDirectory, Role};

use super::{Office, ROLES, refused, reported};

/// The role that signs the root that names it, and one that does not.
const REPLACED: [Role; 2] = [Role::Root, Role::Timestamp];

#[test]
fn every_key_that_a_rotation_would_sign_is_shown_before() {
    let office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    office.make_key("targets-mallory");
    let asked = office.fyr(&["rotate", "timestamp", "--repository", "repository"]);
    refused(&asked, "there is no terminal to ask on");
    reported(&asked, "  targets key added: targets-mallory (");
    reported(&asked, "  timestamp key added: timestamp (");
    reported(&asked, "  timestamp key removed: ");
    assert!(!office.path("repository/metadata/2.root.json").exists());
}

#[test]
fn a_rotation_that_fails_after_its_root_keeps_both_keys_and_the_same_command_completes_it() {
    for role in REPLACED {
        let office = Office::with_keys(&ROLES);
        assert!(office.publish().status.success());
        let (old_private, old_public) = office.halves(role);

        // No file can be staged in the place of a directory.
        let obstacle = office.path("repository/metadata/.timestamp.json");
        fs::create_dir(&obstacle).unwrap();
        let rotate = ["rotate", role.name(), "--repository", "repository", "--yes"];
        let broken = office.fyr(&rotate);
        refused(&broken, "run the same command again, or `fyr publish`");
        assert!(office.path("repository/metadata/2.root.json").exists());
        let (new_private, new_public) = office.halves(role);
        assert_ne!(new_private, old_private, "{role}");
        assert_ne!(new_public, old_public, "{role}");
        assert!(office.retired().contains(&old_private), "{role}");
        assert!(office.retired().contains(&old_public), "{role}");

        fs::remove_dir(&obstacle).unwrap();
        let completed = office.fyr(&rotate);
        assert!(completed.status.success(), "{role}: {completed:?}");
        assert_eq!(office.published().role_keys(role).len(), 1);
        let published = office.publish();
        assert!(published.status.success(), "{role}: {published:?}");
    }
}

#[test]
fn a_rotation_that_fails_after_its_root_is_completed_by_publishing() {
    for role in REPLACED {
        let office = Office::with_keys(&ROLES);
        assert!(office.publish().status.success());
        let obstacle = office.path("repository/metadata/.timestamp.json");
        fs::create_dir(&obstacle).unwrap();
        let rotate = ["rotate", role.name(), "--repository", "repository", "--yes"];
        refused(&office.fyr(&rotate), "is not complete");
        fs::remove_dir(&obstacle).unwrap();
        let published = office.publish();
        assert!(published.status.success(), "{role}: {published:?}");
        assert!(!office.path("repository/metadata/3.root.json").exists());
    }
}

#[test]
fn a_rotation_that_fails_before_its_root_keeps_both_keys_and_is_completed_with_the_same_one() {
    for role in REPLACED {
        for publishes in [false, true] {
            let office = Office::with_keys(&ROLES);
            assert!(office.publish().status.success());
            let (old_private, old_public) = office.halves(role);
            let obstacle = office.path("repository/metadata/.2.root.json");
            fs::create_dir(&obstacle).unwrap();
            let rotate = ["rotate", role.name(), "--repository", "repository", "--yes"];
            let broken = office.fyr(&rotate);
            refused(&broken, "2.root.json");
            refused(&broken, "run the same command again, or `fyr publish`");
            assert!(!office.path("repository/metadata/2.root.json").exists());
            let new = office.halves(role);
            assert_ne!(new.0, old_private, "{role}");
            assert_eq!(office.retired(), [old_private, old_public].into(), "{role}");

            fs::remove_dir(&obstacle).unwrap();
            let completed = if publishes {
                office.publish()
            } else {
                office.fyr(&rotate)
            };
            assert!(completed.status.success(), "{role}: {completed:?}");
            // A third key would contradict a root that the server may have kept for itself.
            assert_eq!(office.halves(role), new, "{role}");
            assert_eq!(
                office.published().role_keys(role),
                [office.key(role)].into()
            );
        }
    }
}

#[test]
fn a_rotation_that_ends_between_its_key_and_its_root_is_completed() {
    for role in REPLACED {
        let office = Office::with_keys(&ROLES);
        assert!(office.publish().status.success());
        office.replace_by_hand(role);
        let rotate = ["rotate", role.name(), "--repository", "repository", "--yes"];
        let completed = office.fyr(&rotate);
        assert!(completed.status.success(), "{role}: {completed:?}");
        assert_eq!(
            office.published().role_keys(role),
            [office.key(role)].into()
        );
        // The retired key counts no longer.
        let again = office.fyr(&rotate);
        assert!(again.status.success(), "{role}: {again:?}");
        assert!(office.publish().status.success());
    }
}

#[test]
fn a_rotation_that_ends_between_two_renames_of_its_key_is_completed() {
    for (role, command) in [(Role::Root, "rotate"), (Role::Timestamp, "publish")] {
        for renames in 1..=4 {
            let office = Office::with_keys(&ROLES);
            assert!(office.publish().status.success());
            let (old_private, old_public) = office.halves(role);
            let new = office.rename_by_hand(role, renames);
            let completed = if command == "publish" {
                office.publish()
            } else {
                office.fyr(&["rotate", role.name(), "--repository", "repository", "--yes"])
            };
            assert!(completed.status.success(), "{renames}: {completed:?}");
            assert!(office.halves(role) == new, "{role}: {renames}");
            assert_eq!(office.retired(), [old_private, old_public].into(), "{role}");
            assert_eq!(
                office.published().role_keys(role),
                [office.key(role)].into()
            );
        }
    }
}

#[test]
fn a_rotation_that_ends_before_its_first_rename_is_not_completed_later() {
    let office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    let unused = office.rename_by_hand(Role::Timestamp, 0);
    let rotate = ["rotate", "timestamp", "--repository", "repository", "--yes"];
    let rotated = office.fyr(&rotate);
    assert!(rotated.status.success(), "{rotated:?}");
    let new = office.halves(Role::Timestamp);
    assert_ne!(new, unused);
    assert!(office.publish().status.success());
    assert_eq!(office.halves(Role::Timestamp), new);
}

#[test]
fn no_key_is_made_in_the_place_of_one_whose_replacement_broke_off() {
    let office = Office::with_keys(&ROLES);
    let new = office.rename_by_hand(Role::Timestamp, 2);
    let made = office.fyr(&["key", "new", "timestamp"]);
    refused(&made, "exists and is not overwritten");
    assert_eq!(office.halves(Role::Timestamp), new);
}

#[test]
fn a_rotation_that_cannot_be_signed_touches_no_key() {
    let office = Office::with_keys(&ROLES);
    assert!(office.publish().status.success());
    let old = office.halves(Role::Timestamp);
    fs::rename(office.path("keys/root.pem"), office.path("root.pem")).unwrap();
    let rotate = ["rotate", "timestamp", "--repository", "repository", "--yes"];
    refused(&office.fyr(&rotate), "no root key is at hand");
    assert_eq!(office.halves(Role::Timestamp), old);
    assert!(!office.path("keys/retired").exists());

    fs::rename(office.path("root.pem"), office.path("keys/root.pem")).unwrap();
    let rotated = office.fyr(&rotate);
    assert!(rotated.status.success(), "{rotated:?}");
}

impl Office {
    /// The private and the public half of a key.
    fn halves(&self, role: Role) -> (Vec<u8>, Vec<u8>) {
        let half = |extension: &str| fs::read(self.path(&format!("keys/{role}.{extension}")));
        (half("pem").unwrap(), half("pub").unwrap())
    }

    /// The public half of a key, in hex.
    fn key(&self, role: Role) -> String {
        let keys = KeyDirectory::at(self.path("keys")).public_keys().unwrap();
        let (_, key) = keys.iter().find(|(name, _)| name.role() == role).unwrap();
        key.hex()
    }

    /// Leaves the keys as they are when a rotation ends before it writes into the repository.
    fn replace_by_hand(&self, role: Role) {
        fs::create_dir(self.path("keys/retired")).unwrap();
        for extension in ["pem", "pub"] {
            let aside = format!("keys/retired/{role}-before-00000000.{extension}");
            fs::rename(
                self.path(&format!("keys/{role}.{extension}")),
                self.path(&aside),
            )
            .unwrap();
        }
        self.make_key(role.name());
    }

    /// Leaves the keys as they are when a rotation ends after so many of its renames, and returns the
    /// halves of the new key.
    fn rename_by_hand(&self, role: Role, renames: usize) -> (Vec<u8>, Vec<u8>) {
        fs::create_dir(self.path("keys/retired")).unwrap();
        let place = |extension: &str| self.path(&format!("keys/{role}.{extension}"));
        let aside = |kind: &str, extension: &str| {
            self.path(&format!("keys/retired/{role}-{kind}-0000000a.{extension}"))
        };
        let swap = |from: &str, to: &str| {
            for extension in ["pem", "pub"] {
                fs::rename(place(extension), aside(from, extension)).unwrap();
                if !to.is_empty() {
                    fs::rename(aside(to, extension), place(extension)).unwrap();
                }
            }
        };
        swap("before", "");
        self.make_key(role.name());
        let new = self.halves(role);
        swap("unused", "before");
        let moves = [
            (place("pem"), aside("before", "pem")),
            (place("pub"), aside("before", "pub")),
            (aside("unused", "pub"), place("pub")),
            (aside("unused", "pem"), place("pem")),
        ];
        for (from, to) in moves.iter().take(renames) {
            fs::rename(from, to).unwrap();
        }
        new
    }

    /// The content of every file that is set aside.
    fn retired(&self) -> BTreeSet<Vec<u8>> {
        fs::read_dir(self.path("keys/retired"))
            .unwrap()
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .collect()
    }
}
