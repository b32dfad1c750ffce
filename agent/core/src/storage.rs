//! Whether a device can store its own state, and which event a change of that is.

use std::collections::BTreeMap;

use fyr_schemas::report::{EventKind, FailureReason};

/// What a device stores for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The reports that wait for the server.
    Reports,
    /// What it remembers between two passes.
    Memory,
    /// The policy that it believes.
    Trust,
}

/// The parts that could not be stored at the last attempt, each with the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Storage(BTreeMap<Part, FailureReason>);

impl Storage {
    /// Takes in the result of an attempt. Returns the event that this is: the first part that fails,
    /// or the last that can be stored again.
    pub fn note(&mut self, part: Part, result: Result<(), FailureReason>) -> Option<EventKind> {
        let was_sound = self.is_sound();
        match result {
            Ok(()) => self.0.remove(&part),
            Err(reason) => self.0.insert(part, reason),
        };
        match (was_sound, result) {
            (true, Err(reason)) => Some(EventKind::Unstored { reason }),
            (false, Ok(())) if self.is_sound() => Some(EventKind::StoredAgain),
            (true | false, Ok(()) | Err(_)) => None,
        }
    }

    /// Whether `part` is stored.
    pub fn is_stored(&self, part: Part) -> bool {
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
    fn a_failure_is_reported_once_and_so_is_its_end() {
        let mut storage = Storage::default();
        let full = FailureReason::NoSpace;
        let unstored = EventKind::Unstored { reason: full };
        assert_eq!(storage.note(Part::Memory, Ok(())), None);
        assert_eq!(storage.note(Part::Reports, Err(full)), Some(unstored));
        assert_eq!(storage.note(Part::Memory, Err(full)), None);
        assert_eq!(storage.note(Part::Reports, Ok(())), None);
        let again = Some(EventKind::StoredAgain);
        assert_eq!(storage.note(Part::Memory, Ok(())), again);
        assert!(storage.is_sound());
    }
}
