//! The laws of the store: what comes twice or in another order changes nothing.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use fyr_schemas::enrolment::EnrolmentToken;
use fyr_schemas::fleet::Contradiction;
use fyr_schemas::report::{ControlReport, ControlState, Event, PeriodsInForce};
use fyr_schemas::{DeviceId, Revision};

use super::{
    Actor, Devices, EnrolOutcome, FleetAction, IngestOutcome, NewDevice, NewReport, Order,
    OrderOutcome, Store, Surroundings,
};
use crate::fleet::FleetRecords;
use crate::publication::{Publication, PublishedGroup};
use crate::quota::BYTES_A_DAY;

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

/// A report with as many events as its number, up to 30, and two controls that change with it.
fn report(sequence: i64) -> NewReport {
    let event = json!({"at": now(), "what": {"event": "applied", "revision": sequence}});
    let since = Timestamp::from_second(sequence).unwrap();
    let mut report = plain(sequence);
    report.report.events =
        serde_json::from_value(json!(vec![
            event;
            usize::try_from(sequence).unwrap().min(30)
        ]))
        .unwrap();
    for control in &mut report.report.controls {
        control.since = since;
    }
    report.digest = sequence.to_le_bytes();
    report
}

/// A report that says that all is well, and nothing new.
pub(super) fn plain(sequence: i64) -> NewReport {
    let control = |id| json!({"control": id, "state": {"is": "in-force"}, "since": now()});
    let report = json!({
        "format": 1, "organisation": "ballerup", "group": "group-1", "device": device(),
        "sequence": sequence, "at": now(), "agent": [0, 1, 0],
        "bundle": {"revision": 1, "digest": "1".repeat(64), "since": now()},
        "freshness": {"state": "fresh"}, "controls": [control("a"), control("b")], "events": [],
        "browsers": [],
    });
    NewReport {
        report: serde_json::from_value(report).unwrap(),
        digest: sequence.to_le_bytes(),
        payload: vec![0; 600],
        signature: vec![0; 64],
    }
}

/// The names of 40 published controls, `a` and `b` among them.
pub(super) fn controls() -> impl Iterator<Item = String> {
    let more = (0..38).map(|number| format!("sites.block.rule-{number}"));
    ["a".to_owned(), "b".to_owned()].into_iter().chain(more)
}

fn publication() -> Publication {
    let control =
        |id| json!({"id": id, "value": "on", "rule": "r", "decision": null, "coverage": {}});
    let bundle = json!({
        "format": 1, "organisation": "ballerup", "group": "group-1", "unit": "/",
        "audience": "pupils", "stage": "s", "controls": controls().map(control).collect::<Vec<_>>(),
        "decisions": {}, "chromium": {}, "firefox": {}, "hosts": {},
    });
    let group = PublishedGroup::of_bundle(&"1".repeat(64), &bundle);
    let enrolment = json!({"organisation": "ballerup", "keys": []});
    Publication {
        organisation: "ballerup".parse().unwrap(),
        revision: Revision(1),
        published: now(),
        expires: now(),
        enrolment: serde_json::from_value(enrolment).unwrap(),
        groups: [("group-1".parse().unwrap(), Arc::new(group))].into(),
    }
}

/// A store in which the device is enrolled.
pub(super) struct Scene {
    pub(super) store: Store,
    writer: JoinHandle<()>,
    changes: watch::Receiver<u64>,
    pub(super) directory: TempDir,
    _published: watch::Sender<Option<Arc<Publication>>>,
}

impl Scene {
    pub(super) async fn open() -> Self {
        Self::open_in(tempfile::tempdir().unwrap(), 30).await
    }

    pub(super) async fn open_in(directory: TempDir, keep_days: i64) -> Self {
        let (changes, seen) = watch::channel(0);
        let (send, published) = watch::channel(Some(Arc::new(publication())));
        let surroundings = Surroundings {
            changes,
            published,
            keep_reports: SignedDuration::from_hours(24 * keep_days),
        };
        let opened = Store::open(directory.path(), surroundings).await.unwrap();
        let store = opened.store;
        store.enrol(newcomer(device(), token(1, 1))).await.unwrap();
        Self {
            store,
            writer: opened.writer,
            changes: seen,
            directory,
            _published: send,
        }
    }

    /// Enrols these devices too; the first is enrolled already.
    pub(super) async fn enrol(&self, devices: impl Iterator<Item = DeviceId>) {
        for device in devices.filter(|other| *other != device()) {
            let enrolled = self.store.enrol(newcomer(device, token(1, u32::MAX))).await;
            let enrolled = enrolled.unwrap();
            assert!(matches!(enrolled, EnrolOutcome::Enrolled), "{enrolled:?}");
        }
    }

    async fn send(&self, reports: Vec<NewReport>) -> IngestOutcome {
        self.store.ingest(device(), reports, now()).await.unwrap()
    }

    /// Closes it, and returns its directory and the length of its file.
    pub(super) async fn close(self) -> (TempDir, u64) {
        drop(self.store);
        self.writer.await.unwrap();
        let file = self.directory.path().join("fyr-server.sqlite3");
        let length = std::fs::metadata(file).unwrap().len();
        (self.directory, length)
    }
}

/// What a new store remembers after it took these batches.
async fn remembered(batches: &[Vec<i64>]) -> (FleetRecords, Vec<Event>) {
    let scene = Scene::open().await;
    for batch in batches {
        let outcome = scene
            .send(batch.iter().map(|it| report(*it)).collect())
            .await;
        assert!(
            matches!(outcome, IngestOutcome::Stored { .. }),
            "{outcome:?}"
        );
    }
    let fleet = scene.store.fleet().await.unwrap();
    let mut details = scene.store.details(Devices::All).await.unwrap();
    scene.close().await;
    (fleet, details.events.remove(&device()).unwrap_or_default())
}

pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
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
        let device = &mixed.0.devices[0];
        prop_assert_eq!(device.sequence - device.missing, count);
        prop_assert_eq!(device.sequence, highest);
        prop_assert_eq!(device.latest.as_ref().map(|it| it.sequence), Some(highest));
    }
}

#[test]
fn a_device_that_sends_without_end_is_held_back_and_loses_nothing_it_had_stored() {
    wait(async {
        let scene = Scene::open().await;
        let mut sent = 0;
        let refused = loop {
            let batch = (1..=64).map(|number| report(sent + number)).collect();
            match scene.send(batch).await {
                IngestOutcome::Stored { new, .. } => sent += new.cast_signed(),
                refused => break refused,
            }
        };
        assert!(
            matches!(refused, IngestOutcome::TooMuch { .. }),
            "{refused:?}"
        );
        let stored = scene.store.fleet().await.unwrap().devices[0].sequence;
        assert_eq!(stored, sent.unsigned_abs());
        let (_, length) = scene.close().await;
        assert!(length < 2 * BYTES_A_DAY, "{length} bytes");
    });
}

#[test]
fn reports_without_news_take_no_room_and_disturb_no_dashboard() {
    wait(async {
        let mut scene = Scene::open().await;
        scene.send(vec![plain(1)]).await;
        let (directory, before) = scene.close().await;
        scene = Scene::open_in(directory, 30).await;
        scene.changes.mark_unchanged();
        for first in (2..2_000).step_by(64) {
            let batch = (first..first + 64).map(plain).collect();
            let expected = IngestOutcome::Stored {
                new: 64,
                news: false,
            };
            assert_eq!(scene.send(batch).await, expected);
        }
        assert!(!scene.changes.has_changed().unwrap());
        let (_, after) = scene.close().await;
        assert_eq!(after, before);
    });
}

#[test]
fn old_reports_are_deleted_and_give_their_room_back_while_the_intervals_stay() {
    wait(async {
        let mut scene = Scene::open().await;
        for first in (1..320).step_by(64) {
            let batch = (first..first + 64).map(report).collect();
            let outcome = scene.send(batch).await;
            assert!(
                matches!(outcome, IngestOutcome::Stored { .. }),
                "{outcome:?}"
            );
        }
        let (directory, before) = scene.close().await;
        // All of them came in 1970.
        scene = Scene::open_in(directory, 0).await;
        let count = |table: &'static str| {
            let readers = scene.store.readers.clone();
            async move {
                let query = match table {
                    "report" => "SELECT count(*) FROM report",
                    _ => "SELECT count(*) FROM interval",
                };
                let count: i64 = sqlx::query_scalar(query).fetch_one(&readers).await.unwrap();
                count
            }
        };
        while count("report").await > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(count("interval").await, 2 * 320);
        let (_, after) = scene.close().await;
        let payloads = 320 * 600;
        assert!(
            after + payloads < before,
            "{before} bytes before, {after} after"
        );
    });
}

#[test]
fn a_state_is_kept_from_when_until_when() {
    wait(async {
        let scene = Scene::open().await;
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut failed = plain(2);
        let (state, since) = (ControlState::Drifted, at(2_000));
        failed.report.controls[0].state = state;
        failed.report.controls[0].since = since;
        let mut repaired = plain(3);
        repaired.report.controls[0].since = at(3_000);
        scene.send(vec![plain(1), failed, repaired]).await;
        let past = scene.store.past_states(&device(), 9).await.unwrap();
        let past: Vec<_> = past
            .iter()
            .map(|it| (it.control.as_str(), it.state, it.since, it.until))
            .collect();
        let holds = ControlState::InForce;
        assert_eq!(
            past,
            [
                ("a", holds, at(3_000), None),
                ("b", holds, at(1_000), None),
                ("a", ControlState::Drifted, at(2_000), Some(at(3_000))),
                ("a", holds, at(1_000), Some(at(2_000))),
            ]
        );
    });
}

#[test]
fn a_name_that_was_never_published_is_not_stored() {
    wait(async {
        let scene = Scene::open().await;
        let mut other = plain(1);
        let more = other.report.controls[0].clone();
        other.report.controls.push(ControlReport {
            control: "ida-hansen".parse().unwrap(),
            ..more
        });
        other.report.periods = Some(PeriodsInForce {
            running: ["ida:hansen".parse().unwrap()].into(),
            until: None,
        });
        let stored = IngestOutcome::Stored { new: 1, news: true };
        assert_eq!(scene.send(vec![other]).await, stored);
        let record = scene.store.fleet().await.unwrap().devices.remove(0);
        assert_eq!(record.sequence, 1);
        let (controls, periods) = (1, 1);
        let finding = Contradiction::NamesUnpublished { controls, periods };
        assert!(record.contradictions.contains(&finding), "{record:?}");

        // What was signed has the names, so it is not stored either.
        let (directory, _) = scene.close().await;
        let file = directory.path().join("fyr-server.sqlite3");
        let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(&file)
            .connect()
            .await
            .unwrap();
        let reports: i64 = sqlx::query_scalar("SELECT count(*) FROM report")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        assert_eq!(reports, 0);
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"hansen"));
    });
}

#[test]
fn the_fleet_changes_count_up_with_every_commit_that_changes_it() {
    wait(async {
        let mut scene = Scene::open().await;
        scene.changes.changed().await.unwrap();
        scene.send(vec![report(1)]).await;
        scene.changes.changed().await.unwrap();
        assert!(*scene.changes.borrow() >= 2);
    });
}

#[test]
fn one_device_that_cannot_be_read_hides_no_other() {
    wait(async {
        let scene = Scene::open().await;
        let other: DeviceId = "1".repeat(32).parse().unwrap();
        let joins = newcomer(other.clone(), token(2, 1));
        scene.store.enrol(joins).await.unwrap();
        let mut failed = plain(1);
        failed.report.controls[0].state = ControlState::Drifted;
        failed.report.controls[0].since = Timestamp::MAX;
        failed.report.events =
            serde_json::from_value(json!([{"at": now(), "what": {"event": "started"}}])).unwrap();
        scene.send(vec![failed]).await;
        let since = |records: &FleetRecords| records.devices[0].findings[0].since;
        let records = scene.store.fleet().await.unwrap();
        assert!(since(&records) > now(), "{records:?}");
        scene.store.past_states(&device(), 9).await.unwrap();

        let (directory, _) = scene.close().await;
        let file = directory.path().join("fyr-server.sqlite3");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let mut connection = options.connect().await.unwrap();
        for damage in [
            "UPDATE device SET latest = '{}' WHERE number = 1",
            "UPDATE recent_event SET body = '{}'",
        ] {
            sqlx::query(damage).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
        let scene = Scene::open_in(directory, 30).await;
        let records = scene.store.fleet().await.unwrap();
        let shown: Vec<_> = records.devices.iter().map(|it| &it.device).collect();
        assert_eq!(shown, [&device(), &other]);
        assert_eq!(records.devices[0].latest, None);
        assert!(
            scene
                .store
                .details(Devices::All)
                .await
                .unwrap()
                .events
                .is_empty()
        );
    });
}

#[test]
fn a_revoked_key_stays_refused_when_its_device_is_deleted() {
    wait(async {
        let scene = Scene::open().await;
        let act = async |action| {
            let order = Order {
                device: device(),
                action,
                actor: Actor::this_machine(),
                now: now(),
            };
            scene.store.carry_out(order).await.unwrap()
        };
        let enrol = async |nonce| {
            let joins = newcomer(device(), token(nonce, 1));
            scene.store.enrol(joins).await.unwrap()
        };
        assert_eq!(act(FleetAction::Revoke).await, OrderOutcome::Done);
        assert_eq!(scene.send(vec![plain(1)]).await, IngestOutcome::Revoked);
        assert_eq!(act(FleetAction::Delete).await, OrderOutcome::Done);
        assert_eq!(enrol(2).await, EnrolOutcome::Revoked);
        assert_eq!(scene.send(vec![plain(1)]).await, IngestOutcome::NotEnrolled);
        // Only what takes the revocation back lets the key in.
        assert_eq!(act(FleetAction::Restore).await, OrderOutcome::Done);
        let again = OrderOutcome::UnknownDevice(device());
        assert_eq!(act(FleetAction::Restore).await, again);
        assert_eq!(enrol(2).await, EnrolOutcome::Enrolled);
        // A device that was not revoked may come back after it was deleted.
        assert_eq!(act(FleetAction::Delete).await, OrderOutcome::Done);
        assert_eq!(enrol(3).await, EnrolOutcome::Enrolled);
    });
}

#[test]
fn a_device_cannot_rewrite_how_its_controls_were() {
    wait(async {
        let scene = Scene::open().await;
        let at = |second| Timestamp::from_second(second).unwrap();
        let says = |sequence, second, state: Option<ControlState>, since| {
            let mut new = plain(sequence);
            new.report.at = at(second);
            new.report.controls.truncate(1);
            match state {
                Some(state) => new.report.controls[0].state = state,
                None => new.report.controls.clear(),
            }
            for control in &mut new.report.controls {
                control.since = at(since);
            }
            new
        };
        let (holds, broken) = (ControlState::InForce, ControlState::Drifted);
        for new in [
            says(1, 1_000, Some(broken), 1_000),
            // Another state under the same time, and the same again.
            says(2, 2_000, Some(holds), 1_000),
            says(3, 2_500, Some(holds), 1_000),
            // Left out, and then another state from before it was left out.
            says(4, 3_000, None, 0),
            says(5, 4_000, Some(broken), 1_000),
            // With a clock that is behind.
            says(6, 1_500, Some(holds), 1_500),
        ] {
            let outcome = scene.send(vec![new]).await;
            assert!(
                matches!(outcome, IngestOutcome::Stored { new: 1, .. }),
                "{outcome:?}"
            );
        }
        let mut past: Vec<_> = scene
            .store
            .past_states(&device(), 9)
            .await
            .unwrap()
            .into_iter()
            .map(|it| (it.since, it.until, it.state))
            .collect();
        past.sort_unstable();
        let later = Timestamp::from_millisecond(4_000_001).unwrap();
        assert_eq!(
            past,
            [
                (at(1_000), Some(at(2_000)), broken),
                (at(2_000), Some(at(3_000)), holds),
                (at(4_000), Some(later), broken),
                (later, None, holds),
            ]
        );
        let query = "SELECT intervals FROM device";
        let count: i64 = sqlx::query_scalar(query)
            .fetch_one(&scene.store.readers)
            .await
            .unwrap();
        assert_eq!(count, 4);
    });
}
