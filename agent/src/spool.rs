//! Reports that wait until the server has stored them for good: on disk, and in memory for as long as
//! the disk refuses them or the spool cannot be opened.
//!
//! A report's number is its file's name, so a damaged file still keeps its number from being
//! used twice. The highest number is also remembered with everything else, for when none waits.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use fyr_schemas::envelope::Envelope;
use fyr_schemas::report::{FailureReason, LONGEST_BATCH, LONGEST_REPORT, MOST_REPORTS};
use rustix::fs::{AtFlags, FileType, Mode};
use rustix::io::Errno;
use tracing::warn;

use crate::atomic::{Directory, NewFile};
use crate::failure::reason;
use crate::store::{Store, twin};

const DIRECTORY: &str = "spool";
const STAGED: &str = ".staged";
const MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// The most reports that wait; past that the oldest is given up, and its number is missing.
const LIMIT: usize = 4096;

/// The most reports that are kept in memory alone.
const UNSTORED_LIMIT: usize = MOST_REPORTS;

/// The waiting reports of one device.
#[derive(Debug)]
pub(crate) struct Spool {
    /// Absent while it cannot be opened; every attempt to store opens it again.
    directory: Option<Directory>,
    /// Reports that are not on disk, by number.
    unstored: BTreeMap<u64, Vec<u8>>,
    /// The highest number that was ever used.
    last: u64,
}

/// Why a report could not be taken or stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    /// The directory is out of reach.
    #[error("cannot open the spool of reports")]
    Open(#[source] Errno),
    /// A report could not be written.
    #[error("cannot store report {number}")]
    Write { number: u64, source: Errno },
    /// A report is longer than any server takes.
    #[error("report {number} is too long")]
    TooLong { number: u64 },
}

impl SpoolError {
    /// The failure as a report names it.
    pub(crate) fn reason(&self) -> FailureReason {
        match self {
            Self::Open(source) | Self::Write { source, .. } => reason(*source),
            Self::TooLong { .. } => FailureReason::Io,
        }
    }
}

impl Spool {
    /// The spool of a device; `last` is the remembered number. One that cannot be opened keeps
    /// reports in memory, and [`store`](Self::store) reports why.
    pub(crate) fn open(store: &Store, last: u64) -> Self {
        let mut spool = Self {
            directory: None,
            unstored: BTreeMap::new(),
            last,
        };
        if let Ok(directory) = open(store) {
            spool.adopt(directory);
        }
        spool
    }

    /// Takes the numbers of a directory into account, and uses it from here on.
    fn adopt(&mut self, directory: Directory) -> &Directory {
        let waiting = waiting(&directory).last().copied().unwrap_or(0);
        self.last = self.last.max(waiting);
        self.directory.insert(directory)
    }

    /// The highest number that was ever used.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// The number of the next report.
    pub(crate) fn next(&self) -> NonZeroU64 {
        NonZeroU64::MIN.saturating_add(self.last)
    }

    /// Takes the report with the number [`next`](Self::next). It can be sent from here on, and is lost
    /// with the process until [`store`](Self::store) succeeds.
    pub(crate) fn take(&mut self, envelope: Vec<u8>) -> Result<(), SpoolError> {
        let number = self.next().get();
        if envelope.len() > LONGEST_REPORT {
            return Err(SpoolError::TooLong { number });
        }
        self.unstored.insert(number, envelope);
        self.last = number;
        if self.unstored.len() > UNSTORED_LIMIT
            && let Some((number, _)) = self.unstored.pop_first()
        {
            warn!("too many reports cannot be stored, giving up report {number}");
        }
        Ok(())
    }

    /// Writes what is in memory alone to the disk, oldest first.
    pub(crate) fn store(&mut self, store: &Store) -> Result<(), SpoolError> {
        if self.directory.is_none() {
            let opened = open(store).map_err(SpoolError::Open)?;
            self.adopt(opened);
        }
        let Some(directory) = &self.directory else {
            return Ok(());
        };
        while let Some(entry) = self.unstored.first_entry() {
            let number = *entry.key();
            let file = NewFile {
                content: &entry.get().as_slice(),
                mode: MODE,
                modified: None,
            };
            directory
                .replace(&file_name(number), directory, STAGED, file)
                .map_err(|source| SpoolError::Write { number, source })?;
            entry.remove();
        }
        let waiting = waiting(directory);
        let surplus = waiting.len().saturating_sub(LIMIT);
        for number in waiting.iter().take(surplus) {
            warn!("too many reports wait, giving up report {number}");
            self.forget(*number);
        }
        Ok(())
    }

    /// The numbers of the waiting reports, lowest first.
    pub(crate) fn waiting(&self) -> BTreeSet<u64> {
        let stored = self.directory.iter().flat_map(waiting);
        stored.chain(self.unstored.keys().copied()).collect()
    }

    /// The envelope of a waiting report, as it is written.
    fn read(&self, number: u64) -> Option<Vec<u8>> {
        let unstored = self.unstored.get(&number).cloned();
        unstored.or_else(|| twin::read_file(self.directory.as_ref()?, &file_name(number)))
    }

    /// The oldest waiting reports, at most `count` and as many as a batch may hold, and at least one.
    /// Damaged ones are dropped: the server sees the missing number.
    pub(crate) fn oldest(&mut self, count: usize) -> Vec<(u64, Envelope)> {
        let mut batch = Vec::new();
        // The brackets around them; each report also has a comma.
        let mut size = 1_usize;
        for number in self.waiting() {
            // One that cannot be read now may be read later, and delays no other.
            let Some(content) = self.read(number) else {
                continue;
            };
            let Ok(envelope) = serde_json::from_slice(&content) else {
                warn!("report {number} is damaged and is dropped");
                self.forget(number);
                continue;
            };
            size = size.saturating_add(content.len()).saturating_add(1);
            if batch.len() >= count || (size > LONGEST_BATCH && !batch.is_empty()) {
                break;
            }
            batch.push((number, envelope));
        }
        batch
    }

    /// Forgets what was sent and is stored for good, up to and including `number`.
    pub(crate) fn acknowledge(&mut self, sent: &[(u64, Envelope)], number: u64) {
        for (stored, _) in sent.iter().take_while(|(sent, _)| *sent <= number) {
            self.forget(*stored);
        }
    }

    /// Goes on above a number that the server knows, and gives up what waits at or below it.
    /// Returns what was given up, oldest first.
    pub(crate) fn continue_above(&mut self, highest: u64) -> Vec<Envelope> {
        self.last = self.last.max(highest);
        let taken = self.waiting().into_iter().take_while(|it| *it <= highest);
        let mut given_up = Vec::new();
        for number in taken {
            let content = self.read(number);
            given_up.extend(content.and_then(|it| serde_json::from_slice(&it).ok()));
            self.forget(number);
        }
        given_up
    }

    /// Forgets one report. What cannot be removed is sent again, and the server knows it.
    pub(crate) fn forget(&mut self, number: u64) {
        if self.unstored.remove(&number).is_some() {
            return;
        }
        let Some(directory) = &self.directory else {
            return;
        };
        let name = file_name(number);
        if let Err(errno) = rustix::fs::unlinkat(directory, name, AtFlags::empty()) {
            warn!("cannot remove report {number}: {errno}");
        }
    }
}

/// Opens the directory of the spool, creating it where it is missing.
fn open(store: &Store) -> Result<Directory, Errno> {
    let state = store.directory();
    let directory = state.descend_creating(&[DIRECTORY], DIRECTORY_MODE)?;
    if let Err(errno) = make_private(&directory) {
        warn!("other users may be able to read the spool of reports: {errno}");
    }
    Ok(directory)
}

/// Closes a spool that other users may read, as far as possible: returns the first failure.
fn make_private(directory: &Directory) -> Result<(), Errno> {
    let mode = Mode::from_raw_mode(rustix::fs::fstat(directory)?.st_mode);
    let mut result = Ok(());
    if mode.as_raw_mode() != DIRECTORY_MODE {
        result = directory.set_mode(DIRECTORY_MODE);
    }
    for number in waiting(directory) {
        result = result.and(make_private_file(directory, &file_name(number)));
    }
    result
}

fn make_private_file(directory: &Directory, name: &str) -> Result<(), Errno> {
    let found = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
    if is_file && Mode::from_raw_mode(found.st_mode).as_raw_mode() != MODE {
        let flags = AtFlags::empty();
        rustix::fs::chmodat(directory, name, Mode::from_raw_mode(MODE), flags)?;
    }
    Ok(())
}

/// How many reports wait, without touching them.
pub(crate) fn count(store: &Store) -> usize {
    let directory = store.directory().open(DIRECTORY);
    directory.map_or(0, |directory| waiting(&directory).len())
}

fn waiting(directory: &Directory) -> Vec<u64> {
    let Ok(entries) = rustix::fs::Dir::read_from(directory) else {
        return Vec::new();
    };
    let mut numbers: Vec<u64> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type() != FileType::Directory)
        .filter_map(|entry| number_of(entry.file_name().to_str().ok()?))
        .collect();
    numbers.sort_unstable();
    numbers
}

fn file_name(number: u64) -> String {
    format!("{number:020}.json")
}

fn number_of(name: &str) -> Option<u64> {
    name.strip_suffix(".json")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use fyr_schemas::envelope::PayloadType;
    use tempfile::TempDir;

    use super::*;
    use crate::root::Root;

    fn place() -> (TempDir, Store) {
        let place = tempfile::tempdir().unwrap();
        let store = Store::create(&Root::open(place.path()).unwrap()).unwrap();
        (place, store)
    }

    fn file(place: &TempDir, number: u64) -> PathBuf {
        let spool = place.path().join("var/lib/fyr/spool");
        spool.join(file_name(number))
    }

    fn keep(spool: &mut Spool, store: &Store, reports: u64) {
        let envelope = Envelope {
            payload: String::new(),
            payload_type: PayloadType::Report,
            signatures: Vec::new(),
        };
        for _ in 0..reports {
            spool.take(serde_json::to_vec(&envelope).unwrap()).unwrap();
            spool.store(store).unwrap();
        }
    }

    #[test]
    fn a_number_is_used_once_although_its_report_is_sent_damaged_or_forgotten_by_the_memory() {
        let (place, store) = place();
        let mut spool = Spool::open(&store, 0);
        keep(&mut spool, &store, 3);
        fs::write(file(&place, 3), "half").unwrap();
        assert_eq!(Spool::open(&store, 0).next().get(), 4);
        let sent = spool.oldest(64);
        spool.acknowledge(&sent, 3);
        assert!(spool.waiting().is_empty());
        assert_eq!(spool.next().get(), 4);
        assert_eq!(Spool::open(&store, 3).next().get(), 4);
    }

    #[test]
    fn a_damaged_report_is_dropped_and_does_not_hold_up_the_others() {
        let (place, store) = place();
        let mut spool = Spool::open(&store, 0);
        keep(&mut spool, &store, 3);
        fs::write(file(&place, 1), "half").unwrap();
        let numbers = |batch: Vec<(u64, Envelope)>| batch.into_iter().map(|(number, _)| number);
        assert!(numbers(spool.oldest(64)).eq([2, 3]));
        assert!(numbers(spool.oldest(1)).eq([2]), "no more than asked for");
    }

    #[test]
    fn a_batch_is_no_longer_than_the_server_takes() {
        let (place, store) = place();
        let mut spool = Spool::open(&store, 0);
        keep(&mut spool, &store, 1);
        let mut long = serde_json::to_vec(&spool.oldest(1)[0].1).unwrap();
        fs::remove_file(file(&place, 1)).unwrap();
        long.resize(LONGEST_REPORT - 2, b' ');
        for _ in 0..3 {
            spool.take(long.clone()).unwrap();
        }
        // `[`, a comma and `]` make the second the last that fits.
        assert_eq!(spool.oldest(64).len(), 2);
    }

    #[test]
    fn a_report_that_cannot_be_stored_is_sent_and_not_lost_when_there_is_space_again() {
        let (place, store) = place();
        let mut spool = Spool::open(&store, 0);
        keep(&mut spool, &store, 1);
        let staged = place.path().join("var/lib/fyr/spool").join(STAGED);
        fs::create_dir(&staged).unwrap();
        let report = serde_json::to_vec(&spool.oldest(1)[0].1).unwrap();
        spool.take(report).unwrap();
        assert!(matches!(
            spool.store(&store),
            Err(SpoolError::Write { number: 2, .. })
        ));
        let sent = spool.oldest(64);
        assert_eq!(sent.iter().map(|(number, _)| *number).max(), Some(2));
        spool.acknowledge(&sent, 1);
        fs::remove_dir(&staged).unwrap();
        spool.store(&store).unwrap();
        assert!(!file(&place, 1).exists() && file(&place, 2).exists());
    }

    #[test]
    fn a_spool_that_cannot_be_opened_keeps_reports_in_memory_and_stores_them_once_it_can() {
        let (place, store) = place();
        let blocked = place.path().join("var/lib/fyr/spool");
        fs::write(&blocked, "not a directory").unwrap();
        let mut spool = Spool::open(&store, 7);
        spool.take(b"{}".to_vec()).unwrap();
        assert!(matches!(spool.store(&store), Err(SpoolError::Open(_))));
        assert!(spool.waiting().into_iter().eq([8]));
        fs::remove_file(&blocked).unwrap();
        spool.store(&store).unwrap();
        assert!(file(&place, 8).exists());
        assert_eq!(spool.next().get(), 9);
    }

    #[test]
    fn only_what_was_sent_is_forgotten_at_any_number_that_the_server_names() {
        let (_place, store) = place();
        let mut spool = Spool::open(&store, 0);
        keep(&mut spool, &store, 2);
        let sent = spool.oldest(1);
        spool.acknowledge(&sent, u64::MAX);
        assert!(spool.waiting().into_iter().eq([2]));
    }
}
