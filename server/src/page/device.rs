//! The page of one device: how it is, how it was, and what can be done with it.

use askama::Template;

use fyr_schemas::DeviceId;
use fyr_schemas::fleet::{Departure, Fleet};

use super::devices::DeviceRow;
use crate::store::{LoggedAction, PastState};
use crate::words::{self, Calendar, When};

/// The page of one device.
#[derive(Template)]
#[template(path = "device.html")]
pub(crate) struct DevicePage {
    title: String,
    login: bool,
    name: String,
    group: String,
    refusal: Option<String>,
    /// Its state; none for a device that left.
    row: Option<DeviceRow>,
    left: Option<Left>,
    past: Vec<PastText>,
    actions: Vec<ActionText>,
}

/// How a device left the fleet.
struct Left {
    words: &'static str,
    at: When,
    replaced_by: Option<String>,
}

/// How a control was.
struct PastText {
    control: String,
    words: String,
    since: When,
    until: Option<When>,
}

/// What an administrator did.
struct ActionText {
    words: &'static str,
    device: String,
    other: Option<String>,
    actor: String,
    at: When,
}

impl DevicePage {
    /// The page of a device of the fleet, or of one that left; none where there is no such device.
    pub(crate) fn new(fleet: &Fleet, device: &DeviceId, calendar: &Calendar) -> Option<Self> {
        let in_use = fleet.devices.iter().find(|it| it.device == *device);
        let left = fleet.departed.iter().find(|it| it.device == *device);
        let group = match (in_use, left) {
            (Some(it), _) => it.group.to_string(),
            (None, Some(it)) => it.group.to_string(),
            (None, None) => return None,
        };
        Some(Self {
            title: format!("{device} · Fyr"),
            login: false,
            name: device.to_string(),
            group,
            refusal: None,
            row: in_use.map(|it| DeviceRow::new(it, fleet.revision, calendar)),
            left: left.map(|it| Left {
                words: departure(it.departure),
                at: calendar.when(it.at),
                replaced_by: it.replaced_by.as_ref().map(ToString::to_string),
            }),
            past: Vec::new(),
            actions: Vec::new(),
        })
    }

    /// Adds how its controls were, and what administrators did with it.
    pub(crate) fn with_history(
        mut self,
        past: &[PastState],
        actions: &[LoggedAction],
        calendar: &Calendar,
    ) -> Self {
        let text = |it: &PastState| PastText {
            control: it.control.to_string(),
            words: words::control_state(it.state),
            since: calendar.when(it.since),
            until: it.until.map(|until| calendar.when(until)),
        };
        self.past = past.iter().map(text).collect();
        self.actions = actions.iter().map(|it| action(it, calendar)).collect();
        self
    }

    /// Offers to log out, where people log in.
    pub(crate) fn with_login(mut self, login: bool) -> Self {
        self.login = login;
        self
    }

    /// Says why an action was not done.
    pub(crate) fn with_refusal(mut self, refusal: Option<String>) -> Self {
        self.refusal = refusal;
        self
    }
}

/// How a device left, as a label.
pub(super) fn departure(departure: Departure) -> &'static str {
    match departure {
        Departure::Retired => "Retired",
        Departure::Revoked => "Revoked",
    }
}

fn action(logged: &LoggedAction, calendar: &Calendar) -> ActionText {
    ActionText {
        words: match logged.action.as_str() {
            "retire" => "Retired",
            "revoke" => "Revoked",
            "restore" => "Restored",
            "delete" => "Deleted",
            "replace" => "Replaced",
            _ => "Changed",
        },
        device: logged.device.clone(),
        other: logged.other.clone(),
        actor: logged.actor.clone(),
        at: calendar.when(logged.at),
    }
}
