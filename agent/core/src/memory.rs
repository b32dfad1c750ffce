//! What the agent remembers between two looks at the device. Losing it loses dates and the
//! difference between drift and a new policy, never enforcement.

use fyr_schemas::Digest;
use fyr_schemas::report::{BundleInForce, ControlReport, Found, Place};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What was so after the last pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The bundle that was put in force.
    pub bundle: Option<BundleInForce>,
    /// What each place was made to hold.
    pub held: Vec<Held>,
    /// How each control stood, and since when.
    pub controls: Vec<ControlReport>,
    /// Drift that was noticed and is not repaired yet.
    pub drifts: Vec<Drift>,
    /// Drift of the last week that was repaired, oldest first, at most [`MOST_REPAIRED`].
    #[serde(default)]
    pub repaired: Vec<Repaired>,
}

/// The most repairs that are remembered: a file that is changed without pause fills no memory.
pub const MOST_REPAIRED: usize = 100;

/// How long a repair is remembered.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What one place was made to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Where.
    pub place: Place,
    /// The digest of our part.
    pub part: Digest,
}

/// A place that was found changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Where.
    pub place: Place,
    /// How it was found.
    pub found: Found,
    /// When.
    pub noticed: Timestamp,
}

/// Drift that was repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repaired {
    /// What it was.
    pub drift: Drift,
    /// When it was repaired.
    pub at: Timestamp,
}

impl Memory {
    /// The repairs of the week before `now`, oldest first.
    pub fn repaired_since_a_week(&self, now: Timestamp) -> Vec<Repaired> {
        let since = now.saturating_sub(WEEK).unwrap_or(Timestamp::MIN);
        let repaired = self.repaired.iter().copied();
        repaired.filter(|repair| repair.at >= since).collect()
    }

    /// Whether `place` was made to hold exactly this part before.
    pub fn holds(&self, place: Place, part: &Digest) -> bool {
        let mut held = self.held.iter();
        held.any(|held| held.place == place && held.part == *part)
    }
}
