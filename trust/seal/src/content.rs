//! What is to be published: every group's bundle, the lists that bundles close, and the keys that
//! may let devices in.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::bundle::{self, Bundle, ClosedList, LONGEST_LISTS};
use fyr_schemas::enrolment::{ENROLMENT_KEYS_TARGET, EnrolmentKeys};
use fyr_schemas::{CategoryId, GroupId, OrganisationId};
use fyr_trust::list::ListCheck;
use fyr_trust::{Identity, VerifyError, Wanted as _};

use crate::key::PublicKey;
use crate::metadata::Listed;
use crate::published::Published;

/// The bundles, lists and enrolment keys of one organisation, as the bytes that will be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    organisation: OrganisationId,
    groups: BTreeSet<GroupId>,
    targets: BTreeMap<String, Vec<u8>>,
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
        let mut lists = Lists {
            texts: lists,
            closed: BTreeMap::new(),
        };
        let mut targets = BTreeMap::new();
        let mut groups = BTreeSet::new();
        let mut organisation: Option<OrganisationId> = None;
        for bundle in bundles {
            match &organisation {
                Some(first) if *first != bundle.organisation => {
                    let (one, other) = (first.clone(), bundle.organisation);
                    return Err(ContentError::TwoOrganisations(one, other));
                }
                Some(_) => {}
                None => organisation = Some(bundle.organisation.clone()),
            }
            if !groups.insert(bundle.group.clone()) {
                return Err(ContentError::TwoBundles(bundle.group));
            }
            lists.close(&bundle)?;
            targets.insert(bundle::target_name(&bundle.group), bundle_bytes(&bundle)?);
        }
        let organisation = organisation.ok_or(ContentError::NoBundle)?;
        if enrolment_keys.is_empty() {
            return Err(ContentError::NoEnrolmentKey);
        }
        let enrolment = EnrolmentKeys {
            organisation: organisation.clone(),
            keys: enrolment_keys.iter().map(PublicKey::hex).collect(),
        };
        let enrolment = serde_json::to_vec(&enrolment).map_err(ContentError::Json)?;
        targets.insert(ENROLMENT_KEYS_TARGET.to_owned(), enrolment);
        targets.extend(lists.into_targets());
        Ok(Self {
            organisation,
            groups,
            targets,
        })
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
            let now = self
                .targets
                .get(&bundle::target_name(group))
                .map(|bytes| fyr_trust::digest(bytes));
            let change = match before.get(group) {
                None => Change::New,
                Some(digest) if now.as_ref() == Some(digest) => Change::Unchanged,
                Some(_) => Change::Changed,
            };
            changes.insert(group.clone(), change);
        }
        changes
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = &GroupId> {
        self.groups.iter()
    }

    pub(crate) fn targets(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.targets
    }

    pub(crate) fn listed(&self) -> BTreeMap<String, Listed> {
        self.targets
            .iter()
            .map(|(path, bytes)| (path.clone(), Listed::of(bytes)))
            .collect()
    }
}

/// The lists at hand, and those of them that some bundle closes.
struct Lists {
    texts: BTreeMap<CategoryId, String>,
    closed: BTreeMap<CategoryId, ClosedList>,
}

impl Lists {
    /// Judges the lists that a bundle closes as a device will. Bundles share them, so each is read
    /// once for all the bundles that say the same of it.
    fn close(&mut self, bundle: &Bundle) -> Result<(), ContentError> {
        let lists: BTreeMap<_, _> = bundle
            .lists()
            .into_iter()
            .map(|(_, closed)| (&closed.digest, closed.length))
            .collect();
        let length = lists.values().copied().fold(0, u64::saturating_add);
        let limit = LONGEST_LISTS;
        if length > limit {
            let group = bundle.group.clone();
            return Err(ContentError::ListsTooLong {
                group,
                length,
                limit,
            });
        }
        for (category, closed) in bundle.lists() {
            let said = ClosedList {
                except: BTreeSet::new(),
                ..closed.clone()
            };
            if self.closed.get(category) == Some(&said) {
                continue;
            }
            let (group, category) = (bundle.group.clone(), category.clone());
            let Some(text) = self.texts.get(&category) else {
                return Err(ContentError::NoList { group, category });
            };
            let mut check = ListCheck::new(&category, &said);
            if let Err(source) = check.feed(text.as_bytes()).and_then(|()| check.finish()) {
                return Err(ContentError::OtherList {
                    group,
                    category,
                    source: Box::new(source),
                });
            }
            self.closed.insert(category, said);
        }
        Ok(())
    }

    fn into_targets(self) -> impl Iterator<Item = (String, Vec<u8>)> {
        let closed = self.closed;
        self.texts
            .into_iter()
            .filter(move |(category, _)| closed.contains_key(category))
            .map(|(category, text)| (bundle::list_target_name(&category), text.into_bytes()))
    }
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
