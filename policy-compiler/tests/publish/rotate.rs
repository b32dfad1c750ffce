//! A rotation whose writing fails.

use std::collections::BTreeSet;
use std::fs;

use fyr_seal::Role;

use super::{Office, ROLES, refused};

/// The role that signs the root that names it, and one that does not.
const REPLACED: [Role; 2] = [Role::Root, Role::Timestamp];

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
fn a_rotation_that_fails_before_its_root_puts_the_old_key_back_and_keeps_the_new_one() {
    for role in REPLACED {
        let office = Office::with_keys(&ROLES);
        assert!(office.publish().status.success());
        let old = office.halves(role);
        let obstacle = office.path("repository/metadata/.2.root.json");
        fs::create_dir(&obstacle).unwrap();
        let rotate = ["rotate", role.name(), "--repository", "repository", "--yes"];
        refused(&office.fyr(&rotate), "2.root.json");
        assert!(!office.path("repository/metadata/2.root.json").exists());
        assert_eq!(office.halves(role), old, "{role}");
        assert_eq!(office.retired().len(), 2, "{role}");

        fs::remove_dir(&obstacle).unwrap();
        let rotated = office.fyr(&rotate);
        assert!(rotated.status.success(), "{role}: {rotated:?}");
    }
}

impl Office {
    /// The private and the public half of a key.
    fn halves(&self, role: Role) -> (Vec<u8>, Vec<u8>) {
        let half = |extension: &str| fs::read(self.path(&format!("keys/{role}.{extension}")));
        (half("pem").unwrap(), half("pub").unwrap())
    }

    /// The content of every file that is set aside.
    fn retired(&self) -> BTreeSet<Vec<u8>> {
        fs::read_dir(self.path("keys/retired"))
            .unwrap()
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .collect()
    }
}
