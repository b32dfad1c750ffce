//! What the repository holds right now, as the server needs it: the revision, the enrolment keys,
//! and what each group's bundle says for the pages and the reports.
//!
//! A publication is read beside the one before it: a bundle with the same digest is not read again,
//! and what several groups say alike is kept once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use jiff::Timestamp;

use fyr_schemas::bundle::{Audience, ClosedList, Control, DecisionNote, target_name};
use fyr_schemas::enrolment::EnrolmentKeys;
use fyr_schemas::{CaseNumber, CategoryId, Digest, GroupId, OrganisationId, Revision, StageId};
use fyr_seal::{Published, Repository, RepositoryError};

use self::described::Described;
pub(crate) use self::shared::Shared;

use crate::edition::Edition;

mod described;
mod shared;

/// One complete publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Publication {
    /// Whose policy it is.
    pub(crate) organisation: OrganisationId,
    /// The newest published revision.
    pub(crate) revision: Revision,
    /// When its `targets` metadata was written here.
    pub(crate) published: Timestamp,
    /// When devices stop believing that it is the newest.
    pub(crate) expires: Timestamp,
    /// The keys whose enrolment tokens count.
    pub(crate) enrolment: EnrolmentKeys,
    /// What each group's bundle says.
    pub(crate) groups: BTreeMap<GroupId, Arc<PublishedGroup>>,
}

/// What a group's bundle says about the group. Groups share what they say alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublishedGroup {
    /// Who uses the devices.
    pub(crate) audience: Audience,
    /// The stage on the day of compilation.
    pub(crate) stage: StageId,
    /// What is to be true while no period changes it, sorted by id.
    pub(crate) controls: Arc<Vec<Arc<Control>>>,
    /// The decisions that the controls cite.
    pub(crate) decisions: Arc<BTreeMap<CaseNumber, DecisionNote>>,
    /// The bundle itself, as devices report it.
    pub(crate) edition: Edition,
}

/// Why a repository could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// Its metadata is missing, or devices would not believe it.
    #[error("the repository's metadata cannot be believed")]
    Metadata(#[from] RepositoryError),
    /// A bundle is missing, cannot be read, or is longer than devices take.
    #[error("a published bundle cannot be read")]
    Target(#[source] RepositoryError),
    /// A file is missing or cannot be read.
    #[error("cannot read `{path}`")]
    File { path: PathBuf, source: io::Error },
    /// What was published is there no more.
    #[error("`{0}` has no published metadata any more")]
    Gone(PathBuf),
    /// A bundle is not the one that was signed.
    #[error("`{0}` is not the bundle that was signed")]
    Altered(PathBuf),
    /// A bundle closes another list than is published.
    #[error("a bundle closes another list `{0}` than the one that was signed beside it")]
    OtherList(CategoryId),
    /// A bundle is of a format that this version does not read.
    #[error("`{path}` is not a bundle that this version can read")]
    Bundle {
        path: PathBuf,
        source: serde_json::Error,
    },
}

/// The bytes of `timestamp.json`, the last file of every publication; none before the first.
pub(crate) fn stamp(repository: &Path) -> Result<Option<Vec<u8>>, ReadError> {
    Ok(Repository::at(repository).timestamp()?)
}

impl Publication {
    /// Reads what is published, verified as devices verify it; none in an empty directory.
    ///
    /// `announce` is called with the revision as soon as the timestamp and the snapshot are verified.
    /// Bundles that `before` has with the same digest are taken from it.
    pub(crate) fn read(
        repository: &Path,
        before: Option<&Self>,
        shared: &mut Shared,
        announce: impl FnMut(Revision),
    ) -> Result<Option<Self>, ReadError> {
        let Some(published) = Repository::at(repository).published_announcing(announce)? else {
            return Ok(None);
        };
        let revision = published.revision();
        let lists = Lists::of(repository, &published);
        shared.keep_lists(lists.listed.values().map(|(digest, _)| digest));
        let mut groups = BTreeMap::new();
        for (group, digest) in published.bundles() {
            let known = before.and_then(|before| before.groups.get(&group));
            let known = known.filter(|known| known.edition.digest == digest);
            let read = match known {
                Some(known) => Arc::clone(known),
                None => Arc::new(bundle(repository, &group, digest, &lists, shared)?),
            };
            groups.insert(group, read);
        }
        let enrolment = published.enrolment_keys().clone();
        Ok(Some(Self {
            organisation: enrolment.organisation.clone(),
            revision,
            published: written(&repository.join(format!("metadata/{revision}.targets.json")))?,
            expires: published.expires(),
            enrolment,
            groups,
        }))
    }
}

impl PublishedGroup {
    fn of(
        digest: Digest,
        described: &Described<'_>,
        shared: &mut Shared,
    ) -> serde_json::Result<Self> {
        let controls = shared.controls(described.controls)?;
        let edition = Edition {
            digest,
            controls: shared.reported(&controls, described)?,
        };
        Ok(Self {
            edition,
            audience: described.audience,
            stage: described.stage.clone(),
            decisions: shared.decisions(described.decisions)?,
            controls,
        })
    }
}

/// The published lists, each read once for all the bundles that close it.
struct Lists {
    repository: Repository,
    listed: BTreeMap<CategoryId, (Digest, u64)>,
}

impl Lists {
    fn of(repository: &Path, published: &Published) -> Self {
        Self {
            repository: Repository::at(repository),
            listed: published.lists(),
        }
    }

    /// Judges a list of a bundle as a device does, which puts no bundle in force without it.
    fn check(
        &self,
        category: &CategoryId,
        closed: &ClosedList,
        shared: &mut Shared,
    ) -> Result<(), ReadError> {
        let named = (closed.digest.clone(), closed.length);
        if self.listed.get(category) != Some(&named) {
            return Err(ReadError::OtherList(category.clone()));
        }
        if !shared.sound_lists.contains(&closed.digest) {
            self.repository.check_list(category, closed)?;
            shared.sound_lists.insert(closed.digest.clone());
        }
        Ok(())
    }
}

fn bundle(
    repository: &Path,
    group: &GroupId,
    digest: Digest,
    lists: &Lists,
    shared: &mut Shared,
) -> Result<PublishedGroup, ReadError> {
    let target = target_name(group);
    let path = repository.join(fyr_trust::target_path(&target, &digest));
    let bytes = lists.repository.target(&target, &digest);
    let bytes = bytes.map_err(ReadError::Target)?;
    if fyr_trust::digest(&bytes) != digest {
        return Err(ReadError::Altered(path));
    }
    let failed = |source| ReadError::Bundle {
        path: path.clone(),
        source,
    };
    let described: Described<'_> = serde_json::from_slice(&bytes).map_err(failed)?;
    for (category, closed) in described.lists() {
        lists.check(category, closed, shared)?;
    }
    PublishedGroup::of(digest, &described, shared).map_err(failed)
}

/// When a file that is written once was written.
fn written(path: &Path) -> Result<Timestamp, ReadError> {
    fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .and_then(|time| Timestamp::try_from(time).map_err(io::Error::other))
        .map_err(|source| ReadError::File {
            path: path.to_owned(),
            source,
        })
}
