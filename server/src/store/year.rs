//! A year of devices, simulated: what they leave in the database.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use fyr_schemas::report::{ControlReport, ControlState, FailureReason, Report};

use super::tests::{Scene, controls, plain, wait};
use super::{IngestOutcome, NewReport, Opening, expiry};

const DAYS: i64 = 365;

/// The quarters of an hour in which a device is on: a school day. At night there would be no news.
const ON: std::ops::Range<i64> = 28..60;

fn at(day: i64, minute: i64) -> Timestamp {
    Timestamp::from_second(day * 86_400 + minute * 60).unwrap()
}

/// A report as an agent writes it, of a device with 40 controls.
fn report(sequence: i64, now: Timestamp, change: impl FnOnce(&mut Report)) -> NewReport {
    let mut new = plain(sequence);
    let report = &mut new.report;
    report.at = now;
    change(report);
    let payload = serde_json::to_vec(report).unwrap();
    new.payload = miniz_oxide::deflate::compress_to_vec(&payload, 6);
    new
}

/// A school day: the device starts, school hours begin and end, which changes four controls each
/// time, a browser waits for a restart, and a file is changed by hand and repaired.
async fn live(scene: &Scene, day: i64, sequence: i64, states: &mut Report) {
    let mut sequence = sequence;
    let mut batch = Vec::new();
    for beat in ON {
        let now = at(day, beat * 15);
        let events = match beat {
            32 => json!([{"at": now, "what": {"event": "started"}}]),
            40 => {
                let place = json!({"kind": "hosts"});
                json!([
                    {"at": now, "what": {"event": "drift", "place": place, "found": "changed"}},
                    {"at": now, "what": {"event": "repaired", "place": place, "took_ms": 21}},
                ])
            }
            _ => json!([]),
        };
        let state = match beat {
            33 | 42 => Some(ControlState::PendingRestart),
            41 => Some(ControlState::Failed(FailureReason::NoSpace)),
            56 => Some(ControlState::InForce),
            _ => None,
        };
        if let Some(state) = state {
            for control in &mut states.controls[..4] {
                (control.state, control.since) = (state, now);
            }
        }
        sequence += 1;
        batch.push(report(sequence, now, |report| {
            report.device.clone_from(&states.device);
            report.controls.clone_from(&states.controls);
            report.events = serde_json::from_value(events).unwrap();
        }));
    }
    for part in batch.chunks(48) {
        let device = states.device.clone();
        let outcome = scene.store.ingest(device, part.to_vec(), at(day, 0)).await;
        let outcome = outcome.unwrap();
        assert!(
            matches!(outcome, IngestOutcome::Stored { .. }),
            "{outcome:?}"
        );
    }
}

/// Deletes what is kept no longer, as the server does every hour.
async fn expire(directory: &Path, day: i64) {
    let mut connection = Opening::of(directory).open().await.unwrap();
    let before = at(day, 0) - SignedDuration::from_hours(30 * 24);
    while expiry::slice(&mut connection, before).await.unwrap() == expiry::Rest::Some {}
}

/// The devices whose year is simulated; `FYR_DEVICES` asks for more than one.
fn fleet() -> Vec<Report> {
    let devices = std::env::var("FYR_DEVICES").map_or(1, |devices| devices.parse().unwrap());
    let first = plain(1).report;
    let named = controls().map(|name| ControlReport {
        control: name.parse().unwrap(),
        ..first.controls[0].clone()
    });
    let controls: Vec<ControlReport> = named.collect();
    let device = |number: u64| Report {
        device: format!("{number:032x}").parse().unwrap(),
        controls: controls.clone(),
        ..first.clone()
    };
    (0..devices).map(device).collect()
}

#[test]
fn a_year_of_a_device_takes_less_than_a_megabyte() {
    wait(async {
        let scene = Scene::open().await;
        let (directory, empty) = scene.close().await;
        let scene = Scene::open_in(directory, 100 * 365).await;
        let mut fleet = fleet();
        scene
            .enrol(fleet.iter().map(|device| device.device.clone()))
            .await;
        let mut sequence = 0;
        for day in 0..DAYS {
            for device in &mut fleet {
                live(&scene, day, sequence, device).await;
            }
            sequence += ON.end - ON.start;
            expire(scene.directory.path(), day).await;
        }
        let (_, length) = scene.close().await;
        let grown = (length - empty) / fleet.len() as u64;
        println!("{grown} bytes a device in a year");
        assert!(grown < 1_000_000, "{grown} bytes");
    });
}
