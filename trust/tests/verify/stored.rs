//! What can become of the files that a device stored: nothing of it lets anything older in,
//! and what can be fetched again is.

use fyr_schemas::report::RefusalReason;
use fyr_trust::seen::{Slot, newest};
use fyr_trust::{Seen, TrustedState, reload};

use fyr_fixtures::{DAY, Device, NEXT_DAY, Shelf, refreshed};

/// A device at revision 2, and the repository as it was at revision 1.
fn ahead_of_its_repository() -> (Device, Shelf) {
    let mut shelf = Shelf::published("one", DAY);
    let old = shelf.files.clone();
    shelf.publish("two", NEXT_DAY);
    let device = refreshed(&shelf, NEXT_DAY);
    shelf.files = old;
    (device, shelf)
}

type Slots = [fn(&mut TrustedState) -> &mut Option<Vec<u8>>; 5];

const STORED: Slots = [
    |state| &mut state.root,
    |state| &mut state.timestamp,
    |state| &mut state.snapshot,
    |state| &mut state.targets,
    |state| &mut state.document,
];

#[test]
fn truncated_state_lets_no_older_repository_in() {
    let (device, old) = ahead_of_its_repository();
    for stored in STORED {
        let length = stored(&mut device.state.clone()).as_ref().unwrap().len();
        for kept in (0..length).step_by(7) {
            let mut damaged = device.clone();
            stored(&mut damaged.state).as_mut().unwrap().truncate(kept);
            let error = damaged.look(&old, NEXT_DAY).unwrap_err();
            assert_eq!(error.reason(), RefusalReason::Rollback, "{error}");
        }
    }
}

#[test]
fn missing_state_lets_no_older_repository_in() {
    let (mut device, old) = ahead_of_its_repository();
    device.state = TrustedState::default();
    let error = device.look(&old, NEXT_DAY).unwrap_err();
    assert_eq!(error.reason(), RefusalReason::Rollback);
}

#[test]
fn older_state_put_back_by_hand_lets_no_older_repository_in_and_is_not_reloaded() {
    let mut shelf = Shelf::published("one", DAY);
    let before = refreshed(&shelf, DAY);
    let old = shelf.files.clone();
    shelf.publish("two", NEXT_DAY);
    let mut device = before.clone();
    device.refresh(&shelf, NEXT_DAY).unwrap();
    device.state = before.state;
    shelf.files = old;
    let error = device.look(&shelf, NEXT_DAY).unwrap_err();
    assert_eq!(error.reason(), RefusalReason::Rollback);
    let error = reload(&device.state, &device.seen, &device.identity).unwrap_err();
    assert_eq!(error.reason(), RefusalReason::Rollback);
}

#[test]
fn lost_versions_are_stood_in_for_by_stored_metadata_even_when_that_has_expired() {
    let (mut device, mut old) = ahead_of_its_repository();
    device.seen = Seen::default();
    let error = device.look(&old, NEXT_DAY).unwrap_err();
    assert_eq!(error.reason(), RefusalReason::Rollback);
    // Two months later both have expired; a thief of the online keys signs the old one anew.
    let timestamp = old.authority.signers.timestamp.remove(0);
    old.forge("metadata/timestamp.json", &[&timestamp], |signed| {
        signed["expires"] = serde_json::json!("2027-01-01T00:00:00Z");
    });
    let error = device.look(&old, "2026-10-01T08:00:00Z").unwrap_err();
    assert_eq!(error.reason(), RefusalReason::Rollback);
}

#[test]
fn damaged_state_is_fetched_again_and_ends_as_it_was() {
    let mut shelf = Shelf::published("one", DAY);
    shelf.publish("two", NEXT_DAY);
    let device = refreshed(&shelf, NEXT_DAY);
    for stored in STORED {
        for damage in [
            None,
            Some(Vec::new()),
            Some(b"{}".to_vec()),
            Some(vec![0xff; 999]),
        ] {
            let mut damaged = device.clone();
            *stored(&mut damaged.state) = damage;
            damaged.refresh(&shelf, NEXT_DAY).unwrap();
            assert_eq!(damaged.state, device.state);
            assert_eq!(damaged.seen, device.seen);
        }
    }
}

#[test]
fn a_lost_root_is_found_again_from_the_first_one_and_not_below_the_version_seen() {
    let mut shelf = Shelf::published("one", DAY);
    let old = shelf.files.clone();
    shelf.authority.signers.targets = vec![fyr_fixtures::key()];
    shelf.publish("two", NEXT_DAY);
    let mut device = refreshed(&shelf, NEXT_DAY);
    assert_eq!(device.seen.root, 2);
    device.state.root = None;
    assert_eq!(device.look(&shelf, NEXT_DAY).unwrap().seen.root, 2);
    shelf.files = old;
    let error = device.look(&shelf, NEXT_DAY).unwrap_err();
    assert_eq!(error.reason(), RefusalReason::Rollback);
}

#[test]
fn what_was_believed_is_reloaded_without_a_network_long_after_it_expired() {
    let shelf = Shelf::published("one", DAY);
    let mut device = shelf.device();
    let refreshed = device.refresh(&shelf, DAY).unwrap();
    let reloaded = reload(&device.state, &device.seen, &device.identity).unwrap();
    assert_eq!(reloaded.document, refreshed.document);
    assert_eq!(reloaded.expires, refreshed.expires);
}

#[test]
fn damaged_state_is_not_reloaded() {
    let shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    for stored in STORED {
        let length = stored(&mut device.state.clone()).as_ref().unwrap().len();
        for place in (0..length).step_by(5) {
            let mut damaged = device.clone();
            stored(&mut damaged.state).as_mut().unwrap()[place] ^= 1;
            reload(&damaged.state, &damaged.seen, &damaged.identity).unwrap_err();
        }
        let mut damaged = device.clone();
        *stored(&mut damaged.state) = None;
        reload(&damaged.state, &damaged.seen, &damaged.identity).unwrap_err();
    }
}

#[test]
fn a_state_of_another_group_is_not_reloaded() {
    let shelf = Shelf::published("one", DAY);
    let mut device = refreshed(&shelf, DAY);
    device.identity.group = "personale".parse().unwrap();
    let error = reload(&device.state, &device.seen, &device.identity).unwrap_err();
    assert_eq!(error.reason(), RefusalReason::Integrity);
}

#[test]
fn of_two_slots_the_newer_sound_one_counts() {
    let shelf = Shelf::published("one", DAY);
    let seen = refreshed(&shelf, DAY).seen;
    let first = Slot::default().next(Seen::default());
    let second = first.next(seen);
    assert_ne!(first.place(), second.place());
    let (one, two) = (first.encode(), second.encode());
    assert_eq!(newest([Some(&one), Some(&two)]), second);
    assert_eq!(newest([Some(&two), Some(&one)]), second);
    for place in 0..two.len() {
        let mut flipped = two.clone();
        flipped[place] ^= 1;
        assert_eq!(newest([Some(&one), Some(&flipped)]), first);
        assert_eq!(newest([Some(&one), Some(&two[..place])]), first);
    }
    assert_eq!(newest([None, Some(b"")]), Slot::default());
}
