//! What a device keeps between two refreshes.

use serde::{Deserialize, Serialize};

/// The newest root and the last good document with its metadata, byte for byte. Plain storage: every
/// use verifies them again, so a file that is missing, truncated or replaced costs a fetch and
/// nothing else. [`TrustedState::default`] is a device that has just been enrolled.
///
/// Write it before the [`Seen`](crate::Seen) of the same step: a crash in between
/// then leaves versions that are too low by one step and a state that is above them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedState {
    /// The newest root that was verified. The next refresh starts there, so a key that it revokes
    /// is never believed again.
    pub root: Option<Vec<u8>>,
    /// The root under which the files below were verified; absent where it is the newest. A device
    /// goes on enforcing them until a refresh under the newest root ends well.
    pub vouching: Option<Vec<u8>>,
    /// `timestamp.json`.
    pub timestamp: Option<Vec<u8>>,
    /// The snapshot that the timestamp names.
    pub snapshot: Option<Vec<u8>>,
    /// The targets that the snapshot names.
    pub targets: Option<Vec<u8>>,
    /// The document itself: for a device, its bundle.
    pub document: Option<Vec<u8>>,
}

impl TrustedState {
    /// The root that vouches for the document.
    pub(crate) fn vouching_root(&self) -> Option<&[u8]> {
        self.vouching.as_deref().or(self.root.as_deref())
    }

    /// Takes a newer root. What is stored stays believed under its own.
    pub(crate) fn follow(&mut self, root: &[u8]) {
        let before = self.root.replace(root.to_vec());
        if self.document.is_some() && self.vouching.is_none() {
            self.vouching = before;
        }
    }
}
