//! What the dashboard shows, in words: the last step before the template, with every choice made.

use askama::Template;

use fyr_schemas::GroupId;
use fyr_schemas::fleet::{DeviceState, Finding, Fleet, FleetDevice};
use fyr_schemas::report::ControlState;

use crate::fleet::is_broken;
use crate::overview::{Cell, ControlOverview, GroupOverview, Overview, Standing, Tally};
use crate::publication::Publication;
use crate::words::{self, Calendar, When};

/// How many devices are listed; a filter brings the others.
const DEVICES_LISTED: usize = 200;

/// A device that was not heard of for longer is said to be silent: a weekend and a day.
const SILENT_AFTER_S: i64 = 3 * 86_400;

/// A group below this size may point at single pupils.
const SMALL_GROUP: u64 = 5;

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
    login: bool,
    organisation: String,
    headline: Headline,
    groups: Vec<GroupCard>,
    has_small_groups: bool,
    controls: Vec<ControlRow>,
    group_options: Vec<Choice>,
    state_options: Vec<Choice>,
    filtered: bool,
    devices: Vec<DeviceRow>,
    unlisted: usize,
    enrol_command: String,
}

struct Headline {
    holding: u64,
    total: u64,
    revision: u64,
    published: When,
    expires: When,
    expired: bool,
    bar: Bar,
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

struct GroupCard {
    name: String,
    about: String,
    holding: u64,
    total: u64,
    bar: Bar,
}

struct ControlRow {
    name: String,
    slug: &'static str,
    decisions: Vec<Decision>,
    cells: Vec<Option<CellText>>,
}

struct Decision {
    case: String,
    note: Option<String>,
}

struct CellText {
    group: String,
    slug: &'static str,
    words: String,
    value: String,
    count: String,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct DeviceRow {
    short: String,
    name: String,
    group: String,
    about: String,
    slug: &'static str,
    state: &'static str,
    revision: String,
    contact: Option<When>,
    silent: bool,
    missing: Option<String>,
    broken: Vec<FindingText>,
    gaps: Vec<FindingText>,
    events: Vec<EventText>,
}

struct FindingText {
    control: String,
    words: &'static str,
    since: When,
}

struct EventText {
    words: String,
    weight: &'static str,
    at: When,
}

/// What is shown before anything is published.
#[derive(Template)]
#[template(path = "waiting.html")]
pub(crate) struct Waiting {
    pub(crate) title: String,
    pub(crate) login: bool,
    pub(crate) repository: String,
}

impl Dashboard {
    /// Puts a fleet into words.
    pub(crate) fn new(
        fleet: &Fleet,
        publication: &Publication,
        filter: &Filter,
        calendar: &Calendar,
    ) -> Self {
        let overview = Overview::new(fleet, publication);
        let mut listed: Vec<&FleetDevice> = fleet
            .devices
            .iter()
            .filter(|device| filter.lists(device))
            .collect();
        listed.sort_by_key(|device| std::cmp::Reverse(attention(device.state)));
        let groups = &overview.groups;
        Self {
            title: format!("{} · Fyr", fleet.organisation),
            login: false,
            organisation: fleet.organisation.to_string(),
            headline: Headline::new(&overview.tally, publication, calendar),
            has_small_groups: groups
                .iter()
                .any(|group| (1..SMALL_GROUP).contains(&group.tally.total())),
            controls: overview
                .controls
                .iter()
                .map(|control| ControlRow::new(control, groups))
                .collect(),
            group_options: groups
                .iter()
                .map(|group| Choice {
                    value: group.group.to_string(),
                    label: group.group.to_string(),
                    chosen: filter.group.as_ref() == Some(&group.group),
                })
                .collect(),
            state_options: overview
                .tally
                .states()
                .map(|(state, count)| Choice {
                    value: words::state_slug(state).to_owned(),
                    label: format!("{} ({count})", words::state(state)),
                    chosen: filter.state == Some(state),
                })
                .collect(),
            filtered: *filter != Filter::default(),
            unlisted: listed.len().saturating_sub(DEVICES_LISTED),
            devices: listed
                .into_iter()
                .take(DEVICES_LISTED)
                .map(|device| DeviceRow::new(device, calendar))
                .collect(),
            enrol_command: enrol_command(groups),
            groups: overview.groups.iter().map(GroupCard::new).collect(),
        }
    }

    /// Offers to log out, where people log in.
    pub(crate) fn with_login(mut self, login: bool) -> Self {
        self.login = login;
        self
    }
}

impl Filter {
    fn lists(&self, device: &FleetDevice) -> bool {
        self.group
            .as_ref()
            .is_none_or(|group| *group == device.group)
            && self.state.is_none_or(|state| state == device.state)
    }
}

/// In which order somebody must look at devices, the last first.
fn attention(state: DeviceState) -> u8 {
    match state {
        DeviceState::Compliant => 0,
        DeviceState::PendingRestart => 1,
        DeviceState::Unknown => 2,
        DeviceState::Stale => 3,
        DeviceState::NonCompliant => 4,
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
            holding: tally.holding(),
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
                    words: words::state(state),
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

impl GroupCard {
    fn new(group: &GroupOverview) -> Self {
        let about = match (group.audience, &group.stage) {
            (Some(audience), Some(stage)) => {
                format!("{} · {stage}", words::audience(audience))
            }
            (Some(_), None) | (None, Some(_) | None) => "no bundle is published for it".to_owned(),
        };
        Self {
            name: group.group.to_string(),
            about,
            holding: group.tally.holding(),
            total: group.tally.total(),
            bar: Bar::new(&group.tally),
        }
    }
}

impl ControlRow {
    fn new(control: &ControlOverview, groups: &[GroupOverview]) -> Self {
        let decisions = control
            .decisions
            .iter()
            .map(|(case, note)| Decision {
                case: case.to_string(),
                note: note
                    .as_ref()
                    .map(|note| format!("{} — {}, {}", note.title, note.body, note.date)),
            })
            .collect();
        Self {
            name: control.control.to_string(),
            slug: standing_slug(control.standing()),
            decisions,
            cells: control
                .cells
                .iter()
                .zip(groups)
                .map(|(cell, group)| cell.as_ref().map(|cell| CellText::new(cell, group)))
                .collect(),
        }
    }
}

impl CellText {
    fn new(cell: &Cell, group: &GroupOverview) -> Self {
        Self {
            group: group.group.to_string(),
            slug: standing_slug(cell.standing),
            words: standing_words(cell),
            value: cell.value.clone(),
            count: if cell.devices == 0 {
                String::new()
            } else {
                format!("{}/{}", cell.in_force, cell.devices)
            },
        }
    }
}

fn standing_slug(standing: Standing) -> &'static str {
    match standing {
        Standing::NoDevice => "none",
        Standing::InForce => "compliant",
        Standing::Gap => "gap",
        Standing::PendingRestart => "pending-restart",
        Standing::Behind => "stale",
        Standing::Broken => "non-compliant",
    }
}

fn standing_words(cell: &Cell) -> String {
    match cell.standing {
        Standing::NoDevice => "no device yet".to_owned(),
        Standing::InForce => "in force".to_owned(),
        Standing::Gap => format!("gap on {}", words::plural(cell.gaps, "device")),
        Standing::PendingRestart => "waits for a restart".to_owned(),
        Standing::Behind => "not yet everywhere".to_owned(),
        Standing::Broken => "does not hold".to_owned(),
    }
}

impl DeviceRow {
    fn new(device: &FleetDevice, calendar: &Calendar) -> Self {
        let contact = device.last_contact;
        let silent =
            contact.is_some_and(|at| calendar.now.as_second() - at.as_second() > SILENT_AFTER_S);
        let texts = |wanted: fn(ControlState) -> bool| {
            device
                .findings
                .iter()
                .filter(|finding| wanted(finding.state))
                .map(|finding| FindingText::new(finding, calendar))
                .collect()
        };
        Self {
            short: device.device.as_str().chars().take(8).collect(),
            name: device.device.to_string(),
            group: device.group.to_string(),
            about: device
                .stage
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            slug: words::state_slug(device.state),
            state: words::state(device.state),
            revision: device
                .revision
                .map_or("none yet".to_owned(), |revision| revision.to_string()),
            contact: contact.map(|at| calendar.when(at)),
            silent,
            missing: (device.missing_reports > 0).then(|| {
                let count = words::plural(device.missing_reports, "report");
                format!("{count} never arrived")
            }),
            broken: texts(|state| is_broken(state) || state == ControlState::PendingRestart),
            gaps: texts(|state| state == ControlState::Gap),
            events: device
                .events
                .iter()
                .map(|event| EventText {
                    words: words::event(&event.what),
                    weight: words::event_weight(&event.what),
                    at: calendar.when(event.at),
                })
                .collect(),
        }
    }
}

impl FindingText {
    fn new(finding: &Finding, calendar: &Calendar) -> Self {
        Self {
            control: finding.control.to_string(),
            words: words::control_state(finding.state),
            since: calendar.when(finding.since),
        }
    }
}
