//! What is to be published: every group's bundle, the lists that bundles close, and the keys that
//! may let devices in.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use fyr_schemas::bundle::{self, Bundle, ClosedList, LONGEST_LISTS};
use fyr_schemas::enrolment::{ENROLMENT_KEYS_TARGET, EnrolmentKeys};
use fyr_schemas::{CategoryId, Digest, GroupId, OrganisationId};
use fyr_trust::list::ListCheck;
use fyr_trust::{Identity, VerifyError, Wanted as _, target_path};

use crate::key::PublicKey;
use crate::metadata::Listed;
use crate::published::Published;
use crate::spool::Spool;

/// The bundles, lists and enrolment keys of one organisation, as the bytes that will be signed.
#[derive(Debug)]
pub struct Content {
    organisation: OrganisationId,
    groups: BTreeSet<GroupId>,
    /// Every target.
    listed: BTreeMap<String, Listed>,
    /// Every list as bundles name it, judged as a device judges it.
    judged: BTreeSet<(CategoryId, NamedList)>,
    /// The targets that are no bundle.
    small: BTreeMap<String, Vec<u8>>,
    /// The bundles.
    spool: Spool,
}

/// What publishing does to one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It was not published before.
    New,
    /// Its bundle differs.
    Changed,
    /// Its bundle is the same, byte for byte.
    Unchanged,
    /// It is no longer published; its devices keep what they have and report a refusal.
    Removed,
}

/// Why something cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// No bundle at all.
    #[error("there is no group to publish: name one in `units.yaml`")]
    NoBundle,
    /// Bundles of several organisations.
    #[error("the bundles are of two organisations, `{0}` and `{1}`")]
    TwoOrganisations(OrganisationId, OrganisationId),
    /// Two bundles for one group.
    #[error("there are two bundles for the group `{0}`")]
    TwoBundles(GroupId),
    /// No key that could sign a token.
    #[error("there is no enrolment key: make one with `fyr key new enrolment`")]
    NoEnrolmentKey,
    /// Devices would refuse it.
    #[error("the bundle of `{group}` has {length} bytes, devices take {limit} at most")]
    TooLarge {
        /// Whose.
        group: GroupId,
        /// Its length.
        length: u64,
        /// The bound.
        limit: u64,
    },
    /// Devices would refuse its lists.
    #[error(
        "the lists that `{group}` closes have {length} bytes together, devices take {limit} at most"
    )]
    ListsTooLong {
        /// Whose.
        group: GroupId,
        /// Their length.
        length: u64,
        /// The bound.
        limit: u64,
    },
    /// A bundle closes a list that is not published with it.
    #[error("the bundle of `{group}` closes the list `{category}`, which is not to be published")]
    NoList {
        /// Whose.
        group: GroupId,
        /// Which.
        category: CategoryId,
    },
    /// A bundle closes another list than the one that is published with it.
    #[error("the bundle of `{group}` closes another list `{category}` than is to be published")]
    OtherList {
        /// Whose.
        group: GroupId,
        /// Which.
        category: CategoryId,
        /// What differs.
        source: Box<VerifyError>,
    },
    /// The temporary file of the bundles cannot be used.
    #[error(
        "keep the bundles in a temporary file in `{}`: it needs room for all of them; name another \
         directory in the environment variable `TMPDIR`",
        std::env::temp_dir().display()
    )]
    Spool(#[source] io::Error),
    /// It has no JSON.
    #[error("the content cannot be written as JSON")]
    Json(#[source] serde_json::Error),
}

impl Content {
    /// Gathers what is to be published: of `lists`, those that a bundle closes.
    ///
    /// # Errors
    /// [`ContentError`]
    pub fn new(
        bundles: impl IntoIterator<Item = Bundle>,
        lists: BTreeMap<CategoryId, String>,
        enrolment_keys: &[PublicKey],
    ) -> Result<Self, ContentError> {
        let mut bundles_so_far = Bundles::new()?;
        for bundle in bundles {
            bundles_so_far.add(&bundle)?;
        }
        bundles_so_far.with(lists, enrolment_keys)
    }

    /// Whose policy it is.
    pub fn organisation(&self) -> &OrganisationId {
        &self.organisation
    }

    /// What publishing it would do to each group, given what is published now.
    pub fn changes(&self, published: Option<&Published>) -> BTreeMap<GroupId, Change> {
        let before = published.map(Published::bundles).unwrap_or_default();
        let mut changes: BTreeMap<GroupId, Change> = before
            .keys()
            .map(|group| (group.clone(), Change::Removed))
            .collect();
        for group in &self.groups {
            let now = self.listed.get(&bundle::target_name(group));
            let now = now.map(|listed| &listed.digest);
            let change = match before.get(group) {
                None => Change::New,
                Some(digest) if now == Some(digest) => Change::Unchanged,
                Some(_) => Change::Changed,
            };
            changes.insert(group.clone(), change);
        }
        changes
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = &GroupId> {
        self.groups.iter()
    }

    /// Every target with its path below the repository, one after the other.
    pub fn files(&self) -> impl Iterator<Item = Result<(String, Vec<u8>), ContentError>> {
        self.listed.keys().map(|target| self.file(target))
    }

    /// What the targets metadata is to list.
    pub(crate) fn listed(&self) -> &BTreeMap<String, Listed> {
        &self.listed
    }

    /// Whether the text of a list was found to be the one that a bundle names.
    pub(crate) fn has_judged(&self, category: &CategoryId, closed: &ClosedList) -> bool {
        self.judged.contains(&(category.clone(), named(closed)))
    }

    /// The bytes of a target that is no bundle, by its path below the repository.
    pub(crate) fn small(&self, path: &str) -> Option<&[u8]> {
        let mut small = self.small.iter();
        let (_, bytes) = small.find(|(target, _)| {
            let listed = self.listed.get(*target);
            listed.is_some_and(|listed| target_path(target, &listed.digest) == path)
        })?;
        Some(bytes)
    }

    /// The bytes of a target.
    pub(crate) fn read(&self, target: &str) -> Result<Vec<u8>, ContentError> {
        if let Some(bytes) = self.small.get(target) {
            return Ok(bytes.clone());
        }
        self.spool.read(target).map_err(ContentError::Spool)
    }

    fn file(&self, target: &str) -> Result<(String, Vec<u8>), ContentError> {
        let bytes = self.read(target)?;
        let digest = self.listed.get(target).map(|listed| &listed.digest);
        let digest = digest.ok_or_else(|| ContentError::Spool(io::ErrorKind::NotFound.into()))?;
        Ok((target_path(target, digest), bytes))
    }
}

/// The bundles of a [`Content`] in the making. Each is written to a temporary file as it comes, so
/// the bundles of thousands of groups take no memory.
#[derive(Debug)]
pub struct Bundles {
    organisation: Option<OrganisationId>,
    groups: BTreeSet<GroupId>,
    listed: BTreeMap<String, Listed>,
    spool: Spool,
    /// Every list as a bundle names it, with the first group that does.
    closed: BTreeMap<(CategoryId, NamedList), GroupId>,
}

/// A list as bundles name it: its digest, its length in bytes, its names.
type NamedList = (Digest, u64, u32);

fn named(closed: &ClosedList) -> NamedList {
    (closed.digest.clone(), closed.length, closed.names)
}

impl Bundles {
    /// None yet.
    ///
    /// # Errors
    /// [`ContentError::Spool`]
    pub fn new() -> Result<Self, ContentError> {
        Ok(Self {
            organisation: None,
            groups: BTreeSet::new(),
            listed: BTreeMap::new(),
            spool: Spool::new().map_err(ContentError::Spool)?,
            closed: BTreeMap::new(),
        })
    }

    /// Adds the bundle of a group.
    ///
    /// # Errors
    /// [`ContentError`] where devices would refuse it, or it does not belong to the others.
    pub fn add(&mut self, bundle: &Bundle) -> Result<(), ContentError> {
        match &self.organisation {
            Some(first) if *first != bundle.organisation => {
                let (one, other) = (first.clone(), bundle.organisation.clone());
                return Err(ContentError::TwoOrganisations(one, other));
            }
            Some(_) => {}
            None => self.organisation = Some(bundle.organisation.clone()),
        }
        if !self.groups.insert(bundle.group.clone()) {
            return Err(ContentError::TwoBundles(bundle.group.clone()));
        }
        self.close(bundle)?;
        let target = bundle::target_name(&bundle.group);
        let bytes = bundle_bytes(bundle)?;
        self.listed.insert(target.clone(), Listed::of(&bytes));
        self.spool.add(target, &bytes).map_err(ContentError::Spool)
    }

    /// Completes them with the lists that they close and the keys that may let devices in. Each list
    /// is read once, however many bundles close it.
    ///
    /// # Errors
    /// [`ContentError`]
    pub fn with(
        mut self,
        mut lists: BTreeMap<CategoryId, String>,
        enrolment_keys: &[PublicKey],
    ) -> Result<Content, ContentError> {
        let organisation = self.organisation.ok_or(ContentError::NoBundle)?;
        if enrolment_keys.is_empty() {
            return Err(ContentError::NoEnrolmentKey);
        }
        let enrolment = EnrolmentKeys {
            organisation: organisation.clone(),
            keys: enrolment_keys.iter().map(PublicKey::hex).collect(),
        };
        let enrolment = serde_json::to_vec(&enrolment).map_err(ContentError::Json)?;
        let mut small = BTreeMap::from([(ENROLMENT_KEYS_TARGET.to_owned(), enrolment)]);
        for ((category, named), group) in &self.closed {
            judge(category, named, group, &lists)?;
        }
        let categories: BTreeSet<&CategoryId> =
            self.closed.keys().map(|(category, _)| category).collect();
        for category in categories {
            let text = lists.remove(category).unwrap_or_default();
            small.insert(bundle::list_target_name(category), text.into_bytes());
        }
        let others = small.iter();
        let others = others.map(|(target, bytes)| (target.clone(), Listed::of(bytes)));
        self.listed.extend(others);
        Ok(Content {
            organisation,
            groups: self.groups,
            listed: self.listed,
            judged: self.closed.into_keys().collect(),
            small,
            spool: self.spool,
        })
    }

    /// Notes the lists that a bundle closes, refused where they are too long for a device.
    fn close(&mut self, bundle: &Bundle) -> Result<(), ContentError> {
        let closed = bundle.lists();
        let lengths: BTreeMap<_, _> = closed
            .iter()
            .map(|(_, closed)| (&closed.digest, closed.length))
            .collect();
        let length = lengths.values().copied().fold(0, u64::saturating_add);
        if length > LONGEST_LISTS {
            return Err(ContentError::ListsTooLong {
                group: bundle.group.clone(),
                length,
                limit: LONGEST_LISTS,
            });
        }
        for (category, closed) in closed {
            let first = self.closed.entry((category.clone(), named(closed)));
            first.or_insert_with(|| bundle.group.clone());
        }
        Ok(())
    }
}

/// Judges a list that a bundle closes as a device will.
fn judge(
    category: &CategoryId,
    (digest, length, names): &NamedList,
    group: &GroupId,
    lists: &BTreeMap<CategoryId, String>,
) -> Result<(), ContentError> {
    let Some(text) = lists.get(category) else {
        return Err(ContentError::NoList {
            group: group.clone(),
            category: category.clone(),
        });
    };
    let closed = ClosedList {
        digest: digest.clone(),
        length: *length,
        names: *names,
        except: BTreeSet::new(),
    };
    let mut check = ListCheck::new(category, &closed);
    let judged = check.feed(text.as_bytes()).and_then(|()| check.finish());
    judged.map_err(|source| ContentError::OtherList {
        group: group.clone(),
        category: category.clone(),
        source: Box::new(source),
    })
}

fn bundle_bytes(bundle: &Bundle) -> Result<Vec<u8>, ContentError> {
    let bytes = serde_json::to_vec(bundle).map_err(ContentError::Json)?;
    let (length, limit) = (bytes.len() as u64, Identity::MAX_LENGTH);
    if length > limit {
        return Err(ContentError::TooLarge {
            group: bundle.group.clone(),
            length,
            limit,
        });
    }
    Ok(bytes)
}
