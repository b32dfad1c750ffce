//! Pupils' devices and staff's devices apart: how each population stands as a whole and in each
//! control, for the page, the API and the metrics alike.

use std::collections::BTreeMap;

use fyr_schemas::ControlId;
use fyr_schemas::bundle::Audience;
use fyr_schemas::fleet::{self, FleetDevice, Share};

use crate::publication::Publication;
use crate::standing::{Standing, standing};
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
    pub(crate) controls: BTreeMap<ControlId, Stand>,
}

/// How one control stands in a population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stand {
    /// On how many devices it holds.
    pub(crate) share: Share,
    /// The worst standing of any device.
    pub(crate) worst: Standing,
}

/// Tells populations apart by what is published for the groups of devices; an audience without a
/// device is none.
pub(crate) fn populations(devices: &[FleetDevice], publication: &Publication) -> Vec<Population> {
    let mut by_audience: BTreeMap<Audience, Vec<&FleetDevice>> = BTreeMap::new();
    for device in devices {
        if let Some(audience) = device.audience {
            by_audience.entry(audience).or_default().push(device);
        }
    }
    by_audience
        .into_iter()
        .map(|(audience, devices)| Population {
            audience,
            tally: Tally::of(devices.iter().copied()),
            controls: controls(&devices, publication),
        })
        .collect()
}

fn controls(devices: &[&FleetDevice], publication: &Publication) -> BTreeMap<ControlId, Stand> {
    let mut stands: BTreeMap<ControlId, Stand> = BTreeMap::new();
    for device in devices {
        let published = publication.groups.get(&device.group).into_iter();
        for control in published.flat_map(|group| group.controls.iter()) {
            let standing = standing(device, &control.id, publication.revision);
            let stand = stands.entry(control.id.clone()).or_insert(Stand {
                share: Share::default(),
                worst: standing,
            });
            stand.share.devices += 1;
            stand.share.in_force += u64::from(standing == Standing::InForce);
            stand.share.gaps += u64::from(standing == Standing::Gap);
            stand.worst = stand.worst.max(standing);
        }
    }
    stands
}

impl Population {
    /// It as the API tells it.
    pub(crate) fn shown(self) -> (Audience, fleet::Population) {
        let states = self.tally.states().filter(|(_, count)| *count > 0);
        let controls = self.controls.into_iter();
        let population = fleet::Population {
            devices: self.tally.total(),
            states: states.collect(),
            controls: controls
                .map(|(control, stand)| (control, stand.share))
                .collect(),
        };
        (self.audience, population)
    }
}
