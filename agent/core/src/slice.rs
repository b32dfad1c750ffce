//! The time slice that a device stores: a clock that is set back does not undo it.
//!
//! A clock that is ahead for a moment, through a false time server or in the firmware, must not hold
//! the device in a slice to come. So a slice is stored only while the metadata is fresh, and it is
//! forgotten when what is newly signed shows that the clock was ahead.

use fyr_schemas::bundle::Bundle;
use fyr_trust::{Clock, DeviceTime, SIGNED_LEAD, Seen};
use jiff::{SignedDuration, Timestamp};

/// How old a newly verified issue time may be that confirms the system's clock: 2 hours. A server signs
/// every hour, and a device asks every 15 minutes. A larger value would let whoever sets a clock back
/// leave a slice with what was signed before it.
pub const CONFIRMS: SignedDuration = SignedDuration::from_hours(2);

/// The start of the slice to store while the device is in it. `fresh_until` are the moments until which
/// the metadata is fresh, where they are known: a slice that begins after one of them is not stored, and
/// neither is one that only a signed time has reached.
pub fn to_store(
    bundle: &Bundle,
    time: &DeviceTime,
    fresh_until: [Option<Timestamp>; 2],
) -> Option<Timestamp> {
    let until = fresh_until.into_iter().flatten().min()?;
    start(bundle, time.unsigned).filter(|start| *start <= until)
}

/// The slice that stays stored after what was seen rose from `before` to `after`.
///
/// It is forgotten if a new root removed the timestamp key, or if a newly verified issue time, the
/// newest of all, confirms a system's clock before the slice. Without anything newly signed it stays: a
/// clock that is set back on a device without a network undoes nothing.
pub fn kept(before: &Seen, after: &Seen, clock: Clock) -> Option<Timestamp> {
    let slice = before.slice?;
    let is_ahead = slice > clock.system && after.issued.is_some_and(|issued| slice > issued);
    let is_refuted = is_ahead && after.issued > before.issued && confirms(after.issued, clock);
    (!is_refuted && !removes_key(before, after)).then_some(slice)
}

/// Whether an issue time and the system's clock agree.
fn confirms(issued: Option<Timestamp>, clock: Clock) -> bool {
    issued.is_some_and(|issued| {
        let age = clock.system.duration_since(issued);
        (-SIGNED_LEAD..=CONFIRMS).contains(&age)
    })
}

/// Whether a key that may have signed the timestamp that was seen no longer may.
fn removes_key(before: &Seen, after: &Seen) -> bool {
    match (&before.timestamp, &after.timestamp) {
        (Some(before), Some(after)) => !before.counts_under(&after.keys),
        (None, _) | (_, None) => false,
    }
}

/// The start of the time slice that a moment lies in: the last moment at which other periods began to
/// run. `None` without a timetable, and where that is more than a year ago.
fn start(bundle: &Bundle, now: Timestamp) -> Option<Timestamp> {
    /// How far back is looked, in days: a day is enough for a timetable with hours.
    const LOOKS: [i64; 5] = [1, 7, 31, 92, 366];
    let timetable = bundle.timetable.as_ref()?;
    LOOKS.iter().find_map(|days| {
        let from = now
            .checked_sub(SignedDuration::from_hours(days * 24))
            .ok()?;
        let next = |at: &Timestamp| timetable.next_change(*at).filter(|next| *next <= now);
        std::iter::successors(next(&from), next).last()
    })
}

#[cfg(test)]
mod tests {
    use fyr_trust::seen::Mark;
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3600;
    const YEAR: i64 = 365 * 24 * HOUR;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seen(version: u64, key: u8, issued: i64, slice: i64) -> Seen {
        Seen {
            timestamp: Some(Mark {
                version,
                keys: [fyr_trust::digest(&[key])].into(),
            }),
            issued: Some(at(issued)),
            slice: Some(at(slice)),
            ..Seen::default()
        }
    }

    fn clock(second: i64) -> Clock {
        Clock {
            system: at(second),
            build: at(0),
        }
    }

    #[test]
    fn a_newly_signed_time_that_confirms_a_clock_before_the_slice_ends_it() {
        let (before, slice) = (0, 100 * HOUR);
        let after = |system: i64, issued: i64| {
            let (old, new) = (seen(1, 1, before, slice), seen(2, 1, issued, slice));
            kept(&old, &new, clock(system)).is_some()
        };
        assert!(!after(50 * HOUR, 50 * HOUR));
        assert!(!after(50 * HOUR, 50 * HOUR + 600));
        assert!(!after(50 * HOUR, 48 * HOUR));
        assert!(after(50 * HOUR, 50 * HOUR + 601), "it is signed ahead");
        assert!(after(50 * HOUR, 48 * HOUR - 1), "it is old");
        assert!(after(50 * HOUR, 101 * HOUR), "it is signed in the slice");
        assert!(after(101 * HOUR, 100 * HOUR + 1), "the slice runs");
        assert!(after(99 * HOUR + 3599, 100 * HOUR), "the slice runs");
    }

    proptest! {
        /// A device without a network, and one to which only what it has is shown again.
        #[test]
        fn without_a_newer_signature_no_clock_ends_a_slice(
            system in -YEAR..YEAR, issued in -YEAR..YEAR, slice in -YEAR..YEAR, older in 0..YEAR,
        ) {
            let before = seen(2, 1, issued, slice);
            let same = seen(2, 1, issued - older, slice);
            for after in [before.clone(), same] {
                prop_assert_eq!(kept(&before, &after, clock(system)), Some(at(slice)));
            }
        }

        #[test]
        fn a_slice_that_runs_by_clock_or_signature_stays(
            system in -YEAR..YEAR, issued in -YEAR..YEAR, slice in -YEAR..YEAR, before in -YEAR..YEAR,
        ) {
            prop_assume!(slice <= system || slice <= issued);
            let (before, after) = (seen(1, 1, before, slice), seen(2, 1, issued, slice));
            prop_assert_eq!(kept(&before, &after, clock(system)), Some(at(slice)));
        }
    }

    #[test]
    fn a_root_that_removes_the_timestamp_key_ends_a_slice_and_one_that_adds_a_key_does_not() {
        let before = seen(9, 1, 0, YEAR);
        let replaced = seen(1, 2, 0, YEAR);
        assert_eq!(kept(&before, &replaced, clock(YEAR / 2)), None);
        let mut added = seen(9, 1, 0, YEAR);
        let mark = added.timestamp.as_mut().unwrap();
        mark.keys.insert(fyr_trust::digest(&[2]));
        assert_eq!(kept(&before, &added, clock(YEAR / 2)), Some(at(YEAR)));
    }
}
