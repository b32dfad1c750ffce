//! How the device stands with its repository: when it was last believed, and what is wrong.
//!
//! All moments here but the expiry are by the device's own clock, which no signature moves. How long the
//! newest timestamp is here also counts by the time for which the system runs, which nothing sets.

use std::time::Duration;

use fyr_schemas::Digest;
use fyr_schemas::report::{EventKind, Freshness, RefusalReason};
use fyr_trust::{ClockState, DeviceTime, ONLINE_LIFETIME};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What is known of the repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// When a refresh last succeeded.
    pub refreshed: Option<Timestamp>,
    /// When the metadata that was believed then expires, by what it says.
    pub expires: Option<Timestamp>,
    /// The newest timestamp that the device has.
    pub newest: Option<Newest>,
    /// What has been wrong since then.
    pub trouble: Option<Trouble>,
}

/// The newest timestamp of the repository that a device has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// Its SHA-256.
    pub timestamp: Digest,
    /// When it came.
    pub since: Timestamp,
    /// For how long at least the device has it.
    #[serde(default)]
    pub held: Held,
}

/// Time that certainly passed, by the clock that runs with the system. While the system is off only its
/// ordinary clock counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// In seconds.
    pub at_least_s: u64,
    /// For how many seconds the system had run when that was counted; absent before the first count.
    pub counted_at_s: Option<u64>,
}

/// How much is counted at once: what is remembered is written to the disk this seldom.
const COUNTED: Duration = Duration::from_mins(15);

/// By how much the ordinary clock may differ from the counted time before it is corrected: readings of
/// the two are never of one moment.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

impl Held {
    fn count(&mut self, uptime: Duration) {
        let uptime = uptime.as_secs();
        let Some(before) = self.counted_at_s else {
            self.counted_at_s = Some(uptime);
            return;
        };
        // A system that has run for less time was started again since, so at least that time passed.
        let passed = uptime.checked_sub(before);
        if passed.is_some_and(|passed| passed < COUNTED.as_secs()) {
            return;
        }
        let passed = passed.unwrap_or(uptime);
        self.at_least_s = self.at_least_s.saturating_add(passed);
        self.counted_at_s = Some(uptime);
    }

    /// The latest moment at which it can have begun.
    fn latest_start(self, now: Timestamp) -> Timestamp {
        let passed = SignedDuration::from_secs(i64::try_from(self.at_least_s).unwrap_or(i64::MAX));
        now.saturating_sub(passed).unwrap_or(Timestamp::MIN)
    }
}

/// Why the last refresh did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// When it began.
    pub since: Timestamp,
    /// What it is.
    pub kind: TroubleKind,
}

/// The kinds of [`Trouble`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "reason")]
pub enum TroubleKind {
    /// No answer.
    OutOfReach,
    /// What was offered was refused.
    Refused(RefusalReason),
    /// What was offered cannot be stored here.
    Unkept,
}

/// Why the policy may not be the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staleness {
    /// The last refresh did not succeed.
    Trouble(TroubleKind),
    /// The metadata expired.
    Expired,
    /// The newest timestamp came [`ONLINE_LIFETIME`] ago or earlier.
    Unrenewed,
}

impl Contact {
    /// A refresh succeeded, with the timestamp of this digest. `uptime` is as in
    /// [`note_time`](Self::note_time).
    pub fn succeeded(
        &mut self,
        time: &DeviceTime,
        uptime: Duration,
        timestamp: Digest,
        expires: Timestamp,
    ) {
        let before = self.newest.take();
        let newest = before
            .filter(|before| before.timestamp == timestamp)
            .unwrap_or(Newest {
                timestamp,
                since: time.unsigned,
                held: Held::default(),
            });
        *self = Self {
            refreshed: Some(time.unsigned),
            expires: Some(expires),
            newest: Some(newest),
            trouble: None,
        };
        self.note_time(time, uptime);
    }

    /// A refresh failed. Returns the event that this is, when it is a new one.
    pub fn failed(&mut self, time: &DeviceTime, kind: TroubleKind) -> Option<EventKind> {
        let before = self.trouble;
        self.trouble = Some(Trouble {
            since: before.map_or(time.unsigned, |trouble| trouble.since),
            kind,
        });
        match kind {
            TroubleKind::Refused(reason) if before.is_none_or(|before| before.kind != kind) => {
                Some(EventKind::Refused { reason })
            }
            TroubleKind::Refused(_) | TroubleKind::OutOfReach | TroubleKind::Unkept => None,
        }
    }

    /// Takes in what the clock says, and for how long the system has run. A clock that is set back again
    /// and again does not keep the newest timestamp fresh: it came at least as long ago as the system has
    /// run since.
    pub fn note_time(&mut self, time: &DeviceTime, uptime: Duration) {
        if let Some(newest) = &mut self.newest {
            newest.held.count(uptime);
        }
        self.correct(time);
    }

    /// What happened later than now happened while the clock was ahead. It counts from now, so metadata
    /// that came then does not stay fresh until the clock is there again. A clock that is certainly wrong
    /// contradicts nothing.
    fn correct(&mut self, time: &DeviceTime) {
        if time.clock == ClockState::BeforeBuild {
            return;
        }
        let moments = [
            self.refreshed.as_mut(),
            self.newest.as_mut().map(|newest| &mut newest.since),
            self.trouble.as_mut().map(|trouble| &mut trouble.since),
        ];
        for moment in moments.into_iter().flatten() {
            *moment = (*moment).min(time.unsigned);
        }
        if let Some(newest) = &mut self.newest {
            let latest = newest.held.latest_start(time.unsigned);
            if newest.since.duration_since(latest) > SLACK {
                newest.since = latest;
            }
        }
    }

    /// Whether the policy is as new as the device can know.
    pub fn freshness(&self, time: &DeviceTime) -> Freshness {
        match self.staleness(time) {
            Some((since, _)) => Freshness::Stale { since },
            None => Freshness::Fresh,
        }
    }

    /// Since when the policy may not be the newest, and why; `None` where it is fresh. What a person
    /// can act on is named first: trouble, then the expiry.
    pub fn staleness(&self, time: &DeviceTime) -> Option<(Timestamp, Staleness)> {
        let trouble = self
            .trouble
            .map(|trouble| (trouble.since, Staleness::Trouble(trouble.kind)));
        let expired = self.expires.filter(|expires| *expires <= time.expiry);
        let expired = expired.map(|at| (at, Staleness::Expired));
        let unrenewed = self.renewal_due().filter(|due| *due <= time.unsigned);
        let unrenewed = unrenewed.map(|at| (at, Staleness::Unrenewed));
        let causes = [trouble, expired, unrenewed];
        let mut causes = causes.into_iter().flatten();
        let (first, why) = causes.next()?;
        let since = causes.fold(first, |since, (other, _)| since.min(other));
        Some((since, why))
    }

    /// How long it is until [`freshness`](Self::freshness) changes without an event.
    pub fn boundary(&self, time: &DeviceTime) -> Option<SignedDuration> {
        let expires = self.expires.map(|it| it.duration_since(time.expiry));
        let due = self
            .renewal_due()
            .map(|it| it.duration_since(time.unsigned));
        let ahead = [expires, due].into_iter().flatten();
        ahead.filter(SignedDuration::is_positive).min()
    }

    /// When the newest timestamp is no longer fresh, regardless of the times in it.
    pub fn renewal_due(&self) -> Option<Timestamp> {
        let newest = self.newest.as_ref()?;
        Some(
            newest
                .since
                .saturating_add(ONLINE_LIFETIME)
                .unwrap_or(Timestamp::MAX),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// A clock that nothing contradicts.
    fn clock(second: i64) -> DeviceTime {
        DeviceTime {
            now: at(second),
            unsigned: at(second),
            expiry: at(second),
            clock: ClockState::Plausible,
        }
    }

    fn timestamp(version: u8) -> Digest {
        fyr_trust::digest(&[version])
    }

    const DAY: i64 = 24 * 3600;
    const LIFETIME: i64 = 14 * DAY;
    const NEVER: i64 = 100 * 365 * DAY;

    #[test]
    fn a_contact_that_was_stored_without_the_counted_time_is_read() {
        let mut contact = Contact::default();
        contact.succeeded(&clock(0), Duration::ZERO, timestamp(1), at(100));
        let mut stored = serde_json::to_value(&contact).unwrap();
        let newest = stored.get_mut("newest").unwrap().as_object_mut().unwrap();
        assert!(newest.remove("held").is_some());
        let read: Contact = serde_json::from_value(stored).unwrap();
        assert_eq!(read.renewal_due(), contact.renewal_due());
    }

    #[test]
    fn expired_metadata_is_stale_from_its_expiry_on() {
        let mut contact = Contact::default();
        contact.succeeded(&clock(0), Duration::ZERO, timestamp(1), at(100));
        assert_eq!(contact.freshness(&clock(99)), Freshness::Fresh);
        assert_eq!(
            contact.boundary(&clock(99)),
            Some(SignedDuration::from_secs(1))
        );
        let since = at(100);
        assert_eq!(contact.freshness(&clock(200)), Freshness::Stale { since });
        let later = DeviceTime {
            expiry: at(200),
            ..clock(50)
        };
        assert_eq!(contact.freshness(&later), Freshness::Stale { since });
    }

    #[test]
    fn metadata_that_is_not_renewed_is_stale_after_14_days_regardless_of_its_times() {
        let mut contact = Contact::default();
        for second in [0, DAY, LIFETIME - 1, LIFETIME + 5] {
            contact.succeeded(&clock(second), Duration::ZERO, timestamp(1), at(NEVER));
        }
        assert_eq!(contact.freshness(&clock(LIFETIME - 1)), Freshness::Fresh);
        let ahead = contact.boundary(&clock(LIFETIME - 1));
        assert_eq!(ahead, Some(SignedDuration::from_secs(1)));
        let unrenewed = Some((at(LIFETIME), Staleness::Unrenewed));
        assert_eq!(contact.staleness(&clock(LIFETIME + 9)), unrenewed);
        contact.succeeded(
            &clock(LIFETIME + 9),
            Duration::ZERO,
            timestamp(2),
            at(NEVER),
        );
        assert_eq!(contact.freshness(&clock(LIFETIME + 9)), Freshness::Fresh);
    }

    #[test]
    fn the_cause_that_a_person_can_act_on_is_named_and_the_first_moment_counts() {
        let mut contact = Contact::default();
        contact.succeeded(&clock(0), Duration::ZERO, timestamp(1), at(LIFETIME + 50));
        let unrenewed = Some((at(LIFETIME), Staleness::Unrenewed));
        assert_eq!(contact.staleness(&clock(LIFETIME + 20)), unrenewed);
        let expired = Some((at(LIFETIME), Staleness::Expired));
        assert_eq!(contact.staleness(&clock(LIFETIME + 50)), expired);
        let kind = TroubleKind::OutOfReach;
        contact.failed(&clock(LIFETIME + 60), kind);
        let trouble = Some((at(LIFETIME), Staleness::Trouble(kind)));
        assert_eq!(contact.staleness(&clock(LIFETIME + 70)), trouble);
    }

    #[test]
    fn a_clock_that_is_certainly_wrong_moves_nothing() {
        let mut contact = Contact::default();
        contact.succeeded(&clock(DAY), Duration::ZERO, timestamp(1), at(NEVER));
        let before_build = DeviceTime {
            clock: ClockState::BeforeBuild,
            ..clock(0)
        };
        contact.note_time(&before_build, Duration::ZERO);
        assert_eq!(contact.newest.unwrap().since, at(DAY));
    }

    /// While the clock is before a slice that was stored, which of the two is wrong is not known. The age
    /// counts on.
    #[test]
    fn a_clock_before_the_stored_slice_counts_the_age_on() {
        let mut contact = Contact::default();
        contact.succeeded(&clock(0), Duration::ZERO, timestamp(1), at(NEVER));
        let before_slice = DeviceTime {
            now: at(30 * DAY),
            clock: ClockState::BeforeSlice,
            ..clock(LIFETIME)
        };
        contact.note_time(&before_slice, Duration::ZERO);
        let unrenewed = Some((at(LIFETIME), Staleness::Unrenewed));
        assert_eq!(contact.staleness(&before_slice), unrenewed);
    }

    proptest! {
        /// The system runs, is suspended and is started again. Its clock is set at each look, also back.
        #[test]
        fn no_clock_that_is_set_keeps_a_running_device_fresh(
            looks in proptest::collection::vec(
                (0..3 * DAY, proptest::option::of(-NEVER..NEVER), any::<bool>()),
                1..20,
            ),
        ) {
            let (mut contact, mut uptime, mut ran, mut now) = (Contact::default(), 0, 0, 0);
            contact.succeeded(&clock(0), Duration::ZERO, timestamp(1), at(NEVER * 2));
            for (passed, set, restarts) in looks {
                if restarts {
                    // What was not counted before is lost.
                    ran -= 15 * 60;
                    uptime = 0;
                    contact.note_time(&clock(now), Duration::ZERO);
                }
                uptime += passed;
                ran += passed;
                now = set.unwrap_or(now + passed);
                contact.note_time(&clock(now), Duration::from_secs(uptime.unsigned_abs()));
            }
            if ran > LIFETIME + 20 * 60 {
                prop_assert!(contact.freshness(&clock(now)) != Freshness::Fresh);
            }
        }

        /// A clock that is right: how often the device looks and restarts makes nothing stale early.
        #[test]
        fn the_time_that_the_system_runs_makes_nothing_stale_before_14_days(
            looks in proptest::collection::vec((0..DAY, 0..DAY), 0..12),
        ) {
            let (mut contact, mut now) = (Contact::default(), 0);
            contact.succeeded(&clock(0), Duration::ZERO, timestamp(1), at(NEVER));
            for (off, ran) in looks {
                now += off + ran;
                contact.note_time(&clock(now), Duration::from_secs(ran.unsigned_abs()));
            }
            let newest = contact.newest.as_ref().unwrap();
            prop_assert_eq!(newest.since, at(0));
        }
    }

    proptest! {
        /// The clock runs, and is wrong at some of the looks. The moment at which it is right and at
        /// which nothing newer came for 14 days, the device is stale.
        #[test]
        fn no_clock_and_no_signature_keeps_a_frozen_device_fresh_after_14_days(
            came in -NEVER..NEVER,
            looks in proptest::collection::vec((-NEVER..NEVER, any::<bool>()), 0..8),
        ) {
            let mut contact = Contact::default();
            contact.succeeded(&clock(came), Duration::ZERO, timestamp(1), at(NEVER * 2));
            // The first look with the right clock.
            contact.note_time(&clock(0), Duration::ZERO);
            for (wrong, refreshes) in looks {
                let time = clock(wrong);
                contact.note_time(&time, Duration::ZERO);
                if refreshes {
                    contact.succeeded(&time, Duration::ZERO, timestamp(1), at(NEVER * 2));
                }
            }
            prop_assert!(contact.freshness(&clock(LIFETIME)) != Freshness::Fresh);
        }

        #[test]
        fn metadata_that_is_renewed_in_time_is_fresh(
            steps in proptest::collection::vec(0..LIFETIME, 1..20),
        ) {
            let (mut contact, mut now) = (Contact::default(), 0);
            for (version, step) in (0..).zip(steps) {
                contact.succeeded(&clock(now), Duration::ZERO, timestamp(version), at(NEVER * 2));
                now += step;
                contact.note_time(&clock(now), Duration::ZERO);
                prop_assert_eq!(contact.freshness(&clock(now)), Freshness::Fresh);
            }
        }
    }

    #[test]
    fn a_refusal_is_reported_once_and_again_after_it_changed_or_passed() {
        let mut contact = Contact::default();
        let refused = TroubleKind::Refused(RefusalReason::Rollback);
        assert!(contact.failed(&clock(1), refused).is_some());
        assert!(contact.failed(&clock(2), refused).is_none());
        let since = at(1);
        assert_eq!(contact.freshness(&clock(3)), Freshness::Stale { since });
        contact.succeeded(&clock(4), Duration::ZERO, timestamp(1), at(100));
        assert_eq!(contact.freshness(&clock(5)), Freshness::Fresh);
        assert!(contact.failed(&clock(6), refused).is_some());
        let unreachable = TroubleKind::OutOfReach;
        assert!(contact.failed(&clock(7), unreachable).is_none());
        assert!(contact.failed(&clock(8), refused).is_some());
    }
}
