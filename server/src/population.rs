//! Pupils' devices and staff's devices apart: how each population stands as a whole and in each
//! control, for the page, the API and the metrics alike.

use std::collections::BTreeMap;

use fyr_schemas::bundle::Audience;
use fyr_schemas::fleet::{self, FleetDevice, Share};
use fyr_schemas::{ControlId, GroupId};

use crate::publication::Publication;
use crate::standing::Standing;
use crate::stands::{GroupStands, Stands};
use crate::tally::Tally;

/// A group or a population below this size may point at single persons.
pub(crate) const SMALL: u64 = 5;

/// The devices of one audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Population {
    /// Who uses them.
    pub(crate) audience: Audience,
    /// How they stand.
    pub(crate) tally: Tally,
    /// How each control that is published for some of them stands.
    pub(crate) controls: BTreeMap<ControlId, Stands>,
}

/// Pupils' devices and staff's devices, by what is published for their groups; an audience without a
/// device is none.
pub(crate) fn populations(
    devices: &[FleetDevice],
    stands: &BTreeMap<GroupId, GroupStands>,
    publication: &Publication,
) -> Vec<Population> {
    let mut by_audience: BTreeMap<Audience, Vec<&FleetDevice>> = BTreeMap::new();
    for device in devices {
        if let Some(audience) = device.audience {
            by_audience.entry(audience).or_default().push(device);
        }
    }
    let mut controls: BTreeMap<Audience, BTreeMap<ControlId, Stands>> = BTreeMap::new();
    for (group, stands) in stands {
        let Some(group) = publication.groups.get(group) else {
            continue;
        };
        let of_audience = controls.entry(group.audience).or_default();
        for control in group.controls.iter().map(|control| &control.id) {
            let of_control = of_audience.entry(control.clone()).or_default();
            of_control.merge(&stands.in_control(control));
        }
    }
    by_audience
        .into_iter()
        .map(|(audience, devices)| Population {
            audience,
            tally: Tally::of(devices.into_iter()),
            controls: controls.remove(&audience).unwrap_or_default(),
        })
        .collect()
}

impl Population {
    /// It as the API has it.
    pub(crate) fn shown(self) -> (Audience, fleet::Population) {
        let states = self.tally.states().filter(|(_, count)| *count > 0);
        let controls = self.controls.into_iter();
        let population = fleet::Population {
            devices: self.tally.total(),
            states: states.collect(),
            controls: controls
                .map(|(control, stands)| (control, share(&stands)))
                .collect(),
        };
        (self.audience, population)
    }
}

/// On how many devices a control is in force.
pub(crate) fn share(stands: &Stands) -> Share {
    Share {
        devices: stands.total(),
        in_force: stands.count(Standing::InForce),
        gaps: stands.count(Standing::Gap),
        not_now: stands.count(Standing::NotNow),
    }
}
