//! How many devices are in each state.

use std::collections::BTreeMap;

use fyr_schemas::fleet::{DeviceState, FleetDevice};

use crate::words::STATES;

/// How many devices stand how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally(BTreeMap<DeviceState, u64>);

impl Tally {
    /// Counts devices.
    pub(crate) fn of<'a>(devices: impl Iterator<Item = &'a FleetDevice>) -> Self {
        let mut counts = BTreeMap::new();
        for device in devices {
            *counts.entry(device.state).or_default() += 1;
        }
        Self(counts)
    }

    /// How many stand so.
    pub(crate) fn count(&self, state: DeviceState) -> u64 {
        self.0.get(&state).copied().unwrap_or_default()
    }

    /// How many there are.
    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// How many are compliant.
    pub(crate) fn compliant(&self) -> u64 {
        self.count(DeviceState::Compliant)
    }

    /// How many need attention.
    pub(crate) fn attention(&self) -> u64 {
        self.total().saturating_sub(self.compliant())
    }

    /// Every state with its count, best first.
    pub(crate) fn states(&self) -> impl Iterator<Item = (DeviceState, u64)> {
        STATES.into_iter().map(|state| (state, self.count(state)))
    }
}
