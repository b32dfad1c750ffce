//! What the keys of the server may claim, also when they are stolen.

use fyr_schemas::report::RefusalReason;
use fyr_trust::{Clock, ClockState};
use serde_json::json;

use fyr_fixtures::{DAY, Device, NEXT_DAY, Shelf, at, key, refreshed};

/// The last moment that a role issued on [`DAY`] may live, and the second after it.
const LAST: &str = "2026-08-15T08:00:00Z";
const TOO_LATE: &str = "2026-08-15T08:00:01Z";

#[track_caller]
fn judged(device: &Device, shelf: &Shelf) -> Result<(), RefusalReason> {
    device.look(shelf, DAY).map(drop).map_err(|e| e.reason())
}

#[test]
fn bounded_claims_a_timestamp_lives_fourteen_days_after_its_issue_time_at_most() {
    for (expires, judgement) in [(LAST, Ok(())), (TOO_LATE, Err(RefusalReason::Malformed))] {
        let mut shelf = Shelf::published("one", DAY);
        let device = shelf.device();
        let timestamp = shelf.authority.signers.timestamp.remove(0);
        shelf.forge("metadata/timestamp.json", &[&timestamp], |signed| {
            signed["expires"] = json!(expires);
        });
        assert_eq!(judged(&device, &shelf), judgement, "{expires}");
    }
}

#[test]
fn bounded_claims_a_snapshot_lives_fourteen_days_after_the_issue_time_at_most() {
    for (expires, judgement) in [(LAST, Ok(())), (TOO_LATE, Err(RefusalReason::Malformed))] {
        let mut shelf = Shelf::published("one", DAY);
        let device = shelf.device();
        let snapshot = shelf.authority.signers.snapshot.remove(0);
        let timestamp = shelf.authority.signers.timestamp.remove(0);
        shelf.forge("metadata/1.snapshot.json", &[&snapshot], |signed| {
            signed["expires"] = json!(expires);
        });
        shelf.forge_snapshot_pin(&timestamp);
        assert_eq!(judged(&device, &shelf), judgement, "{expires}");
    }
}

#[test]
fn bounded_claims_a_timestamp_that_was_stored_before_lives_no_longer_either() {
    let mut shelf = Shelf::published("one", DAY);
    let mut device = refreshed(&shelf, DAY);
    let timestamp = shelf.authority.signers.timestamp.remove(0);
    shelf.forge("metadata/timestamp.json", &[&timestamp], |signed| {
        signed["expires"] = json!(TOO_LATE);
    });
    device.state.timestamp = Some(shelf.files["metadata/timestamp.json"].clone());
    let reloaded = fyr_trust::reload(&device.state, &device.seen, &device.identity);
    assert_eq!(
        reloaded.map(drop).map_err(|e| e.reason()),
        Err(RefusalReason::Malformed)
    );
}

#[test]
fn a_time_signed_by_stolen_online_keys_moves_expiry_and_not_the_time_of_the_device() {
    let mut shelf = Shelf::published("one", DAY);
    let mut device = refreshed(&shelf, DAY);
    let timestamp = shelf.authority.signers.timestamp.remove(0);
    for days in [1, 30, 180, 360] {
        let ahead = at(DAY) + jiff::SignedDuration::from_hours(days * 24);
        shelf.forge("metadata/timestamp.json", &[&timestamp], |signed| {
            signed["version"] = json!(signed["version"].as_u64().unwrap() + 1);
            signed["x-fyr-issued"] = json!(ahead);
            signed["expires"] = json!(ahead);
        });
        // The snapshot has expired by then, and what was verified before that counts.
        drop(device.refresh(&shelf, DAY));
        assert_eq!(device.seen.issued, Some(ahead));
        let clock = Clock {
            system: at(DAY),
            build: at("2020-01-01T00:00:00Z"),
        };
        let time = clock.device_time(&device.seen);
        assert_eq!(time.expiry, ahead);
        assert_eq!((time.now, time.unsigned), (at(DAY), at(DAY)));
        let by = ahead.duration_since(at(DAY));
        assert_eq!(time.clock, ClockState::SignedAhead { by });
    }
    // The repair: a root with other online keys, and all that the stolen ones claimed is forgotten.
    shelf.authority.signers.timestamp = vec![key()];
    shelf.authority.signers.snapshot = vec![key()];
    shelf.publish("two", NEXT_DAY);
    let refreshed = device.refresh(&shelf, NEXT_DAY).unwrap();
    assert_eq!(refreshed.document.revision().0, 2);
    assert_eq!(device.seen.issued, Some(at(NEXT_DAY)));
}
