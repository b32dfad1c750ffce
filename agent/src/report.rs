//! Writes reports: one when something changed, and one at the heartbeat.

use fyr_agent_core::events::EventLog;
use fyr_agent_core::report::{Facts, compose, is_news};
use fyr_schemas::envelope::PayloadType;
use fyr_schemas::report::{Report, StatePart};
use fyr_trust::DeviceTime;
use tracing::{info, warn};

use crate::agent::Agent;

impl Agent {
    /// Adds a report to the spool if it is news, and stores what is not on disk yet.
    ///
    /// A disk that refuses it does not keep it from the server: it is sent from memory.
    pub(crate) fn report(&mut self) {
        // That the disk begins or ceases to refuse reports is news as well.
        for _ in 0..2 {
            self.add_report();
            let stored = self.spool.store(&self.store);
            if let Err(error) = &stored {
                warn!("{}", crate::chain_in_words(error));
            }
            if !self.note_stored(StatePart::Reports, stored.map_err(|error| error.reason())) {
                return;
            }
        }
    }

    fn add_report(&mut self) {
        let time = self.time();
        let Ok(key) = &self.key else {
            // Nothing can be signed. What happens is written to the log.
            return;
        };
        let report = self.compose(time);
        if !is_news(self.reported.as_ref(), &report) {
            return;
        }
        let Ok(payload) = serde_json::to_vec(&report) else {
            return;
        };
        let envelope = key.seal(PayloadType::Report, &payload);
        let Ok(envelope) = serde_json::to_vec(&envelope) else {
            return;
        };
        match self.spool.take(envelope) {
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
    /// next report, and the state of the device is reported again.
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

    fn compose(&self, time: DeviceTime) -> Report {
        let facts = Facts {
            organisation: &self.enrolment.organisation,
            group: &self.enrolment.group,
            device: &self.enrolment.device,
            agent: version(),
            memory: &self.remembered.memory,
            periods: self.periods.as_ref(),
            contact: &self.remembered.contact,
            events: &self.events,
            browsers: self.present.iter().copied().collect(),
            time,
        };
        compose(&facts, self.spool.next().get())
    }
}

fn version() -> [u16; 3] {
    let number = |text: &str| text.parse().unwrap_or(0);
    [
        number(env!("CARGO_PKG_VERSION_MAJOR")),
        number(env!("CARGO_PKG_VERSION_MINOR")),
        number(env!("CARGO_PKG_VERSION_PATCH")),
    ]
}
