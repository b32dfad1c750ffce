//! Two questions about the time, and which witnesses answer them.
//!
//! *Has something expired?* Judged by the latest witness: a device whose clock is behind would
//! otherwise accept metadata that expired long ago. *Which time slice of the timetable is in force,
//! and when did something happen?* Judged by the device's own clock: whoever signs with a wrong
//! clock, or with stolen keys, must not move devices into another term.
//!
//! The device's clock alone proves nothing, so nothing is remembered from it but the start of the
//! time slice that it put in force. Whoever stores the slice also forgets it, once a signed time
//! shows that the clock was ahead.

use jiff::{SignedDuration, Timestamp};

use crate::seen::Seen;

/// How far a signed issue time may move the device's time: 10 minutes, for clocks that are slow.
pub const SIGNED_LEAD: SignedDuration = SignedDuration::from_mins(10);

/// The unsigned witnesses of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// What the system's clock says.
    pub system: Timestamp,
    /// When this program was built; a clock before that is wrong.
    pub build: Timestamp,
}

/// The times of a device, from one reading of its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceTime {
    /// For the timetable and for reports: the unsigned time, or a signed issue time that is ahead of
    /// it by [`SIGNED_LEAD`] at most.
    pub now: Timestamp,
    /// The system's clock, but not before the build time. What a device remembers of the time is from
    /// here, so neither a signature nor a time slice that was stored moves it.
    pub unsigned: Timestamp,
    /// To judge expiry by: the latest of the system's clock, the build time and the newest issue time
    /// that was verified.
    pub expiry: Timestamp,
    /// What is wrong with the system's clock, if anything is.
    pub clock: ClockState,
}

/// Whether the system's clock can be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockState {
    /// Nothing contradicts it.
    Plausible,
    /// It is before the build time, so it is certainly wrong.
    BeforeBuild,
    /// It is before the time slice that was last in force: it was set back, or it was ahead then.
    BeforeSlice,
    /// A signed issue time is ahead of it by more than [`SIGNED_LEAD`]. One of the two clocks is
    /// wrong, and the device cannot say which.
    SignedAhead {
        /// By how much.
        by: SignedDuration,
    },
}

impl Clock {
    pub(crate) fn latest(self, issued: Option<Timestamp>) -> Timestamp {
        let unsigned = self.system.max(self.build);
        issued.map_or(unsigned, |issued| issued.max(unsigned))
    }

    /// The times that follow. That of the timetable is the system's clock, but not before the build
    /// time nor before the start of the time slice that was last in force. A signed issue time moves
    /// it by at most [`SIGNED_LEAD`]; one that is further ahead does not move it at all.
    pub fn device_time(self, seen: &Seen) -> DeviceTime {
        let unsigned = self.system.max(self.build);
        let in_slice = seen.slice.map_or(unsigned, |slice| slice.max(unsigned));
        let lead = seen.issued.map_or(SignedDuration::ZERO, |issued| {
            issued.duration_since(in_slice)
        });
        let is_far = lead > SIGNED_LEAD;
        DeviceTime {
            now: match seen.issued {
                Some(issued) if !is_far => issued.max(in_slice),
                Some(_) | None => in_slice,
            },
            unsigned,
            expiry: self.latest(seen.issued),
            clock: if self.system < self.build {
                ClockState::BeforeBuild
            } else if unsigned < in_slice {
                ClockState::BeforeSlice
            } else if is_far {
                ClockState::SignedAhead { by: lead }
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

    const YEAR: i64 = 365 * 24 * 3600;
    const LEAD: i64 = 600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seen(issued: Option<i64>, slice: Option<i64>) -> Seen {
        Seen {
            issued: issued.map(at),
            slice: slice.map(at),
            ..Seen::default()
        }
    }

    fn clock(system: i64, build: i64) -> Clock {
        Clock {
            system: at(system),
            build: at(build),
        }
    }

    proptest! {
        #[test]
        fn expiry_is_judged_by_the_latest_witness(
            system in 0..YEAR, build in 0..YEAR, issued in proptest::option::of(0..YEAR),
            slice in proptest::option::of(0..YEAR),
        ) {
            let time = clock(system, build).device_time(&seen(issued, slice)).expiry;
            prop_assert_eq!(time, at(system.max(build).max(issued.unwrap_or(0))));
        }

        #[test]
        fn a_signed_time_moves_the_device_time_by_ten_minutes_at_most(
            system in 0..YEAR, build in 0..YEAR, slice in proptest::option::of(0..YEAR),
            issued in 0..YEAR,
        ) {
            let clock = clock(system, build);
            let without = clock.device_time(&seen(None, slice)).now;
            let with = clock.device_time(&seen(Some(issued), slice));
            prop_assert_eq!(with.unsigned, at(clock.system.max(clock.build).as_second()));
            let with = with.now;
            prop_assert!(with >= without);
            prop_assert!(with.duration_since(without) <= SIGNED_LEAD);
            let far = at(issued).duration_since(without) > SIGNED_LEAD;
            prop_assert!(!far || with == without);
        }

        #[test]
        fn the_device_time_is_its_clock_unless_that_is_proven_to_be_behind(
            system in 0..YEAR, build in 0..YEAR, slice in proptest::option::of(0..YEAR),
        ) {
            let earliest = build.max(slice.unwrap_or(0));
            let time = clock(system, build).device_time(&seen(None, slice));
            prop_assert_eq!(time.now, at(system.max(earliest)));
            let behind = matches!(time.clock, ClockState::BeforeBuild | ClockState::BeforeSlice);
            prop_assert_eq!(behind, system < earliest);
            prop_assert_eq!(time.unsigned, at(system.max(build)));
        }

        #[test]
        fn what_is_remembered_never_weakens(
            system in 0..YEAR, build in 0..YEAR, issued in proptest::option::of(0..YEAR),
            slice in 0..YEAR,
        ) {
            let clock = clock(system, build);
            let kept = clock.device_time(&seen(issued, Some(slice))).now;
            prop_assert!(kept >= at(slice) && kept >= at(build) && kept >= at(system));
        }
    }

    #[test]
    fn a_signed_time_is_reported_once_it_is_too_far_ahead() {
        let judged = |issued| clock(1000, 0).device_time(&seen(Some(issued), None)).clock;
        assert_eq!(judged(1000 + LEAD), ClockState::Plausible);
        let by = SignedDuration::from_secs(LEAD + 1);
        assert_eq!(judged(1000 + LEAD + 1), ClockState::SignedAhead { by });
    }

    #[test]
    fn a_clock_that_jumped_forward_and_back_leaves_no_trace() {
        let seen = seen(Some(100), None);
        assert_eq!(clock(9_999, 0).device_time(&seen).expiry, at(9_999));
        assert_eq!(clock(101, 0).device_time(&seen).expiry, at(101));
        assert_eq!(clock(101, 0).device_time(&seen).now, at(101));
    }
}
