//! How many devices of each group stand how in each control: counted once, for the page, the API and
//! the metrics alike.
//!
//! Nearly all devices stand alike in nearly all controls, so that only the exceptions are counted.
//! Gaps are many and lead to no action: the store counts them ([`Gaps`]).

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::fleet::FleetDevice;
use fyr_schemas::report::ControlState;
use fyr_schemas::{ControlId, GroupId, PeriodId};

use crate::publication::Publication;
use crate::standing::{Standing, standing};

/// How many devices, by their standing in one control.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stands(BTreeMap<Standing, u64>);

/// On how many devices of a group on which these periods run a browser does not support a control.
/// Only devices count whose standing this decides: see [`shows_gaps`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Gaps(BTreeMap<(GroupId, BTreeSet<PeriodId>), BTreeMap<ControlId, u64>>);

/// How the devices of one group stand in each control.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GroupStands {
    /// In a control of which nothing but *in force* was reported.
    ordinary: Stands,
    /// How many devices stand in a control as the second, and not as the first.
    instead: BTreeMap<ControlId, BTreeMap<(Standing, Standing), u64>>,
}

/// Whether a gap decides how a device stands in a control; otherwise it is worse for another reason.
pub(crate) fn shows_gaps(device: &FleetDevice) -> bool {
    standing(device, Some(ControlState::Gap)) == Standing::Gap
}

/// The devices of each group that has some.
pub(crate) fn stands(
    devices: &[FleetDevice],
    gaps: &Gaps,
    publication: &Publication,
) -> BTreeMap<GroupId, GroupStands> {
    let mut groups: BTreeMap<GroupId, GroupStands> = BTreeMap::new();
    for device in devices {
        let stands = groups.entry(device.group.clone()).or_default();
        stands.add(device);
        if let Some(group) = publication.groups.get(&device.group) {
            let changed = group.edition.controls.changed_by(&device.running);
            stands.change_now(device, changed);
        }
    }
    for ((group, running), gaps) in &gaps.0 {
        let Some(stands) = groups.get_mut(group) else {
            continue;
        };
        let published = publication.groups.get(group).into_iter();
        let changed = published.flat_map(|it| it.edition.controls.changed_by(running));
        let changed: BTreeSet<&ControlId> = changed.collect();
        for (control, devices) in gaps {
            // These devices were counted without their gaps.
            let counted = if changed.contains(control) {
                Standing::NotNow
            } else {
                Standing::InForce
            };
            stands.move_some(control, (counted, Standing::Gap), *devices);
        }
    }
    groups
}

impl Gaps {
    /// Counts these devices of a group as well, on which these periods run.
    pub(crate) fn add(
        &mut self,
        group: GroupId,
        running: BTreeSet<PeriodId>,
        control: ControlId,
        devices: u64,
    ) {
        let controls = self.0.entry((group, running)).or_default();
        *controls.entry(control).or_default() += devices;
    }
}

impl GroupStands {
    /// Counts a device. Its gaps are counted by the store.
    fn add(&mut self, device: &FleetDevice) {
        let ordinary = standing(device, None);
        self.ordinary.add(ordinary, 1);
        let findings = device.findings.iter();
        for finding in findings.filter(|it| it.state != ControlState::Gap) {
            let instead = standing(device, Some(finding.state));
            self.move_some(&finding.control, (ordinary, instead), 1);
        }
    }

    /// Counts the controls that the periods change which a device reports as running. What it reports of
    /// such a control is about the value that it has now. Its gaps are counted by the store.
    fn change_now<'a>(
        &mut self,
        device: &FleetDevice,
        changed: impl Iterator<Item = &'a ControlId>,
    ) {
        let ordinary = standing(device, None);
        if ordinary != Standing::InForce {
            return;
        }
        for control in changed {
            if !device.findings.iter().any(|it| it.control == *control) {
                self.move_some(control, (ordinary, Standing::NotNow), 1);
            }
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
        // From the best standing on: a device that is moved to *not now* is moved on to a gap.
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
    use std::sync::Arc;

    use fyr_schemas::Revision;
    use fyr_schemas::fleet::{Contradiction, DeviceState, Finding};
    use fyr_schemas::report::FailureReason;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::publication::PublishedGroup;

    /// While this period runs, `a` is absent and `b` has another value.
    const PERIOD: &str = "lesson:x";
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

    fn publication() -> Publication {
        let control = |id: &str, value: &str| json!({"id": id, "value": value, "rule": "r", "decision": null, "coverage": {}});
        let group = |name: &str| {
            let bundle = json!({
                "format": 1, "organisation": "o", "group": name, "unit": "/", "audience": "pupils",
                "stage": "s", "controls": CONTROLS.map(|id| control(id, "on")), "decisions": {},
                "chromium": {}, "firefox": {}, "hosts": {},
                "timetable": {"time_zone": "CET-1", "periods": {PERIOD: {"throughout": {}}}},
                "variants": [{
                    "during": [PERIOD],
                    "controls": {"a": null, "b": control("b", "off"), "c": control("c", "on")},
                }],
            });
            let published = PublishedGroup::of_bundle(&"1".repeat(64), &bundle);
            (name.parse().unwrap(), Arc::new(published))
        };
        let enrolment = json!({"organisation": "o", "keys": []});
        Publication {
            organisation: "o".parse().unwrap(),
            revision: Revision(1),
            published: Timestamp::UNIX_EPOCH,
            expires: Timestamp::UNIX_EPOCH,
            enrolment: serde_json::from_value(enrolment).unwrap(),
            groups: ["g0", "g1", "g2"].map(group).into(),
        }
    }

    fn devices() -> impl Strategy<Value = Vec<FleetDevice>> {
        let states = prop::array::uniform3(states());
        let device = (0..3_u8, 0..4_u8, any::<bool>(), states);
        let device = device.prop_map(|(group, kind, in_period, states)| FleetDevice {
            device: "0".repeat(32).parse().unwrap(),
            group: format!("g{group}").parse().unwrap(),
            audience: None,
            stage: None,
            revision: None,
            has_newest: kind != 0,
            running: in_period
                .then(|| PERIOD.parse().unwrap())
                .into_iter()
                .collect(),
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
        fn exceptions_are_counted_as_if_each_device_were_looked_at(mut devices in devices()) {
            let mut gaps = Gaps::default();
            let mut expected: BTreeMap<(GroupId, &str), Stands> = BTreeMap::new();
            for device in &devices {
                for control in CONTROLS {
                    let found = device.findings.iter().find(|it| it.control.as_str() == control);
                    let found = found.map(|it| it.state);
                    let group = device.group.clone();
                    if found == Some(ControlState::Gap) && shows_gaps(device) {
                        let running = device.running.clone();
                        gaps.add(group.clone(), running, control.parse().unwrap(), 1);
                    }
                    let of = expected.entry((group, control)).or_default();
                    let standing = standing(device, found);
                    let is_changed = !device.running.is_empty() && control != "c";
                    let is_now = found.is_some() || !is_changed || standing != Standing::InForce;
                    of.add(if is_now { standing } else { Standing::NotNow }, 1);
                }
            }
            // The store counts gaps, and reads no device with them.
            for device in &mut devices {
                device.findings.retain(|it| it.state != ControlState::Gap);
            }
            let counted = stands(&devices, &gaps, &publication());
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
