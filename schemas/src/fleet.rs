//! The fleet, as `GET /api/v1/fleet` answers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bundle::Audience;
use crate::id::{ControlId, DeviceId, GroupId, OrganisationId, PeriodId, Revision, StageId};
use crate::report::{ControlState, Event};

/// Every enrolled device, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// Whose fleet.
    pub organisation: OrganisationId,
    /// When this was computed.
    pub at: Timestamp,
    /// The newest published revision.
    pub revision: Revision,
    /// Pupils' devices and staff's devices apart: those of published groups, without an audience that
    /// has none.
    pub populations: BTreeMap<Audience, Population>,
    /// Sorted by group, then device.
    pub devices: Vec<FleetDevice>,
    /// Devices that were retired or revoked, sorted by group, then device. No count includes them.
    pub departed: Vec<DepartedDevice>,
}

/// The devices of one audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// How many they are.
    pub devices: u64,
    /// How many of them stand how; no state that none is in.
    pub states: BTreeMap<DeviceState, u64>,
    /// Every control that is published for some of them.
    pub controls: BTreeMap<ControlId, Share>,
}

/// On how many devices a control is in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The devices that it is published for.
    pub devices: u64,
    /// On how many of them it is in force.
    pub in_force: u64,
    /// On how many a browser does not support it.
    pub gaps: u64,
    /// On how many a period runs in which it is not in force or has another value, as decided.
    pub not_now: u64,
}

/// One device of the [`Fleet`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FleetDevice {
    /// Its pseudonym.
    pub device: DeviceId,
    /// Its group.
    pub group: GroupId,
    /// The group's audience, where a published bundle says it.
    pub audience: Option<Audience>,
    /// The group's stage, where a published bundle says it.
    pub stage: Option<StageId>,
    /// The revision in force; absent before the first report.
    pub revision: Option<Revision>,
    /// Whether its bundle is the newest of its group. A bundle that a publication does not change is
    /// the newest under the revision before, too.
    pub has_newest: bool,
    /// The periods of its timetable that it reports as running.
    pub running: BTreeSet<PeriodId>,
    /// How it stands.
    pub state: DeviceState,
    /// When its last new report came.
    pub last_contact: Option<Timestamp>,
    /// The highest report number stored.
    pub sequence: u64,
    /// Report numbers below [`sequence`](Self::sequence) that never arrived.
    pub missing_reports: u64,
    /// Where its reports contradict what was published or one another. A device with a contradiction
    /// is not compliant.
    pub contradictions: Vec<Contradiction>,
    /// Every control that is not in force, gaps included.
    pub findings: Vec<Finding>,
    /// The latest events, newest first, at most 20.
    pub events: Vec<Event>,
}

/// How a device stands, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// Everything its targets can enforce is in force, from the newest bundle of its group.
    Compliant,
    /// In force, and a browser must restart before all of it is obeyed.
    PendingRestart,
    /// Enforces an older bundle, or its metadata expired.
    Stale,
    /// No report for three days: its last known state may be out of date.
    Silent,
    /// A control is drifted or failed, no bundle is in force, or its reports contradict what was
    /// published.
    NonCompliant,
    /// Enrolled, and never reported.
    Unknown,
}

/// A problem of a device that needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Which control.
    pub control: ControlId,
    /// How it stands.
    pub state: ControlState,
    /// Since when.
    pub since: Timestamp,
}

/// A statement of a device that cannot be true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Contradiction {
    /// It reports a revision above the newest one.
    RevisionNotPublished {
        /// Which.
        revision: Revision,
    },
    /// It reports a revision in which its group has no bundle.
    GroupNotPublished {
        /// Which.
        revision: Revision,
    },
    /// The digest of its bundle is not that of the published bundle.
    OtherBundle {
        /// The revision that it reports.
        revision: Revision,
    },
    /// Its bundle names controls that it does not report.
    ControlsMissing {
        /// Which, sorted.
        controls: Vec<ControlId>,
    },
    /// It reports controls that its bundle does not name.
    ControlsUnknown {
        /// Which, sorted.
        controls: Vec<ControlId>,
    },
    /// Its bundle has a timetable, and it does not report which periods run.
    PeriodsMissing,
    /// It reports periods that its bundle does not name.
    PeriodsUnknown {
        /// Which, sorted.
        periods: Vec<PeriodId>,
    },
    /// It names controls or periods that no published bundle has. They are not stored.
    NamesUnpublished {
        /// How many controls.
        controls: u64,
        /// How many periods.
        periods: u64,
    },
    /// Different reports came under the same numbers again and again: more than one machine uses
    /// its key.
    SeveralMachines {
        /// When this last happened.
        last: Timestamp,
    },
}

/// A device that left the fleet and is still stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DepartedDevice {
    /// Its pseudonym.
    pub device: DeviceId,
    /// Its group.
    pub group: GroupId,
    /// How it left.
    pub departure: Departure,
    /// When it left.
    pub at: Timestamp,
    /// The device that took its place, where one did.
    pub replaced_by: Option<DeviceId>,
    /// When its last new report came.
    pub last_contact: Option<Timestamp>,
}

/// How a device left the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Departure {
    /// It is no longer used. Its reports are still stored.
    Retired,
    /// Its key is no longer accepted: its reports are refused.
    Revoked,
}
