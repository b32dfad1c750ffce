//! A refresh that breaks off: what was verified before is kept, and the last good policy as well.

use fyr_schemas::report::RefusalReason;
use fyr_seal::SigningKey;
use fyr_trust::{Answer, Keep, Step, reload};
use serde_json::json;

use fyr_fixtures::{DAY, Device, NEXT_DAY, Shelf, key, refreshed};

/// A device at revision 1, its repository at revision 2 under a root that replaces the timestamp
/// key, the repository as it was, and the key that was replaced.
fn revoked() -> (Device, Shelf, Shelf, SigningKey) {
    let mut shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    let mut old = Shelf::new();
    old.files = shelf.files.clone();
    let revoked = shelf.authority.signers.timestamp.remove(0);
    shelf.authority.signers.timestamp = vec![key()];
    shelf.publish("two", NEXT_DAY);
    (device, shelf, old, revoked)
}

#[track_caller]
fn refused(device: &Device, shelf: &Shelf, reason: RefusalReason) {
    let judged = device.look(shelf, NEXT_DAY).map(drop);
    assert_eq!(judged.map_err(|e| e.reason()), Err(reason));
}

#[track_caller]
fn holds_revision(device: &Device, revision: u64) {
    let reloaded = reload(&device.state, &device.seen, &device.identity).unwrap();
    assert_eq!(reloaded.document.revision().0, revision);
}

#[test]
fn forgotten_revocation_a_root_that_is_hidden_again_still_counts() {
    let (mut device, mut shelf, mut old, revoked) = revoked();
    shelf.files.remove("metadata/timestamp.json");
    device.refresh(&shelf, NEXT_DAY).unwrap_err();
    // Root 2 is hidden, and the thief of the revoked key signs a timestamp of his own.
    old.forge("metadata/timestamp.json", &[&revoked], |signed| {
        signed["version"] = json!(9);
    });
    refused(&device, &old, RefusalReason::Signature);
    // Nor by a device that lost the stored root, or the versions.
    let mut lost = device.clone();
    lost.state.root = None;
    refused(&lost, &old, RefusalReason::Rollback);
    let mut lost = device.clone();
    lost.seen = fyr_trust::Seen::default();
    refused(&lost, &old, RefusalReason::Signature);
}

#[test]
fn forgotten_revocation_the_last_good_policy_stays_in_force_until_the_next_one_is_verified() {
    let (mut device, mut shelf, _, _) = revoked();
    let whole = shelf.files.clone();
    shelf.files.remove("metadata/timestamp.json");
    device.refresh(&shelf, NEXT_DAY).unwrap_err();
    assert_eq!(device.seen.root, 2);
    holds_revision(&device, 1);
    shelf.files = whole;
    device.refresh(&shelf, NEXT_DAY).unwrap();
    holds_revision(&device, 2);
    assert_eq!(device.state.vouching, None);
}

#[test]
fn forgotten_revocation_a_root_is_kept_before_anything_else_is_asked_for() {
    let (device, shelf, _, _) = revoked();
    let mut refresh = device.begin(NEXT_DAY);
    assert_eq!(refresh.need().path, "metadata/2.root.json");
    let answer = shelf.answer(&refresh.need());
    let Step::Keep(Keep::Trust(state, seen), next) = refresh.supply(answer).unwrap() else {
        panic!("the root is not kept at once");
    };
    assert_eq!(
        state.root.as_ref(),
        Some(&shelf.files["metadata/2.root.json"])
    );
    assert_eq!(state.document, device.state.document);
    assert_eq!(seen.root, 2);
    let Step::Needs(next) = next.unwrap() else {
        panic!("another step follows");
    };
    refresh = next;
    assert_eq!(refresh.need().path, "metadata/3.root.json");
    assert!(refresh.need().may_be_absent);
    let Step::Needs(next) = refresh.supply(Answer::NotFound).unwrap() else {
        panic!("another step follows");
    };
    assert!(!next.need().may_be_absent);
}

#[test]
fn rollback_versions_of_a_refresh_that_broke_off_still_count() {
    for hidden in ["2.snapshot.json", "2.targets.json", ".indskoling.json"] {
        let mut shelf = Shelf::published("one", DAY);
        let mut device = refreshed(&shelf, DAY);
        let old = shelf.files.clone();
        shelf.publish("two", NEXT_DAY);
        let hidden = shelf
            .files
            .keys()
            .find(|path| path.ends_with(hidden) && !old.contains_key(*path));
        let hidden = hidden.unwrap().clone();
        let file = shelf.files.remove(&hidden).unwrap();
        device.refresh(&shelf, NEXT_DAY).unwrap_err();
        let before = shelf.files.clone();
        shelf.files = old;
        refused(&device, &shelf, RefusalReason::Rollback);
        holds_revision(&device, 1);
        shelf.files = before;
        shelf.files.insert(hidden, file);
        device.refresh(&shelf, NEXT_DAY).unwrap();
        holds_revision(&device, 2);
    }
}

#[test]
fn rollback_targets_of_a_refresh_that_broke_off_still_count_under_newer_online_roles() {
    let mut shelf = Shelf::published("one", DAY);
    let mut device = refreshed(&shelf, DAY);
    let old = shelf.files["metadata/1.targets.json"].clone();
    shelf.publish("two", NEXT_DAY);
    let bundle = shelf
        .files
        .keys()
        .rfind(|path| path.ends_with(".indskoling.json"));
    let bundle = bundle.unwrap().clone();
    shelf
        .files
        .retain(|path, _| !path.ends_with(".indskoling.json"));
    device.refresh(&shelf, NEXT_DAY).unwrap_err();
    assert_eq!(device.seen.targets.as_ref().unwrap().version, 2, "{bundle}");
    // The thief of the server's keys names the older targets again.
    let listed = fyr_fixtures::listed(&old, 1);
    let (snapshot, timestamp) = (
        shelf.authority.signers.snapshot.remove(0),
        shelf.authority.signers.timestamp.remove(0),
    );
    let path = "metadata/3.snapshot.json";
    let newest = shelf.files["metadata/2.snapshot.json"].clone();
    shelf.files.insert(path.into(), newest);
    shelf.forge(path, &[&snapshot], |signed| {
        signed["version"] = json!(3);
        signed["meta"]["targets.json"] = listed;
    });
    let listed = fyr_fixtures::listed(&shelf.files[path], 3);
    shelf.forge("metadata/timestamp.json", &[&timestamp], |signed| {
        signed["version"] = json!(3);
        signed["meta"]["snapshot.json"] = listed;
    });
    refused(&device, &shelf, RefusalReason::Rollback);
}

#[test]
fn rollback_a_key_that_is_added_to_a_role_does_not_let_older_versions_in() {
    let mut shelf = Shelf::published("one", DAY);
    let old = shelf.files.clone();
    shelf.authority.signers.timestamp.push(key());
    shelf.publish("two", NEXT_DAY);
    let mut device = refreshed(&shelf, NEXT_DAY);
    assert_eq!(device.seen.root, 2);
    let before = device.seen.clone();
    shelf.authority.signers.timestamp.push(key());
    shelf.publish("three", NEXT_DAY);
    let timestamp = shelf.files["metadata/timestamp.json"].clone();
    // Root 3 adds a key; all other files are those of revision 1.
    for (path, bytes) in old {
        shelf.files.insert(path, bytes);
    }
    let judged = device.refresh(&shelf, NEXT_DAY).map(drop);
    assert_eq!(judged.map_err(|e| e.reason()), Err(RefusalReason::Rollback));
    assert_eq!(device.seen.root, 3);
    assert_eq!(device.seen.timestamp, before.timestamp);
    shelf
        .files
        .insert("metadata/timestamp.json".into(), timestamp);
    device.refresh(&shelf, NEXT_DAY).unwrap();
    holds_revision(&device, 3);
}
