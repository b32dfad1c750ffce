//! The laws of the store: what comes twice or in another order changes nothing.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use tokio::sync::watch;

use fyr_schemas::DeviceId;
use fyr_schemas::enrolment::EnrolmentToken;

use super::{IngestOutcome, NewDevice, NewReport, Store};
use crate::fleet::DeviceRecord;

fn now() -> Timestamp {
    Timestamp::from_second(1_000).unwrap()
}

fn device() -> DeviceId {
    "0".repeat(32).parse().unwrap()
}

fn token(nonce: u8, devices: u32) -> EnrolmentToken {
    serde_json::from_value(json!({
        "server": "http://127.0.0.1:1", "root": "0".repeat(64), "organisation": "ballerup",
        "group": format!("group-{nonce}"), "expires": now(), "nonce": format!("{nonce:032x}"),
        "devices": devices,
    }))
    .unwrap()
}

fn newcomer(device: DeviceId, token: EnrolmentToken) -> NewDevice {
    NewDevice {
        device,
        public_key: [7; 32],
        token,
        now: now(),
    }
}

/// A report with as many events as its number, up to 30.
fn report(sequence: i64) -> NewReport {
    let event = json!({"at": now(), "what": {"event": "applied", "revision": sequence}});
    let events = vec![event; usize::try_from(sequence).unwrap().min(30)];
    let payload = json!({
        "format": 1, "organisation": "ballerup", "group": "group-1", "device": device(),
        "sequence": sequence, "at": now(), "agent": [0, 1, 0], "bundle": null,
        "freshness": {"state": "fresh"}, "controls": [], "events": events,
        "browsers": [],
    });
    NewReport {
        sequence,
        events: serde_json::from_value(json!(events)).unwrap(),
        payload: serde_json::to_vec(&payload).unwrap(),
        signatures: "[]".to_owned(),
    }
}

/// What a new store remembers after it took these batches.
async fn remembered(batches: &[Vec<i64>]) -> Vec<DeviceRecord> {
    let directory = tempfile::tempdir().unwrap();
    let opened = Store::open(directory.path(), watch::channel(0).0)
        .await
        .unwrap();
    let store = opened.store;
    store.enrol(newcomer(device(), token(1, 1))).await.unwrap();
    for batch in batches {
        let reports = batch.iter().map(|it| report(*it)).collect();
        let outcome = store.ingest(device(), reports, now()).await.unwrap();
        assert!(matches!(outcome, IngestOutcome::Stored { .. }));
    }
    let fleet = store.fleet().await.unwrap();
    drop(store);
    opened.writer.await.unwrap();
    fleet
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_order_and_any_repetition_of_batches_is_remembered_alike(
        batches in prop::collection::vec(prop::collection::vec(1_i64..40, 1..6), 1..8),
    ) {
        let mut once: Vec<i64> = batches.concat();
        once.sort_unstable();
        once.dedup();
        let count = once.len() as u64;
        let highest = once.last().copied().unwrap_or_default().unsigned_abs();
        let (mixed, in_order) = wait(async {
            (remembered(&batches).await, remembered(&[once]).await)
        });
        prop_assert_eq!(&mixed, &in_order);
        prop_assert_eq!(mixed[0].reports, count);
        prop_assert_eq!(mixed[0].sequence, highest);
        prop_assert_eq!(mixed[0].latest.as_ref().map(|it| it.sequence), Some(highest));
    }
}

#[test]
fn a_device_that_sends_without_end_is_held_back_and_loses_nothing_it_had_stored() {
    wait(async {
        let directory = tempfile::tempdir().unwrap();
        let opened = Store::open(directory.path(), watch::channel(0).0)
            .await
            .unwrap();
        let store = opened.store;
        store.enrol(newcomer(device(), token(1, 1))).await.unwrap();
        let mut sent = 0;
        let refused = loop {
            let batch = (1..=64).map(|number| report(sent + number)).collect();
            match store.ingest(device(), batch, now()).await.unwrap() {
                IngestOutcome::Stored { new } => sent += new.cast_signed(),
                refused => break refused,
            }
        };
        assert_eq!(sent, 4096);
        assert_eq!(refused, IngestOutcome::TooMany { retry_after_s: 640 });
        assert_eq!(store.fleet().await.unwrap()[0].reports, 4096);
    });
}

#[test]
fn the_fleet_changes_count_up_with_every_commit_that_changes_it() {
    wait(async {
        let directory = tempfile::tempdir().unwrap();
        let (count_change, mut changes) = watch::channel(0);
        let opened = Store::open(directory.path(), count_change).await.unwrap();
        opened
            .store
            .enrol(newcomer(device(), token(1, 1)))
            .await
            .unwrap();
        changes.changed().await.unwrap();
        opened
            .store
            .ingest(device(), vec![report(1)], now())
            .await
            .unwrap();
        changes.changed().await.unwrap();
        assert!(*changes.borrow() >= 2);
    });
}
