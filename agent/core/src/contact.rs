//! How the device stands with its repository: when it was last believed, and what is wrong.

use fyr_schemas::report::{EventKind, Freshness, RefusalReason};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is known of the repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// When a refresh last succeeded.
    pub refreshed: Option<Timestamp>,
    /// When the metadata that was believed then expires.
    pub expires: Option<Timestamp>,
    /// What has been wrong since then.
    pub trouble: Option<Trouble>,
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

impl Contact {
    /// A refresh succeeded.
    pub fn succeeded(&mut self, now: Timestamp, expires: Timestamp) {
        *self = Self {
            refreshed: Some(now),
            expires: Some(expires),
            trouble: None,
        };
    }

    /// A refresh failed. Returns the event that this is, when it is a new one.
    pub fn failed(&mut self, now: Timestamp, kind: TroubleKind) -> Option<EventKind> {
        let before = self.trouble;
        self.trouble = Some(Trouble {
            since: before.map_or(now, |trouble| trouble.since),
            kind,
        });
        match kind {
            TroubleKind::Refused(reason) if before.is_none_or(|before| before.kind != kind) => {
                Some(EventKind::Refused { reason })
            }
            TroubleKind::Refused(_) | TroubleKind::OutOfReach | TroubleKind::Unkept => None,
        }
    }

    /// Whether the policy is as new as the device can know.
    pub fn freshness(&self, now: Timestamp) -> Freshness {
        let expired = self.expires.filter(|expires| *expires <= now);
        let trouble = self.trouble.map(|trouble| trouble.since);
        match [expired, trouble].into_iter().flatten().min() {
            Some(since) => Freshness::Stale { since },
            None => Freshness::Fresh,
        }
    }

    /// The next moment at which [`freshness`](Self::freshness) changes without an event.
    pub fn boundary(&self, now: Timestamp) -> Option<Timestamp> {
        self.expires.filter(|expires| *expires > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn expired_metadata_is_stale_from_its_expiry_on() {
        let mut contact = Contact::default();
        contact.succeeded(at(0), at(100));
        assert_eq!(contact.freshness(at(99)), Freshness::Fresh);
        assert_eq!(contact.boundary(at(99)), Some(at(100)));
        let since = at(100);
        assert_eq!(contact.freshness(at(200)), Freshness::Stale { since });
        assert_eq!(contact.boundary(at(100)), None);
    }

    #[test]
    fn a_refusal_is_reported_once_and_again_after_it_changed_or_passed() {
        let mut contact = Contact::default();
        let refused = TroubleKind::Refused(RefusalReason::Rollback);
        assert!(contact.failed(at(1), refused).is_some());
        assert!(contact.failed(at(2), refused).is_none());
        assert_eq!(contact.freshness(at(3)), Freshness::Stale { since: at(1) });
        contact.succeeded(at(4), at(100));
        assert_eq!(contact.freshness(at(5)), Freshness::Fresh);
        assert!(contact.failed(at(6), refused).is_some());
        assert!(contact.failed(at(7), TroubleKind::OutOfReach).is_none());
        assert!(contact.failed(at(8), refused).is_some());
    }
}
