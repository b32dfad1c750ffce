//! How the fleet stands per group and per control: a pure digest of the fleet and of what is
//! published, so that the page and the API can never disagree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use fyr_schemas::bundle::{Audience, Control, Coverage, DecisionNote, Engine};
use fyr_schemas::fleet::FleetDevice;
use fyr_schemas::{CaseNumber, ControlId, GroupId, StageId};

use crate::fleet::Summary;
use crate::population::{self, Population};
use crate::publication::{Publication, PublishedGroup};
use crate::standing::{Standing, is_broken};
use crate::stands::GroupStands;
use crate::tally::Tally;

/// The fleet in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overview {
    /// All devices.
    pub(crate) tally: Tally,
    /// Pupils' devices and staff's devices apart.
    pub(crate) populations: Vec<Population>,
    /// Every group that is published or has a device, by name.
    pub(crate) groups: Vec<GroupOverview>,
    /// Every published control, by name.
    pub(crate) controls: Vec<ControlOverview>,
    /// Every decision in a published bundle.
    pub(crate) decisions: BTreeMap<CaseNumber, DecisionNote>,
}

/// One group in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupOverview {
    /// Its id.
    pub(crate) group: GroupId,
    /// The full name of its unit, where a published bundle has it.
    pub(crate) unit_name: Option<String>,
    /// Who uses its devices; none where no bundle is published for it.
    pub(crate) audience: Option<Audience>,
    /// Its stage.
    pub(crate) stage: Option<StageId>,
    /// Its devices.
    pub(crate) tally: Tally,
    /// What is not in force on some of them, by name.
    pub(crate) broken: Vec<Breach>,
}

/// A control that is not in force on some devices of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breach {
    /// Which control.
    pub(crate) control: ControlId,
    /// On how many devices.
    pub(crate) devices: u64,
    /// Since when on the first of them.
    pub(crate) since: Timestamp,
}

/// One control across the groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ControlOverview {
    /// Its name.
    pub(crate) control: ControlId,
    /// The decisions behind it.
    pub(crate) decisions: BTreeSet<CaseNumber>,
    /// How it stands in the groups to which it applies, each by its position in
    /// [`Overview::groups`]. Most controls are one rule's of one unit, so most groups have none.
    cells: Vec<(usize, Cell)>,
}

/// One control in one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    /// What is to be true in this group.
    control: Arc<Control>,
    /// On how many devices it is in force.
    pub(crate) in_force: u64,
    /// On how many devices a browser does not support it.
    pub(crate) gaps: u64,
    /// How many devices the group has.
    pub(crate) devices: u64,
    /// The worst standing of any device.
    pub(crate) standing: Standing,
}

impl Cell {
    /// The value in the words of the source.
    pub(crate) fn value(&self) -> &str {
        &self.control.value
    }

    /// The browsers that do not support it.
    pub(crate) fn gap_in(&self) -> impl Iterator<Item = Engine> {
        let coverage = self.control.coverage.iter();
        let gaps = coverage.filter(|(_, coverage)| matches!(coverage, Coverage::Gap(_)));
        gaps.map(|(engine, _)| *engine)
    }
}

impl Overview {
    /// Digests a fleet.
    pub(crate) fn new(summary: &Summary, publication: &Publication) -> Self {
        let Summary { fleet, stands } = summary;
        let published = publication.groups.keys().map(|group| (group, Vec::new()));
        let mut by_group: BTreeMap<&GroupId, Vec<&FleetDevice>> = published.collect();
        for device in &fleet.devices {
            by_group.entry(&device.group).or_default().push(device);
        }
        let members: Vec<Members> = by_group
            .into_iter()
            .map(|(group, devices)| Members {
                group,
                published: publication.groups.get(group).map(|group| &**group),
                devices,
                stands: stands.get(group),
            })
            .collect();
        Self {
            tally: Tally::of(fleet.devices.iter()),
            populations: population::populations(&fleet.devices, stands, publication),
            groups: members.iter().map(Members::overview).collect(),
            controls: controls(&members),
            decisions: publication
                .groups
                .values()
                .flat_map(|group| group.decisions.iter())
                .map(|(case, note)| (case.clone(), note.clone()))
                .collect(),
        }
    }
}

impl GroupOverview {
    /// What people call it: the name of its unit, and its id.
    pub(crate) fn title(&self) -> String {
        match &self.unit_name {
            Some(name) => format!("{name} · {}", self.group),
            None => self.group.to_string(),
        }
    }
}

/// A group with its devices.
struct Members<'a> {
    group: &'a GroupId,
    published: Option<&'a PublishedGroup>,
    devices: Vec<&'a FleetDevice>,
    /// How they stand; none where there is none.
    stands: Option<&'a GroupStands>,
}

impl Members<'_> {
    fn overview(&self) -> GroupOverview {
        GroupOverview {
            group: self.group.clone(),
            unit_name: self
                .published
                .and_then(|it| it.unit_name.clone())
                .map(String::from),
            audience: self.published.map(|published| published.audience),
            stage: self.published.map(|published| published.stage.clone()),
            tally: Tally::of(self.devices.iter().copied()),
            broken: self.broken(),
        }
    }

    fn broken(&self) -> Vec<Breach> {
        let mut breaches: BTreeMap<&ControlId, (u64, Timestamp)> = BTreeMap::new();
        let findings = self.devices.iter().flat_map(|device| &device.findings);
        for finding in findings.filter(|finding| is_broken(finding.state)) {
            let (devices, since) = breaches
                .entry(&finding.control)
                .or_insert((0, finding.since));
            *devices += 1;
            *since = finding.since.min(*since);
        }
        breaches
            .into_iter()
            .map(|(control, (devices, since))| Breach {
                control: control.clone(),
                devices,
                since,
            })
            .collect()
    }

    fn cell(&self, control: &Arc<Control>) -> Cell {
        let stands = self.stands.map(|stands| stands.in_control(&control.id));
        let stands = stands.unwrap_or_default();
        Cell {
            control: Arc::clone(control),
            in_force: stands.count(Standing::InForce),
            gaps: stands.count(Standing::Gap),
            devices: stands.total(),
            standing: stands.worst(),
        }
    }
}

fn controls(members: &[Members]) -> Vec<ControlOverview> {
    let mut published: BTreeMap<&ControlId, Vec<(usize, Cell)>> = BTreeMap::new();
    for (position, group) in members.iter().enumerate() {
        for control in group
            .published
            .into_iter()
            .flat_map(|it| it.controls.iter())
        {
            let cells = published.entry(&control.id).or_default();
            cells.push((position, group.cell(control)));
        }
    }
    published
        .into_iter()
        .map(|(id, cells)| ControlOverview {
            control: id.clone(),
            decisions: cells
                .iter()
                .filter_map(|(_, cell)| cell.control.decision.clone())
                .collect(),
            cells,
        })
        .collect()
}

impl ControlOverview {
    /// The worst standing of any group.
    pub(crate) fn standing(&self) -> Standing {
        self.cells
            .iter()
            .map(|(_, cell)| cell.standing)
            .max()
            .unwrap_or(Standing::NoDevice)
    }

    /// How it stands in the group at this position of [`Overview::groups`]; none where it does not apply.
    pub(crate) fn cell(&self, position: usize) -> Option<&Cell> {
        let found = self.cells.binary_search_by_key(&position, |(at, _)| *at);
        let (_, cell) = self.cells.get(found.ok()?)?;
        Some(cell)
    }
}
