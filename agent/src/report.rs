//! Writes reports: one when something changed, and one at the heartbeat.

use fyr_agent_core::events::EventLog;
use fyr_agent_core::schedule::HEARTBEAT;
use fyr_schemas::envelope::PayloadType;
use fyr_schemas::report::{FORMAT, Report};
use jiff::Timestamp;
use tracing::{info, warn};

use crate::agent::Agent;

impl Agent {
    /// Keeps a report in the spool if there is something to tell.
    ///
    /// On a full disk nothing is lost but the time: the events wait for the next attempt.
    pub(crate) fn report(&mut self) {
        let now = self.now();
        let report = self.compose(now);
        let is_news = self.reported.as_ref().is_none_or(|reported| {
            let due = reported.at.saturating_add(HEARTBEAT / 2);
            !says_the_same(reported, &report) || due.is_ok_and(|due| due <= report.at)
        });
        if !is_news {
            return;
        }
        let Ok(payload) = serde_json::to_vec(&report) else {
            return;
        };
        let envelope = self.key.seal(PayloadType::Report, &payload);
        let Ok(envelope) = serde_json::to_vec(&envelope) else {
            return;
        };
        match self.spool.keep(&envelope) {
            Ok(()) => {
                info!("report {} is written", report.sequence);
                self.remembered.sequence = self.spool.last();
                self.events.clear();
                self.reported = Some(report);
            }
            Err(error) => warn!("{}", crate::chain_in_words(&error)),
        }
    }

    /// Tells everything anew above a number that the server knows: what happened is kept for the
    /// next report, and how the device stands is told again.
    pub(crate) fn continue_above(&mut self, highest: u64) {
        let mut events = EventLog::default();
        for envelope in self.spool.continue_above(highest) {
            let payload = fyr_trust::envelope::dangerous_payload(&envelope).unwrap_or_default();
            if let Ok(report) = serde_json::from_slice::<Report>(&payload) {
                events.extend(report.events);
            }
        }
        events.extend(self.events.as_slice().to_vec());
        self.events = events;
        self.remembered.sequence = self.spool.last();
        self.reported = None;
    }

    fn compose(&self, at: Timestamp) -> Report {
        let memory = &self.remembered.memory;
        Report {
            format: FORMAT,
            organisation: self.enrolment.organisation.clone(),
            group: self.enrolment.group.clone(),
            device: self.enrolment.device.clone(),
            sequence: self.spool.next().get(),
            at,
            agent: version(),
            bundle: memory.bundle.clone(),
            periods: self.periods.clone(),
            freshness: self.remembered.contact.freshness(at),
            controls: memory.controls.clone(),
            events: self.events.as_slice().to_vec(),
            browsers: self.present.iter().copied().collect(),
        }
    }
}

/// Whether a report repeats another: equal but for its number and time, and without events.
fn says_the_same(reported: &Report, report: &Report) -> bool {
    let repeated = Report {
        sequence: reported.sequence,
        at: reported.at,
        events: reported.events.clone(),
        ..report.clone()
    };
    report.events.is_empty() && repeated == *reported
}

fn version() -> [u16; 3] {
    let number = |text: &str| text.parse().unwrap_or(0);
    [
        number(env!("CARGO_PKG_VERSION_MAJOR")),
        number(env!("CARGO_PKG_VERSION_MINOR")),
        number(env!("CARGO_PKG_VERSION_PATCH")),
    ]
}
