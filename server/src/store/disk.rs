//! How much room the disk of the database has, and what is wrong with the database.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// Room that reports and enrolments leave on the disk: for the renewal, which may write to the same
/// disk, and for the deletions that make room again.
const RESERVE: u64 = 16 << 20;

/// On a small disk, one part in so many.
const RESERVED_PART: u64 = 10;

/// The disk of the database.
#[derive(Debug, Clone)]
pub(crate) struct Disk(PathBuf);

/// Why the database takes nothing at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What is wrong.
    pub(crate) kind: TroubleKind,
    /// Since when.
    pub(crate) since: Timestamp,
}

/// What can be wrong with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TroubleKind {
    /// Its disk is full.
    DiskFull,
    /// It cannot be opened or written.
    Failing,
}

impl TroubleKind {
    /// What is wrong and what helps, for the log and the page.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::DiskFull => {
                "the disk of the server's database is full: no report and no enrolment is stored; \
                 free space on it. Devices keep their reports and keep enforcing"
            }
            Self::Failing => {
                "the server's database cannot be written: no report and no enrolment is stored; \
                 the server's log has the cause. Devices keep their reports and keep enforcing"
            }
        }
    }
}

impl Disk {
    /// The disk of a directory.
    pub(crate) fn of(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// Whether no more than the reserve is free. A disk that cannot be asked is not full.
    pub(crate) fn is_full(&self) -> bool {
        rustix::fs::statvfs(&self.0).is_ok_and(|disk| {
            let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
            is_full(bytes(disk.f_bavail), bytes(disk.f_blocks))
        })
    }
}

fn is_full(free: u64, size: u64) -> bool {
    free < RESERVE.min(size / RESERVED_PART)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_full_before_its_last_byte_is_used() {
        let large = 1 << 40;
        assert!(!is_full(RESERVE, large));
        assert!(is_full(RESERVE - 1, large));
        assert!(!is_full(100, 1_000));
        assert!(is_full(99, 1_000));
    }
}
