//! What the dashboard shows, in words: the last step before the template, with every choice made.

mod controls;
mod device;
mod devices;

use askama::Template;

use fyr_schemas::bundle::DecisionNote;
use fyr_schemas::fleet::{DeviceState, Fleet, FleetDevice};
use fyr_schemas::{CaseNumber, DeviceId, GroupId};
use jiff::civil::Date;

use self::controls::Matrix;
pub(crate) use self::device::DevicePage;
use self::devices::DeviceRow;
use crate::fleet::Summary;
use crate::overview::{GroupOverview, Overview};
use crate::population::{Population, SMALL};
use crate::publication::Publication;
use crate::tally::Tally;
use crate::words::{self, Calendar, When};

/// How many devices are listed; a filter brings the others.
const DEVICES_LISTED: usize = 200;

/// How many groups have a card. Of more, those have one in which the most devices need attention.
const GROUPS_LISTED: usize = 24;

/// How many devices are listed while all groups are shown and there are many.
const DEVICES_LISTED_OF_MANY: usize = 50;

/// Which devices are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Those of one group.
    pub(crate) group: Option<GroupId>,
    /// Those in one state.
    pub(crate) state: Option<DeviceState>,
}

/// The dashboard.
#[derive(Template)]
#[template(path = "dashboard.html")]
pub(crate) struct Dashboard {
    title: String,
    /// Why this server cannot renew the metadata.
    renewal_failure: Option<String>,
    login: bool,
    trouble: Option<&'static str>,
    organisation: String,
    headline: Headline,
    populations: Vec<PopulationText>,
    apart: u64,
    groups: Vec<GroupCard>,
    /// Groups beyond [`GROUPS_LISTED`], by name.
    more_groups: Vec<GroupLine>,
    waiting_groups: Vec<String>,
    has_small_groups: bool,
    matrix: Matrix,
    decisions: Vec<DecisionRow>,
    group_options: Vec<Choice>,
    state_options: Vec<Choice>,
    filtered: bool,
    devices: Vec<DeviceRow>,
    unlisted: usize,
    departed: Vec<DepartedRow>,
    enrol_command: String,
}

struct Headline {
    compliant: u64,
    total: u64,
    revision: u64,
    published: When,
    expires: When,
    expired: bool,
    bar: Bar,
}

/// A device that left the fleet.
struct DepartedRow {
    name: String,
    group: String,
    words: &'static str,
    at: When,
}

/// A bar of shares, and the same in numbers.
struct Bar {
    label: String,
    parts: Vec<Part>,
}

/// One share of a [`Bar`], in thousandths of its length.
struct Part {
    slug: &'static str,
    words: &'static str,
    count: u64,
    start: u64,
    length: u64,
}

/// Pupils' or staff's devices, as the headline has them.
struct PopulationText {
    name: &'static str,
    compliant: u64,
    total: u64,
    bar: Bar,
}

struct GroupCard {
    name: String,
    title: String,
    about: String,
    compliant: u64,
    total: u64,
    bar: Bar,
    broken: Vec<BreachText>,
}

/// A group in one line.
struct GroupLine {
    name: String,
    title: String,
    compliant: u64,
    total: u64,
}

struct BreachText {
    control: String,
    devices: String,
    since: When,
}

/// A decision, as the controls below it cite it.
struct DecisionRow {
    case: String,
    title: String,
    body: String,
    date: String,
    review: Option<Due>,
    decide_by: Option<Due>,
}

/// A day by which something must be done.
struct Due {
    date: String,
    overdue: bool,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// What is shown before anything is published.
#[derive(Template)]
#[template(path = "waiting.html")]
pub(crate) struct Waiting {
    pub(crate) title: String,
    pub(crate) login: bool,
    pub(crate) trouble: Option<&'static str>,
    pub(crate) repository: String,
    pub(crate) renewal_failure: Option<String>,
}

/// What is shown while the database cannot be read.
#[derive(Template)]
#[template(path = "unavailable.html")]
pub(crate) struct Unavailable {
    pub(crate) title: String,
    pub(crate) login: bool,
    pub(crate) trouble: &'static str,
}

impl Dashboard {
    /// Puts a fleet into words.
    pub(crate) fn new(
        summary: &Summary,
        publication: &Publication,
        filter: &Filter,
        calendar: &Calendar,
    ) -> Self {
        let overview = Overview::new(summary, publication);
        let fleet = &summary.fleet;
        let listed = filter.listed(fleet);
        let rows = listed.iter().take(filter.most(listed.len()));
        let groups = &overview.groups;
        let (cards, more) = cards(groups);
        let populations = &overview.populations;
        let shown: u64 = populations.iter().map(|it| it.tally.total()).sum();
        Self {
            title: format!("{} · Fyr", fleet.organisation),
            login: false,
            renewal_failure: None,
            trouble: None,
            organisation: fleet.organisation.to_string(),
            headline: Headline::new(&overview.tally, publication, calendar),
            populations: populations.iter().map(PopulationText::new).collect(),
            apart: overview.tally.total().saturating_sub(shown),
            has_small_groups: groups
                .iter()
                .any(|group| (1..SMALL).contains(&group.tally.total())),
            matrix: Matrix::new(&overview, filter.group.as_ref()),
            group_options: groups
                .iter()
                .map(|group| Choice {
                    value: group.group.to_string(),
                    label: group.title(),
                    chosen: filter.group.as_ref() == Some(&group.group),
                })
                .collect(),
            state_options: overview
                .tally
                .states()
                .map(|(state, count)| Choice {
                    value: words::state_slug(state).to_owned(),
                    label: format!("{} ({count})", state.words()),
                    chosen: filter.state == Some(state),
                })
                .collect(),
            filtered: *filter != Filter::default(),
            unlisted: listed.len().saturating_sub(filter.most(listed.len())),
            devices: rows
                .map(|device| DeviceRow::new(device, fleet.revision, calendar))
                .collect(),
            departed: fleet
                .departed
                .iter()
                .map(|it| DepartedRow {
                    name: it.device.to_string(),
                    group: it.group.to_string(),
                    words: device::departure(it.departure),
                    at: calendar.when(it.at),
                })
                .collect(),
            enrol_command: enrol_command(groups),
            decisions: overview
                .decisions
                .iter()
                .map(|(case, note)| DecisionRow::new(case, note, calendar))
                .collect(),
            waiting_groups: groups
                .iter()
                .filter(|group| group.tally.total() == 0)
                .map(GroupOverview::title)
                .collect(),
            groups: cards
                .into_iter()
                .map(|group| GroupCard::new(group, calendar))
                .collect(),
            more_groups: more.into_iter().map(GroupLine::new).collect(),
        }
    }

    /// The same page, with the reason why this server cannot renew the metadata.
    pub(crate) fn with_renewal_failure(self, renewal_failure: Option<String>) -> Self {
        Self {
            renewal_failure,
            ..self
        }
    }

    /// Reports what keeps the database from taking reports.
    pub(crate) fn with_trouble(mut self, trouble: Option<&'static str>) -> Self {
        self.trouble = trouble;
        self
    }

    /// Offers to log out, where people log in.
    pub(crate) fn with_login(mut self, login: bool) -> Self {
        self.login = login;
        self
    }
}

/// The groups that have a card, and the others that have devices.
fn cards(groups: &[GroupOverview]) -> (Vec<&GroupOverview>, Vec<&GroupOverview>) {
    let with_devices = groups.iter().filter(|group| group.tally.total() > 0);
    let mut cards: Vec<&GroupOverview> = with_devices.collect();
    if cards.len() <= GROUPS_LISTED {
        return (cards, Vec::new());
    }
    cards.sort_by_key(|group| std::cmp::Reverse(group.tally.attention()));
    let mut more = cards.split_off(GROUPS_LISTED);
    more.sort_by(|a, b| a.group.cmp(&b.group));
    (cards, more)
}

impl GroupLine {
    fn new(group: &GroupOverview) -> Self {
        Self {
            name: group.group.to_string(),
            title: group.title(),
            compliant: group.tally.compliant(),
            total: group.tally.total(),
        }
    }
}

impl Filter {
    /// The devices whose details the page shows.
    pub(crate) fn shown(&self, fleet: &Fleet) -> Vec<DeviceId> {
        let listed = self.listed(fleet);
        let most = self.most(listed.len());
        let shown = listed.into_iter().take(most);
        shown.map(|device| device.device.clone()).collect()
    }

    /// The devices that it selects, what needs attention first.
    fn listed<'a>(&self, fleet: &'a Fleet) -> Vec<&'a FleetDevice> {
        let all = fleet.devices.iter();
        let mut listed: Vec<&FleetDevice> = all.filter(|device| self.lists(device)).collect();
        listed.sort_by_key(|device| std::cmp::Reverse(attention(device.state)));
        listed
    }

    /// How many of so many devices are listed.
    fn most(&self, listed: usize) -> usize {
        if self.group.is_none() && listed > DEVICES_LISTED {
            DEVICES_LISTED_OF_MANY
        } else {
            DEVICES_LISTED
        }
    }

    fn lists(&self, device: &FleetDevice) -> bool {
        self.group
            .as_ref()
            .is_none_or(|group| *group == device.group)
            && self.state.is_none_or(|state| state == device.state)
    }
}

/// The urgency of devices, the most urgent last.
fn attention(state: DeviceState) -> u8 {
    match state {
        DeviceState::Compliant => 0,
        DeviceState::PendingRestart => 1,
        DeviceState::Unknown => 2,
        DeviceState::Stale => 3,
        DeviceState::Silent => 4,
        DeviceState::NonCompliant => 5,
    }
}

/// The line that makes a token, for the first group there is.
fn enrol_command(groups: &[GroupOverview]) -> String {
    let group = groups
        .first()
        .map_or("GROUP".to_owned(), |group| group.group.to_string());
    format!("fyr enrol-token --repository DIR --keys DIR --server URL --group {group}")
}

impl Headline {
    fn new(tally: &Tally, publication: &Publication, calendar: &Calendar) -> Self {
        Self {
            compliant: tally.compliant(),
            total: tally.total(),
            revision: publication.revision.0,
            published: calendar.when(publication.published),
            expires: calendar.when(publication.expires),
            expired: publication.expires <= calendar.now,
            bar: Bar::new(tally),
        }
    }
}

impl Bar {
    fn new(tally: &Tally) -> Self {
        let total = tally.total().max(1);
        let mut start = 0;
        let parts: Vec<Part> = tally
            .states()
            .filter(|(_, count)| *count > 0)
            .map(|(state, count)| {
                let length = count * 1000 / total;
                let part = Part {
                    slug: words::state_slug(state),
                    words: state.words(),
                    count,
                    start,
                    length,
                };
                start += length;
                part
            })
            .collect();
        let label = parts
            .iter()
            .map(|part| format!("{}: {}", part.words, part.count))
            .collect::<Vec<_>>()
            .join(", ");
        Self { label, parts }
    }
}

impl PopulationText {
    fn new(population: &Population) -> Self {
        Self {
            name: words::devices_of(population.audience),
            compliant: population.tally.compliant(),
            total: population.tally.total(),
            bar: Bar::new(&population.tally),
        }
    }
}

impl GroupCard {
    fn new(group: &GroupOverview, calendar: &Calendar) -> Self {
        let about = match (group.audience, &group.stage) {
            (Some(audience), Some(stage)) => {
                format!("{} · {stage}", words::audience(audience))
            }
            (Some(_), None) | (None, Some(_) | None) => "no bundle is published for it".to_owned(),
        };
        Self {
            name: group.group.to_string(),
            title: group.title(),
            about,
            compliant: group.tally.compliant(),
            total: group.tally.total(),
            bar: Bar::new(&group.tally),
            broken: group
                .broken
                .iter()
                .map(|breach| BreachText {
                    control: breach.control.to_string(),
                    devices: words::plural(breach.devices, "device"),
                    since: calendar.when(breach.since),
                })
                .collect(),
        }
    }
}

impl DecisionRow {
    fn new(case: &CaseNumber, note: &DecisionNote, calendar: &Calendar) -> Self {
        let due = |date: Date| Due {
            date: date.to_string(),
            overdue: date < calendar.now.to_zoned(calendar.zone.clone()).date(),
        };
        Self {
            case: case.to_string(),
            title: note.title.clone(),
            body: note.body.clone(),
            date: note.date.to_string(),
            review: note.review.map(due),
            decide_by: note.decide_by.map(due),
        }
    }
}
