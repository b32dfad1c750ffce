//! What a repository holds now, verified as a device would verify it.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::enrolment::EnrolmentKeys;
use fyr_schemas::{CategoryId, Digest, GroupId, Revision};
use fyr_trust::{
    Answer, Clock, EnrolmentAuthority, Keep, Need, Refresh, Refreshed, Seen, Step, TrustedState,
    Verified, VerifiedMetadata, VerifyError, target_path,
};
use jiff::Timestamp;
use sigstore_tuf::{Metadata, Root, Snapshot};

use crate::metadata::Listed;
use crate::role::Role;

/// A publication that was verified from its first root on.
#[derive(Debug, Clone)]
pub struct Published {
    pub(crate) first_root: Digest,
    pub(crate) state: TrustedState,
    pub(crate) seen: Seen,
    /// The newest root.
    pub(crate) root: Root,
    /// The root that names the keys of the other roles: the newest one, or an older one where a
    /// publication broke off after its root.
    pub(crate) signed_under: Root,
    pub(crate) snapshot: Snapshot,
    /// What devices would believe of it, with every file that is listed.
    pub(crate) metadata: VerifiedMetadata,
    keys: Verified<EnrolmentKeys>,
    expires: Timestamp,
}

impl Published {
    /// Verifies what `read` finds in a repository that starts at `first_root` and is not
    /// older than what was `seen`. Expiry does not count: an expired repository can still be renewed.
    ///
    /// A publication that broke off after its root leaves files that the keys of the root before it
    /// signed. They are verified under that root, so that they can be signed again.
    ///
    /// # Errors
    /// Those of `read`, and [`VerifyError`].
    pub fn verify<E: From<VerifyError>>(
        first_root: Digest,
        seen: &Seen,
        read: impl FnMut(&Need) -> Result<Answer, E>,
    ) -> Result<Self, E> {
        Self::verify_announcing(first_root, seen, read, |_| {})
    }

    /// The same, and calls `announce` with the revision as soon as the timestamp and the snapshot
    /// are verified, before the targets are read.
    ///
    /// # Errors
    /// Those of `read`, and [`VerifyError`].
    pub fn verify_announcing<E: From<VerifyError>>(
        first_root: Digest,
        seen: &Seen,
        read: impl FnMut(&Need) -> Result<Answer, E>,
        announce: impl FnMut(Revision),
    ) -> Result<Self, E> {
        let mut reading = Reading {
            first_root: &first_root,
            seen,
            read,
            announce,
            announced: None,
            newest_root: None,
        };
        let refused = match reading.up_to(u64::MAX)? {
            Outcome::Verified(refreshed) => return Ok(Self::of(first_root, *refreshed, None)?),
            Outcome::SignedByOthers(refused) => refused,
        };
        let newest: Root = signed(reading.newest_root.take().as_deref(), "root")?;
        for last in (1..newest.version).rev() {
            match reading.up_to(last) {
                Ok(Outcome::Verified(refreshed)) => {
                    return Ok(Self::of(first_root, *refreshed, Some(newest))?);
                }
                Ok(Outcome::SignedByOthers(_)) => {}
                // The first refusal names the cause.
                Err(_) => break,
            }
        }
        Err(refused.into())
    }

    fn of(
        first_root: Digest,
        refreshed: Refreshed<EnrolmentKeys>,
        newest: Option<Root>,
    ) -> Result<Self, VerifyError> {
        let state = refreshed.state;
        let signed_under: Root = signed(state.root.as_deref(), "root")?;
        Ok(Self {
            first_root,
            root: newest.unwrap_or_else(|| signed_under.clone()),
            signed_under,
            snapshot: signed(state.snapshot.as_deref(), "snapshot")?,
            metadata: VerifiedMetadata::of(&state, &refreshed.seen)?,
            seen: refreshed.seen,
            keys: refreshed.document,
            expires: refreshed.expires,
            state,
        })
    }

    /// SHA-256 of `1.root.json`, which enrolment tokens name.
    pub fn first_root(&self) -> &Digest {
        &self.first_root
    }

    /// The revision that devices are offered.
    pub fn revision(&self) -> Revision {
        self.keys.revision()
    }

    /// The keys whose enrolment tokens count.
    pub fn enrolment_keys(&self) -> &EnrolmentKeys {
        &self.keys
    }

    /// The public keys, in hex, that may sign for a role.
    pub fn role_keys(&self, role: Role) -> BTreeSet<String> {
        if role == Role::Enrolment {
            return self.keys.keys.iter().cloned().collect();
        }
        let ids = self.root.role(role.name()).map(|named| &named.keyids);
        ids.into_iter()
            .flatten()
            .filter_map(|id| self.root.keys.get(id))
            .map(|key| key.keyval.public.clone())
            .collect()
    }

    /// When the timestamp was signed, by the clock of its signer.
    pub fn issued(&self) -> Option<Timestamp> {
        self.seen.issued
    }

    /// When the first role expires.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Every published group with its bundle's digest.
    pub fn bundles(&self) -> BTreeMap<GroupId, Digest> {
        self.metadata
            .listed()
            .filter_map(|(path, digest, _)| {
                let group = path.strip_prefix("bundles/")?.strip_suffix(".json")?;
                Some((group.parse().ok()?, digest))
            })
            .collect()
    }

    /// Every published list with its digest and its length in bytes.
    pub fn lists(&self) -> BTreeMap<CategoryId, (Digest, u64)> {
        self.metadata
            .listed()
            .filter_map(|(path, digest, length)| {
                let category = path.strip_prefix("lists/")?.strip_suffix(".txt")?;
                Some((category.parse().ok()?, (digest, length)))
            })
            .collect()
    }

    /// Its versioned metadata and its targets, by their paths below the repository.
    pub(crate) fn files(&self) -> impl Iterator<Item = String> {
        let metadata = [
            format!("metadata/{}.snapshot.json", self.snapshot.version),
            format!("metadata/{}.targets.json", self.revision()),
        ];
        let listed = self.metadata.listed();
        metadata
            .into_iter()
            .chain(listed.map(|(target, digest, _)| target_path(target, &digest)))
    }

    pub(crate) fn listed(&self) -> BTreeMap<String, Listed> {
        self.metadata
            .listed()
            .filter_map(|(path, digest, length)| {
                let length = usize::try_from(length).ok()?;
                Some((path.to_owned(), Listed { length, digest }))
            })
            .collect()
    }

    /// Whether the newest root names the keys that signed the published role.
    pub(crate) fn keeps_keys(&self, role: Role) -> bool {
        let ids = |root: &Root| root.role(role.name()).map(|named| named.keyids.clone());
        ids(&self.root) == ids(&self.signed_under)
    }

    pub(crate) fn timestamp_version(&self) -> u64 {
        self.seen.timestamp.as_ref().map_or(0, |mark| mark.version)
    }
}

/// A repository that is verified, perhaps more than once.
struct Reading<'a, R, A> {
    first_root: &'a Digest,
    seen: &'a Seen,
    read: R,
    announce: A,
    announced: Option<Revision>,
    /// The last root that was verified.
    newest_root: Option<Vec<u8>>,
}

enum Outcome {
    Verified(Box<Refreshed<EnrolmentKeys>>),
    /// The last root was verified, and a role below it is not signed by the keys that it names.
    SignedByOthers(VerifyError),
}

impl<R, A: FnMut(Revision)> Reading<'_, R, A> {
    /// Verifies as if the root of version `last` were the newest one.
    fn up_to<E: From<VerifyError>>(&mut self, last: u64) -> Result<Outcome, E>
    where
        R: FnMut(&Need) -> Result<Answer, E>,
    {
        let clock = Clock {
            system: Timestamp::MIN,
            build: Timestamp::MIN,
        };
        let authority = EnrolmentAuthority {
            root: self.first_root.clone(),
        };
        let nothing = TrustedState::default();
        let refresh = Refresh::begin(&nothing, self.seen, &authority, clock).at_any_time();
        let hidden = format!("metadata/{}.root.json", last.saturating_add(1));
        let mut step = Step::Needs(refresh);
        loop {
            step = match step {
                Step::Needs(refresh) => {
                    self.announce(refresh.revision());
                    let need = refresh.need();
                    let answer = if need.may_be_absent && need.path == hidden {
                        Answer::NotFound
                    } else {
                        (self.read)(&need)?
                    };
                    match refresh.supply(answer) {
                        Err(refused @ VerifyError::Signature { .. }) if !need.may_be_absent => {
                            return Ok(Outcome::SignedByOthers(refused));
                        }
                        next => next?,
                    }
                }
                Step::Keep(kept, next) => {
                    if let Keep::Trust(state, _) = kept {
                        self.newest_root = state.root;
                    }
                    (*next)?
                }
                Step::Done(refreshed) => return Ok(Outcome::Verified(Box::new(refreshed))),
            }
        }
    }

    fn announce(&mut self, revision: Option<Revision>) {
        if let Some(revision) = revision
            && self.announced.replace(revision) != Some(revision)
        {
            (self.announce)(revision);
        }
    }
}

/// The signed part of metadata that was just verified.
fn signed<T: sigstore_tuf::Role>(
    stored: Option<&[u8]>,
    document: &'static str,
) -> Result<T, VerifyError> {
    let bytes = stored.ok_or(VerifyError::NothingStored { document })?;
    Metadata::from_slice(bytes)
        .map(Metadata::into_signed)
        .map_err(|source| VerifyError::Malformed {
            document: document.to_owned(),
            source: source.into(),
        })
}
