//! Whether a device can store its own state, and which event a change of that is.

use std::collections::BTreeMap;

use fyr_schemas::report::{EventKind, FailureReason, StatePart};

/// The parts that could not be stored at the last attempt, each with the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Storage(BTreeMap<StatePart, FailureReason>);

impl Storage {
    /// Takes in the result of an attempt. Returns the event that this is: a part that begins to fail,
    /// or the last that can be stored again.
    pub fn note(
        &mut self,
        part: StatePart,
        result: Result<(), FailureReason>,
    ) -> Option<EventKind> {
        let was_stored = self.is_stored(part);
        match result {
            Ok(()) => {
                self.0.remove(&part);
                (!was_stored && self.is_sound()).then_some(EventKind::StoredAgain)
            }
            Err(reason) => {
                self.0.insert(part, reason);
                was_stored.then_some(EventKind::Unstored { part, reason })
            }
        }
    }

    /// Whether `part` is stored.
    pub fn is_stored(&self, part: StatePart) -> bool {
        !self.0.contains_key(&part)
    }

    /// Whether everything is stored.
    pub fn is_sound(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failure_of_a_part_is_reported_once_and_so_is_the_end_of_all() {
        let mut storage = Storage::default();
        let reason = FailureReason::NoSpace;
        let unstored = |part| Some(EventKind::Unstored { part, reason });
        let (reports, trust) = (StatePart::Reports, StatePart::Trust);
        assert_eq!(storage.note(trust, Ok(())), None);
        assert_eq!(storage.note(reports, Err(reason)), unstored(reports));
        assert_eq!(storage.note(trust, Err(reason)), unstored(trust));
        assert_eq!(storage.note(trust, Err(reason)), None);
        assert_eq!(storage.note(reports, Ok(())), None);
        assert_eq!(storage.note(trust, Ok(())), Some(EventKind::StoredAgain));
        assert!(storage.is_sound());
    }
}
