//! The verdicts beside the library's, on targets that are altered and signed again.

use fyr_fixtures::{DAY, Shelf, at, key, sign};
use serde_json::{Value, json};
use sigstore_tuf::Metadata;

use super::*;
use crate::chain::exact::exact;

/// A change of the signed part.
type Alter = fn(&mut Value);

/// A root, targets that it vouches for, and how the snapshot names them.
struct Signed {
    shelf: Shelf,
    root: Root,
    targets: Value,
    pin: MetaFile,
}

impl Signed {
    fn new() -> Self {
        crate::ring_provider::install();
        let shelf = Shelf::published("one", DAY);
        let root = &shelf.files["metadata/1.root.json"];
        let targets = &shelf.files["metadata/1.targets.json"];
        let targets: Value = serde_json::from_slice(targets).unwrap();
        Self {
            root: Metadata::<Root>::from_slice(root).unwrap().into_signed(),
            targets: targets["signed"].clone(),
            pin: serde_json::from_value(json!({ "version": 1 })).unwrap(),
            shelf,
        }
    }

    fn ours(&self, bytes: &[u8]) -> Option<Targets> {
        let written = exact(bytes, "targets").ok()?;
        Targets::open(&written, &self.pin, &self.root, at(DAY)).ok()
    }

    fn tuf_library(&self, bytes: &[u8]) -> Option<sigstore_tuf::Targets> {
        let read = Metadata::<sigstore_tuf::Targets>::from_slice(bytes).ok()?;
        let role = self.root.role(ROLE)?;
        let is_signed = read.verify_threshold(&self.root.keys, role, ROLE).is_ok();
        let read = read.into_signed();
        let is_current = read.version == self.pin.version && read.expires >= at(DAY);
        (is_signed && is_current).then_some(read)
    }

    /// Compares both on these bytes; whether they are believed.
    #[track_caller]
    fn compare(&self, bytes: &[u8]) -> bool {
        let (ours, library) = (self.ours(bytes), self.tuf_library(bytes));
        assert_eq!(ours.is_some(), library.is_some());
        let (Some(ours), Some(library)) = (ours, library) else {
            return false;
        };
        assert_eq!(
            (ours.version, ours.expires),
            (library.version, library.expires)
        );
        assert_eq!(ours.files.len(), library.targets.len());
        for (path, file) in &library.targets {
            let found = ours.file(path).unwrap();
            let digest = file.hashes.get("sha256").and_then(|hex| hex.parse().ok());
            assert_eq!((found.length, found.digest()), (file.length, digest));
        }
        assert!(ours.file("bundles/unlisted.json").is_none());
        true
    }
}

#[test]
fn targets_are_judged_as_the_tuf_library_judges_them() {
    let case = Signed::new();
    let alter: [(&str, Alter, bool); 17] = [
        ("nothing", |_| {}, true),
        ("another role", |it| it["_type"] = json!("snapshot"), false),
        (
            "no role",
            |it| drop(it.as_object_mut().unwrap().remove("_type")),
            false,
        ),
        (
            "the next TUF",
            |it| it["spec_version"] = json!("2.0.0"),
            false,
        ),
        (
            "no TUF",
            |it| drop(it.as_object_mut().unwrap().remove("spec_version")),
            false,
        ),
        ("another version", |it| it["version"] = json!(2), false),
        ("no version", |it| it["version"] = json!("1"), false),
        ("a version below 0", |it| it["version"] = json!(-1), false),
        (
            "expired",
            |it| it["expires"] = json!("2026-07-31T08:00:00Z"),
            false,
        ),
        ("never expires", |it| it["expires"] = json!("never"), false),
        (
            "no targets",
            |it| drop(it.as_object_mut().unwrap().remove("targets")),
            false,
        ),
        ("an empty list", |it| it["targets"] = json!({}), true),
        (
            "a file without hashes",
            |it| it["targets"]["x"] = json!({ "length": 1 }),
            false,
        ),
        (
            "a file without a length",
            |it| it["targets"]["x"] = json!({ "hashes": {} }),
            false,
        ),
        (
            "a file with other hashes",
            |it| it["targets"]["x"] = json!({ "length": 1, "hashes": { "sha512": "00" } }),
            true,
        ),
        (
            "a name in quotation marks and more members",
            |it| {
                let file = json!({ "length": 1, "hashes": { "sha256": "AA" }, "custom": [1] });
                it["targets"]["a\"\\b é"] = file;
                it["x-more"] = json!({ "a": [null, true, -1] });
            },
            true,
        ),
        (
            "delegations",
            |it| it["delegations"] = json!({ "keys": {}, "roles": [] }),
            true,
        ),
    ];
    for (name, alter, is_believed) in alter {
        let mut targets = case.targets.clone();
        alter(&mut targets);
        let signer = &case.shelf.authority.signers.targets[0];
        let believed = case.compare(&sign(&targets, &[signer]));
        assert_eq!(believed, is_believed, "{name}");
    }
}

#[test]
fn signatures_are_counted_as_the_tuf_library_counts_them() {
    let mut case = Signed::new();
    let signer = case.shelf.authority.signers.targets.remove(0);
    let stranger = key();
    let good = sign(&case.targets, &[&signer]);
    assert!(case.compare(&good));
    assert!(case.compare(&sign(&case.targets, &[&stranger, &signer])));
    for signers in [&[][..], &[&stranger], &[&signer, &signer]] {
        assert!(!case.compare(&sign(&case.targets, signers)));
    }
    for (member, value) in [
        ("sig", ""),
        ("sig", "00"),
        ("sig", "xy"),
        ("keyid", "other"),
    ] {
        let mut altered: Value = serde_json::from_slice(&good).unwrap();
        altered["signatures"][0][member] = json!(value);
        assert!(
            !case.compare(&serde_json::to_vec(&altered).unwrap()),
            "{member} {value}"
        );
    }
    for threshold in [0, 2] {
        case.root.roles.get_mut(ROLE).unwrap().threshold = threshold;
        assert!(!case.compare(&good), "{threshold}");
    }
}

#[test]
fn a_name_with_a_control_character_is_refused() {
    let case = Signed::new();
    let mut targets = case.targets.clone();
    targets["targets"]["a\nb"] = json!({ "length": 1, "hashes": {} });
    let signed = sign(&targets, &[&case.shelf.authority.signers.targets[0]]);
    assert!(case.tuf_library(&signed).is_some());
    assert!(case.ours(&signed).is_none());
}

#[test]
fn bytes_are_compared_with_every_digest_that_the_snapshot_names() {
    crate::ring_provider::install();
    let bytes = b"{}";
    let sha256 = crate::digest(bytes);
    let sha512 = sigstore_crypto::sha512(bytes).to_hex();
    let check = |pin: Value| check_pin(bytes, &serde_json::from_value(pin).unwrap()).is_ok();
    let zeros = "0".repeat(64);
    for (pin, fits) in [
        (json!({ "version": 1 }), true),
        (json!({ "version": 1, "length": 2 }), true),
        (json!({ "version": 1, "length": 3 }), false),
        (
            json!({ "version": 1, "hashes": { "sha256": sha256 } }),
            true,
        ),
        (
            json!({ "version": 1, "hashes": { "sha256": sha256, "sha512": sha512 } }),
            true,
        ),
        (
            json!({ "version": 1, "hashes": { "sha256": sha256, "sha512": zeros } }),
            false,
        ),
        (
            json!({ "version": 1, "hashes": { "sha256": zeros, "sha512": sha512 } }),
            false,
        ),
        (json!({ "version": 1, "hashes": { "md5": "00" } }), false),
        (json!({ "version": 1, "hashes": {} }), false),
    ] {
        assert_eq!(check(pin.clone()), fits, "{pin}");
    }
}
