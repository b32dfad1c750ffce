//! The state of the fleet: a pure summary of what devices reported, compared with what is published.
//!
//! No clock and no store: the same records, publication and moment give the same fleet.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use fyr_schemas::fleet::{Contradiction, DepartedDevice, DeviceState, Finding, Fleet, FleetDevice};
use fyr_schemas::report::{ControlState, Event, Freshness, Report};
use fyr_schemas::{DeviceId, GroupId};

use crate::population::{Population, populations};
use crate::publication::Publication;
use crate::standing::is_broken;
use crate::stands::{Gaps, GroupStands, stands};

/// How many events of a device are kept for the page and the API.
pub(crate) const EVENTS_SHOWN: usize = 20;

/// How long a device counts as connected after its last report: a weekend and a day. An agent that
/// runs reports every 15 minutes.
const SILENT_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Two reports under one number happen once when a device loses its state. When it happens twice
/// within this time, more than one machine reports; after this time without another, no more.
const REUSE_COUNTS_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What the store knows of all devices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FleetRecords {
    /// Those in use.
    pub(crate) devices: Vec<DeviceRecord>,
    /// Those that left.
    pub(crate) departed: Vec<DepartedDevice>,
}

/// What the store knows of one device in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceRecord {
    /// Its pseudonym.
    pub(crate) device: DeviceId,
    /// The group its token named.
    pub(crate) group: GroupId,
    /// When its last new report came.
    pub(crate) last_contact: Option<Timestamp>,
    /// The highest report number that came.
    pub(crate) sequence: u64,
    /// How many numbers below it did not come.
    pub(crate) missing: u64,
    /// The report with the highest number, without controls and events.
    pub(crate) latest: Option<Report>,
    /// The controls in it that are not in force, gaps left out.
    pub(crate) findings: Vec<Finding>,
    /// Where it contradicts what was published.
    pub(crate) contradictions: Vec<Contradiction>,
    /// When different reports came under one number.
    pub(crate) reuse: Option<Reuse>,
}

/// The last two moments at which different reports came under one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reuse {
    /// The last one.
    pub(crate) last: Timestamp,
    /// The one before.
    pub(crate) before: Timestamp,
}

/// The fleet at one moment, and how its devices stand in each control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Sorted by group, then device. The counts are complete; the devices have no events and no gaps.
    pub(crate) fleet: Fleet,
    /// By group; none where a group has no device.
    pub(crate) stands: BTreeMap<GroupId, GroupStands>,
}

/// What is read of single devices, when they are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Details {
    /// The newest events, newest first.
    pub(crate) events: HashMap<DeviceId, Vec<Event>>,
    /// The controls that a browser does not support.
    pub(crate) gaps: HashMap<DeviceId, Vec<Finding>>,
}

/// The devices at one moment, sorted by group, then device.
pub(crate) fn devices(
    records: Vec<DeviceRecord>,
    publication: &Publication,
    now: Timestamp,
) -> Vec<FleetDevice> {
    let mut devices: Vec<FleetDevice> = records
        .into_iter()
        .map(|record| device(record, publication, now))
        .collect();
    devices.sort_by(|a, b| (&a.group, &a.device).cmp(&(&b.group, &b.device)));
    devices
}

/// The fleet of these devices, with the gaps that the store counted.
pub(crate) fn summarise(
    devices: Vec<FleetDevice>,
    mut departed: Vec<DepartedDevice>,
    gaps: &Gaps,
    publication: &Publication,
    now: Timestamp,
) -> Summary {
    departed.sort_by(|a, b| (&a.group, &a.device).cmp(&(&b.group, &b.device)));
    let stands = stands(&devices, gaps, publication);
    let fleet = Fleet {
        organisation: publication.organisation.clone(),
        at: now,
        revision: publication.revision,
        populations: populations(&devices, &stands, publication)
            .into_iter()
            .map(Population::shown)
            .collect(),
        devices,
        departed,
    };
    Summary { fleet, stands }
}

impl Details {
    /// Adds them to their devices.
    pub(crate) fn add_to(mut self, fleet: &mut Fleet) {
        for device in &mut fleet.devices {
            device.events = self.events.remove(&device.device).unwrap_or_default();
            device.events.truncate(EVENTS_SHOWN);
            let gaps = self.gaps.remove(&device.device).unwrap_or_default();
            device.findings.extend(gaps);
            device.findings.sort_by(|a, b| a.control.cmp(&b.control));
        }
    }
}

fn device(record: DeviceRecord, publication: &Publication, now: Timestamp) -> FleetDevice {
    let contact = contact(record.last_contact, now);
    let group = publication.groups.get(&record.group);
    let mut contradictions = record.contradictions;
    contradictions.extend(record.reuse.and_then(|reuse| several_machines(reuse, now)));
    let latest = record.latest.as_ref();
    let bundle = latest.and_then(|latest| latest.bundle.as_ref());
    let newest = group.map(|group| &group.edition.digest);
    let has_newest = bundle.is_some_and(|bundle| Some(&bundle.digest) == newest);
    let periods = latest.and_then(|latest| latest.periods.as_ref());
    let claims = Claims {
        latest,
        has_newest,
        findings: &record.findings,
        contradictions: &contradictions,
    };
    FleetDevice {
        audience: group.map(|group| group.audience),
        stage: group.map(|group| group.stage.clone()),
        revision: bundle.map(|bundle| bundle.revision),
        has_newest,
        running: periods.map(|it| it.running.clone()).unwrap_or_default(),
        state: state(&claims, contact),
        last_contact: record.last_contact,
        sequence: record.sequence,
        missing_reports: record.missing,
        contradictions,
        findings: record.findings,
        events: Vec::new(),
        device: record.device,
        group: record.group,
    }
}

fn several_machines(reuse: Reuse, now: Timestamp) -> Option<Contradiction> {
    let Reuse { last, before } = reuse;
    let is_repeated = last.duration_since(before) <= REUSE_COUNTS_FOR;
    let is_recent = now.duration_since(last) <= REUSE_COUNTS_FOR;
    (is_repeated && is_recent).then_some(Contradiction::SeveralMachines { last })
}

/// Whether what a device last reported may still be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastContact {
    Recent,
    LongAgo,
}

fn contact(last_contact: Option<Timestamp>, now: Timestamp) -> LastContact {
    match last_contact {
        Some(at) if now.duration_since(at) > SILENT_AFTER => LastContact::LongAgo,
        Some(_) | None => LastContact::Recent,
    }
}

/// What a device claims of itself, and what is wrong with it.
struct Claims<'a> {
    latest: Option<&'a Report>,
    /// Whether its bundle is the newest of its group.
    has_newest: bool,
    findings: &'a [Finding],
    contradictions: &'a [Contradiction],
}

/// The worst thing that is true of the device decides. Its agent reports a control as drifted or
/// failed exactly when its plan is not empty, so a device complies exactly when its plan is empty
/// and its report fits what was published.
fn state(claims: &Claims<'_>, contact: LastContact) -> DeviceState {
    let Some(report) = claims.latest else {
        return DeviceState::Unknown;
    };
    if report.bundle.is_none() {
        return DeviceState::NonCompliant;
    }
    let any = |wanted: fn(ControlState) -> bool| claims.findings.iter().any(|it| wanted(it.state));
    if any(is_broken) || !claims.contradictions.is_empty() {
        DeviceState::NonCompliant
    } else if contact == LastContact::LongAgo {
        DeviceState::Silent
    } else if !claims.has_newest || report.freshness != Freshness::Fresh {
        DeviceState::Stale
    } else if any(|state| state == ControlState::PendingRestart) {
        DeviceState::PendingRestart
    } else {
        DeviceState::Compliant
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fyr_schemas::Revision;
    use fyr_schemas::report::{FailureReason, Product};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::publication::PublishedGroup;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The digest of the bundle that a revision has for the group `g`.
    fn digest(revision: u64) -> String {
        revision.to_string().repeat(64)
    }

    fn publication(revision: u64) -> Publication {
        let bundle = json!({
            "format": 1, "organisation": "ballerup", "group": "g", "unit": "/", "audience": "pupils",
            "stage": "s", "controls": [], "decisions": {}, "chromium": {}, "firefox": {}, "hosts": {},
        });
        let group = PublishedGroup::of_bundle(&digest(revision), &bundle);
        Publication {
            organisation: "ballerup".parse().unwrap(),
            revision: Revision(revision),
            published: at(1),
            expires: at(1_000_000),
            enrolment: serde_json::from_value(json!({"organisation": "ballerup", "keys": []}))
                .unwrap(),
            groups: [("g".parse().unwrap(), Arc::new(group))].into(),
        }
    }

    /// A device that reported this at second 3, when the last report came.
    fn record(
        revision: Option<u64>,
        freshness: Freshness,
        states: &[ControlState],
    ) -> DeviceRecord {
        let bundle = revision.map(
            |revision| json!({"revision": revision, "digest": digest(revision), "since": at(1)}),
        );
        let latest = serde_json::from_value(json!({
            "format": 1, "organisation": "ballerup", "group": "g", "device": "0".repeat(32),
            "sequence": 1, "at": at(3), "agent": [0, 1, 0], "bundle": bundle,
            "freshness": freshness, "controls": [], "events": [],
            "browsers": [Product::Chromium],
        }))
        .unwrap();
        DeviceRecord {
            device: "0".repeat(32).parse().unwrap(),
            group: "g".parse().unwrap(),
            last_contact: Some(at(3)),
            sequence: 1,
            missing: 0,
            latest: Some(latest),
            findings: states
                .iter()
                .enumerate()
                .map(|(number, state)| Finding {
                    control: format!("c{number}").parse().unwrap(),
                    state: *state,
                    since: at(2),
                })
                .collect(),
            contradictions: Vec::new(),
            reuse: None,
        }
    }

    const FRESH: Freshness = Freshness::Fresh;
    const FAILED: ControlState = ControlState::Failed(FailureReason::Io);

    fn seen(record: DeviceRecord, now: i64) -> FleetDevice {
        devices(vec![record], &publication(2), at(now)).remove(0)
    }

    #[track_caller]
    fn check(record: DeviceRecord, expected: DeviceState) {
        assert_eq!(seen(record, 9).state, expected);
    }

    #[test]
    fn the_worst_thing_that_is_true_decides_the_state_of_a_device() {
        use ControlState::{Drifted, Gap, PendingRestart};
        let stale = Freshness::Stale { since: at(1) };
        let never = DeviceRecord {
            latest: None,
            ..record(Some(2), FRESH, &[])
        };
        check(never, DeviceState::Unknown);
        check(record(None, FRESH, &[]), DeviceState::NonCompliant);
        check(record(Some(2), FRESH, &[]), DeviceState::Compliant);
        check(record(Some(2), FRESH, &[Gap]), DeviceState::Compliant);
        check(
            record(Some(2), FRESH, &[PendingRestart]),
            DeviceState::PendingRestart,
        );
        check(
            record(Some(1), FRESH, &[PendingRestart]),
            DeviceState::Stale,
        );
        check(record(Some(2), stale, &[]), DeviceState::Stale);
        check(
            record(Some(1), stale, &[PendingRestart, Drifted]),
            DeviceState::NonCompliant,
        );
        check(record(Some(2), FRESH, &[FAILED]), DeviceState::NonCompliant);
        let other = DeviceRecord {
            contradictions: vec![Contradiction::OtherBundle {
                revision: Revision(2),
            }],
            ..record(Some(2), FRESH, &[])
        };
        check(other, DeviceState::NonCompliant);
    }

    #[test]
    fn a_device_has_the_newest_policy_under_every_revision_that_names_the_bundle() {
        let mut same = record(Some(2), FRESH, &[]);
        if let Some(bundle) = same.latest.as_mut().and_then(|it| it.bundle.as_mut()) {
            bundle.revision = Revision(1);
        }
        check(same, DeviceState::Compliant);
    }

    #[test]
    fn a_silent_device_does_not_stay_compliant() {
        let days = SILENT_AFTER.as_secs();
        let compliant = || record(Some(2), FRESH, &[]);
        assert_eq!(seen(compliant(), 3 + days).state, DeviceState::Compliant);
        assert_eq!(seen(compliant(), 4 + days).state, DeviceState::Silent);
        let old = record(Some(1), FRESH, &[]);
        assert_eq!(seen(old, 4 + days).state, DeviceState::Silent);
    }

    #[test]
    fn silence_does_not_hide_what_was_broken_before() {
        let now = 4 + SILENT_AFTER.as_secs();
        let broken = record(Some(2), FRESH, &[FAILED]);
        assert_eq!(seen(broken, now).state, DeviceState::NonCompliant);
        let empty = record(None, FRESH, &[]);
        assert_eq!(seen(empty, now).state, DeviceState::NonCompliant);
    }

    #[test]
    fn one_used_number_is_a_lost_state_and_two_in_a_week_are_two_machines() {
        let day = 24 * 60 * 60;
        let reused = |before: i64, last: i64| DeviceRecord {
            reuse: Some(Reuse {
                last: at(last * day),
                before: at(before * day),
            }),
            ..record(Some(2), FRESH, &[])
        };
        let found = |record, now: i64| seen(record, now * day).contradictions.len();
        assert_eq!(found(reused(10, 12), 13), 1);
        assert_eq!(found(reused(10, 12), 20), 0, "it has not happened again");
        assert_eq!(found(reused(1, 12), 13), 0, "the first was long before");
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
                    ..record(Some(2), FRESH, &[])
                })
                .collect();
            let mut turned = records.clone();
            if !turned.is_empty() {
                turned.rotate_left(seed.index(names.len()));
                turned.reverse();
            }
            let summarise = |records| {
                let devices = devices(records, &publication(2), at(9));
                super::summarise(devices, Vec::new(), &Gaps::default(), &publication(2), at(9)).fleet
            };
            let fleet = summarise(records);
            prop_assert_eq!(&summarise(turned), &fleet);
            prop_assert_eq!(fleet.devices.len(), names.len());
            prop_assert!(fleet.devices.is_sorted_by_key(|it| (it.group.clone(), it.device.clone())));
        }
    }
}
