//! What the repository holds right now, as the server needs it: the revision, the enrolment keys,
//! and what each group's bundle says for the dashboard.
//!
//! The server believes its own disk here; devices believe signatures only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use fyr_schemas::bundle::{Audience, Bundle, Control, DecisionNote};
use fyr_schemas::enrolment::{ENROLMENT_KEYS_TARGET, EnrolmentKeys};
use fyr_schemas::{CaseNumber, Digest, GroupId, OrganisationId, Revision, StageId};

/// Metadata and bundles past this are not read.
const LONGEST: u64 = 64 << 20;

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
}

/// Why a repository could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// A file is missing or cannot be read.
    #[error("cannot read `{path}`")]
    File { path: PathBuf, source: io::Error },
    /// A file is longer than any of its kind.
    #[error("`{0}` is longer than {LONGEST} bytes")]
    TooLong(PathBuf),
    /// A file is not the document it should be.
    #[error("`{path}` is not the document it should be")]
    Document {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// One document does not list another that it must.
    #[error("`{path}` does not list `{missing}`")]
    NotListed {
        path: PathBuf,
        missing: &'static str,
    },
}

#[derive(Deserialize)]
struct Signed<T> {
    signed: T,
}

/// The timestamp and snapshot roles: which version of the next role counts.
#[derive(Deserialize)]
struct Pointer {
    expires: Timestamp,
    meta: BTreeMap<String, Pointed>,
}

#[derive(Deserialize)]
struct Pointed {
    version: u64,
}

#[derive(Deserialize)]
struct Targets {
    version: u64,
    targets: BTreeMap<String, Target>,
}

#[derive(Deserialize)]
struct Target {
    hashes: Hashes,
}

#[derive(Deserialize)]
struct Hashes {
    sha256: Digest,
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
    /// Reads the publication that a `timestamp.json` with these bytes completes.
    pub(crate) fn read(repository: &Path, stamp: &[u8]) -> Result<Self, ReadError> {
        let metadata = repository.join("metadata");
        let path = metadata.join("timestamp.json");
        let timestamp: Signed<Pointer> =
            serde_json::from_slice(stamp).map_err(|source| ReadError::Document {
                path: path.clone(),
                source,
            })?;
        let version = timestamp.signed.version_of("snapshot.json", &path)?;
        let path = metadata.join(format!("{version}.snapshot.json"));
        let snapshot: Signed<Pointer> = document(&path)?;
        let version = snapshot.signed.version_of("targets.json", &path)?;
        let path = metadata.join(format!("{version}.targets.json"));
        let targets: Signed<Targets> = document(&path)?;
        let enrolment: EnrolmentKeys = targets
            .signed
            .targets
            .get(ENROLMENT_KEYS_TARGET)
            .ok_or_else(|| ReadError::NotListed {
                path: path.clone(),
                missing: ENROLMENT_KEYS_TARGET,
            })
            .and_then(|target| document(&target.path(repository, ENROLMENT_KEYS_TARGET)))?;
        Ok(Self {
            organisation: enrolment.organisation.clone(),
            revision: Revision(targets.signed.version),
            published: written(&path)?,
            expires: timestamp.signed.expires.min(snapshot.signed.expires),
            enrolment,
            groups: targets.signed.groups(repository)?,
        })
    }
}

impl Pointer {
    fn version_of(&self, role: &'static str, path: &Path) -> Result<u64, ReadError> {
        self.meta
            .get(role)
            .map(|pointed| pointed.version)
            .ok_or_else(|| ReadError::NotListed {
                path: path.to_owned(),
                missing: role,
            })
    }
}

impl Targets {
    fn groups(&self, repository: &Path) -> Result<BTreeMap<GroupId, PublishedGroup>, ReadError> {
        self.targets
            .iter()
            .filter(|(name, _)| name.starts_with("bundles/"))
            .map(|(name, target)| {
                let bundle: Bundle = document(&target.path(repository, name))?;
                let group = PublishedGroup {
                    audience: bundle.audience,
                    stage: bundle.stage,
                    controls: bundle.controls,
                    decisions: bundle.decisions,
                };
                Ok((bundle.group, group))
            })
            .collect()
    }
}

impl Target {
    /// Where a consistent snapshot keeps the target: its digest goes before the file's own name.
    fn path(&self, repository: &Path, name: &str) -> PathBuf {
        let digest = &self.hashes.sha256;
        let stored = match name.rsplit_once('/') {
            Some((directory, file)) => format!("{directory}/{digest}.{file}"),
            None => format!("{digest}.{name}"),
        };
        repository.join("targets").join(stored)
    }
}

fn document<T: DeserializeOwned>(path: &Path) -> Result<T, ReadError> {
    serde_json::from_slice(&read(path)?).map_err(|source| ReadError::Document {
        path: path.to_owned(),
        source,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    let failed = |source| ReadError::File {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(failed)?.len() > LONGEST {
        return Err(ReadError::TooLong(path.to_owned()));
    }
    fs::read(path).map_err(failed)
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
