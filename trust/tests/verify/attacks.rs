//! What an attacker may offer to a device that stored everything well: each refused, each
//! with its reason.

use fyr_fixtures::Replaced as _;
use fyr_schemas::report::RefusalReason;
use fyr_seal::SigningKey;
use fyr_trust::{Answer, Clock, Refresh, Seen, Step, VerifyError};
use serde_json::json;

use fyr_fixtures::{DAY, Device, NEXT_DAY, Shelf, at, key, refreshed, sign};

#[track_caller]
fn refused(device: &Device, shelf: &Shelf, now: &str, reason: RefusalReason) {
    match device.look(shelf, now) {
        Ok(believed) => panic!("believed revision {}", believed.document.revision()),
        Err(error) => assert_eq!(error.reason(), reason, "{error}"),
    }
}

#[test]
fn rollback_an_older_repository_is_refused() {
    let mut shelf = Shelf::published("one", DAY);
    let old = shelf.files.clone();
    shelf.publish("two", NEXT_DAY);
    let device = refreshed(&shelf, NEXT_DAY);
    shelf.files = old;
    refused(&device, &shelf, NEXT_DAY, RefusalReason::Rollback);
}

#[test]
fn rollback_an_older_snapshot_under_a_newer_timestamp_is_refused() {
    let mut shelf = Shelf::published("one", DAY);
    let old = shelf.files["metadata/timestamp.json"].clone();
    shelf.publish("two", NEXT_DAY);
    let device = refreshed(&shelf, NEXT_DAY);
    // The server's timestamp key is stolen.
    shelf.files.insert("metadata/timestamp.json".into(), old);
    let timestamp = shelf.authority.signers.timestamp.remove(0);
    shelf.forge("metadata/timestamp.json", &[&timestamp], |signed| {
        signed["version"] = json!(9);
    });
    refused(&device, &shelf, NEXT_DAY, RefusalReason::Rollback);
}

#[test]
fn rollback_older_targets_under_newer_online_roles_are_refused() {
    let mut shelf = Shelf::published("one", DAY);
    let old = shelf.files["metadata/1.snapshot.json"].clone();
    shelf.publish("two", NEXT_DAY);
    let mut device = refreshed(&shelf, NEXT_DAY);
    // The whole server is stolen, with both of its keys; it still cannot sign policy.
    let (snapshot, timestamp) = (
        shelf.authority.signers.snapshot.remove(0),
        shelf.authority.signers.timestamp.remove(0),
    );
    shelf.files.insert("metadata/3.snapshot.json".into(), old);
    shelf.forge("metadata/3.snapshot.json", &[&snapshot], |signed| {
        signed["version"] = json!(3);
    });
    let pin = fyr_fixtures::listed(&shelf.files["metadata/3.snapshot.json"], 3);
    shelf.forge("metadata/timestamp.json", &[&timestamp], |signed| {
        signed["version"] = json!(3);
        signed["meta"]["snapshot.json"] = pin;
    });
    refused(&device, &shelf, NEXT_DAY, RefusalReason::Rollback);
    // Not by a device that lost the versions seen, and not by one that lost everything else.
    let whole = device.clone();
    device.seen = Seen::default();
    refused(&device, &shelf, NEXT_DAY, RefusalReason::Rollback);
    device = whole;
    device.state.timestamp = None;
    device.state.snapshot = None;
    refused(&device, &shelf, NEXT_DAY, RefusalReason::Rollback);
}

#[test]
fn freeze_a_timestamp_is_refused_once_it_expires() {
    let shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    device.look(&shelf, "2026-08-15T08:00:00Z").unwrap();
    refused(
        &device,
        &shelf,
        "2026-08-15T08:00:01Z",
        RefusalReason::Expired,
    );
    refused(
        &shelf.device(),
        &shelf,
        "2026-08-15T08:00:01Z",
        RefusalReason::Expired,
    );
}

#[test]
fn freeze_the_timestamp_that_is_already_stored_expires_as_well() {
    let mut shelf = Shelf::published("one", DAY);
    let timestamp = shelf.authority.signers.timestamp.remove(0);
    shelf.forge("metadata/timestamp.json", &[&timestamp], |signed| {
        signed["expires"] = json!("2026-08-01T12:00:00Z");
    });
    let device = refreshed(&shelf, DAY);
    let error = device.look(&shelf, NEXT_DAY).unwrap_err();
    let reported = "`metadata/timestamp.json` expired at 2026-08-01T12:00:00Z";
    assert_eq!(error.to_string(), reported);
}

#[test]
fn freeze_a_newer_root_that_is_withheld_is_missed() {
    let mut shelf = Shelf::published("one", DAY);
    add_root(&mut shelf, 2, |_| {});
    let mut device = refreshed(&shelf, DAY);
    assert_eq!(device.seen.root, 2);
    shelf.files.remove("metadata/2.root.json");
    device.look(&shelf, DAY).unwrap();
    device.state.root = None;
    refused(&device, &shelf, DAY, RefusalReason::Rollback);
}

#[test]
fn freeze_expired_targets_are_refused_under_fresh_online_roles() {
    let mut shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    // The root is renewed, the targets are not: their keeper is gone and the server goes on.
    add_root(&mut shelf, 2, |signed| {
        signed["expires"] = json!("2036-01-01T00:00:00Z");
    });
    shelf.renew("2027-08-02T08:00:00Z");
    refused(
        &device,
        &shelf,
        "2027-08-02T08:00:00Z",
        RefusalReason::Expired,
    );
    // A device whose clock stands still learns the time from the timestamp itself.
    refused(&device, &shelf, DAY, RefusalReason::Expired);
}

#[test]
fn freeze_an_expired_root_is_refused() {
    let mut shelf = Shelf::published("one", DAY);
    add_root(&mut shelf, 2, |signed| {
        signed["expires"] = json!("2026-08-01T12:00:00Z");
    });
    let device = refreshed(&shelf, DAY);
    refused(&device, &shelf, NEXT_DAY, RefusalReason::Expired);
}

/// Adds a root after the last one, properly signed.
fn add_root(shelf: &mut Shelf, version: u64, change: impl FnOnce(&mut serde_json::Value)) {
    let before = format!("metadata/{}.root.json", version - 1);
    let path = format!("metadata/{version}.root.json");
    let root = std::mem::take(&mut shelf.authority.signers.root);
    shelf
        .files
        .insert(path.clone(), shelf.files[&before].clone());
    shelf.forge(&path, &[&root[0]], |signed| {
        signed["version"] = json!(version);
        change(signed);
    });
    shelf.authority.signers.root = root;
}

#[test]
fn clock_back_a_device_in_the_past_does_not_believe_what_expired_before_its_last_refresh() {
    let mut shelf = Shelf::published("one", DAY);
    let expired = shelf.files.clone();
    shelf.publish("two", "2026-10-01T08:00:00Z");
    let mut device = refreshed(&shelf, "2026-10-01T08:00:00Z");
    // All it stored is lost but the slot, and the versions in it as well: what is left is
    // the issue time.
    let issued = device.seen.issued;
    let keys = device.seen.timestamp.clone();
    device = shelf.device();
    device.seen.issued = issued;
    device.seen.timestamp = keys.map(|mark| fyr_trust::seen::Mark { version: 0, ..mark });
    shelf.files = expired;
    refused(
        &device,
        &shelf,
        "2020-01-01T00:00:00Z",
        RefusalReason::Expired,
    );
}

#[test]
fn clock_back_metadata_older_than_the_program_is_expired() {
    let shelf = Shelf::published("one", DAY);
    let device = shelf.device();
    let clock = Clock {
        system: at("1970-01-01T00:00:00Z"),
        build: at("2026-09-01T00:00:00Z"),
    };
    let refresh = Refresh::begin(&device.state, &device.seen, &device.identity, clock);
    let error = refresh
        .drive(|need| Ok::<_, VerifyError>(shelf.answer(need)), drop)
        .unwrap_err();
    assert_eq!(error.reason(), RefusalReason::Expired);
}

#[test]
fn clock_forward_one_jump_locks_no_device_out() {
    let mut shelf = Shelf::published("one", DAY);
    let mut device = refreshed(&shelf, DAY);
    device.refresh(&shelf, "2050-01-01T00:00:00Z").unwrap_err();
    shelf.publish("two", NEXT_DAY);
    assert_eq!(
        device
            .refresh(&shelf, NEXT_DAY)
            .unwrap()
            .document
            .revision()
            .0,
        2
    );
}

#[test]
fn a_stolen_timestamp_key_cannot_claim_a_time_beyond_the_root() {
    let mut shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    let timestamp = shelf.authority.signers.timestamp.remove(0);
    shelf.forge("metadata/timestamp.json", &[&timestamp], |signed| {
        signed["version"] = json!(2);
        signed["x-fyr-issued"] = json!("2999-01-01T00:00:00Z");
        signed["expires"] = json!("2999-02-01T00:00:00Z");
    });
    refused(&device, &shelf, DAY, RefusalReason::Malformed);
}

#[test]
fn fast_forward_replaced_keys_end_what_stolen_ones_did() {
    let mut shelf = Shelf::published("one", DAY);
    let honest = shelf.files.clone();
    let (snapshot, timestamp) = (
        shelf.authority.signers.snapshot.remove(0),
        shelf.authority.signers.timestamp.remove(0),
    );
    let late = "2027-07-01T00:00:00Z";
    shelf.forge("metadata/1.snapshot.json", &[&snapshot], |signed| {
        signed["expires"] = json!(late);
    });
    shelf.forge_snapshot_pin(&timestamp);
    shelf.forge("metadata/timestamp.json", &[&timestamp], |signed| {
        signed["version"] = json!(u64::MAX);
        signed["expires"] = json!(late);
        signed["x-fyr-issued"] = json!(late);
    });
    let mut device = refreshed(&shelf, DAY);
    assert_eq!(device.seen.issued, Some(at(late)));
    // The administrator replaces both keys; the root says so.
    shelf.files = honest;
    shelf.authority.signers.snapshot = vec![key()];
    shelf.authority.signers.timestamp = vec![key()];
    shelf.publish("two", NEXT_DAY);
    let refreshed = device.refresh(&shelf, NEXT_DAY).unwrap();
    assert_eq!(refreshed.document.revision().0, 2);
    assert_eq!(device.seen.issued, Some(at(NEXT_DAY)));
}

#[test]
fn missing_signature_a_document_without_a_signature_or_with_another_key_is_refused() {
    for path in [
        "metadata/timestamp.json",
        "metadata/1.snapshot.json",
        "metadata/1.targets.json",
    ] {
        let stranger = key();
        for signers in [&[][..], &[&stranger][..]] {
            let mut shelf = Shelf::published("one", DAY);
            let online = [
                shelf.authority.signers.snapshot.remove(0),
                shelf.authority.signers.timestamp.remove(0),
            ];
            shelf.forge(path, signers, |_| {});
            vouch_for(&mut shelf, path, &online);
            let device = shelf.device();
            refused(&device, &shelf, DAY, RefusalReason::Signature);
        }
    }
}

/// Has the roles above `path` name it as it now is, so that only its signature is wrong.
fn vouch_for(shelf: &mut Shelf, path: &str, [snapshot, timestamp]: &[SigningKey; 2]) {
    if path.ends_with("targets.json") {
        let pin = fyr_fixtures::listed(&shelf.files[path], 1);
        shelf.forge("metadata/1.snapshot.json", &[snapshot], |signed| {
            signed["meta"]["targets.json"] = pin;
        });
    }
    if !path.ends_with("timestamp.json") {
        shelf.forge_snapshot_pin(timestamp);
    }
}

#[test]
fn missing_signature_a_new_root_that_the_old_one_did_not_sign_is_refused() {
    let mut shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    let thief = Shelf::published("thief", DAY);
    let other = thief.files["metadata/1.root.json"].clone();
    shelf.files.insert("metadata/2.root.json".into(), other);
    let root = &thief.authority.signers.root[0];
    shelf.forge("metadata/2.root.json", &[root], |signed| {
        signed["version"] = json!(2);
    });
    refused(&device, &shelf, DAY, RefusalReason::Signature);
}

#[test]
fn missing_signature_half_a_threshold_is_not_enough() {
    let mut shelf = Shelf::with_root_keys(3);
    shelf.publish("one", DAY);
    let device = refreshed(&shelf, DAY);
    let root = shelf.files["metadata/1.root.json"].clone();
    let keys = std::mem::take(&mut shelf.authority.signers.root);
    for (signers, enough) in [(vec![&keys[0]], false), (vec![&keys[0], &keys[2]], true)] {
        shelf
            .files
            .insert("metadata/2.root.json".into(), root.clone());
        shelf.forge("metadata/2.root.json", &signers, |signed| {
            signed["version"] = json!(2);
        });
        assert_eq!(device.look(&shelf, DAY).is_ok(), enough);
    }
}

#[test]
fn duplicate_signatures_one_key_does_not_count_twice() {
    let mut shelf = Shelf::with_root_keys(3);
    shelf.publish("one", DAY);
    let device = refreshed(&shelf, DAY);
    let root = shelf.files["metadata/1.root.json"].clone();
    let keys = std::mem::take(&mut shelf.authority.signers.root);
    shelf.files.insert("metadata/2.root.json".into(), root);
    shelf.forge("metadata/2.root.json", &[&keys[0], &keys[0]], |signed| {
        signed["version"] = json!(2);
    });
    refused(&device, &shelf, DAY, RefusalReason::Signature);
}

#[test]
fn duplicate_signatures_one_key_under_two_names_does_not_count_twice() {
    let mut shelf = Shelf::with_root_keys(2);
    shelf.publish("one", DAY);
    let keys = std::mem::take(&mut shelf.authority.signers.root);
    let (honest, alias) = (keys[0].public_key(), "f".repeat(64));
    let mut document: serde_json::Value =
        serde_json::from_slice(&shelf.files["metadata/1.root.json"]).unwrap();
    let mut signed = document["signed"].take();
    signed["keys"][&alias] = signed["keys"][honest.key_id()].clone();
    signed["roles"]["root"]["keyids"] = json!([honest.key_id(), alias]);
    let mut forged: serde_json::Value =
        serde_json::from_slice(&sign(&signed, &[&keys[0], &keys[0]])).unwrap();
    forged["signatures"][1]["keyid"] = json!(alias);
    shelf.files.insert(
        "metadata/1.root.json".into(),
        serde_json::to_vec(&forged).unwrap(),
    );
    refused(&shelf.device(), &shelf, DAY, RefusalReason::Signature);
}

#[test]
fn wrong_root_a_repository_with_another_first_root_is_refused() {
    let shelf = Shelf::published("one", DAY);
    let thief = Shelf::published("one", DAY);
    refused(&shelf.device(), &thief, DAY, RefusalReason::Signature);
}

#[test]
fn wrong_group_a_signed_bundle_of_another_group_is_refused() {
    let mut shelf = Shelf::published("one", DAY);
    shelf.forge_bundle(|bundle| bundle["group"] = json!("personale"));
    refused(&shelf.device(), &shelf, DAY, RefusalReason::WrongGroup);
}

#[test]
fn wrong_organisation_a_signed_bundle_of_another_organisation_is_refused() {
    let mut shelf = Shelf::published("one", DAY);
    shelf.forge_bundle(|bundle| bundle["organisation"] = json!("malmo"));
    refused(
        &shelf.device(),
        &shelf,
        DAY,
        RefusalReason::WrongOrganisation,
    );
}

#[test]
fn unknown_format_a_bundle_from_the_future_is_refused_before_its_members_are_read() {
    let mut shelf = Shelf::published("one", DAY);
    shelf.forge_bundle(|bundle| {
        bundle["format"] = json!(2);
        bundle["invented-later"] = json!(true);
    });
    let error = shelf.device().look(&shelf, DAY).unwrap_err();
    assert_eq!(error.reason(), RefusalReason::Malformed);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "its format is 2, this version reads 1");
}

#[test]
fn unlisted_a_group_that_is_no_longer_published_is_refused() {
    let mut shelf = Shelf::published("one", DAY);
    shelf.forge_targets(|signed| {
        signed["targets"]
            .as_object_mut()
            .unwrap()
            .remove("bundles/indskoling.json");
    });
    refused(&shelf.device(), &shelf, DAY, RefusalReason::NoGroup);
}

#[test]
fn mix_and_match_files_of_two_publications_do_not_fit_together() {
    let mut shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    let old = shelf.files.clone();
    shelf.publish("two", NEXT_DAY);
    for (place, other) in [
        ("metadata/2.snapshot.json", "metadata/1.snapshot.json"),
        ("metadata/2.targets.json", "metadata/1.targets.json"),
    ] {
        let mut mixed = Shelf::new();
        mixed.files = shelf.files.clone();
        mixed.files.insert(place.into(), old[other].clone());
        refused(&device, &mixed, NEXT_DAY, RefusalReason::Integrity);
    }
}

#[test]
fn arbitrary_content_another_file_in_a_bundles_place_is_refused() {
    let mut shelf = Shelf::published("one", DAY);
    let (ours, theirs) = (
        shelf.path(".indskoling.json"),
        shelf.path(".personale.json"),
    );
    let theirs = shelf.files[&theirs].clone();
    shelf.files.insert(ours, theirs);
    let error = shelf.device().look(&shelf, DAY).unwrap_err();
    assert!(
        matches!(
            error.reason(),
            RefusalReason::Integrity | RefusalReason::TooLarge
        ),
        "{error}"
    );
}

#[test]
fn arbitrary_content_a_document_of_another_role_is_refused() {
    let mut shelf = Shelf::published("one", DAY);
    let snapshot = shelf.files["metadata/1.snapshot.json"].clone();
    shelf
        .files
        .insert("metadata/timestamp.json".into(), snapshot);
    refused(&shelf.device(), &shelf, DAY, RefusalReason::Malformed);
}

#[test]
fn endless_data_no_document_may_be_longer_than_its_bound() {
    let shelf = Shelf::published("one", DAY);
    let mut refresh = shelf.device().begin(DAY);
    loop {
        let need = refresh.need();
        let long = Answer::Found(vec![b' '; usize::try_from(need.max_length).unwrap() + 1]);
        let error = refresh.clone().supply(long).unwrap_err();
        assert_eq!(error.reason(), RefusalReason::TooLarge, "{}", need.path);
        let mut step = refresh.supply(shelf.answer(&need)).unwrap();
        while let Step::Keep(_, next) = step {
            step = next.unwrap();
        }
        match step {
            Step::Needs(next) => refresh = next,
            Step::Keep(..) | Step::Done(_) => break,
        }
    }
}

#[test]
fn endless_data_a_listed_length_beyond_the_bound_is_refused_before_it_is_fetched() {
    let mut shelf = Shelf::published("one", DAY);
    shelf.forge_targets(|signed| {
        signed["targets"]["bundles/indskoling.json"]["length"] = json!(u64::MAX);
    });
    refused(&shelf.device(), &shelf, DAY, RefusalReason::TooLarge);
}

#[test]
fn endless_data_roots_without_an_end_are_not_followed() {
    let mut shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    for version in 2..=257 {
        add_root(&mut shelf, version, |_| {});
    }
    device.look(&shelf, DAY).unwrap();
    add_root(&mut shelf, 258, |_| {});
    refused(&device, &shelf, DAY, RefusalReason::TooLarge);
}

#[test]
fn malleability_a_document_that_says_the_same_in_other_bytes_is_refused() {
    let shelf = Shelf::published("one", DAY);
    for path in ["metadata/1.root.json", "metadata/timestamp.json"] {
        let document: serde_json::Value = serde_json::from_slice(&shelf.files[path]).unwrap();
        let spaced = serde_json::to_vec_pretty(&document).unwrap();
        let escaped = String::from_utf8(shelf.files[path].clone()).unwrap();
        let escaped = escaped.replaced("signed", "\\u0073igned").into_bytes();
        for other in [spaced, escaped] {
            let mut rewritten = Shelf::new();
            rewritten.files = shelf.files.clone();
            rewritten.files.insert(path.into(), other);
            let mut device = shelf.device();
            device.identity.root = fyr_trust::digest(&rewritten.files["metadata/1.root.json"]);
            refused(&device, &rewritten, DAY, RefusalReason::Malformed);
        }
    }
}

#[test]
fn inconsistent_snapshots_a_root_that_allows_files_to_be_replaced_is_refused() {
    let mut shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    add_root(&mut shelf, 2, |signed| {
        signed["consistent_snapshot"] = json!(false);
    });
    refused(&device, &shelf, DAY, RefusalReason::Malformed);
}

#[test]
fn equivocation_of_two_timestamps_of_one_version_the_first_one_counts() {
    let mut shelf = Shelf::published("one", DAY);
    let mut device = refreshed(&shelf, DAY);
    let before = device.state.clone();
    let timestamp = shelf.authority.signers.timestamp.remove(0);
    shelf.forge("metadata/timestamp.json", &[&timestamp], |signed| {
        signed["expires"] = json!("2026-12-01T00:00:00Z");
    });
    device.refresh(&shelf, DAY).unwrap();
    assert_eq!(device.state, before);
    // It does not live longer for it either.
    refused(
        &device,
        &shelf,
        "2026-09-01T00:00:00Z",
        RefusalReason::Expired,
    );
}

#[test]
fn half_a_repository_a_missing_file_is_refused() {
    for ending in [
        "1.root.json",
        "timestamp.json",
        "1.snapshot.json",
        "1.targets.json",
        ".indskoling.json",
    ] {
        let mut shelf = Shelf::published("one", DAY);
        let device = shelf.device();
        let path = shelf.path(ending);
        shelf.files.remove(&path);
        refused(&device, &shelf, DAY, RefusalReason::Integrity);
    }
}
