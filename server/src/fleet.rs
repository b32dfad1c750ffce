//! How the fleet stands: a pure summary of what devices reported, measured against what is published.
//!
//! No clock and no store: the same records, publication and moment give the same fleet.

use jiff::{SignedDuration, Timestamp};

use fyr_schemas::DeviceId;
use fyr_schemas::GroupId;
use fyr_schemas::Revision;
use fyr_schemas::fleet::{DeviceState, Finding, Fleet, FleetDevice};
use fyr_schemas::report::{ControlReport, ControlState, Event, Freshness, Report};

use crate::population::{Population, populations};
use crate::publication::Publication;

/// How many of a device's events the fleet tells.
pub(crate) const EVENTS_TOLD: usize = 20;

/// How long a device is believed after it was last heard of: a weekend and a day. An agent that
/// runs reports every 15 minutes.
const SILENT_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);

/// What the store knows of one enrolled device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceRecord {
    /// Its pseudonym.
    pub(crate) device: DeviceId,
    /// The group its token named.
    pub(crate) group: GroupId,
    /// When the server last took a report from it.
    pub(crate) last_contact: Option<Timestamp>,
    /// The highest report number stored.
    pub(crate) sequence: u64,
    /// How many report numbers are stored.
    pub(crate) reports: u64,
    /// The report with the highest number.
    pub(crate) latest: Option<Report>,
    /// The newest events, newest first.
    pub(crate) events: Vec<Event>,
}

/// The fleet at one moment, sorted by group, then device.
pub(crate) fn summarise(
    records: Vec<DeviceRecord>,
    publication: &Publication,
    now: Timestamp,
) -> Fleet {
    let mut devices: Vec<FleetDevice> = records
        .into_iter()
        .map(|record| device(record, publication, now))
        .collect();
    devices.sort_by(|a, b| (&a.group, &a.device).cmp(&(&b.group, &b.device)));
    Fleet {
        organisation: publication.organisation.clone(),
        at: now,
        revision: publication.revision,
        populations: populations(&devices, publication)
            .into_iter()
            .map(Population::told)
            .collect(),
        devices,
    }
}

fn device(record: DeviceRecord, publication: &Publication, now: Timestamp) -> FleetDevice {
    let heard = heard(record.last_contact, now);
    let group = publication.groups.get(&record.group);
    let mut events = record.events;
    events.truncate(EVENTS_TOLD);
    FleetDevice {
        audience: group.map(|group| group.audience),
        stage: group.map(|group| group.stage.clone()),
        revision: record.latest.as_ref().and_then(revision_in_force),
        state: state(record.latest.as_ref(), heard, publication.revision),
        last_contact: record.last_contact,
        sequence: record.sequence,
        missing_reports: record.sequence.saturating_sub(record.reports),
        findings: record.latest.map(findings).unwrap_or_default(),
        events,
        device: record.device,
        group: record.group,
    }
}

fn revision_in_force(report: &Report) -> Option<Revision> {
    report.bundle.as_ref().map(|bundle| bundle.revision)
}

/// Whether what a device last told may still be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Lately,
    LongAgo,
}

fn heard(last_contact: Option<Timestamp>, now: Timestamp) -> Heard {
    match last_contact {
        Some(at) if now.duration_since(at) > SILENT_AFTER => Heard::LongAgo,
        Some(_) | None => Heard::Lately,
    }
}

/// The worst thing that is true of the device decides. Its agent reports a control as drifted or
/// failed exactly when its plan is not empty, so a device complies exactly when its plan is empty.
fn state(latest: Option<&Report>, heard: Heard, published: Revision) -> DeviceState {
    let Some(report) = latest else {
        return DeviceState::Unknown;
    };
    let Some(in_force) = revision_in_force(report) else {
        return DeviceState::NonCompliant;
    };
    let any = |wanted: fn(ControlState) -> bool| report.controls.iter().any(|c| wanted(c.state));
    if any(is_broken) {
        DeviceState::NonCompliant
    } else if heard == Heard::LongAgo {
        DeviceState::Silent
    } else if in_force < published || report.freshness != Freshness::Fresh {
        DeviceState::Stale
    } else if any(|state| state == ControlState::PendingRestart) {
        DeviceState::PendingRestart
    } else {
        DeviceState::Compliant
    }
}

/// Whether a control does not hold though it could.
pub(crate) fn is_broken(state: ControlState) -> bool {
    match state {
        ControlState::Drifted | ControlState::Failed(_) => true,
        ControlState::InForce | ControlState::Gap | ControlState::PendingRestart => false,
    }
}

fn findings(report: Report) -> Vec<Finding> {
    report
        .controls
        .into_iter()
        .filter(|control| control.state != ControlState::InForce)
        .map(
            |ControlReport {
                 control,
                 state,
                 since,
             }| Finding {
                control,
                state,
                since,
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fyr_schemas::report::{FailureReason, Product};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn publication(revision: u64) -> Publication {
        Publication {
            organisation: "ballerup".parse().unwrap(),
            revision: Revision(revision),
            published: at(1),
            expires: at(1_000_000),
            enrolment: serde_json::from_value(json!({"organisation": "ballerup", "keys": []}))
                .unwrap(),
            groups: BTreeMap::new(),
        }
    }

    fn report(revision: Option<u64>, freshness: Freshness, states: &[ControlState]) -> Report {
        let bundle = revision.map(
            |revision| json!({"revision": revision, "digest": "1".repeat(64), "since": at(1)}),
        );
        let controls: Vec<_> = states
            .iter()
            .enumerate()
            .map(|(number, state)| {
                json!({"control": format!("c{number}"), "state": state, "since": at(2)})
            })
            .collect();
        serde_json::from_value(json!({
            "format": 1, "organisation": "ballerup", "group": "g", "device": "0".repeat(32),
            "sequence": 1, "at": at(3), "agent": [0, 1, 0], "bundle": bundle,
            "freshness": freshness, "controls": controls, "events": [],
            "browsers": [Product::Chromium],
        }))
        .unwrap()
    }

    fn record(latest: Option<Report>) -> DeviceRecord {
        DeviceRecord {
            device: "0".repeat(32).parse().unwrap(),
            group: "g".parse().unwrap(),
            last_contact: None,
            sequence: 0,
            reports: 0,
            latest,
            events: Vec::new(),
        }
    }

    const FRESH: Freshness = Freshness::Fresh;
    const FAILED: ControlState = ControlState::Failed(FailureReason::Io);

    #[track_caller]
    fn check(report: Option<&Report>, expected: DeviceState) {
        assert_eq!(state(report, Heard::Lately, Revision(2)), expected);
    }

    #[test]
    fn the_worst_thing_that_is_true_decides_how_a_device_stands() {
        use ControlState::{Drifted, Gap, InForce, PendingRestart};
        let stale = Freshness::Stale { since: at(1) };
        check(None, DeviceState::Unknown);
        check(Some(&report(None, FRESH, &[])), DeviceState::NonCompliant);
        check(Some(&report(Some(2), FRESH, &[])), DeviceState::Compliant);
        check(
            Some(&report(Some(2), FRESH, &[InForce, Gap])),
            DeviceState::Compliant,
        );
        check(
            Some(&report(Some(2), FRESH, &[InForce, PendingRestart])),
            DeviceState::PendingRestart,
        );
        check(
            Some(&report(Some(1), FRESH, &[PendingRestart])),
            DeviceState::Stale,
        );
        check(
            Some(&report(Some(2), stale, &[InForce])),
            DeviceState::Stale,
        );
        check(
            Some(&report(Some(1), stale, &[PendingRestart, Drifted])),
            DeviceState::NonCompliant,
        );
        check(
            Some(&report(Some(2), FRESH, &[FAILED])),
            DeviceState::NonCompliant,
        );
    }

    /// How a device stands that reported this at `heard` and never again, at `now`.
    fn told(report: Report, heard: i64, now: i64) -> DeviceState {
        let record = DeviceRecord {
            last_contact: Some(at(heard)),
            ..record(Some(report))
        };
        summarise(vec![record], &publication(2), at(now)).devices[0].state
    }

    #[test]
    fn a_device_whose_agent_fell_silent_does_not_stay_compliant() {
        let days = SILENT_AFTER.as_secs();
        let compliant = || report(Some(2), FRESH, &[ControlState::InForce]);
        assert_eq!(told(compliant(), 9, 9 + days), DeviceState::Compliant);
        assert_eq!(told(compliant(), 9, 10 + days), DeviceState::Silent);
        let old = report(Some(1), FRESH, &[]);
        assert_eq!(told(old, 9, 10 + days), DeviceState::Silent);
    }

    #[test]
    fn silence_does_not_hide_what_was_broken_before() {
        let now = 10 + SILENT_AFTER.as_secs();
        let broken = report(Some(2), FRESH, &[FAILED]);
        assert_eq!(told(broken, 9, now), DeviceState::NonCompliant);
        let empty = report(None, FRESH, &[]);
        assert_eq!(told(empty, 9, now), DeviceState::NonCompliant);
    }

    #[test]
    fn a_finding_is_everything_that_is_not_in_force() {
        let latest = report(
            Some(2),
            FRESH,
            &[ControlState::InForce, ControlState::Gap, FAILED],
        );
        let fleet = summarise(vec![record(Some(latest))], &publication(2), at(9));
        let found: Vec<_> = fleet.devices[0]
            .findings
            .iter()
            .map(|it| it.state)
            .collect();
        assert_eq!(found, [ControlState::Gap, FAILED]);
    }

    proptest! {
        #[test]
        fn the_order_of_records_makes_no_difference_and_none_is_lost(
            names in prop::collection::btree_set((0_u8..4, any::<u128>()), 0..12),
            seed in any::<prop::sample::Index>(),
        ) {
            let records: Vec<DeviceRecord> = names
                .iter()
                .map(|(group, device)| DeviceRecord {
                    device: format!("{device:032x}").parse().unwrap(),
                    group: format!("g{group}").parse().unwrap(),
                    ..record(Some(report(Some(2), FRESH, &[])))
                })
                .collect();
            let mut turned = records.clone();
            if !turned.is_empty() {
                turned.rotate_left(seed.index(names.len()));
                turned.reverse();
            }
            let fleet = summarise(records, &publication(2), at(9));
            prop_assert_eq!(&summarise(turned, &publication(2), at(9)), &fleet);
            prop_assert_eq!(fleet.devices.len(), names.len());
            prop_assert!(fleet.devices.is_sorted_by_key(|it| (it.group.clone(), it.device.clone())));
        }
    }
}
