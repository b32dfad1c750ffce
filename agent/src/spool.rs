//! Reports that wait on disk until the server has stored them for good.
//!
//! A report's number is its file's name, so a damaged file still keeps its number from being
//! used twice. The highest number is also remembered with everything else, for when none waits.

use std::num::NonZeroU64;

use fyr_schemas::envelope::Envelope;
use fyr_schemas::report::{LONGEST_BATCH, LONGEST_REPORT};
use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;
use tracing::warn;

use crate::atomic::{Directory, NewFile};
use crate::store::{Store, twin};

const DIRECTORY: &str = "spool";
const STAGED: &str = ".staged";
const MODE: u32 = 0o644;

/// The most reports that wait; past that the oldest is given up, and its number is missing.
const LIMIT: usize = 4096;

/// The waiting reports of one device.
#[derive(Debug)]
pub(crate) struct Spool {
    directory: Directory,
    /// The highest number that was ever used.
    last: u64,
}

/// Why a report could not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    /// The directory is out of reach.
    #[error("cannot open the spool of reports")]
    Open(#[source] Errno),
    /// A report could not be written.
    #[error("cannot keep report {number}")]
    Write { number: u64, source: Errno },
    /// A report is longer than any server takes.
    #[error("report {number} is too long")]
    TooLong { number: u64 },
}

impl Spool {
    /// Opens the spool, creating it where it is missing. `last` is the remembered number.
    pub(crate) fn open(store: &Store, last: u64) -> Result<Self, SpoolError> {
        let directory = store
            .directory()
            .descend_creating(&[DIRECTORY], 0o755)
            .map_err(SpoolError::Open)?;
        let waiting = waiting(&directory).last().copied().unwrap_or(0);
        Ok(Self {
            directory,
            last: waiting.max(last),
        })
    }

    /// The highest number that was ever used.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// The number of the next report.
    pub(crate) fn next(&self) -> NonZeroU64 {
        NonZeroU64::MIN.saturating_add(self.last)
    }

    /// Keeps the report with the number [`next`](Self::next).
    pub(crate) fn keep(&mut self, envelope: &[u8]) -> Result<(), SpoolError> {
        let number = self.next().get();
        if envelope.len() > LONGEST_REPORT {
            return Err(SpoolError::TooLong { number });
        }
        let failed = |source| SpoolError::Write { number, source };
        let file = NewFile {
            content: &envelope,
            mode: MODE,
            modified: None,
        };
        self.directory
            .replace(&file_name(number), &self.directory, STAGED, file)
            .map_err(failed)?;
        self.last = number;
        let waiting = self.waiting();
        let surplus = waiting.len().saturating_sub(LIMIT);
        for number in waiting.iter().take(surplus) {
            warn!("too many reports wait, giving up report {number}");
            self.forget(*number);
        }
        Ok(())
    }

    /// The numbers of the waiting reports, lowest first.
    pub(crate) fn waiting(&self) -> Vec<u64> {
        waiting(&self.directory)
    }

    /// The oldest waiting reports, at most `count` and as many as a batch may hold, and at least one.
    /// Damaged ones are dropped: the server sees the missing number.
    pub(crate) fn oldest(&self, count: usize) -> Vec<(u64, Envelope)> {
        let mut batch = Vec::new();
        // The brackets around them; each report also has a comma.
        let mut size = 1_usize;
        for number in self.waiting() {
            // One that cannot be read now may be read later, and delays no other.
            let Some(content) = twin::read_file(&self.directory, &file_name(number)) else {
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
    pub(crate) fn acknowledge(&self, sent: &[(u64, Envelope)], number: u64) {
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
            let content = twin::read_file(&self.directory, &file_name(number));
            given_up.extend(content.and_then(|it| serde_json::from_slice(&it).ok()));
            self.forget(number);
        }
        given_up
    }

    /// Forgets one report. What cannot be removed is sent again, and the server knows it.
    pub(crate) fn forget(&self, number: u64) {
        let name = file_name(number);
        if let Err(errno) = rustix::fs::unlinkat(&self.directory, name, AtFlags::empty()) {
            warn!("cannot remove report {number}: {errno}");
        }
    }
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

    fn keep(spool: &mut Spool, reports: u64) {
        let envelope = Envelope {
            payload: String::new(),
            payload_type: PayloadType::Report,
            signatures: Vec::new(),
        };
        for _ in 0..reports {
            spool.keep(&serde_json::to_vec(&envelope).unwrap()).unwrap();
        }
    }

    #[test]
    fn a_number_is_used_once_although_its_report_is_sent_damaged_or_forgotten_by_the_memory() {
        let (place, store) = place();
        let mut spool = Spool::open(&store, 0).unwrap();
        keep(&mut spool, 3);
        fs::write(file(&place, 3), "half").unwrap();
        assert_eq!(Spool::open(&store, 0).unwrap().next().get(), 4);
        let sent = spool.oldest(64);
        spool.acknowledge(&sent, 3);
        assert!(spool.waiting().is_empty());
        assert_eq!(spool.next().get(), 4);
        assert_eq!(Spool::open(&store, 3).unwrap().next().get(), 4);
    }

    #[test]
    fn a_damaged_report_is_dropped_and_does_not_hold_up_the_others() {
        let (place, store) = place();
        let mut spool = Spool::open(&store, 0).unwrap();
        keep(&mut spool, 3);
        fs::write(file(&place, 1), "half").unwrap();
        let numbers = |batch: Vec<(u64, Envelope)>| batch.into_iter().map(|(number, _)| number);
        assert!(numbers(spool.oldest(64)).eq([2, 3]));
        assert!(numbers(spool.oldest(1)).eq([2]), "no more than asked for");
    }

    #[test]
    fn a_batch_is_no_longer_than_the_server_takes() {
        let (place, store) = place();
        let mut spool = Spool::open(&store, 0).unwrap();
        keep(&mut spool, 1);
        let mut long = serde_json::to_vec(&spool.oldest(1)[0].1).unwrap();
        fs::remove_file(file(&place, 1)).unwrap();
        long.resize(LONGEST_REPORT - 2, b' ');
        for _ in 0..3 {
            spool.keep(&long).unwrap();
        }
        // `[`, a comma and `]` make the second the last that fits.
        assert_eq!(spool.oldest(64).len(), 2);
    }

    #[test]
    fn only_what_was_sent_is_forgotten_for_any_number_of_the_server() {
        let (_place, store) = place();
        let mut spool = Spool::open(&store, 0).unwrap();
        keep(&mut spool, 2);
        let sent = spool.oldest(1);
        spool.acknowledge(&sent, u64::MAX);
        assert_eq!(spool.waiting(), [2]);
    }
}
