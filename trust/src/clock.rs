//! What time it is, as far as a device may believe.
//!
//! A device whose clock stands in the past would accept metadata that expired long ago. A
//! signed issue time proves that the clock is behind; the local clock alone proves nothing,
//! so nothing is ever remembered from it: one jump forward must not lock a device out.

use jiff::Timestamp;

use crate::floor::Floor;

/// The unsigned witnesses of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// What the system's clock says.
    pub system: Timestamp,
    /// When this program was built; a clock before that is wrong.
    pub build: Timestamp,
}

/// The time to judge expiry by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedNow {
    /// The latest of the system's clock, the build time and the newest signed issue time.
    pub now: Timestamp,
    /// Whether the system's clock was believed.
    pub clock: ClockState,
}

/// Whether the system's clock can be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockState {
    /// Nothing signed contradicts it.
    Plausible,
    /// It stands before a time that was signed or built: it jumped, or was set.
    Behind,
}

impl Clock {
    /// The time to believe, given the newest issue time that was ever verified.
    pub fn trusted(self, floor: &Floor) -> TrustedNow {
        self.not_before(floor.issued)
    }

    pub(crate) fn not_before(self, issued: Option<Timestamp>) -> TrustedNow {
        let earliest = issued.map_or(self.build, |issued| issued.max(self.build));
        TrustedNow {
            now: self.system.max(earliest),
            clock: if self.system < earliest {
                ClockState::Behind
            } else {
                ClockState::Plausible
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    proptest! {
        #[test]
        fn the_trusted_time_is_the_latest_witness_and_only_a_late_one_accuses_the_clock(
            system in 0_i64..1_000, build in 0_i64..1_000, issued in proptest::option::of(0_i64..1_000),
        ) {
            let floor = Floor { issued: issued.map(at), ..Floor::default() };
            let trusted = Clock { system: at(system), build: at(build) }.trusted(&floor);
            let latest = system.max(build).max(issued.unwrap_or(0));
            prop_assert_eq!(trusted.now, at(latest));
            prop_assert_eq!(trusted.clock == ClockState::Behind, system < latest);
        }
    }

    #[test]
    fn a_clock_that_jumped_forward_and_back_leaves_no_trace() {
        let floor = Floor {
            issued: Some(at(100)),
            ..Floor::default()
        };
        let ahead = Clock {
            system: at(9_999),
            build: at(0),
        }
        .trusted(&floor);
        let back = Clock {
            system: at(101),
            build: at(0),
        }
        .trusted(&floor);
        assert_eq!(ahead.now, at(9_999));
        assert_eq!(
            back,
            TrustedNow {
                now: at(101),
                clock: ClockState::Plausible
            }
        );
    }
}
