//! The controls on the page: a table of controls by groups, what needs a look before what is well.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use fyr_schemas::GroupId;

use crate::overview::{Cell, ControlOverview, GroupOverview, Overview};
use crate::population::{Population, share};
use crate::standing::Standing;
use crate::stands::Stands;
use crate::words;

/// The controls, in tables with the same columns.
pub(super) struct Matrix {
    /// The populations, before the groups.
    pub(super) populations: Vec<String>,
    pub(super) columns: Vec<String>,
    /// How many groups have no column.
    pub(super) hidden: usize,
    pub(super) sections: Vec<Section>,
}

/// How many groups have a column: as many as one can read side by side.
const COLUMNS: usize = 12;

/// Controls that need the same attention.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: String,
    /// Whether it is shown without being asked for.
    pub(super) open: bool,
    pub(super) rows: Vec<ControlRow>,
}

/// One control, in words.
pub(super) struct ControlRow {
    pub(super) name: String,
    pub(super) slug: &'static str,
    pub(super) decisions: Vec<String>,
    pub(super) shares: Vec<Option<ShareText>>,
    pub(super) cells: Vec<Option<CellText>>,
}

/// One control in one population, in words.
pub(super) struct ShareText {
    pub(super) population: &'static str,
    pub(super) slug: &'static str,
    pub(super) in_force: String,
    pub(super) words: String,
    /// Whether the sign and the numbers say it all.
    pub(super) calm: bool,
}

/// One control in one group, in words.
pub(super) struct CellText {
    pub(super) group: String,
    pub(super) slug: &'static str,
    pub(super) value: String,
    pub(super) count: String,
    pub(super) words: String,
    /// Whether the sign and the numbers say it all.
    pub(super) calm: bool,
}

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attention {
    Needed,
    Gap,
    Period,
    None,
}

impl Matrix {
    /// Every control in the groups that have devices; in all groups while there is no device. Of many
    /// groups those have a column in which the most devices need attention; of a filter, its group.
    pub(super) fn new(overview: &Overview, only: Option<&GroupId>) -> Self {
        let waiting = overview.tally.total() == 0;
        let (shown, hidden) = choose(&overview.groups, waiting, only);
        let groups = shown.iter().filter_map(|at| overview.groups.get(*at));
        let groups: Vec<&GroupOverview> = groups.collect();
        let section = |id, attention, title: &dyn Fn(u64) -> String| {
            let mut found: Vec<&ControlOverview> = overview
                .controls
                .iter()
                .filter(|control| attention_for(control) == attention)
                .collect();
            // The worst first; all else stays in the order of names.
            found.sort_by_key(|control| Reverse(control.standing()));
            let rows: Vec<ControlRow> = found
                .into_iter()
                .map(|control| ControlRow::new(control, &overview.populations, &groups, &shown))
                .filter(ControlRow::applies)
                .collect();
            Section {
                id,
                title: title(rows.len() as u64),
                open: waiting || attention == Attention::Needed,
                rows,
            }
        };
        let sections = [
            section("controls-look", Attention::Needed, &|count| {
                format!("{} not in force everywhere", controls(count))
            }),
            section("controls-gap", Attention::Gap, &|count| {
                format!("{} that a browser here cannot enforce", controls(count))
            }),
            section("controls-period", Attention::Period, &|count| {
                format!("{} that a running period changes", controls(count))
            }),
            section("controls-well", Attention::None, &|count| {
                let standing = if waiting { "decided" } else { "in force" };
                format!("{} {standing}", controls(count))
            }),
        ];
        let populations = overview.populations.iter();
        Self {
            populations: populations
                .map(|population| words::devices_of(population.audience).to_owned())
                .collect(),
            columns: groups.iter().map(|it| it.group.to_string()).collect(),
            hidden,
            sections: sections
                .into_iter()
                .filter(|section| !section.rows.is_empty())
                .collect(),
        }
    }
}

/// The positions of the groups that have a column, and how many have none although they could.
fn choose(groups: &[GroupOverview], waiting: bool, only: Option<&GroupId>) -> (Vec<usize>, usize) {
    let mut candidates: Vec<&GroupOverview> = groups
        .iter()
        .filter(|group| waiting || group.tally.total() > 0)
        .collect();
    let all = candidates.len();
    if let Some(only) = only
        && candidates.iter().any(|group| group.group == *only)
    {
        candidates.retain(|group| group.group == *only);
    }
    candidates.sort_by_key(|group| Reverse(group.tally.attention()));
    candidates.truncate(COLUMNS);
    let chosen: BTreeSet<&GroupId> = candidates.iter().map(|group| &group.group).collect();
    let shown = groups.iter().enumerate();
    let shown = shown.filter(|(_, it)| chosen.contains(&it.group));
    (
        shown.map(|(at, _)| at).collect(),
        all.saturating_sub(chosen.len()),
    )
}

fn controls(count: u64) -> String {
    words::plural(count, "control")
}

fn attention_for(control: &ControlOverview) -> Attention {
    match control.standing() {
        Standing::NoDevice | Standing::InForce => Attention::None,
        Standing::NotNow => Attention::Period,
        Standing::Gap => Attention::Gap,
        Standing::PendingRestart
        | Standing::Behind
        | Standing::Silent
        | Standing::Contradicted
        | Standing::Broken => Attention::Needed,
    }
}

impl ControlRow {
    /// Whether it applies to a population or a group that is shown.
    fn applies(&self) -> bool {
        self.cells.iter().any(Option::is_some) || self.shares.iter().any(Option::is_some)
    }

    fn new(
        control: &ControlOverview,
        populations: &[Population],
        groups: &[&GroupOverview],
        shown: &[usize],
    ) -> Self {
        let share = |population: &Population| {
            let stands = population.controls.get(&control.control)?;
            Some(ShareText::new(population, stands))
        };
        Self {
            shares: populations.iter().map(share).collect(),
            name: control.control.to_string(),
            slug: slug(control.standing()),
            decisions: control.decisions.iter().map(ToString::to_string).collect(),
            cells: shown
                .iter()
                .zip(groups)
                .map(|(at, group)| Some(CellText::new(control.cell(*at)?, group)))
                .collect(),
        }
    }
}

impl ShareText {
    fn new(population: &Population, stands: &Stands) -> Self {
        let (share, worst) = (share(stands), stands.worst());
        Self {
            population: words::devices_of(population.audience),
            slug: slug(worst),
            in_force: format!("{} of {}", share.in_force, share.devices),
            words: standing_words(worst, || {
                let devices = words::plural(share.gaps, "device");
                format!("not supported by a browser on {devices}")
            }),
            calm: is_calm(worst),
        }
    }
}

impl CellText {
    fn new(cell: &Cell, group: &GroupOverview) -> Self {
        let all_gaps = cell.gaps > 0 && cell.gaps == cell.devices;
        Self {
            group: group.group.to_string(),
            slug: slug(cell.standing),
            value: cell.value().to_owned(),
            count: if cell.devices == 0 || all_gaps {
                String::new()
            } else {
                format!("{}/{}", cell.in_force, cell.devices)
            },
            words: standing_words(cell.standing, || {
                let engines: Vec<String> = cell.gap_in().map(|engine| engine.to_string()).collect();
                let devices = words::plural(cell.gaps, "device");
                format!("not in {}, on {devices}", engines.join(" nor "))
            }),
            calm: is_calm(cell.standing),
        }
    }
}

fn slug(standing: Standing) -> &'static str {
    match standing {
        Standing::NoDevice => "none",
        Standing::InForce => "compliant",
        Standing::NotNow => "not-now",
        Standing::Gap => "gap",
        Standing::PendingRestart => "pending-restart",
        Standing::Behind => "stale",
        Standing::Silent => "silent",
        Standing::Contradicted | Standing::Broken => "non-compliant",
    }
}

fn is_calm(standing: Standing) -> bool {
    matches!(standing, Standing::NoDevice | Standing::InForce)
}

fn standing_words(standing: Standing, gap: impl Fn() -> String) -> String {
    match standing {
        Standing::NoDevice => "no device yet".to_owned(),
        Standing::InForce => "in force".to_owned(),
        Standing::NotNow => "not now, while a period runs".to_owned(),
        Standing::Gap => gap(),
        Standing::PendingRestart => "waits for a restart".to_owned(),
        Standing::Behind => "not yet everywhere".to_owned(),
        Standing::Silent => "a device is silent".to_owned(),
        Standing::Contradicted => "a report contradicts what was published".to_owned(),
        Standing::Broken => "not in force".to_owned(),
    }
}
