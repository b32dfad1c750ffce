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
    /// The versions before those, in the other place: the disk is known to have all of them. The next
    /// write is the one after it, so it never goes over this place.
    flushed: Slot,
    /// Why not all of it is on disk; that is tried again.
    stored: Result<(), FailureReason>,
}

impl Belief {
    /// What is stored.
    pub(crate) fn load(store: &Store) -> Self {
        let mut belief = Self::read(store);
        belief.flush(store);
        belief
    }

    /// What is stored, of which the newest versions may not be on the disk yet. Only their number says
    /// which place the next write may go over.
    fn read(store: &Store) -> Self {
        let slot = store.seen();
        Self {
            state: store.trusted(),
            flushed: Slot {
                generation: slot.generation.saturating_sub(1),
                ..Slot::default()
            },
            slot,
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
            info!("the stored time slice is forgotten");
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
        self.state = state;
        self.slot = self.flushed.next(seen);
        self.stored = saved
            .and_then(|()| store.write_seen(&self.slot))
            .map_err(|error| {
                warn!(
                    "what was verified cannot be stored, and a restart forgets it: {}",
                    crate::chain_in_words(&error)
                );
                error.reason()
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
    fn what_could_not_be_flushed_at_the_start_is_written_again_beside_the_sound_copy() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::create(&Root::open(place.path()).unwrap()).unwrap();
        let path = |place_of: u64| place.path().join(format!("var/lib/fyr/seen.{place_of}"));
        let mut belief = Belief::load(&store);
        for root in [1, 2] {
            belief.take(&store, TrustedState::default(), version(root));
            belief.flush(&store);
        }
        let sound = std::fs::read(path(1)).unwrap();

        // A disk that fails between the two: what was read is not there to be flushed.
        let mut started = Belief::read(&store);
        std::fs::remove_file(path(0)).unwrap();
        started.flush(&store);
        assert!(started.stored().is_err());
        started.store_again(&store);
        assert_eq!(started.stored(), Ok(()));
        let written = Slot::decode(&std::fs::read(path(0)).unwrap()).unwrap();
        assert_eq!(written.seen, version(2));
        assert_eq!(std::fs::read(path(1)).unwrap(), sound);
        assert_eq!(Belief::load(&store).seen(), &version(2));
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
