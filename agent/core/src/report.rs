//! What a report contains, and when it is news.

use fyr_schemas::report::{FORMAT, PeriodsInForce, Product, Report};
use fyr_schemas::{DeviceId, GroupId, OrganisationId};
use fyr_trust::DeviceTime;

use crate::contact::Contact;
use crate::events::EventLog;
use crate::memory::Memory;
use crate::schedule::HEARTBEAT;

/// Everything a report is composed from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Whose policy the device accepts.
    pub organisation: &'a OrganisationId,
    /// The group it joined.
    pub group: &'a GroupId,
    /// Its pseudonym.
    pub device: &'a DeviceId,
    /// The agent's version: major, minor, patch.
    pub agent: [u16; 3],
    /// How it stands, after the last pass.
    pub memory: &'a Memory,
    /// The periods of its timetable that the last pass put in force.
    pub periods: Option<&'a PeriodsInForce>,
    /// How it stands with its repository.
    pub contact: &'a Contact,
    /// What happened since the last report.
    pub events: &'a EventLog,
    /// The browsers present.
    pub browsers: Vec<Product>,
    /// The times of the device.
    pub time: DeviceTime,
}

/// Composes the report with the number `sequence`.
pub fn compose(facts: &Facts<'_>, sequence: u64) -> Report {
    Report {
        format: FORMAT,
        organisation: facts.organisation.clone(),
        group: facts.group.clone(),
        device: facts.device.clone(),
        sequence,
        at: facts.time.now,
        agent: facts.agent,
        bundle: facts.memory.bundle.clone(),
        periods: facts.periods.cloned(),
        freshness: facts.contact.freshness(&facts.time),
        controls: facts.memory.controls.clone(),
        events: facts.events.as_slice().to_vec(),
        browsers: facts.browsers.clone(),
    }
}

/// Whether a report is worth sending after the one before: something changed, or half a heartbeat
/// passed.
pub fn is_news(before: Option<&Report>, report: &Report) -> bool {
    before.is_none_or(|before| {
        let due = before.at.saturating_add(HEARTBEAT / 2);
        // A clock that was ahead and is right again must not silence the device until then.
        let is_due = report.at < before.at || due.is_ok_and(|due| due <= report.at);
        !repeats(before, report) || is_due
    })
}

/// Whether a report repeats another: equal except for its number and time, and without events.
fn repeats(before: &Report, report: &Report) -> bool {
    let repeated = Report {
        sequence: before.sequence,
        at: before.at,
        events: before.events.clone(),
        ..report.clone()
    };
    report.events.is_empty() && repeated == *before
}
