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
            content: envelope,
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
            let Some(content) = twin::read_file(&self.directory, &file_name(number)) else {
                self.forget(number);
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
