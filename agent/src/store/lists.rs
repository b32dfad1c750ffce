//! The lists of names that are stored, each under its digest, so that it is known for what it is
//! after any damage. What is damaged is fetched again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};

use fyr_agent_files::desired::hosts::List;
use fyr_schemas::bundle::{Bundle, ClosedList};
use fyr_schemas::{CategoryId, Digest, HostName};
use fyr_trust::list::{LONGEST_LINE, ListCheck, NameList};
use fyr_trust::{Hasher, VerifyError};
use jiff::Timestamp;
use rustix::fs::{Dir, Mode, OFlags};
use rustix::io::Errno;
use tracing::warn;

use super::{PUBLIC, Store, StoreError};
use crate::atomic::{Directory, NewFile};
use crate::stamp::Stamp;

/// The directory of the lists, in the state directory.
const LISTS: &str = "lists";
/// How much of a list is in memory at once.
const PIECE: usize = 64 * 1024;

/// The stored lists.
#[derive(Debug)]
pub(crate) struct Lists {
    state: Directory,
    /// The lists that were found to be sound, and are read again only when they changed.
    sound: BTreeMap<Digest, Stamp>,
}

/// Why a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    #[error("cannot read the list `{category}`")]
    Read {
        category: CategoryId,
        source: io::Error,
    },
    /// It is not what the bundle names.
    #[error("the stored list `{0}` is damaged")]
    Damaged(CategoryId, #[source] Box<VerifyError>),
    /// What is written from it.
    #[error("cannot write what a list closes")]
    Write(#[source] io::Error),
}

impl Lists {
    /// The lists of a store.
    pub(crate) fn of(store: &Store) -> Result<Self, StoreError> {
        let opened = store.directory().open(".");
        let state = opened.map_err(|source| store.unwritten(LISTS, source))?;
        Ok(Self {
            state,
            sound: BTreeMap::new(),
        })
    }

    /// Stores a list, whole or not at all.
    pub(crate) fn keep(&self, list: &NameList) -> Result<(), StoreError> {
        let name = list.digest().to_string();
        let file = NewFile {
            content: &list.text(),
            mode: PUBLIC,
            modified: None,
        };
        self.state
            .descend_creating(&[LISTS], 0o755)
            .and_then(|lists| lists.replace(&name, &self.state, ".list", file))
            .map_err(|source| unwritten(&format!("{LISTS}/{name}"), source))
    }

    /// The lists that are stored and sound. `now` is the time of the system's clock.
    pub(crate) fn held(&mut self, now: Timestamp) -> BTreeSet<Digest> {
        let mut held = BTreeSet::new();
        if let Ok(lists) = self.state.open(LISTS) {
            for digest in digests(&lists) {
                if self.is_sound(&lists, &digest, now) == Ok(true) {
                    held.insert(digest);
                }
            }
        }
        self.sound.retain(|digest, _| held.contains(digest));
        held
    }

    /// Whether a list has the content that its name says. It is read unless it was sound before and
    /// has not changed.
    fn is_sound(
        &mut self,
        lists: &Directory,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<bool, Errno> {
        let mut file = open(lists, digest)?;
        let stamp = Stamp::of(&rustix::fs::fstat(&file)?);
        if self.sound.get(digest) == Some(&stamp) {
            return Ok(true);
        }
        self.sound.remove(digest);
        let is_sound = hash(&mut file)? == *digest;
        let after = Stamp::of(&rustix::fs::fstat(&file)?);
        if is_sound && stamp == after && stamp.is_settled(now) {
            self.sound.insert(digest.clone(), stamp);
        }
        Ok(is_sound)
    }

    /// Reads every list again when it is asked for next: one was not what it seemed.
    pub(crate) fn doubt(&mut self) {
        self.sound.clear();
    }

    /// Removes the lists that a bundle never closes.
    pub(crate) fn forget_others(&self, bundle: &Bundle) {
        let Ok(lists) = self.state.open(LISTS) else {
            return;
        };
        let closed = bundle.lists();
        for digest in digests(&lists) {
            if closed.iter().all(|(_, list)| list.digest != digest)
                && let Err(errno) = lists.remove(digest.as_str())
            {
                warn!("cannot remove the old list `{digest}`: {errno}");
            }
        }
    }

    /// The list that a bundle closes in a category, leaving `spared` open.
    pub(crate) fn list<'a>(
        &self,
        category: &'a CategoryId,
        closed: &'a ClosedList,
        spared: Option<&'a HostName>,
    ) -> Result<List<'a, Names<'a>>, ListError> {
        let opened = self.state.open(LISTS);
        let opened = opened.and_then(|lists| {
            let file = open(&lists, &closed.digest)?;
            Ok(BufReader::with_capacity(PIECE, file))
        });
        let names = Names {
            category,
            check: Some(ListCheck::new(category, closed)),
            text: opened.map_err(|errno| ListError::Read {
                category: category.clone(),
                source: errno.into(),
            })?,
            line: Vec::with_capacity(LONGEST_LINE),
        };
        Ok(List::new(category, closed, names).sparing(spared))
    }
}

/// The names of a stored list, judged as they come. The last of them is followed by an error where
/// the text was not the one that the bundle names.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    category: &'a CategoryId,
    /// Absent after the end.
    check: Option<ListCheck<'a>>,
    text: BufReader<File>,
    line: Vec<u8>,
}

impl Names<'_> {
    fn read(&mut self) -> Result<Option<String>, ListError> {
        let Some(check) = &mut self.check else {
            return Ok(None);
        };
        self.line.clear();
        let mut line = (&mut self.text).take(LONGEST_LINE as u64);
        line.read_until(b'\n', &mut self.line)
            .map_err(|source| ListError::Read {
                category: self.category.clone(),
                source,
            })?;
        let damaged = |error| ListError::Damaged(self.category.clone(), Box::new(error));
        if !self.line.is_empty() {
            let name = check.line(&self.line).map_err(damaged)?;
            return Ok(Some(name.to_owned()));
        }
        match self.check.take().map(ListCheck::finish) {
            Some(Err(error)) => Err(damaged(error)),
            Some(Ok(())) | None => Ok(None),
        }
    }
}

impl Iterator for Names<'_> {
    type Item = Result<String, ListError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read();
        if read.is_err() {
            self.check = None;
        }
        read.transpose()
    }
}

fn open(lists: &Directory, digest: &Digest) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::openat(lists, digest.as_str(), flags, Mode::empty()).map(File::from)
}

fn hash(file: &mut File) -> Result<Digest, Errno> {
    let mut hasher = Hasher::default();
    let mut piece = vec![0; PIECE];
    loop {
        let read = file
            .read(&mut piece)
            .map_err(|e| crate::atomic::errno_of(&e))?;
        match piece.get(..read) {
            Some([]) | None => return Ok(hasher.digest()),
            Some(bytes) => hasher.update(bytes),
        }
    }
}

fn digests(lists: &Directory) -> Vec<Digest> {
    let entries = Dir::read_from(lists).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str().ok()?.parse().ok());
    names.collect()
}

fn unwritten(name: &str, source: Errno) -> StoreError {
    StoreError::Write {
        path: name.into(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list in a new state directory, under the digest of `text`, with other content where asked.
    fn stored(text: &str, content: &str) -> (tempfile::TempDir, Lists, Digest) {
        let place = tempfile::tempdir().unwrap();
        let digest = fyr_trust::digest(text.as_bytes());
        std::fs::create_dir(place.path().join(LISTS)).unwrap();
        std::fs::write(place.path().join(LISTS).join(digest.as_str()), content).unwrap();
        let lists = Lists {
            state: Directory::at(place.path()).unwrap(),
            sound: BTreeMap::new(),
        };
        (place, lists, digest)
    }

    /// A moment at which every file of a test is settled.
    fn later() -> Timestamp {
        Timestamp::now() + jiff::SignedDuration::from_secs(10)
    }

    #[test]
    fn a_list_that_is_sound_is_remembered_once_a_change_of_it_would_show() {
        let (place, mut lists, digest) = stored("bet.example\n", "bet.example\n");
        let path = place.path().join(LISTS).join(digest.as_str());
        let changed = rustix::fs::stat(&path).unwrap().st_ctime;
        let after = |seconds| Timestamp::from_second(changed + seconds).unwrap();
        let held: BTreeSet<Digest> = [digest.clone()].into();
        assert_eq!(lists.held(after(2)), held);
        assert!(lists.sound.is_empty(), "it may change in the same second");
        assert_eq!(lists.held(after(3)), held);
        let stamp = Stamp::of(&rustix::fs::stat(&path).unwrap());
        assert_eq!(lists.sound.get(&digest), Some(&stamp));
        // The clock is set back: what was read then still counts.
        assert_eq!(lists.held(after(0)), held);
        assert_eq!(lists.sound.get(&digest), Some(&stamp));
    }

    #[test]
    fn a_list_that_is_not_sound_is_not_remembered() {
        let (_place, mut lists, _) = stored("bet.example\n", "bet.exbmple\n");
        assert_eq!(lists.held(later()), BTreeSet::new());
        assert!(lists.sound.is_empty());
    }

    #[test]
    fn a_list_is_held_as_long_as_it_is_sound() {
        let (place, mut lists, digest) = stored("bet.example\n", "bet.example\n");
        assert_eq!(lists.held(later()), [digest.clone()].into());
        let path = place.path().join(LISTS).join(digest.as_str());
        std::fs::write(&path, "bet.exbmple\n").unwrap();
        assert_eq!(lists.held(later()), BTreeSet::new());
        std::fs::remove_file(path).unwrap();
        assert_eq!(lists.held(later()), BTreeSet::new());
    }

    #[test]
    fn a_list_that_was_sound_is_read_again_only_when_it_changed_or_is_in_doubt() {
        let (place, mut lists, digest) = stored("bet.example\n", "bet.exbmple\n");
        let path = place.path().join(LISTS).join(digest.as_str());
        // As if it had been read before the disk failed, which no stamp shows.
        let stamp = Stamp::of(&rustix::fs::stat(&path).unwrap());
        lists.sound.insert(digest.clone(), stamp.clone());
        assert_eq!(lists.held(later()), [digest.clone()].into());
        lists.doubt();
        assert_eq!(lists.held(later()), BTreeSet::new());

        lists.sound.insert(digest.clone(), stamp);
        std::fs::write(&path, "changed").unwrap();
        assert_eq!(lists.held(later()), BTreeSet::new());
    }
}
