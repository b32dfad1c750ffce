//! How many devices of each group stand how in each control: counted once, for the page, the API and
//! the metrics alike.
//!
//! Nearly all devices stand alike in nearly all controls, so that only the exceptions are counted.
//! Gaps are many and lead to no action: the store counts them ([`Gaps`]).

use std::collections::BTreeMap;

use fyr_schemas::fleet::FleetDevice;
use fyr_schemas::report::ControlState;
use fyr_schemas::{ControlId, GroupId, Revision};

use crate::standing::{Standing, standing};

/// How many devices, by their standing in one control.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stands(BTreeMap<Standing, u64>);

/// On how many devices of a group a browser does not support a control. Only devices count whose
/// standing this decides: see [`shows_gaps`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Gaps(BTreeMap<GroupId, BTreeMap<ControlId, u64>>);

/// How the devices of one group stand in each control.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GroupStands {
    /// In a control of which nothing but *in force* was reported.
    ordinary: Stands,
    /// How many devices stand in a control as the second, and not as the first.
    instead: BTreeMap<ControlId, BTreeMap<(Standing, Standing), u64>>,
}

/// Whether a gap decides how a device stands in a control; otherwise it is worse for another reason.
pub(crate) fn shows_gaps(device: &FleetDevice, published: Revision) -> bool {
    standing(device, Some(ControlState::Gap), published) == Standing::Gap
}

/// The devices of each group that has some.
pub(crate) fn stands(
    devices: &[FleetDevice],
    gaps: &Gaps,
    published: Revision,
) -> BTreeMap<GroupId, GroupStands> {
    let mut groups: BTreeMap<GroupId, GroupStands> = BTreeMap::new();
    for device in devices {
        groups
            .entry(device.group.clone())
            .or_default()
            .add(device, published);
    }
    for (group, gaps) in &gaps.0 {
        let Some(stands) = groups.get_mut(group) else {
            continue;
        };
        for (control, devices) in gaps {
            stands.move_some(control, (Standing::InForce, Standing::Gap), *devices);
        }
    }
    groups
}

impl Gaps {
    /// Counts these devices of a group as well.
    pub(crate) fn add(&mut self, group: GroupId, control: ControlId, devices: u64) {
        *self.0.entry(group).or_default().entry(control).or_default() += devices;
    }
}

impl GroupStands {
    /// Counts a device. Its gaps are counted by the store.
    fn add(&mut self, device: &FleetDevice, published: Revision) {
        let ordinary = standing(device, None, published);
        self.ordinary.add(ordinary, 1);
        let findings = device.findings.iter();
        for finding in findings.filter(|it| it.state != ControlState::Gap) {
            let instead = standing(device, Some(finding.state), published);
            self.move_some(&finding.control, (ordinary, instead), 1);
        }
    }

    fn move_some(&mut self, control: &ControlId, from_to: (Standing, Standing), devices: u64) {
        let (from, to) = from_to;
        if from != to {
            let moves = self.instead.entry(control.clone()).or_default();
            *moves.entry((from, to)).or_default() += devices;
        }
    }

    /// How they stand in one control.
    pub(crate) fn in_control(&self, control: &ControlId) -> Stands {
        let mut stands = self.ordinary.clone();
        for ((from, to), devices) in self.instead.get(control).into_iter().flatten() {
            // A gap that was stored after the devices were read takes none away that is not there.
            let moved = stands.count(*from).min(*devices);
            stands.0.insert(*from, stands.count(*from) - moved);
            stands.add(*to, moved);
        }
        stands
    }
}

impl Stands {
    fn add(&mut self, standing: Standing, devices: u64) {
        *self.0.entry(standing).or_default() += devices;
    }

    /// Counts the devices of another group as well.
    pub(crate) fn merge(&mut self, others: &Self) {
        for (standing, devices) in &others.0 {
            self.add(*standing, *devices);
        }
    }

    /// How many stand so.
    pub(crate) fn count(&self, standing: Standing) -> u64 {
        self.0.get(&standing).copied().unwrap_or_default()
    }

    /// How many there are.
    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The worst standing of any device.
    pub(crate) fn worst(&self) -> Standing {
        let some = self.0.iter().filter(|(_, devices)| **devices > 0);
        some.map(|(standing, _)| *standing)
            .max()
            .unwrap_or(Standing::NoDevice)
    }
}

#[cfg(test)]
mod tests {
    use fyr_schemas::fleet::{Contradiction, DeviceState, Finding};
    use fyr_schemas::report::FailureReason;
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    const PUBLISHED: Revision = Revision(2);
    const CONTROLS: [&str; 3] = ["a", "b", "c"];

    fn states() -> impl Strategy<Value = Option<ControlState>> {
        prop::sample::select(vec![
            None,
            Some(ControlState::Gap),
            Some(ControlState::PendingRestart),
            Some(ControlState::Drifted),
            Some(ControlState::Failed(FailureReason::Io)),
        ])
    }

    fn devices() -> impl Strategy<Value = Vec<FleetDevice>> {
        let device = (0..3_u8, 0..4_u8, prop::array::uniform3(states()));
        let device = device.prop_map(|(group, kind, states)| FleetDevice {
            device: "0".repeat(32).parse().unwrap(),
            group: format!("g{group}").parse().unwrap(),
            audience: None,
            stage: None,
            revision: (kind != 0).then_some(PUBLISHED),
            state: match kind {
                1 => DeviceState::Silent,
                _ => DeviceState::Compliant,
            },
            last_contact: None,
            sequence: 1,
            missing_reports: 0,
            contradictions: match kind {
                2 => vec![Contradiction::PeriodsMissing],
                _ => Vec::new(),
            },
            findings: CONTROLS
                .iter()
                .zip(states)
                .filter_map(|(control, state)| {
                    Some(Finding {
                        control: control.parse().unwrap(),
                        state: state?,
                        since: Timestamp::UNIX_EPOCH,
                    })
                })
                .collect(),
            events: Vec::new(),
        });
        prop::collection::vec(device, 0..12)
    }

    proptest! {
        #[test]
        fn exceptions_are_counted_as_if_each_device_were_looked_at(devices in devices()) {
            let mut gaps = Gaps::default();
            let mut expected: BTreeMap<(GroupId, &str), Stands> = BTreeMap::new();
            for device in &devices {
                for control in CONTROLS {
                    let found = device.findings.iter().find(|it| it.control.as_str() == control);
                    let found = found.map(|it| it.state);
                    let group = device.group.clone();
                    if found == Some(ControlState::Gap) && shows_gaps(device, PUBLISHED) {
                        gaps.add(group.clone(), control.parse().unwrap(), 1);
                    }
                    let of = expected.entry((group, control)).or_default();
                    of.add(standing(device, found, PUBLISHED), 1);
                }
            }
            let counted = stands(&devices, &gaps, PUBLISHED);
            for ((group, control), expected) in expected {
                let counted = counted[&group].in_control(&control.parse().unwrap());
                prop_assert_eq!(counted.worst(), expected.worst());
                for standing in expected.0.keys().chain(counted.0.keys()) {
                    prop_assert_eq!(counted.count(*standing), expected.count(*standing));
                }
            }
        }
    }
}
