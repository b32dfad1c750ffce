//! What the demo found: the conditions it waits for, and the JSON it prints.

use std::time::Duration;

use fyr_schemas::fleet::{DeviceState, Fleet};
use fyr_schemas::report::EventKind;
use fyr_schemas::{GroupId, Revision};
use jiff::Timestamp;
use serde::Serialize;

/// How many devices the demo pretends.
pub(crate) const DEVICES: usize = 5;

/// True when every device holds `revision` and everything in it that can be enforced.
pub(crate) fn all_run(fleet: &Fleet, revision: Revision) -> bool {
    fleet.devices.len() == DEVICES
        && fleet.devices.iter().all(|device| {
            device.revision == Some(revision) && device.state == DeviceState::Compliant
        })
}

/// True when a device of `group` has reported a repair.
pub(crate) fn has_repaired(fleet: &Fleet, group: Option<&GroupId>) -> bool {
    fleet
        .devices
        .iter()
        .filter(|device| Some(&device.group) == group)
        .flat_map(|device| &device.events)
        .any(|event| matches!(event.what, EventKind::Repaired { .. }))
}

/// How the devices that are not there yet stand, for the message when patience ends.
pub(crate) fn unfinished(fleet: &Fleet) -> String {
    let behind: Vec<String> = fleet
        .devices
        .iter()
        .filter(|device| {
            device.state != DeviceState::Compliant || device.revision != Some(fleet.revision)
        })
        .map(|device| {
            format!(
                "`{}` of `{}` is {:?}",
                device.device, device.group, device.state
            )
        })
        .collect();
    if behind.is_empty() {
        format!("{} of {DEVICES} devices have enrolled", fleet.devices.len())
    } else {
        behind.join(", ")
    }
}

/// What `fyr demo --once --json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    /// Devices that enrolled.
    pub(crate) devices: usize,
    /// Devices that hold all that was decided, at the newest revision.
    pub(crate) compliant: usize,
    /// The revision published last.
    pub(crate) revision: Revision,
    /// From the repository's new timestamp to the device's own `applied` event, in milliseconds.
    pub(crate) publish_to_applied_ms: Percentiles,
    /// From the tampering to the file as it was, in milliseconds.
    pub(crate) drift_to_repaired_ms: f64,
    /// The dashboard's address.
    pub(crate) dashboard: String,
}

/// Percentiles by the nearest-rank method.
#[derive(Debug, Serialize)]
pub(crate) struct Percentiles {
    /// The median.
    pub(crate) p50: f64,
    /// The 99th percentile; with five devices, the slowest.
    pub(crate) p99: f64,
}

impl Outcome {
    /// Sums up a settled fleet.
    pub(crate) fn of(fleet: &Fleet, published: Timestamp, repair: Duration, url: &str) -> Self {
        Self {
            devices: fleet.devices.len(),
            compliant: compliant(fleet),
            revision: fleet.revision,
            publish_to_applied_ms: Percentiles::of(applied_after(fleet, published)),
            drift_to_repaired_ms: round(repair.as_secs_f64() * 1000.0),
            dashboard: url.to_owned(),
        }
    }

    /// True when every device enrolled and is compliant.
    pub(crate) fn everyone_is_compliant(&self) -> bool {
        self.devices == DEVICES && self.compliant == self.devices
    }
}

fn compliant(fleet: &Fleet) -> usize {
    fleet
        .devices
        .iter()
        .filter(|device| device.state == DeviceState::Compliant)
        .count()
}

/// Milliseconds from `published` to each device's event for the fleet's newest revision.
fn applied_after(fleet: &Fleet, published: Timestamp) -> Vec<f64> {
    let newest = EventKind::Applied {
        revision: fleet.revision,
    };
    fleet
        .devices
        .iter()
        .filter_map(|device| device.events.iter().find(|event| event.what == newest))
        .map(|event| event.at.duration_since(published).as_secs_f64() * 1000.0)
        .collect()
}

impl Percentiles {
    fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let rank = |percent: usize| {
            let index = (samples.len() * percent).div_ceil(100).saturating_sub(1);
            samples.get(index).copied().map_or(f64::NAN, round)
        };
        Self {
            p50: rank(50),
            p99: rank(99),
        }
    }
}

fn round(milliseconds: f64) -> f64 {
    (milliseconds * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let found = Percentiles::of(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(
            (found.p50.to_bits(), found.p99.to_bits()),
            (3f64.to_bits(), 5f64.to_bits())
        );
    }

    #[test]
    fn without_a_sample_there_is_no_figure() {
        assert!(Percentiles::of(Vec::new()).p50.is_nan());
    }
}
