//! The chain of TUF metadata, from a root to a listed target.
//!
//! Only this file and those below it know the TUF library, so that another verifier could take its
//! place. To the library's checks it adds rollback protection for every role, byte-exact documents
//! (one document is one string of bytes), the rules for the keys of a root, and the longest time
//! that the server's two roles may live.

mod exact;
mod keys;
mod targets;

use std::sync::Arc;

use fyr_schemas::{Digest, Revision};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sigstore_tuf::{Error, MetaFile, Root, TrustedMetadataSet};

use self::exact::exact;
use self::keys::Keys;
use self::targets::Targets;
use crate::clock::Clock;
use crate::error::VerifyError;
use crate::ring_provider;
use crate::seen::{Complete, Mark, Seen};

/// The member of the signed timestamp that tells when it was signed (RFC 3339). Not part
/// of TUF, which lets signed documents carry more.
pub(crate) const ISSUED: &str = "x-fyr-issued";

/// The longest time that a timestamp and a snapshot live after their issue time, and that a device
/// counts a timestamp as fresh by its own clock: 14 days.
///
/// The keys that sign the issue time sign the expiry too. A thief of the server's keys can sign an issue
/// time in the future, up to the expiry of the root, so the first bound does not hold for a thief. The
/// second one does: a device that is frozen in this way reports itself stale. Neither stops a thief who
/// keeps signing higher timestamps: that is ended only by a new root with other online keys, once the
/// device gets it.
pub const ONLINE_LIFETIME: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Metadata that is believed so far.
#[derive(Clone)]
pub(crate) struct Chain {
    /// Every role but the targets.
    set: Box<TrustedMetadataSet>,
    /// Those that the snapshot of the set names.
    targets: Option<Arc<Targets>>,
    /// Of the current root.
    keys: Keys,
    /// The time to judge expiry by; absent where expiry does not count.
    now: Option<Timestamp>,
}

/// What a parent role says about the next file.
#[derive(Clone)]
pub(crate) struct Pin {
    pub(crate) version: u64,
    pub(crate) length: Option<u64>,
}

/// What verified targets metadata says about one target.
// INVARIANT: made by `Chain::listing` alone, from targets whose signatures were verified.
#[derive(Clone)]
pub(crate) struct Listing {
    pub(crate) digest: Digest,
    pub(crate) length: u64,
    pub(crate) revision: Revision,
}

impl Chain {
    /// Trusts `root` as it stands; the caller knows why it may.
    pub(crate) fn start(root: &[u8], document: &str) -> Result<Self, VerifyError> {
        ring_provider::install();
        exact(root, document)?;
        let set = TrustedMetadataSet::from_root(root).map_err(|e| judge(document, e))?;
        Ok(Self {
            keys: check_root(set.root(), document)?,
            set: Box::new(set),
            targets: None,
            now: None,
        })
    }

    pub(crate) fn root_version(&self) -> u64 {
        self.set.root().version
    }

    pub(crate) fn root_bytes(&self) -> &[u8] {
        self.set.root_bytes()
    }

    /// Follows the root to its next version, which both must have signed.
    pub(crate) fn advance(&mut self, root: &[u8], document: &str) -> Result<(), VerifyError> {
        exact(root, document)?;
        self.set.update_root(root).map_err(|e| judge(document, e))?;
        self.targets = None;
        self.keys = check_root(self.set.root(), document)?;
        Ok(())
    }

    /// Ends the walk along the roots: from here on expiry is judged by `clock`; without one it does
    /// not count.
    pub(crate) fn settle(&mut self, clock: Option<Clock>, seen: &Seen) -> Result<(), VerifyError> {
        at_least(self.root_version(), seen.root, "root")?;
        self.now = clock.map(|clock| clock.latest(self.believed_issue(seen)));
        self.set
            .check_root_expired(self.now())
            .map_err(|e| judge("root", e))
    }

    fn now(&self) -> Timestamp {
        self.now.unwrap_or(Timestamp::MIN)
    }

    /// Takes back what was stored, so that no older version is believed, however old it is. What is not
    /// sound protects from nothing; [`Seen`] stands in for it.
    pub(crate) fn remember(&mut self, timestamp: Option<&[u8]>, snapshot: Option<&[u8]>) {
        let remembered =
            timestamp.is_some_and(|bytes| self.set.update_timestamp(bytes, Timestamp::MIN).is_ok());
        if let (true, Some(bytes)) = (remembered, snapshot) {
            drop(self.set.update_snapshot(bytes, Timestamp::MIN));
        }
    }

    /// Believes a timestamp, or keeps the remembered one of the same version.
    pub(crate) fn timestamp(
        &mut self,
        bytes: &[u8],
        seen: &Seen,
        document: &str,
    ) -> Result<Adopted, VerifyError> {
        exact(bytes, document)?;
        let adopted = match self.set.update_timestamp(bytes, self.now()) {
            Ok(()) => Adopted::Offered,
            Err(Error::EqualVersion { .. }) => Adopted::Kept,
            Err(e) => return Err(judge(document, e)),
        };
        self.set
            .check_timestamp_expired(self.now())
            .map_err(|e| judge(document, e))?;
        let version = self.set.timestamp().map_or(0, |role| role.version);
        at_least(version, self.version_seen(Role::Timestamp, seen), document)?;
        // A device whose clock is behind learns the time here, before it judges the rest.
        let issued = self.issued(document)?;
        self.now = self.now.map(|now| now.max(issued));
        Ok(adopted)
    }

    /// What the timestamp says about the snapshot.
    pub(crate) fn snapshot_pin(&self) -> Result<Pin, VerifyError> {
        self.set
            .timestamp()
            .and_then(|role| role.snapshot_meta())
            .map(|meta| Pin {
                version: meta.version,
                length: meta.length,
            })
            .ok_or_else(|| not_listed("snapshot.json"))
    }

    /// Believes the snapshot that the timestamp names.
    pub(crate) fn snapshot(
        &mut self,
        bytes: &[u8],
        seen: &Seen,
        document: &str,
    ) -> Result<(), VerifyError> {
        exact(bytes, document)?;
        self.set
            .update_snapshot(bytes, self.now())
            .map_err(|e| judge(document, e))?;
        self.targets = None;
        let (version, expires) = self
            .set
            .snapshot()
            .map_or((0, Timestamp::MAX), |role| (role.version, role.expires));
        // A snapshot is as old as the timestamp that names it, or older.
        check_lifetime(document, self.issued("timestamp")?, expires)?;
        at_least(version, self.version_seen(Role::Snapshot, seen), document)
    }

    /// What the snapshot says about the targets.
    pub(crate) fn targets_pin(&self) -> Result<Pin, VerifyError> {
        self.targets_named().map(|meta| Pin {
            version: meta.version,
            length: meta.length,
        })
    }

    fn targets_named(&self) -> Result<&MetaFile, VerifyError> {
        self.set
            .snapshot()
            .and_then(|role| role.meta.get("targets.json"))
            .ok_or_else(|| not_listed("targets.json"))
    }

    /// Believes the targets that the snapshot names. Others are refused before they are parsed.
    pub(crate) fn targets(
        &mut self,
        bytes: &[u8],
        seen: &Seen,
        document: &str,
    ) -> Result<(), VerifyError> {
        let judged = |e| judge(document, e);
        let now = self.now();
        self.set.check_snapshot_expired(now).map_err(judged)?;
        let pin = self.targets_named()?;
        targets::check_pin(bytes, pin).map_err(judged)?;
        let written = exact(bytes, document)?;
        let targets = Targets::open(&written, pin, self.set.root(), now).map_err(judged)?;
        let lowest = self.version_seen(Role::Targets, seen);
        at_least(targets.version, lowest, document)?;
        self.targets = Some(Arc::new(targets));
        Ok(())
    }

    /// What the targets say about one target.
    pub(crate) fn listing(&self, target: &str) -> Result<Listing, VerifyError> {
        let targets = self.targets.as_deref();
        let targets = targets.ok_or_else(|| not_listed("targets.json"))?;
        let file = targets.file(target).ok_or_else(|| not_listed(target))?;
        Ok(Listing {
            digest: file.digest().ok_or_else(|| VerifyError::Malformed {
                document: target.to_owned(),
                source: "it is listed without a SHA-256 digest".into(),
            })?,
            length: file.length,
            revision: Revision(targets.version),
        })
    }

    /// Every target that is listed with a digest: its path, its digest and its length.
    pub(crate) fn listed(&self) -> impl Iterator<Item = (&str, Digest, u64)> {
        let files = self.targets.iter().flat_map(|targets| targets.files());
        files.filter_map(|(path, file)| Some((path, file.digest()?, file.length)))
    }

    /// When the targets expire; `None` before they were verified.
    pub(crate) fn targets_expire(&self) -> Option<Timestamp> {
        self.targets.as_ref().map(|role| role.expires)
    }

    /// The same as [`listing`](Self::listing), refused where the target is longer than `limit` bytes.
    pub(crate) fn listing_within(&self, target: &str, limit: u64) -> Result<Listing, VerifyError> {
        let listing = self.listing(target)?;
        if listing.length > limit {
            return Err(VerifyError::TooLarge {
                document: target.to_owned(),
                limit,
            });
        }
        Ok(listing)
    }

    /// What was seen, with the versions of this chain.
    pub(crate) fn raise(&self, seen: &Seen) -> Seen {
        let mark = |role: Role, version: Option<u64>| {
            version.map(|version| Mark {
                version: version.max(self.version_seen(role, seen)),
                keys: self.keys.of_role(role.name()),
            })
        };
        let timestamp = self.set.timestamp().map(|role| role.version);
        let snapshot = self.set.snapshot().map(|role| role.version);
        let targets = self.targets.as_ref().map(|role| role.version);
        Seen {
            root: self.root_version().max(seen.root),
            timestamp: mark(Role::Timestamp, timestamp).or_else(|| seen.timestamp.clone()),
            snapshot: mark(Role::Snapshot, snapshot).or_else(|| seen.snapshot.clone()),
            targets: mark(Role::Targets, targets).or_else(|| seen.targets.clone()),
            issued: self.issued("timestamp").ok().max(self.believed_issue(seen)),
            complete: seen.complete,
            slice: seen.slice,
        }
    }

    /// What identifies this chain among those that were believed to their end.
    pub(crate) fn completed(&self) -> Complete {
        Complete {
            root: self.root_version(),
            timestamp: self.set.timestamp().map_or(0, |role| role.version),
        }
    }

    /// The moment at which the first link of the chain expires.
    pub(crate) fn expires(&self) -> Timestamp {
        [
            Some(self.set.root().expires),
            self.set.timestamp().map(|role| role.expires),
            self.set.snapshot().map(|role| role.expires),
            self.targets_expire(),
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(Timestamp::MIN)
    }

    /// When the timestamp was signed, as it says. A stolen online key may claim any time, and a device
    /// remembers the latest; so it may not claim one at which the root had expired.
    fn issued(&self, document: &str) -> Result<Timestamp, VerifyError> {
        let malformed = |source: &str| VerifyError::Malformed {
            document: document.to_owned(),
            source: source.into(),
        };
        let timestamp = self.set.timestamp();
        let issued: Timestamp = timestamp
            .and_then(|role| role.extra.get(ISSUED))
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| malformed("it does not say when it was issued"))?;
        let latest = self
            .set
            .root()
            .expires
            .min(timestamp.map_or(Timestamp::MIN, |role| role.expires));
        if issued > latest {
            return Err(malformed("it claims to be issued after it expired"));
        }
        let expires = timestamp.map_or(Timestamp::MAX, |role| role.expires);
        check_lifetime(document, issued, expires)?;
        Ok(issued)
    }

    /// The newest issue time that was seen; it counts only while the root still names the keys
    /// that signed it.
    fn believed_issue(&self, seen: &Seen) -> Option<Timestamp> {
        let keys = self.keys.of_role("timestamp");
        let mark = seen.timestamp.as_ref();
        seen.issued
            .filter(|_| mark.is_some_and(|mark| mark.counts_under(&keys)))
    }

    fn version_seen(&self, role: Role, seen: &Seen) -> u64 {
        let mark = match role {
            Role::Timestamp => &seen.timestamp,
            Role::Snapshot => &seen.snapshot,
            Role::Targets => &seen.targets,
        };
        Mark::under(mark.as_ref(), &self.keys.of_role(role.name()))
    }
}

fn check_root(root: &Root, document: &str) -> Result<Keys, VerifyError> {
    if !root.consistent_snapshot {
        return Err(VerifyError::Malformed {
            document: document.to_owned(),
            source: "it does not use consistent snapshots".into(),
        });
    }
    Keys::of(root, document)
}

/// Which of two timestamps of one version is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adopted {
    /// The one that was offered: it is newer.
    Offered,
    /// The one that was believed before: TUF keeps the first of a version.
    Kept,
}

#[derive(Clone, Copy)]
enum Role {
    Timestamp,
    Snapshot,
    Targets,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp",
            Self::Snapshot => "snapshot",
            Self::Targets => "targets",
        }
    }
}

/// Refuses what lives longer than the server's keys may let it.
fn check_lifetime(
    document: &str,
    issued: Timestamp,
    expires: Timestamp,
) -> Result<(), VerifyError> {
    if expires.duration_since(issued) > ONLINE_LIFETIME {
        return Err(VerifyError::LivesTooLong {
            document: document.to_owned(),
            issued,
            expires,
        });
    }
    Ok(())
}

fn at_least(offered: u64, seen: u64, document: &str) -> Result<(), VerifyError> {
    if offered < seen {
        return Err(VerifyError::Rollback {
            document: document.to_owned(),
            offered,
            seen,
        });
    }
    Ok(())
}

fn not_listed(document: &str) -> VerifyError {
    VerifyError::NotListed {
        document: document.to_owned(),
    }
}

/// Translates the library's verdict.
fn judge(document: &str, error: Error) -> VerifyError {
    let document = document.to_owned();
    match error {
        Error::ThresholdNotMet { .. } | Error::DuplicateSignature { .. } => {
            VerifyError::Signature {
                document,
                source: error.into(),
            }
        }
        Error::Rollback { trusted, new, .. } => VerifyError::Rollback {
            document,
            offered: new,
            seen: trusted,
        },
        Error::BadRootVersion { trusted, new } if new <= trusted => VerifyError::Rollback {
            document,
            offered: new,
            seen: trusted.saturating_add(1),
        },
        Error::Expired { expires, .. } => VerifyError::Expired { document, expires },
        Error::IntegrityMismatch(_) => VerifyError::Integrity {
            document,
            source: error.into(),
        },
        // The library's error is open-ended; anything else it finds is a document that
        // cannot be read.
        _ => VerifyError::Malformed {
            document,
            source: error.into(),
        },
    }
}
