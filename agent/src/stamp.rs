//! What shows that a file has not changed since it was read.

use jiff::Timestamp;
use rustix::fs::Stat;

/// A file that was changed no longer ago than this may change again without another stamp: clocks
/// of file systems are coarse.
const FRESH_SECONDS: i64 = 2;

/// A change of a file changes one of these; the last cannot be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    place: (u64, u64),
    length: i64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// That of a file whose state is `stat`.
    pub(crate) fn of(stat: &Stat) -> Self {
        Self {
            place: (stat.st_dev, stat.st_ino),
            length: stat.st_size,
            modified: (stat.st_mtime, stat.st_mtime_nsec.cast_signed()),
            changed: (stat.st_ctime, stat.st_ctime_nsec.cast_signed()),
        }
    }

    /// Whether a change from `now` on, the time of the system's clock, will show.
    pub(crate) fn is_settled(&self, now: Timestamp) -> bool {
        self.changed.0.saturating_add(FRESH_SECONDS) < now.as_second()
    }
}
