//! What the agent remembers between two looks at the device. Losing it loses dates and the
//! difference between drift and a new policy, never enforcement.

use fyr_schemas::Digest;
use fyr_schemas::report::{BundleInForce, ControlReport, Found, Place};
use jiff::Timestamp;
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
}

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

impl Memory {
    /// Whether `place` was made to hold exactly this part before.
    pub fn holds(&self, place: Place, part: &Digest) -> bool {
        let mut held = self.held.iter();
        held.any(|held| held.place == place && held.part == *part)
    }
}
