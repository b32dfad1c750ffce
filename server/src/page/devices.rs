//! The devices on the page: how each stands, what is not in force on it, and what happened.

use fyr_schemas::fleet::{DeviceState, Finding, FleetDevice};
use fyr_schemas::report::ControlState;
use fyr_schemas::{PeriodId, Revision};

use crate::standing::is_broken;
use crate::words::{self, Calendar, When};

/// How many events of a device are shown without being asked for.
const EVENTS_OPEN: usize = 3;

/// One device, in words.
pub(super) struct DeviceRow {
    pub(super) short: String,
    pub(super) name: String,
    pub(super) group: String,
    pub(super) about: String,
    pub(super) slug: &'static str,
    pub(super) state: &'static str,
    pub(super) revision: String,
    pub(super) contact: Option<When>,
    pub(super) notes: Vec<String>,
    pub(super) contradictions: Vec<String>,
    pub(super) broken: Vec<FindingText>,
    pub(super) gaps: Vec<FindingText>,
    pub(super) latest: Vec<EventText>,
    pub(super) earlier: Vec<EventText>,
}

/// A control that is not in force on it.
pub(super) struct FindingText {
    pub(super) control: String,
    pub(super) slug: &'static str,
    pub(super) words: String,
    pub(super) since: When,
}

/// Something that happened on it.
pub(super) struct EventText {
    pub(super) words: String,
    pub(super) weight: &'static str,
    pub(super) at: When,
}

impl DeviceRow {
    /// Puts a device into words.
    pub(super) fn new(device: &FleetDevice, published: Revision, calendar: &Calendar) -> Self {
        let contact = device.last_contact;
        let mut events = device.events.iter().map(|event| EventText {
            words: event.what.words(),
            weight: words::event_weight(&event.what),
            at: calendar.when(event.at),
        });
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
            state: device.state.words(),
            revision: device
                .revision
                .map_or("none yet".to_owned(), |revision| revision.to_string()),
            contact: contact.map(|at| calendar.when(at)),
            notes: notes(device, published),
            contradictions: device
                .contradictions
                .iter()
                .map(words::contradiction)
                .collect(),
            broken: texts(|state| is_broken(state) || state == ControlState::PendingRestart),
            gaps: texts(|state| state == ControlState::Gap),
            latest: events.by_ref().take(EVENTS_OPEN).collect(),
            earlier: events.collect(),
        }
    }
}

/// Other problems of a device.
fn notes(device: &FleetDevice, published: Revision) -> Vec<String> {
    let stale = match (device.state, device.revision) {
        (DeviceState::Unknown, _) => Some("It has joined and not yet reported".to_owned()),
        (DeviceState::Silent, _) => Some(
            "No report for days: it is switched off, offline, or its agent does not run. \
             Its last known state is shown"
                .to_owned(),
        ),
        (_, None) => Some("No policy is in force on it yet".to_owned()),
        (_, Some(revision)) if !device.has_newest && revision < published => Some(format!(
            "It enforces revision {revision}; revision {published} is published"
        )),
        (DeviceState::Stale, Some(_)) => Some(
            "It cannot know whether its policy is the newest: the repository was out of reach, \
             refused or expired"
                .to_owned(),
        ),
        (
            DeviceState::Compliant | DeviceState::PendingRestart | DeviceState::NonCompliant,
            Some(_),
        ) => None,
    };
    let missing = (device.missing_reports > 0).then(|| {
        let count = words::plural(device.missing_reports, "report");
        format!("{count} never arrived")
    });
    let running = (!device.running.is_empty()).then(|| {
        let verb = if device.running.len() == 1 {
            "runs"
        } else {
            "run"
        };
        let periods: Vec<&str> = device.running.iter().map(PeriodId::as_str).collect();
        format!("{} {verb}", periods.join(", "))
    });
    stale.into_iter().chain(running).chain(missing).collect()
}

impl FindingText {
    fn new(finding: &Finding, calendar: &Calendar) -> Self {
        Self {
            control: finding.control.to_string(),
            slug: if is_broken(finding.state) {
                "non-compliant"
            } else {
                "pending-restart"
            },
            words: words::control_state(finding.state),
            since: calendar.when(finding.since),
        }
    }
}
