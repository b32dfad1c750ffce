//! The events that wait for the next report, bounded.

use fyr_schemas::report::{Event, EventKind, MOST_EVENTS};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Events, oldest first. Past [`MOST_EVENTS`] the last entry counts what was dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLog(Vec<Event>);

impl EventLog {
    /// Adds an event.
    pub fn push(&mut self, at: Timestamp, what: EventKind) {
        if self.0.len() < MOST_EVENTS {
            self.0.push(Event { at, what });
            return;
        }
        if let Some(last) = self.0.last_mut() {
            let dropped = match last.what {
                EventKind::EventsDropped { count } => count,
                // The last event gives its place to the count, and is the first it counts.
                EventKind::Started
                | EventKind::Applied { .. }
                | EventKind::Drift { .. }
                | EventKind::Repaired { .. }
                | EventKind::Outranked { .. }
                | EventKind::Refused { .. }
                | EventKind::ClockJumped
                | EventKind::SignedTimeAhead { .. }
                | EventKind::Unstored { .. }
                | EventKind::StoredAgain => 1,
            };
            let count = dropped.saturating_add(1);
            let what = EventKind::EventsDropped { count };
            *last = Event { at, what };
        }
    }

    /// Adds events in their order.
    pub fn extend(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.push(event.at, event.what);
        }
    }

    /// The events, oldest first.
    pub fn as_slice(&self) -> &[Event] {
        &self.0
    }

    /// Forgets them, after a report with them was stored.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_and_never_silent() {
        let mut log = EventLog::default();
        for _ in 0..MOST_EVENTS + 10 {
            log.push(Timestamp::UNIX_EPOCH, EventKind::Started);
        }
        let events = log.as_slice();
        assert_eq!(events.len(), MOST_EVENTS);
        assert_eq!(
            events[MOST_EVENTS - 1].what,
            EventKind::EventsDropped { count: 11 }
        );
    }
}
