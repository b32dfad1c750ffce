//! Puts files into the repository, and removes old ones, so that a crash leaves the old one or the new one, and so
//! that no symbolic link there leads the writing anywhere else.
//!
//! The directory belongs to the server's user, and an administrator, often root, writes it. What is
//! written belongs to the owner of the directory and can be read by all, with any umask.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};

use rustix::fs::{
    self, AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, UTIME_NOW,
    Uid,
};
use rustix::io::Errno;

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
const NEW_FILE: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);
const OLD_FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);
/// What is published is public.
const FILE_MODE: u32 = 0o644;
const DIRECTORY_MODE: u32 = 0o755;

/// A directory of the repository.
pub(crate) struct Directory {
    opened: OwnedFd,
    owner: Owner,
}

/// The owner of the repository's directory, to whom everything in it belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Owner {
    user: u32,
    group: u32,
}

impl Directory {
    /// Opens the repository's directory. A directory that is made here belongs to the owner of the
    /// one that holds it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let opened = match fs::openat(CWD, path, DIRECTORY, Mode::empty()) {
            Ok(opened) => opened,
            Err(Errno::NOENT) => make(path)?,
            Err(e) => return Err(e.into()),
        };
        let owner = Owner::of(&fs::fstat(&opened)?);
        Ok(Self { opened, owner })
    }

    /// Opens a directory below this one, making what is missing and following no link.
    pub(crate) fn below(&self, path: &Path) -> io::Result<Self> {
        let mut opened = self.opened.try_clone()?;
        for component in path.components() {
            let Component::Normal(name) = component else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            match fs::mkdirat(&opened, name, Mode::from_raw_mode(DIRECTORY_MODE)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(e) => return Err(e.into()),
            }
            let flags = DIRECTORY | OFlags::NOFOLLOW;
            opened = fs::openat(&opened, name, flags, Mode::empty())?;
            self.owner.give(&opened, DIRECTORY_MODE)?;
        }
        Ok(Self {
            opened,
            owner: self.owner,
        })
    }

    /// Puts `bytes` at `name`. The staged name is fixed, so a crash leaves at most one stray, which
    /// the next write removes.
    pub(crate) fn place(&self, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        self.write(name, bytes)?.sync_all()?;
        self.rename(name)?;
        Ok(fs::fsync(&self.opened)?)
    }

    /// The same without waiting for the disk: [`flush`](Self::flush) does that for many files.
    pub(crate) fn place_unflushed(&self, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        self.write(name, bytes)?;
        self.rename(name)
    }

    /// Waits until everything that was placed is on the disk.
    pub(crate) fn flush(&self) -> io::Result<()> {
        Ok(fs::syncfs(&self.opened)?)
    }

    /// Whether a file has these bytes, the right owner, and can be read by all.
    pub(crate) fn has(&self, name: &OsStr, bytes: &[u8]) -> io::Result<bool> {
        let file = match fs::openat(&self.opened, name, OLD_FILE, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT | Errno::LOOP) => return Ok(false),
            Err(e) => return Err(e.into()),
        };
        let found = fs::fstat(&file)?;
        let is_as_written = self.owner.has(&found) && found.st_mode & FILE_MODE == FILE_MODE;
        if !is_as_written || u64::try_from(found.st_size) != Ok(bytes.len() as u64) {
            return Ok(false);
        }
        let mut content = Vec::with_capacity(bytes.len());
        file.take(bytes.len() as u64).read_to_end(&mut content)?;
        Ok(content == bytes)
    }

    /// Sets the time at which a file was written to now.
    pub(crate) fn touch(&self, name: &OsStr) -> io::Result<()> {
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_NOW,
        };
        let times = Timestamps {
            last_access: now,
            last_modification: now,
        };
        Ok(fs::utimensat(
            &self.opened,
            name,
            &times,
            AtFlags::SYMLINK_NOFOLLOW,
        )?)
    }

    /// Removes the files whose name `is_unused` and that were written before a time, in seconds since
    /// 1970.
    pub(crate) fn remove(
        &self,
        is_unused: impl Fn(&OsStr) -> bool,
        written_before: i64,
    ) -> io::Result<()> {
        for entry in Dir::read_from(&self.opened)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if entry.file_type() != FileType::RegularFile || !is_unused(name) {
                continue;
            }
            let found = fs::statat(&self.opened, name, AtFlags::SYMLINK_NOFOLLOW)?;
            if found.st_mtime < written_before {
                fs::unlinkat(&self.opened, name, AtFlags::empty())?;
            }
        }
        Ok(())
    }

    /// Gives an open file that is empty and has no second name to the owner of the directory.
    pub(crate) fn adopt(&self, file: &File) -> io::Result<()> {
        let found = fs::fstat(file)?;
        if found.st_nlink == 1 && found.st_size == 0 && !self.owner.has(&found) {
            self.owner.give_to(file)?;
        }
        Ok(())
    }

    fn write(&self, name: &OsStr, bytes: &[u8]) -> io::Result<File> {
        let staged = staged(name);
        match fs::unlinkat(&self.opened, &staged, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(e) => return Err(e.into()),
        }
        let mode = Mode::from_raw_mode(FILE_MODE);
        let mut file = File::from(fs::openat(&self.opened, &staged, NEW_FILE, mode)?);
        self.owner.give(&file, FILE_MODE)?;
        file.write_all(bytes)?;
        Ok(file)
    }

    fn rename(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::renameat(
            &self.opened,
            staged(name),
            &self.opened,
            name,
        )?)
    }
}

impl Owner {
    fn of(found: &Stat) -> Self {
        Self {
            user: found.st_uid,
            group: found.st_gid,
        }
    }

    /// Whether a file belongs to it; of the group alone root decides.
    fn has(self, found: &Stat) -> bool {
        let is_root = rustix::process::geteuid().is_root();
        found.st_uid == self.user && (found.st_gid == self.group || !is_root)
    }

    /// Gives it a file or directory that was opened without following a link, and lets `mode` be
    /// done with it at least.
    fn give(self, file: impl AsFd, mode: u32) -> io::Result<()> {
        let found = fs::fstat(&file)?;
        if !self.has(&found) {
            self.give_to(&file)?;
        }
        let user = rustix::process::geteuid();
        let may_change = user.is_root() || user.as_raw() == found.st_uid;
        if may_change && found.st_mode & mode != mode {
            let wanted = (found.st_mode | mode) & 0o7777;
            fs::fchmod(&file, Mode::from_raw_mode(wanted))?;
        }
        Ok(())
    }

    fn give_to(self, file: impl AsFd) -> io::Result<()> {
        if !rustix::process::geteuid().is_root() {
            return Ok(());
        }
        let (user, group) = (Uid::from_raw(self.user), Gid::from_raw(self.group));
        Ok(fs::fchown(file, Some(user), Some(group))?)
    }
}

/// Opens a file below the repository's directory for reading. A link on the way to it, or a link or a
/// pipe in its place, is an error: it could lead out of the repository, or never end.
///
/// The repository's directory may be a link itself: where it is, the administrator says.
pub(crate) fn open_file(repository: &Path, path: &Path) -> io::Result<File> {
    let mut directory = fs::openat(CWD, repository, DIRECTORY, Mode::empty())?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    for component in path.parent().into_iter().flat_map(Path::components) {
        let Component::Normal(name) = component else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let flags = DIRECTORY | OFlags::NOFOLLOW;
        directory = match fs::openat(&directory, name, flags, Mode::empty()) {
            Ok(opened) => opened,
            Err(Errno::LOOP | Errno::NOTDIR) => {
                let name = name.display();
                return Err(io::Error::other(format!("`{name}` is not a directory")));
            }
            Err(e) => return Err(e.into()),
        };
    }
    let file = match fs::openat(&directory, name, OLD_FILE, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP) => return Err(io::Error::other("it is a symbolic link")),
        Err(e) => return Err(e.into()),
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}

fn staged(name: &OsStr) -> OsString {
    let mut staged = OsString::from(".");
    staged.push(name);
    staged
}

/// Makes a directory, and those that lead to it, each for the owner of the one that holds it.
fn make(path: &Path) -> io::Result<OwnedFd> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let parent = match fs::openat(CWD, parent, DIRECTORY, Mode::empty()) {
        Ok(parent) => parent,
        Err(Errno::NOENT) => make(parent)?,
        Err(e) => return Err(e.into()),
    };
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    match fs::mkdirat(&parent, name, Mode::from_raw_mode(DIRECTORY_MODE)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(e) => return Err(e.into()),
    }
    let made = fs::openat(&parent, name, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?;
    Owner::of(&fs::fstat(&parent)?).give(&made, DIRECTORY_MODE)?;
    Ok(made)
}
