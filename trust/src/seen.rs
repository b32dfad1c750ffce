//! Rollback protection: the highest versions that a device has verified.
//!
//! The TUF library remembers versions only through the files it cached; a truncated cache
//! makes it forget, and then it accepts an older repository. The highest versions are kept apart,
//! in two checksummed slots that are written alternately: a power cut can spoil one of them.

use std::collections::BTreeSet;

use fyr_schemas::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The highest versions seen: nothing below them is believed again. [`Seen::default`] has verified
/// nothing yet. They rise with every role that is verified, also where a later one is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Of the root.
    pub root: u64,
    /// Of the timestamp role.
    pub timestamp: Option<Mark>,
    /// Of the snapshot role.
    pub snapshot: Option<Mark>,
    /// Of the targets role: the revision.
    pub targets: Option<Mark>,
    /// The newest signed issue time; see [`Clock`](crate::Clock).
    pub issued: Option<Timestamp>,
    /// The newest metadata that was verified to its end. [`reload`](crate::reload()) believes
    /// nothing older.
    pub complete: Complete,
    /// The start of the latest time slice of a timetable that was in force; see
    /// [`Clock::device_time`](crate::Clock::device_time).
    pub slice: Option<Timestamp>,
}

/// Metadata that was verified to its end. Of two, the later one is the greater: a root never goes
/// back, and under one root neither does the timestamp.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complete {
    /// The version of its root.
    pub root: u64,
    /// The version of its timestamp.
    pub timestamp: u64,
}

/// A version that was verified, and the keys it was signed under.
///
/// A role of which the root has removed a key starts anew: that is how an organisation
/// recovers after a stolen key has signed an absurdly high version. A key that is added changes
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The version.
    pub version: u64,
    /// The digests of the keys that the root named for the role.
    pub keys: BTreeSet<Digest>,
}

impl Mark {
    /// The lowest version that will do for a role that is signed by `keys`.
    pub(crate) fn under(mark: Option<&Self>, keys: &BTreeSet<Digest>) -> u64 {
        mark.filter(|mark| mark.counts_under(keys))
            .map_or(0, |mark| mark.version)
    }

    /// Whether every key that may have signed the version still may.
    pub fn counts_under(&self, keys: &BTreeSet<Digest>) -> bool {
        self.keys.is_subset(keys)
    }
}

/// The highest versions seen as they are stored, with the number that says which slot is newer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Counts writes; 0 where nothing was written yet.
    pub generation: u64,
    /// What was written.
    pub seen: Seen,
}

impl Slot {
    /// The slot that follows this one. Write it to place [`Slot::place`] of two, so that the
    /// newest readable slot is never the one being overwritten.
    #[must_use]
    pub fn next(&self, seen: Seen) -> Self {
        Self {
            generation: self.generation.saturating_add(1),
            seen,
        }
    }

    /// Which of the two places this slot is written to: 0 or 1.
    pub fn place(&self) -> u64 {
        self.generation % 2
    }

    /// The slot as it is stored: its SHA-256 in hex, a line feed, its JSON.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "numbers and texts always serialise"
    )]
    pub fn encode(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("a slot serialises");
        let mut bytes = crate::digest(&json).to_string().into_bytes();
        bytes.push(b'\n');
        bytes.extend(json);
        bytes
    }

    /// Reads a stored slot; `None` where a single byte of it is not as it was written.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (checksum, json) = bytes.split_at_checked(64)?;
        let json = json.strip_prefix(b"\n")?;
        let sound = crate::digest(json).as_str().as_bytes() == checksum;
        sound.then(|| serde_json::from_slice(json).ok()).flatten()
    }
}

/// The newer of the two stored slots that is sound; [`Slot::default`] where neither is.
pub fn newest(places: [Option<&[u8]>; 2]) -> Slot {
    places
        .into_iter()
        .flatten()
        .filter_map(Slot::decode)
        .max_by_key(|slot| slot.generation)
        .unwrap_or_default()
}
