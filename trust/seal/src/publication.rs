//! What is to be written to a repository, and in which order.
//!
//! Pure: it renders everything before anything is written. The timestamp comes last: until
//! it is there, no device looks at the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use fyr_schemas::OrganisationId;
use jiff::Timestamp;
use sigstore_tuf::Root;

use crate::content::Content;
use crate::key::{PublicKey, SigningKey};
use crate::metadata::{self, Issue, Listed, RenderError, RoleKeys};
use crate::published::Published;
use crate::role::Role;

/// The keys that the root is to name, role by role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorities {
    /// A majority of these must sign every root.
    pub root: Vec<PublicKey>,
    /// Any of these may sign policy.
    pub targets: Vec<PublicKey>,
    /// Any of these may say which policy is current.
    pub snapshot: Vec<PublicKey>,
    /// Any of these may say that it still is.
    pub timestamp: Vec<PublicKey>,
}

/// The keys that are at hand.
#[derive(Debug, Default)]
pub struct Signers {
    /// Needed for the first publication, when keys change, and 60 days before a year is over.
    pub root: Vec<SigningKey>,
    /// Needed when policy changes.
    pub targets: Vec<SigningKey>,
    /// Needed always.
    pub snapshot: Vec<SigningKey>,
    /// Needed always.
    pub timestamp: Vec<SigningKey>,
}

/// Metadata to write beside the targets, each file with its path below the repository, the timestamp
/// last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    files: Vec<(String, Vec<u8>)>,
}

/// Why the root must be signed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootChange {
    /// There is none yet.
    First,
    /// It names other keys than the key directory holds.
    Keys,
    /// It expires within 60 days.
    Expiry,
}

impl fmt::Display for RootChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "the repository has no root yet",
            Self::Keys => "the root names other keys than these",
            Self::Expiry => "the root expires within 60 days",
        })
    }
}

/// Why nothing could be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key of a role is not at hand.
    #[error(
        "{role}.json must be signed and no {role} key is at hand: add `{role}.pem` to the keys"
    )]
    NoSigner {
        /// Whose.
        role: Role,
    },
    /// The root must be signed and no root key is at hand.
    #[error(
        "{change}: it must be signed anew, and no root key is at hand: add `root.pem` to the keys"
    )]
    RootNeeded {
        /// Why.
        change: RootChange,
    },
    /// No public key for a role.
    #[error("no {role} key is known: make one with `fyr key new {role}`")]
    NoAuthority {
        /// Whose.
        role: Role,
    },
    /// The repository is another organisation's.
    #[error("the repository is that of `{published}`, this policy is that of `{offered}`")]
    OtherOrganisation {
        /// Whose repository it is.
        published: OrganisationId,
        /// Whose policy was offered.
        offered: OrganisationId,
    },
    /// A version number cannot be raised.
    #[error("the version of {role}.json cannot be raised any further")]
    LastVersion {
        /// Whose.
        role: Role,
    },
    /// Metadata could not be rendered.
    #[error("render {role}.json")]
    Render {
        /// Whose.
        role: Role,
        /// Why.
        source: RenderError,
    },
}

/// Seals `content` as the successor of what is `published`. What did not change keeps its
/// version and its bytes, so devices fetch only what did. The targets themselves are
/// [`Content::files`].
///
/// # Errors
/// [`SealError`]
pub fn publish(
    published: Option<&Published>,
    content: &Content,
    authorities: &Authorities,
    signers: &Signers,
    now: Timestamp,
) -> Result<Publication, SealError> {
    if let Some(before) = published {
        let organisation = &before.enrolment_keys().organisation;
        if organisation != content.organisation() {
            return Err(SealError::OtherOrganisation {
                published: organisation.clone(),
                offered: content.organisation().clone(),
            });
        }
    }
    let draft = Draft::new(published, signers, authorities.time(published, now));
    draft.under(content.listed(), authorities, now)
}

/// Seals what is published under other keys, with the same targets.
///
/// # Errors
/// [`SealError`]
pub fn rotate(
    published: &Published,
    authorities: &Authorities,
    signers: &Signers,
    now: Timestamp,
) -> Result<Publication, SealError> {
    let time = authorities.time(Some(published), now);
    let draft = Draft::new(Some(published), signers, time);
    draft.under(&published.listed(), authorities, now)
}

/// Seals again what is published, so that devices know it is still current.
///
/// # Errors
/// [`SealError`]
pub fn renew(
    published: &Published,
    signers: &Signers,
    now: Timestamp,
) -> Result<Publication, SealError> {
    let witness = Some(published).filter(|before| before.keeps_keys(Role::Timestamp));
    let mut draft = Draft::new(Some(published), signers, not_before_issue(witness, now));
    let targets = kept(published.revision().0, published.state.targets.as_deref());
    let renewal = Renewal::of(published.keeps_keys(Role::Snapshot));
    let snapshot = draft.snapshot(&targets, renewal)?;
    draft.timestamp(&snapshot)?;
    Ok(Publication { files: draft.files })
}

impl Authorities {
    /// Why publishing needs the root's keys, if it does.
    ///
    /// # Errors
    /// [`SealError::NoAuthority`]
    pub fn root_change(
        &self,
        published: Option<&Published>,
        now: Timestamp,
    ) -> Result<Option<RootChange>, SealError> {
        for role in SIGNED {
            if self.of(role).is_empty() {
                return Err(SealError::NoAuthority { role });
            }
        }
        Ok(match published {
            None => Some(RootChange::First),
            Some(before) if !SIGNED.iter().all(|role| self.agree(&before.root, *role)) => {
                Some(RootChange::Keys)
            }
            Some(before) if metadata::yearly_is_worn(before.root.expires, now) => {
                Some(RootChange::Expiry)
            }
            Some(_) => None,
        })
    }

    /// The time to sign with: never before the last issue time, so that devices see it rise. Where
    /// the timestamp's keys change, devices forget that time, and a wrong one is repaired so.
    fn time(&self, published: Option<&Published>, now: Timestamp) -> Timestamp {
        let witness = published.filter(|before| self.agree(&before.signed_under, Role::Timestamp));
        not_before_issue(witness, now)
    }

    fn of(&self, role: Role) -> &[PublicKey] {
        match role {
            Role::Root => &self.root,
            Role::Targets => &self.targets,
            Role::Snapshot => &self.snapshot,
            Role::Timestamp => &self.timestamp,
            Role::Enrolment => &[],
        }
    }

    /// Whether a published root names the same keys for `role`.
    fn agree(&self, root: &Root, role: Role) -> bool {
        let ours: BTreeSet<String> = self.of(role).iter().map(PublicKey::key_id).collect();
        root.role(role.name()).is_some_and(|theirs| {
            theirs.threshold == threshold(role, ours.len())
                && theirs.keyids.iter().cloned().collect::<BTreeSet<_>>() == ours
        })
    }
}

impl Publication {
    /// The files in the order in which they must be written.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }
}

/// The roles that the root names.
const SIGNED: [Role; 4] = [Role::Root, Role::Targets, Role::Snapshot, Role::Timestamp];

/// How many of a role's keys must sign: a majority of the root's, one of any other's.
fn threshold(role: Role, keys: usize) -> usize {
    match role {
        Role::Root => keys / 2 + 1,
        Role::Targets | Role::Snapshot | Role::Timestamp | Role::Enrolment => 1,
    }
}

/// When an unchanged snapshot is signed anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Renewal {
    WhenWorn,
    Now,
}

impl Renewal {
    /// An unchanged snapshot stays while the keys that signed it still count.
    fn of(keys_still_count: bool) -> Self {
        if keys_still_count {
            Self::WhenWorn
        } else {
            Self::Now
        }
    }
}

/// A role of the new publication.
struct Sealed {
    version: u64,
    listed: Listed,
    freshness: Freshness,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Freshness {
    Kept,
    Fresh,
}

fn kept(version: u64, bytes: Option<&[u8]>) -> Sealed {
    Sealed {
        version,
        listed: Listed::of(bytes.unwrap_or_default()),
        freshness: Freshness::Kept,
    }
}

/// A publication in the making.
struct Draft<'a> {
    published: Option<&'a Published>,
    signers: &'a Signers,
    now: Timestamp,
    files: Vec<(String, Vec<u8>)>,
}

impl<'a> Draft<'a> {
    fn new(published: Option<&'a Published>, signers: &'a Signers, now: Timestamp) -> Self {
        Self {
            published,
            signers,
            now,
            files: Vec::new(),
        }
    }

    /// Every role that must be signed, so that these targets are published under these keys.
    fn under(
        mut self,
        listed: &BTreeMap<String, Listed>,
        authorities: &Authorities,
        now: Timestamp,
    ) -> Result<Publication, SealError> {
        match authorities.root_change(self.published, now)? {
            // The year is not over yet: a root key that is put away must not stop an emergency.
            Some(RootChange::Expiry) if self.signers.root.is_empty() => {}
            Some(change) => self.root(authorities, change)?,
            None => {}
        }
        let targets = self.targets(listed, authorities)?;
        let signed_under = self.published.map(|before| &before.signed_under);
        let renewal =
            Renewal::of(signed_under.is_some_and(|root| authorities.agree(root, Role::Snapshot)));
        let snapshot = self.snapshot(&targets, renewal)?;
        self.timestamp(&snapshot)?;
        Ok(Publication { files: self.files })
    }

    fn add(&mut self, path: String, bytes: Vec<u8>) {
        self.files.push((path, bytes));
    }

    fn root(&mut self, authorities: &Authorities, change: RootChange) -> Result<(), SealError> {
        let issue = self.issue(Role::Root, self.published.map_or(0, |p| p.root.version))?;
        let roles = SIGNED.map(|role| RoleKeys {
            role,
            keys: authorities.of(role),
            threshold: threshold(role, authorities.of(role).len()),
        });
        if self.signers.root.is_empty() {
            return Err(SealError::RootNeeded { change });
        }
        let bytes =
            metadata::root(issue, &roles, &self.signers.root).map_err(rendering(Role::Root))?;
        self.add(format!("metadata/{}.root.json", issue.version), bytes);
        Ok(())
    }

    fn targets(
        &mut self,
        files: &BTreeMap<String, Listed>,
        authorities: &Authorities,
    ) -> Result<Sealed, SealError> {
        if let Some(before) = self.published
            && before.listed() == *files
            && authorities.agree(&before.signed_under, Role::Targets)
            && !metadata::yearly_is_worn(before.metadata.targets_expire(), self.now)
        {
            return Ok(kept(before.revision().0, before.state.targets.as_deref()));
        }
        let issue = self.issue(Role::Targets, self.published.map_or(0, |p| p.revision().0))?;
        let signers = some(Role::Targets, &self.signers.targets)?;
        let bytes = metadata::targets(issue, files, signers).map_err(rendering(Role::Targets))?;
        Ok(self.fresh(Role::Targets, issue, bytes))
    }

    fn snapshot(&mut self, targets: &Sealed, renewal: Renewal) -> Result<Sealed, SealError> {
        if let Some(before) = self.published
            && targets.freshness == Freshness::Kept
            && renewal == Renewal::WhenWorn
            && !metadata::snapshot_is_worn(before.snapshot.expires, self.now)
        {
            return Ok(kept(
                before.snapshot.version,
                before.state.snapshot.as_deref(),
            ));
        }
        let issue = self.issue(
            Role::Snapshot,
            self.published.map_or(0, |p| p.snapshot.version),
        )?;
        let signers = some(Role::Snapshot, &self.signers.snapshot)?;
        let bytes = metadata::snapshot(issue, targets.version, &targets.listed, signers)
            .map_err(rendering(Role::Snapshot))?;
        Ok(self.fresh(Role::Snapshot, issue, bytes))
    }

    fn timestamp(&mut self, snapshot: &Sealed) -> Result<(), SealError> {
        let before = self.published.map_or(0, Published::timestamp_version);
        let issue = self.issue(Role::Timestamp, before)?;
        let signers = some(Role::Timestamp, &self.signers.timestamp)?;
        let bytes = metadata::timestamp(issue, snapshot.version, &snapshot.listed, signers)
            .map_err(rendering(Role::Timestamp))?;
        self.add("metadata/timestamp.json".to_owned(), bytes);
        Ok(())
    }

    fn fresh(&mut self, role: Role, issue: Issue, bytes: Vec<u8>) -> Sealed {
        let listed = Listed::of(&bytes);
        self.add(format!("metadata/{}.{role}.json", issue.version), bytes);
        Sealed {
            version: issue.version,
            listed,
            freshness: Freshness::Fresh,
        }
    }

    fn issue(&self, role: Role, before: u64) -> Result<Issue, SealError> {
        Ok(Issue {
            version: before
                .checked_add(1)
                .ok_or(SealError::LastVersion { role })?,
            now: self.now,
        })
    }
}

/// Never before the last issue time, so that devices see it rise, whichever clock signs.
fn not_before_issue(published: Option<&Published>, now: Timestamp) -> Timestamp {
    let issued = published.and_then(|before| before.seen.issued);
    issued.map_or(now, |issued| issued.max(now))
}

fn some(role: Role, signers: &[SigningKey]) -> Result<&[SigningKey], SealError> {
    if signers.is_empty() {
        return Err(SealError::NoSigner { role });
    }
    Ok(signers)
}

fn rendering(role: Role) -> impl FnOnce(RenderError) -> SealError {
    move |source| SealError::Render { role, source }
}
