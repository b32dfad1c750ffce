//! How the fleet stands: a pure summary of what devices reported, measured against what is published.
//!
//! No clock and no store: the same records, publication and moment give the same fleet.

use jiff::Timestamp;

use fyr_schemas::DeviceId;
use fyr_schemas::GroupId;
use fyr_schemas::Revision;
use fyr_schemas::fleet::{DeviceState, Finding, Fleet, FleetDevice};
use fyr_schemas::report::{ControlReport, ControlState, Event, Freshness, Report};

use crate::publication::Publication;

/// How many of a device's events the fleet tells.
pub(crate) const EVENTS_TOLD: usize = 20;

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
        .map(|record| device(record, publication))
        .collect();
    devices.sort_by(|a, b| (&a.group, &a.device).cmp(&(&b.group, &b.device)));
    Fleet {
        organisation: publication.organisation.clone(),
        at: now,
        revision: publication.revision,
        devices,
    }
}

fn device(record: DeviceRecord, publication: &Publication) -> FleetDevice {
    let group = publication.groups.get(&record.group);
    let mut events = record.events;
    events.truncate(EVENTS_TOLD);
    FleetDevice {
        audience: group.map(|group| group.audience),
        stage: group.map(|group| group.stage.clone()),
        revision: record.latest.as_ref().and_then(revision_in_force),
        state: state(record.latest.as_ref(), publication.revision),
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

/// The worst thing that is true of the device decides.
fn state(latest: Option<&Report>, published: Revision) -> DeviceState {
    let Some(report) = latest else {
        return DeviceState::Unknown;
    };
    let Some(in_force) = revision_in_force(report) else {
        return DeviceState::NonCompliant;
    };
    let any = |wanted: fn(ControlState) -> bool| report.controls.iter().any(|c| wanted(c.state));
    if any(is_broken) {
        DeviceState::NonCompliant
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
