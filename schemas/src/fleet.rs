//! The fleet as `GET /api/v1/fleet` tells it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bundle::Audience;
use crate::id::{ControlId, DeviceId, GroupId, OrganisationId, Revision, StageId};
use crate::report::{ControlState, Event};

/// Every enrolled device, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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
}

/// The devices of one audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// How many they are.
    pub devices: u64,
    /// How many of them stand how; no state that none is in.
    pub states: BTreeMap<DeviceState, u64>,
    /// Every control that is published for some of them.
    pub controls: BTreeMap<ControlId, Share>,
}

/// On how many devices a control holds.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The devices that it is published for.
    pub devices: u64,
    /// On how many of them it is in force.
    pub in_force: u64,
    /// On how many a browser has no means for it.
    pub gaps: u64,
}

/// One device of the [`Fleet`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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
    /// How it stands.
    pub state: DeviceState,
    /// When it was last heard of.
    pub last_contact: Option<Timestamp>,
    /// The highest report number stored.
    pub sequence: u64,
    /// Report numbers below [`sequence`](Self::sequence) that never arrived.
    pub missing_reports: u64,
    /// What does not hold, and every gap.
    pub findings: Vec<Finding>,
    /// The latest events, newest first, at most 20.
    pub events: Vec<Event>,
}

/// How a device stands, best first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// Everything its targets can enforce is in force, at the newest revision.
    Compliant,
    /// In force, and a browser must restart before all of it is obeyed.
    PendingRestart,
    /// Holds an older revision, or expired metadata.
    Stale,
    /// No report for three days: its last known state may be out of date.
    Silent,
    /// A control is drifted or failed, or no bundle is in force.
    NonCompliant,
    /// Enrolled, and never reported.
    Unknown,
}

/// A problem of a device that needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Which control.
    pub control: ControlId,
    /// How it stands.
    pub state: ControlState,
    /// Since when.
    pub since: Timestamp,
}
