//! How one control stands on one device, by what the device last told.

use fyr_schemas::fleet::{DeviceState, FleetDevice};
use fyr_schemas::report::ControlState;
use fyr_schemas::{ControlId, Revision};

use crate::fleet::is_broken;

/// How a control stands on a device, or in a group; best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Nobody is there to obey it.
    NoDevice,
    /// In force.
    InForce,
    /// A browser has no means for it; decided knowingly.
    Gap,
    /// Written, and a browser must restart.
    PendingRestart,
    /// The device has not yet reported the newest revision.
    Behind,
    /// The device is silent, and may no longer hold what it last told.
    Silent,
    /// The device's reports contradict what was published, so nothing that they say counts.
    Contradicted,
    /// Drifted or failed.
    Broken,
}

/// How a control stands on a device of a group that it is published for.
pub(crate) fn standing(device: &FleetDevice, control: &ControlId, published: Revision) -> Standing {
    let found = device
        .findings
        .iter()
        .find(|finding| finding.control == *control)
        .map(|finding| finding.state);
    if found.is_some_and(is_broken) {
        return Standing::Broken;
    }
    if !device.contradictions.is_empty() {
        return Standing::Contradicted;
    }
    if device.state == DeviceState::Silent {
        return Standing::Silent;
    }
    if device.revision.is_none_or(|revision| revision < published) {
        return Standing::Behind;
    }
    match found {
        None | Some(ControlState::InForce) => Standing::InForce,
        Some(ControlState::Gap) => Standing::Gap,
        Some(ControlState::PendingRestart) => Standing::PendingRestart,
        Some(ControlState::Drifted | ControlState::Failed(_)) => Standing::Broken,
    }
}
