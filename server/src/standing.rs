//! The state of one control on one device, by its last report.

use fyr_schemas::fleet::{DeviceState, FleetDevice};
use fyr_schemas::report::ControlState;

/// The state of a control on a device, or in a group; best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// No device or browser can enforce it.
    NoDevice,
    /// In force.
    InForce,
    /// A period runs in which it is not in force, or has another value; decided so.
    NotNow,
    /// A browser does not support it; decided knowingly.
    Gap,
    /// Written, and a browser must restart.
    PendingRestart,
    /// The device has not yet reported the newest bundle.
    Behind,
    /// The device is silent, and its last report may be out of date.
    Silent,
    /// The device's reports contradict what was published, so nothing that they say counts.
    Contradicted,
    /// Drifted or failed.
    Broken,
}

/// How a device stands in a control that is published for its group and that it reports so; none
/// where it reports it in force.
pub(crate) fn standing(device: &FleetDevice, found: Option<ControlState>) -> Standing {
    if found.is_some_and(is_broken) {
        return Standing::Broken;
    }
    if !device.contradictions.is_empty() {
        return Standing::Contradicted;
    }
    if device.state == DeviceState::Silent {
        return Standing::Silent;
    }
    if !device.has_newest {
        return Standing::Behind;
    }
    match found {
        None | Some(ControlState::InForce) => Standing::InForce,
        Some(ControlState::Gap) => Standing::Gap,
        Some(ControlState::PendingRestart) => Standing::PendingRestart,
        Some(ControlState::Drifted | ControlState::Failed(_)) => Standing::Broken,
    }
}

/// Whether a control is not in force though it could be.
pub(crate) fn is_broken(state: ControlState) -> bool {
    match state {
        ControlState::Drifted | ControlState::Failed(_) => true,
        ControlState::InForce | ControlState::Gap | ControlState::PendingRestart => false,
    }
}
