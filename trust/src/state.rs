//! What a device keeps between two refreshes.

use serde::{Deserialize, Serialize};

/// The files that were last believed, byte for byte. Plain storage: every use verifies
/// them again, so a file that is missing, truncated or altered costs a fetch and nothing
/// else. [`TrustedState::default`] is a device that has just been enrolled.
///
/// Write it before the [`Floor`](crate::Floor) of the same refresh: a crash in between
/// then leaves a floor that is too low by one step and a state that stands above it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedState {
    /// The current root.
    pub root: Option<Vec<u8>>,
    /// `timestamp.json`.
    pub timestamp: Option<Vec<u8>>,
    /// The snapshot that the timestamp names.
    pub snapshot: Option<Vec<u8>>,
    /// The targets that the snapshot names.
    pub targets: Option<Vec<u8>>,
    /// The document itself: for a device, its bundle.
    pub document: Option<Vec<u8>>,
}
