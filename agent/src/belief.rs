//! What this device believes: stored as soon as it changes, and in memory where it cannot be.
//!
//! The agent waits for the disk before it asks for anything under a new root, and before it uses a new
//! policy. The versions of other roles are written at once, which survives the end of the program, and
//! are flushed once the policy is applied: a device that loses its power in between stands as one that was
//! off meanwhile. Until then they are written over the same slot, so the other one stays sound.

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
    /// The versions as they were written last.
    slot: Slot,
    /// The versions of which the disk is known to have all.
    flushed: Slot,
    /// Why not all of it is on disk; that is tried again.
    stored: Result<(), FailureReason>,
}

impl Belief {
    /// What is stored.
    pub(crate) fn load(store: &Store) -> Self {
        let slot = store.seen();
        let mut belief = Self {
            state: store.trusted(),
            flushed: Slot::default(),
            slot,
            stored: Ok(()),
        };
        belief.flush(store);
        // A disk that cannot be written now is noticed at the next change.
        belief.stored = Ok(());
        belief.flushed = belief.slot.clone();
        belief
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
        self.flush(store);
    }

    /// Waits until the disk has what was written.
    pub(crate) fn flush(&mut self, store: &Store) {
        if self.stored.is_err() || self.slot == self.flushed {
            return;
        }
        match store.flush_seen(&self.slot) {
            Ok(()) => self.flushed = self.slot.clone(),
            Err(error) => {
                warn!(
                    "what was verified may not be on the disk: {}",
                    crate::chain_in_words(&error)
                );
                self.stored = Err(error.reason());
            }
        }
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
        let is_new_root = state.root != self.state.root;
        let saved = if is_new_state {
            store.save_trusted(&state)
        } else {
            Ok(())
        };
        let saved = saved.and_then(|()| store.write_seen(&self.flushed, seen.clone()));
        self.state = state;
        self.stored = saved
            .as_ref()
            .map_or_else(|error| Err(error.reason()), |_| Ok(()));
        self.slot = saved.unwrap_or_else(|error| {
            warn!(
                "what was verified cannot be stored, and a restart forgets it: {}",
                crate::chain_in_words(&error)
            );
            self.flushed.next(seen)
        });
        if is_new_root {
            self.flush(store);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::Root;

    /// Versions that differ in that of the root.
    fn version(root: u64) -> Seen {
        Seen {
            root,
            ..Seen::default()
        }
    }

    #[test]
    fn what_the_disk_has_stays_beside_what_is_written_until_that_is_flushed() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::create(&Root::open(place.path()).unwrap()).unwrap();
        let slots = || {
            ["seen.0", "seen.1"].map(|name| {
                let bytes = std::fs::read(place.path().join("var/lib/fyr").join(name));
                Slot::decode(&bytes.ok()?).map(|slot| slot.seen.root)
            })
        };
        let mut belief = Belief::load(&store);
        let keep = |belief: &mut Belief, root| {
            belief.take(&store, TrustedState::default(), version(root));
            assert_eq!(belief.stored(), Ok(()));
            // A program that starts now knows it, whether the disk has it or not.
            assert_eq!(Belief::load(&store).seen(), &version(root));
        };
        keep(&mut belief, 1);
        belief.flush(&store);
        assert_eq!(slots(), [None, Some(1)]);
        for written in [2, 3, 4] {
            keep(&mut belief, written);
            assert_eq!(slots(), [Some(written), Some(1)]);
        }
        belief.flush(&store);
        keep(&mut belief, 5);
        assert_eq!(slots(), [Some(4), Some(5)]);
    }

    #[test]
    fn a_new_root_is_flushed_with_the_versions_at_once() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::create(&Root::open(place.path()).unwrap()).unwrap();
        let mut belief = Belief::load(&store);
        let state = TrustedState {
            root: Some(b"root".to_vec()),
            ..TrustedState::default()
        };
        belief.take(&store, state, version(2));
        assert_eq!(belief.flushed, belief.slot);
        assert_eq!(Belief::load(&store).state(), belief.state());
    }
}
