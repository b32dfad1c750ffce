//! How the device stands with its repository: when it was last believed, and what is wrong.
//!
//! All moments here but the expiry are by the device's own clock, which no signature moves.

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
    /// A refresh succeeded, with the timestamp of this digest.
    pub fn succeeded(&mut self, time: &DeviceTime, timestamp: Digest, expires: Timestamp) {
        let before = self.newest.take();
        let newest = before
            .filter(|before| before.timestamp == timestamp)
            .unwrap_or(Newest {
                timestamp,
                since: time.unsigned,
            });
        *self = Self {
            refreshed: Some(time.unsigned),
            expires: Some(expires),
            newest: Some(newest),
            trouble: None,
        };
        self.note_time(time);
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

    /// Takes in what the clock says. What happened later than now happened while the clock was ahead. It
    /// counts from now, so metadata that came then does not stay fresh until the clock is there again. A
    /// clock that is known to be behind contradicts nothing.
    pub fn note_time(&mut self, time: &DeviceTime) {
        if time.clock == ClockState::Behind {
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
    fn renewal_due(&self) -> Option<Timestamp> {
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
    fn expired_metadata_is_stale_from_its_expiry_on() {
        let mut contact = Contact::default();
        contact.succeeded(&clock(0), timestamp(1), at(100));
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
            contact.succeeded(&clock(second), timestamp(1), at(NEVER));
        }
        assert_eq!(contact.freshness(&clock(LIFETIME - 1)), Freshness::Fresh);
        let ahead = contact.boundary(&clock(LIFETIME - 1));
        assert_eq!(ahead, Some(SignedDuration::from_secs(1)));
        let unrenewed = Some((at(LIFETIME), Staleness::Unrenewed));
        assert_eq!(contact.staleness(&clock(LIFETIME + 9)), unrenewed);
        contact.succeeded(&clock(LIFETIME + 9), timestamp(2), at(NEVER));
        assert_eq!(contact.freshness(&clock(LIFETIME + 9)), Freshness::Fresh);
    }

    #[test]
    fn the_cause_that_a_person_can_act_on_is_named_and_the_first_moment_counts() {
        let mut contact = Contact::default();
        contact.succeeded(&clock(0), timestamp(1), at(LIFETIME + 50));
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
    fn a_clock_that_is_known_to_be_behind_moves_nothing() {
        let mut contact = Contact::default();
        contact.succeeded(&clock(DAY), timestamp(1), at(NEVER));
        contact.note_time(&DeviceTime {
            clock: ClockState::Behind,
            ..clock(0)
        });
        assert_eq!(contact.newest.unwrap().since, at(DAY));
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
            contact.succeeded(&clock(came), timestamp(1), at(NEVER * 2));
            // The first look with the right clock.
            contact.note_time(&clock(0));
            for (wrong, refreshes) in looks {
                let time = clock(wrong);
                contact.note_time(&time);
                if refreshes {
                    contact.succeeded(&time, timestamp(1), at(NEVER * 2));
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
                contact.succeeded(&clock(now), timestamp(version), at(NEVER * 2));
                now += step;
                contact.note_time(&clock(now));
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
        contact.succeeded(&clock(4), timestamp(1), at(100));
        assert_eq!(contact.freshness(&clock(5)), Freshness::Fresh);
        assert!(contact.failed(&clock(6), refused).is_some());
        let unreachable = TroubleKind::OutOfReach;
        assert!(contact.failed(&clock(7), unreachable).is_none());
        assert!(contact.failed(&clock(8), refused).is_some());
    }
}
