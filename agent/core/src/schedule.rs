//! When the agent wakes without an event: at the heartbeat, and sooner after a failure.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How often a device that is never pushed still asks, looks and reports.
pub const HEARTBEAT: SignedDuration = SignedDuration::from_mins(15);

/// The first wait after a failure; it doubles up to the heartbeat.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(2);

/// The longest wait before the next attempt to repair the device itself. An attempt that fails costs
/// the device some milliseconds and the server nothing.
const LONGEST_REPAIR_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// What the agent tries next, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// The next refresh from the repository.
    pub refresh: Option<Timestamp>,
    /// The next attempt at what failed on the device; absent where nothing did.
    pub repair: Option<Timestamp>,
}

impl Attempts {
    /// Takes in what the clock says. An attempt that is further ahead than its longest wait was planned
    /// before the clock was set back: it is forgotten, to be planned again.
    pub fn note_time(&mut self, now: Timestamp) {
        for (attempt, longest) in [
            (&mut self.refresh, HEARTBEAT),
            (&mut self.repair, LONGEST_REPAIR_WAIT),
        ] {
            let latest = now.saturating_add(longest).unwrap_or(Timestamp::MAX);
            *attempt = attempt.filter(|planned| *planned <= latest);
        }
    }
}

/// What was tried so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// How often it was tried since the start.
    pub attempts: u32,
    /// How often it failed in a row, up to now.
    pub failures: u32,
}

impl History {
    /// One more attempt that went well.
    pub fn succeeded(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
        self.failures = 0;
    }

    /// One more attempt that failed.
    pub fn failed(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
        self.failures = self.failures.saturating_add(1);
    }
}

/// The moment of the next attempt.
///
/// `seed` is the device's own, so that a fleet that lost its server at one moment does not come
/// back at one moment: every wait is between half of its length and the whole of it.
pub fn next_wake(history: History, seed: u64, now: Timestamp) -> Timestamp {
    let longest = match history.failures {
        0 => HEARTBEAT,
        failures => back_off(failures).min(HEARTBEAT),
    };
    let half = longest / 2;
    let wait = half.saturating_add(share(half, seed ^ u64::from(history.attempts)));
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// The moment of the next attempt to repair the device after as many failures in a row; absent where
/// the last attempt succeeded.
pub fn next_repair(failures: u32, now: Timestamp) -> Option<Timestamp> {
    let wait = back_off(failures).min(LONGEST_REPAIR_WAIT);
    let next = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    (failures > 0).then_some(next)
}

/// The wait after as many failures in a row: it doubles.
fn back_off(failures: u32) -> SignedDuration {
    let doublings = failures.saturating_sub(1).min(16);
    FIRST_RETRY.saturating_mul(1_i32 << doublings)
}

/// A part of `whole` that follows from `seed`, evenly spread.
fn share(whole: SignedDuration, seed: u64) -> SignedDuration {
    const PARTS: u64 = 1024;
    let part = i64::try_from(mix(seed) % PARTS).unwrap_or(0);
    let milliseconds = i64::try_from(whole.as_millis()).unwrap_or(i64::MAX);
    let parts = i64::try_from(PARTS).unwrap_or(1);
    SignedDuration::from_millis(milliseconds.saturating_mul(part) / parts)
}

/// splitmix64's finaliser (<https://prng.di.unimi.it/splitmix64.c>): spreads close seeds.
fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wait(history: History, seed: u64) -> SignedDuration {
        let now = Timestamp::UNIX_EPOCH;
        next_wake(history, seed, now).duration_since(now)
    }

    proptest! {
        #[test]
        fn a_wait_is_never_longer_than_the_heartbeat_nor_shorter_than_half_a_retry(
            attempts: u32, failures: u32, seed: u64,
        ) {
            let wait = wait(History { attempts, failures }, seed);
            prop_assert!(wait <= HEARTBEAT);
            prop_assert!(wait >= FIRST_RETRY / 2);
        }

        #[test]
        fn a_device_without_failures_waits_at_least_half_a_heartbeat(attempts: u32, seed: u64) {
            let wait = wait(History { attempts, failures: 0 }, seed);
            prop_assert!(wait >= HEARTBEAT / 2);
        }
    }

    #[test]
    fn a_failed_repair_is_tried_again_within_seconds_and_never_later_than_a_minute() {
        let now = Timestamp::UNIX_EPOCH;
        let waits = [1, 2, 3, 6, u32::MAX].map(|failures| {
            let next = next_repair(failures, now).unwrap();
            next.duration_since(now).as_secs()
        });
        assert_eq!(waits, [2, 4, 8, 60, 60]);
        assert_eq!(next_repair(0, now), None);
    }

    #[test]
    fn an_attempt_that_is_further_ahead_than_its_longest_wait_is_planned_again() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let planned = Attempts {
            refresh: Some(at(3600 + 800)),
            repair: Some(at(3600 + 8)),
        };
        let noted = |now| {
            let mut attempts = planned;
            attempts.note_time(at(now));
            attempts
        };
        assert_eq!(noted(3600), planned);
        assert_eq!(noted(9999), planned);
        assert_eq!(noted(3500).refresh, planned.refresh);
        assert_eq!(noted(3499).refresh, None);
        assert_eq!(noted(3600 - 52).repair, planned.repair);
        assert_eq!(noted(3600 - 53).repair, None);
        assert_eq!(noted(0), Attempts::default());
    }

    #[test]
    fn devices_that_failed_together_do_not_come_back_together() {
        let history = History {
            attempts: 5,
            failures: 8,
        };
        let waits: std::collections::BTreeSet<_> =
            (0..100).map(|seed| wait(history, seed)).collect();
        assert!(waits.len() > 80, "only {} different waits", waits.len());
    }
}
