//! How a device was found after a pass, as far as a verdict depends on it: one form for every way
//! of keeping a policy.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::Digest;
use fyr_schemas::report::{FailureReason, Found, Place, Product};

use crate::obstacle::Obstacle;

/// A device after a pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// The products whose browsers are present.
    pub present: BTreeSet<Product>,
    /// Those that run with a policy older than what is written, and read it at start only.
    pub awaiting_restart: BTreeSet<Product>,
    /// Every place that is looked after.
    pub places: BTreeMap<Place, PlaceObserved>,
    /// What no action removes.
    pub obstacles: Vec<Obstacle>,
}

/// One place after a pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceObserved {
    /// The digest of what the policy asks of it; absent while that is not known.
    pub part: Option<Digest>,
    /// What is still to be done there; absent where nothing is.
    pub due: Option<Due>,
    /// How it was found changed, before the pass or after it.
    pub drift: Option<Found>,
    /// Whether the pass gave our policy a higher rank than a third party's.
    pub outranked: bool,
}

/// What is still to be done at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Whether something new of the policy is not written.
    pub unwritten: bool,
    /// Why the attempt failed; absent where none was made.
    pub failure: Option<FailureReason>,
}

impl Observed {
    /// Whether nothing is to be done and nothing is in the way.
    pub fn is_compliant(&self) -> bool {
        self.obstacles.is_empty() && self.places.values().all(|found| found.due.is_none())
    }

    /// Whether another attempt may succeed although nothing is noticed to change: a disk gets space,
    /// a file can be replaced again.
    pub fn is_worth_retrying(&self) -> bool {
        let mut obstacles = self.obstacles.iter();
        self.places.values().any(|found| found.due.is_some())
            || obstacles.any(|obstacle| match obstacle.reason {
                // What removes these is noticed, or fetched.
                FailureReason::Shadowed | FailureReason::ListMissing => false,
                FailureReason::NoSpace
                | FailureReason::NoPermission
                | FailureReason::ReadOnly
                | FailureReason::Obstructed
                | FailureReason::Io => true,
            })
    }

    /// Whether anything is to be done at `place` or in its way.
    pub fn is_left(&self, place: Place) -> bool {
        let due = self.places.get(&place).and_then(|found| found.due);
        due.is_some() || self.obstacles.iter().any(|it| it.place == place)
    }
}
