//! What a repository holds now, verified as a device would verify it.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::enrolment::EnrolmentKeys;
use fyr_schemas::{CategoryId, Digest, GroupId, Revision};
use fyr_trust::{
    Answer, Clock, EnrolmentAuthority, Floor, Need, Refresh, Step, TrustedState, Verified,
    VerifyError,
};
use jiff::Timestamp;
use sigstore_tuf::{Metadata, Root, Snapshot, Targets};

use crate::metadata::Listed;
use crate::role::Role;

/// A publication that was verified from its first root on.
#[derive(Debug, Clone)]
pub struct Published {
    pub(crate) first_root: Digest,
    pub(crate) state: TrustedState,
    pub(crate) floor: Floor,
    pub(crate) root: Root,
    pub(crate) snapshot: Snapshot,
    pub(crate) targets: Targets,
    keys: Verified<EnrolmentKeys>,
    expires: Timestamp,
}

impl Published {
    /// Verifies what `read` finds in a repository that starts at `first_root` and is not
    /// older than `floor`. Expiry does not count: an expired repository can still be renewed.
    ///
    /// # Errors
    /// Those of `read`, and [`VerifyError`].
    pub fn verify<E: From<VerifyError>>(
        first_root: Digest,
        floor: &Floor,
        read: impl FnMut(&Need) -> Result<Answer, E>,
    ) -> Result<Self, E> {
        Self::verify_announcing(first_root, floor, read, |_| {})
    }

    /// The same, and calls `announce` with the revision as soon as the timestamp and the snapshot
    /// are verified, before the targets are read.
    ///
    /// # Errors
    /// Those of `read`, and [`VerifyError`].
    pub fn verify_announcing<E: From<VerifyError>>(
        first_root: Digest,
        floor: &Floor,
        mut read: impl FnMut(&Need) -> Result<Answer, E>,
        mut announce: impl FnMut(Revision),
    ) -> Result<Self, E> {
        let clock = Clock {
            system: Timestamp::MIN,
            build: Timestamp::MIN,
        };
        let authority = EnrolmentAuthority {
            root: first_root.clone(),
        };
        let nothing = TrustedState::default();
        let refresh = Refresh::begin(&nothing, floor, &authority, clock).at_any_time();
        let mut step = Step::Needs(refresh);
        let mut announced = None;
        let refreshed = loop {
            step = match step {
                Step::Needs(refresh) => {
                    if let Some(revision) = refresh.revision()
                        && announced.replace(revision) != Some(revision)
                    {
                        announce(revision);
                    }
                    let answer = read(&refresh.need())?;
                    refresh.supply(answer)?
                }
                Step::Keep(_, next) => (*next)?,
                Step::Done(refreshed) => break refreshed,
            }
        };
        let state = refreshed.state;
        Ok(Self {
            first_root,
            root: signed(state.root.as_deref(), "root")?,
            snapshot: signed(state.snapshot.as_deref(), "snapshot")?,
            targets: signed(state.targets.as_deref(), "targets")?,
            floor: refreshed.floor,
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
        self.floor.issued
    }

    /// When the first role expires.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Every published group with its bundle's digest.
    pub fn bundles(&self) -> BTreeMap<GroupId, Digest> {
        self.listed()
            .into_iter()
            .filter_map(|(path, file)| {
                let group = path.strip_prefix("bundles/")?.strip_suffix(".json")?;
                Some((group.parse().ok()?, file.digest))
            })
            .collect()
    }

    /// Every published list with its digest and its length in bytes.
    pub fn lists(&self) -> BTreeMap<CategoryId, (Digest, u64)> {
        self.listed()
            .into_iter()
            .filter_map(|(path, file)| {
                let category = path.strip_prefix("lists/")?.strip_suffix(".txt")?;
                Some((category.parse().ok()?, (file.digest, file.length as u64)))
            })
            .collect()
    }

    pub(crate) fn listed(&self) -> BTreeMap<String, Listed> {
        self.targets
            .targets
            .iter()
            .filter_map(|(path, file)| {
                let digest = file.hashes.get("sha256")?.parse().ok()?;
                let length = usize::try_from(file.length).ok()?;
                Some((path.clone(), Listed { length, digest }))
            })
            .collect()
    }

    pub(crate) fn timestamp_version(&self) -> u64 {
        self.floor.timestamp.as_ref().map_or(0, |mark| mark.version)
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
