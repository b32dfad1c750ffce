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

/// A newer publication is looked for after so many bundles: that costs a hundredth of reading them.
const LOOK_EVERY: usize = 32;

/// What a group's bundle says about the group. Groups share what they say alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublishedGroup {
    /// The full name of its unit.
    pub(crate) unit_name: Option<Box<str>>,
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
    Metadata(#[source] RepositoryError),
    /// The system does not let this program read a file of the repository.
    #[error("a file of the repository cannot be read")]
    Repository(#[source] RepositoryError),
    /// A bundle is missing, cannot be read, or is longer than devices take.
    #[error("a published bundle cannot be read")]
    Target(#[source] RepositoryError),
    /// A file is missing or cannot be read.
    #[error("cannot read `{path}`")]
    File { path: PathBuf, source: io::Error },
    /// A newer publication came meanwhile.
    #[error("a newer publication came before all of this one was read")]
    Overtaken,
    /// No thread to read it with.
    #[error("cannot start a thread that reads the publication")]
    Thread(#[source] io::Error),
    /// The program has a fault.
    #[error("the look at the repository broke off")]
    BrokenOff,
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

impl From<RepositoryError> for ReadError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Read(..) => Self::Repository(error),
            error => Self::Metadata(error),
        }
    }
}

/// The bytes of `timestamp.json`, the last file of every publication; none before the first.
pub(crate) fn stamp(repository: &Path) -> Result<Option<Vec<u8>>, ReadError> {
    Ok(Repository::at(repository).timestamp()?)
}

impl Publication {
    /// Reads what is published, verified as devices verify it; none in an empty directory.
    ///
    /// `announce` is called with the revision as soon as the timestamp and the snapshot are verified.
    /// Bundles that `before` has with the same digest are taken from it. `is_newest` is asked after every
    /// [`LOOK_EVERY`] bundles that are read. Where this is no longer the newest publication, the reading
    /// ends with [`ReadError::Overtaken`], and `shared` keeps the bundles that were read.
    pub(crate) fn read(
        repository: &Path,
        before: Option<&Self>,
        shared: &mut Shared,
        announce: impl FnMut(Revision),
        mut is_newest: impl FnMut() -> Result<bool, ReadError>,
    ) -> Result<Option<Self>, ReadError> {
        let Some(published) = Repository::at(repository).published_announcing(announce)? else {
            return Ok(None);
        };
        let revision = published.revision();
        let lists = Lists::of(repository, &published);
        shared.keep_lists(lists.listed.values().map(|(digest, _)| digest));
        let mut groups = BTreeMap::new();
        let mut bundles_read = 0_usize;
        for (group, digest) in published.bundles() {
            let is_same = |known: &&Arc<PublishedGroup>| known.edition.digest == digest;
            let known = before.and_then(|before| before.groups.get(&group));
            let known = known.filter(is_same);
            let known = known.or_else(|| shared.overtaken.get(&group).filter(is_same));
            let read = if let Some(known) = known.cloned() {
                known
            } else {
                if bundles_read.is_multiple_of(LOOK_EVERY) && !is_newest()? {
                    shared.overtaken.append(&mut groups);
                    return Err(ReadError::Overtaken);
                }
                bundles_read += 1;
                Arc::new(bundle(repository, &group, digest, &lists, shared)?)
            };
            groups.insert(group, read);
        }
        shared.overtaken.clear();
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
            unit_name: described.unit_name.clone(),
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

#[cfg(test)]
mod tests {
    use fyr_fixtures::{DAY, NEXT_DAY};

    use super::*;

    impl PublishedGroup {
        /// What a bundle says of its group, read as from a repository.
        pub(crate) fn of_bundle(digest: &str, bundle: &serde_json::Value) -> Self {
            let text = bundle.to_string();
            let described: Described<'_> = serde_json::from_str(&text).unwrap();
            Self::of(digest.parse().unwrap(), &described, &mut Shared::default()).unwrap()
        }
    }

    #[test]
    fn reading_ends_where_a_newer_publication_came_and_what_was_read_is_kept() {
        let town = fyr_fixtures::Publication::new();
        let groups: Vec<String> = (0..=LOOK_EVERY)
            .map(|number| format!("g{number}"))
            .collect();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        town.publish_groups(&groups, DAY).unwrap();
        let mut shared = Shared::default();
        let (mut announced, mut looks) = (Vec::new(), 0);

        // A newer publication is there at the second look.
        let overtaken = Publication::read(
            &town.path(),
            None,
            &mut shared,
            |revision| announced.push(revision),
            || {
                looks += 1;
                Ok(looks < 2)
            },
        );
        assert!(matches!(overtaken, Err(ReadError::Overtaken)));
        assert_eq!(announced, [Revision(1)], "a hint is sent all the same");
        let kept = shared.overtaken.clone();
        assert_eq!(kept.len(), LOOK_EVERY);

        let read = |shared: &mut Shared, before: Option<&Publication>| {
            let read = Publication::read(&town.path(), before, shared, |_| {}, || Ok(true));
            read.unwrap().unwrap()
        };
        let first = read(&mut shared, None);
        assert_eq!(first.groups.len(), groups.len());
        for (group, kept) in &kept {
            assert!(
                Arc::ptr_eq(&first.groups[group], kept),
                "{group} is read once"
            );
        }
        assert!(shared.overtaken.is_empty());

        town.publish_groups(&groups[1..], NEXT_DAY).unwrap();
        let second = read(&mut shared, Some(&first));
        assert_eq!(second.revision, Revision(2));
        let known =
            |publication: &Publication| Arc::clone(&publication.groups[&"g1".parse().unwrap()]);
        assert!(Arc::ptr_eq(&known(&first), &known(&second)));
    }

    #[test]
    fn a_file_that_the_system_does_not_let_us_read_is_no_forged_metadata() {
        let town = fyr_fixtures::Publication::new();
        town.publish_groups(&["g"], DAY).unwrap();
        for name in ["metadata/timestamp.json", "metadata/1.root.json"] {
            let path = town.file(name);
            let bytes = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
            let read = stamp(&town.path()).and_then(|_| {
                let mut shared = Shared::default();
                Publication::read(&town.path(), None, &mut shared, |_| {}, || Ok(true))
            });
            assert!(
                matches!(read, Err(ReadError::Repository(_))),
                "{name}: {read:?}"
            );
            fs::remove_dir(&path).unwrap();
            fs::write(&path, bytes).unwrap();
        }
    }
}
