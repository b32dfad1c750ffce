//! The only writer of files: whole or not at all, and never through a symbolic link.
//!
//! A directory is reached by opening its components one by one, and everything in it is
//! named relative to the opened directory, so a link that is swapped in on the way is refused
//! and never followed.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use jiff::Timestamp;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT};
use rustix::io::Errno;

/// An opened directory.
#[derive(Debug)]
pub(crate) struct Directory(OwnedFd);

/// What a written file is to be.
#[derive(Clone, Copy)]
pub(crate) struct NewFile<'a> {
    pub(crate) content: &'a dyn Text,
    pub(crate) mode: u32,
    /// Its modification time; the moment of writing where absent.
    pub(crate) modified: Option<Timestamp>,
}

/// What can be written into a file, also where it is too long to be in memory.
pub(crate) trait Text {
    fn write_to(&self, file: &mut dyn Write) -> io::Result<()>;
}

impl Text for &[u8] {
    fn write_to(&self, file: &mut dyn Write) -> io::Result<()> {
        file.write_all(self)
    }
}

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

impl Directory {
    /// Opens a directory that the operator named; links in its path are the operator's.
    pub(crate) fn at(path: &Path) -> Result<Self, Errno> {
        rustix::fs::openat(CWD, path, DIRECTORY, Mode::empty()).map(Self)
    }

    /// Opens a directory in this one.
    pub(crate) fn open(&self, name: &str) -> Result<Self, Errno> {
        let flags = DIRECTORY.union(OFlags::NOFOLLOW);
        rustix::fs::openat(&self.0, name, flags, Mode::empty()).map(Self)
    }

    /// Opens the directory that `components` lead to.
    pub(crate) fn descend<'a>(
        &self,
        components: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Errno> {
        let start = self.open(".")?;
        components
            .into_iter()
            .try_fold(start, |directory, name| directory.open(name))
    }

    /// Creates a directory with exactly this mode, under any umask.
    pub(crate) fn create_directory(&self, name: &str, mode: u32) -> Result<(), Errno> {
        rustix::fs::mkdirat(&self.0, name, Mode::from_raw_mode(mode))?;
        self.open(name)?.set_mode(mode)?;
        self.flush()
    }

    /// Opens the directory that `components` lead to, creating what is missing on the way.
    pub(crate) fn descend_creating(&self, components: &[&str], mode: u32) -> Result<Self, Errno> {
        let start = self.open(".")?;
        components.iter().try_fold(start, |directory, name| {
            match directory.create_directory(name, mode) {
                Ok(()) | Err(Errno::EXIST) => directory.open(name),
                Err(errno) => Err(errno),
            }
        })
    }

    pub(crate) fn set_mode(&self, mode: u32) -> Result<(), Errno> {
        rustix::fs::fchmod(&self.0, Mode::from_raw_mode(mode))
    }

    /// Makes the directory's entries survive a power cut.
    pub(crate) fn flush(&self) -> Result<(), Errno> {
        rustix::fs::fsync(&self.0)
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), Errno> {
        rustix::fs::renameat(&self.0, from, &self.0, to)?;
        self.flush()
    }

    /// Unlinks a file or a link.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Errno> {
        rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?;
        self.flush()
    }

    /// Puts a file under `name`, over any file or link there: written in `staging`
    /// under `staged`, flushed, renamed, flushed. Both directories lie on one file system.
    pub(crate) fn replace(
        &self,
        name: &str,
        staging: &Self,
        staged: &str,
        file: NewFile<'_>,
    ) -> Result<(), Errno> {
        self.replace_flushing_file(name, staging, staged, file)?;
        self.flush()
    }

    /// Like [`replace`](Self::replace), but flushes the file alone: until the directory is flushed, a
    /// power cut may bring back the whole file that was there before.
    pub(crate) fn replace_flushing_file(
        &self,
        name: &str,
        staging: &Self,
        staged: &str,
        file: NewFile<'_>,
    ) -> Result<(), Errno> {
        self.put(name, staging, staged, || {
            rustix::fs::fsync(staging.write_new(staged, file)?)
        })
    }

    /// Like [`replace`](Self::replace), but flushes nothing: other programs see the old file or the
    /// new one, and after a power cut it may be damaged, until [`flush_file`](Self::flush_file) and
    /// [`flush`](Self::flush).
    pub(crate) fn replace_unflushed(
        &self,
        name: &str,
        staging: &Self,
        staged: &str,
        file: NewFile<'_>,
    ) -> Result<(), Errno> {
        self.put(name, staging, staged, || {
            staging.write_new(staged, file).map(drop)
        })
    }

    /// Makes the content of a file survive a power cut.
    pub(crate) fn flush_file(&self, name: &str) -> Result<(), Errno> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::fsync(rustix::fs::openat(&self.0, name, flags, Mode::empty())?)
    }

    fn put(
        &self,
        name: &str,
        staging: &Self,
        staged: &str,
        write: impl FnOnce() -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        match rustix::fs::unlinkat(&staging.0, staged, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
        let placed = write().and_then(|()| rustix::fs::renameat(&staging.0, staged, &self.0, name));
        if placed.is_err() {
            // What was staged is worth nothing; if it cannot be removed, the next look finds it.
            let _left_behind = rustix::fs::unlinkat(&staging.0, staged, AtFlags::empty());
        }
        placed
    }

    fn write_new(&self, name: &str, new: NewFile<'_>) -> Result<std::fs::File, Errno> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?;
        let mut file = std::fs::File::from(opened);
        new.content
            .write_to(&mut file)
            .map_err(|error| errno_of(&error))?;
        rustix::fs::fchmod(&file, Mode::from_raw_mode(new.mode))?;
        if let Some(modified) = new.modified {
            rustix::fs::futimens(&file, &modification_time(modified))?;
        }
        Ok(file)
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn modification_time(modified: Timestamp) -> Timestamps {
    Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: modified.as_second(),
            tv_nsec: modified.subsec_nanosecond().into(),
        },
    }
}

/// The operating system's number for a failure of the standard library.
pub(crate) fn errno_of(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    fn new_file<'a>(content: &'a &[u8]) -> NewFile<'a> {
        NewFile {
            content,
            mode: 0o644,
            modified: Some(Timestamp::constant(946_684_800, 0)),
        }
    }

    #[test]
    fn a_file_is_replaced_with_its_mode_and_time() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::at(place.path()).unwrap();
        directory
            .replace("a", &directory, "staged", new_file(&&b"one"[..]))
            .unwrap();
        directory
            .replace("a", &directory, "staged", new_file(&&b"two"[..]))
            .unwrap();
        let metadata = place.path().join("a").metadata().unwrap();
        assert_eq!(std::fs::read(place.path().join("a")).unwrap(), b"two");
        assert_eq!(metadata.permissions().mode() & 0o7777, 0o644);
        assert_eq!((metadata.mtime(), metadata.mtime_nsec()), (946_684_800, 0));
        assert!(!place.path().join("staged").exists());
    }

    #[test]
    fn a_link_at_the_files_name_is_replaced_and_its_target_is_not_touched() {
        let place = tempfile::tempdir().unwrap();
        let victim = place.path().join("victim");
        std::fs::write(&victim, "keep").unwrap();
        symlink(&victim, place.path().join("a")).unwrap();
        symlink(&victim, place.path().join("staged")).unwrap();
        let directory = Directory::at(place.path()).unwrap();
        directory
            .replace("a", &directory, "staged", new_file(&&b"ours"[..]))
            .unwrap();
        assert_eq!(std::fs::read(&victim).unwrap(), b"keep");
        assert!(place.path().join("a").symlink_metadata().unwrap().is_file());
    }

    #[test]
    fn a_link_on_the_way_is_refused() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("real")).unwrap();
        symlink("real", place.path().join("link")).unwrap();
        let root = Directory::at(place.path()).unwrap();
        assert!(root.descend(["real"]).is_ok());
        assert!(root.descend(["link"]).is_err());
    }
}
