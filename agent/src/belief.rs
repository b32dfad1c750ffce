//! What this device believes: stored as soon as it changes, and in memory where it cannot be.

use fyr_agent_core::slice;
use fyr_schemas::report::FailureReason;
use fyr_trust::seen::Slot;
use fyr_trust::{Clock, Seen, TrustedState};
use jiff::Timestamp;
use tracing::{info, warn};

use crate::store::Store;

/// The trusted state and the highest versions seen.
#[derive(Debug)]
pub(crate) struct Belief {
    state: TrustedState,
    slot: Slot,
    /// Why not all of it is on disk; that is tried again.
    stored: Result<(), FailureReason>,
}

impl Belief {
    /// What is stored.
    pub(crate) fn load(store: &Store) -> Self {
        Self {
            state: store.trusted(),
            slot: store.seen(),
            stored: Ok(()),
        }
    }

    pub(crate) fn state(&self) -> &TrustedState {
        &self.state
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.slot.seen
    }

    /// Why not all of it is on disk.
    pub(crate) fn stored(&self) -> Result<(), FailureReason> {
        self.stored
    }

    /// Stores it, where that failed before.
    pub(crate) fn store_again(&mut self, store: &Store) {
        self.take(store, self.state.clone(), self.slot.seen.clone());
    }

    /// Believes what a refresh verified from here on, and stores what is new of it. The stored slice is
    /// this device's own: a refresh only shows whether it is to be forgotten.
    pub(crate) fn keep(&mut self, store: &Store, state: TrustedState, seen: Seen, clock: Clock) {
        let slice = slice::kept(&self.slot.seen, &seen, clock);
        if self.slot.seen.slice != slice {
            info!("the time slice of a clock that was ahead is forgotten");
        }
        self.take(store, state, Seen { slice, ..seen });
    }

    /// The state goes first, and the versions only above a state that is on disk: the other way
    /// round, a power cut between the two would refuse the last good policy at the next start.
    fn take(&mut self, store: &Store, state: TrustedState, seen: Seen) {
        let is_new_state = self.stored.is_err() || state != self.state;
        if !is_new_state && seen == self.slot.seen {
            return;
        }
        let saved = if is_new_state {
            store.save_trusted(&state)
        } else {
            Ok(())
        };
        let saved = saved.and_then(|()| store.save_seen(&self.slot, seen.clone()));
        self.state = state;
        self.stored = saved
            .as_ref()
            .map_or_else(|error| Err(error.reason()), |_| Ok(()));
        self.slot = saved.unwrap_or_else(|error| {
            warn!(
                "what was verified cannot be stored, and a restart forgets it: {}",
                crate::chain_in_words(&error)
            );
            self.slot.next(seen)
        });
    }

    /// Notes that a time slice was put in force, so that a clock that is set back does not undo it.
    pub(crate) fn begin_slice(&mut self, store: &Store, start: Timestamp) {
        if self.slot.seen.slice.is_none_or(|before| before < start) {
            let seen = Seen {
                slice: Some(start),
                ..self.slot.seen.clone()
            };
            self.take(store, self.state.clone(), seen);
        }
    }
}
