//! What the repository holds right now, as the server needs it: the revision, the enrolment keys,
//! and what each group's bundle says for the dashboard.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use jiff::Timestamp;

use fyr_schemas::bundle::{Audience, Bundle, Control, DecisionNote};
use fyr_schemas::enrolment::EnrolmentKeys;
use fyr_schemas::{CaseNumber, CategoryId, Digest, GroupId, OrganisationId, Revision, StageId};
use fyr_seal::{Published, Repository, RepositoryError};

use crate::edition::{Edition, ReportedControls};

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
    pub(crate) groups: BTreeMap<GroupId, PublishedGroup>,
}

/// What a group's bundle says about the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublishedGroup {
    /// Who uses the devices.
    pub(crate) audience: Audience,
    /// The stage on the day of compilation.
    pub(crate) stage: StageId,
    /// What is to be true, sorted by id.
    pub(crate) controls: Vec<Control>,
    /// The decisions that the controls cite.
    pub(crate) decisions: BTreeMap<CaseNumber, DecisionNote>,
    /// The bundle itself, as devices report it.
    pub(crate) edition: Edition,
}

/// Why a repository could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// Its metadata is missing, or devices would not believe it.
    #[error("the repository's metadata cannot be believed")]
    Metadata(#[from] RepositoryError),
    /// A file is missing or cannot be read.
    #[error("cannot read `{path}`")]
    File { path: PathBuf, source: io::Error },
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
    match read(&repository.join("metadata/timestamp.json")) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ReadError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Publication {
    /// Reads what is published, verified as devices verify it; none in an empty directory.
    pub(crate) fn read(repository: &Path) -> Result<Option<Self>, ReadError> {
        let Some(published) = Repository::at(repository).published()? else {
            return Ok(None);
        };
        let revision = published.revision();
        let mut lists = Lists::of(repository, &published);
        let groups = published
            .bundles()
            .into_iter()
            .map(|(group, digest)| {
                let bundle = bundle(repository, &group, &digest)?;
                lists.check(&bundle)?;
                Ok((group, PublishedGroup::of(bundle, digest)))
            })
            .collect::<Result<_, ReadError>>()?;
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

/// The published lists, each read once for all the bundles that close it.
struct Lists {
    repository: Repository,
    listed: BTreeMap<CategoryId, (Digest, u64)>,
    sound: BTreeSet<Digest>,
}

impl Lists {
    fn of(repository: &Path, published: &Published) -> Self {
        Self {
            repository: Repository::at(repository),
            listed: published.lists(),
            sound: BTreeSet::new(),
        }
    }

    /// Judges the lists of a bundle as a device does, which puts no bundle in force without them.
    fn check(&mut self, bundle: &Bundle) -> Result<(), ReadError> {
        for (category, closed) in bundle.lists() {
            let named = (closed.digest.clone(), closed.length);
            if self.listed.get(category) != Some(&named) {
                return Err(ReadError::OtherList(category.clone()));
            }
            if !self.sound.contains(&closed.digest) {
                self.repository.check_list(category, closed)?;
                self.sound.insert(closed.digest.clone());
            }
        }
        Ok(())
    }
}

impl PublishedGroup {
    fn of(bundle: Bundle, digest: Digest) -> Self {
        let edition = Edition {
            digest,
            controls: Arc::new(ReportedControls::of(&bundle)),
        };
        Self {
            edition,
            audience: bundle.audience,
            stage: bundle.stage,
            controls: bundle.controls,
            decisions: bundle.decisions,
        }
    }
}

fn bundle(repository: &Path, group: &GroupId, digest: &Digest) -> Result<Bundle, ReadError> {
    let path = repository.join(format!("targets/bundles/{digest}.{group}.json"));
    let bytes = read(&path)?;
    if fyr_trust::digest(&bytes) != *digest {
        return Err(ReadError::Altered(path));
    }
    serde_json::from_slice(&bytes).map_err(|source| ReadError::Bundle { path, source })
}

fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    fs::read(path).map_err(|source| ReadError::File {
        path: path.to_owned(),
        source,
    })
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
