//! Puts files into the repository, and removes old ones, so that a crash leaves the old one or the new one, and so
//! that no symbolic link there leads the writing anywhere else.
//!
//! The directory belongs to the server's user, and an administrator, often root, writes it.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};

use rustix::fs::{self, AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
const NEW_FILE: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Puts `bytes` at `name` below `root`. The staged name is fixed, so a crash leaves at most one
/// stray, which the next write removes.
pub(crate) fn place(root: &Path, name: &Path, bytes: &[u8]) -> io::Result<()> {
    let (Some(parent), Some(file_name)) = (name.parent(), name.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let directory = open_below(root, parent)?;
    let mut staged = OsString::from(".");
    staged.push(file_name);
    match fs::unlinkat(&directory, &staged, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(e) => return Err(e.into()),
    }
    let mode = Mode::from_raw_mode(0o644);
    let mut file = File::from(fs::openat(&directory, &staged, NEW_FILE, mode)?);
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::renameat(&directory, &staged, &directory, file_name)?;
    Ok(fs::fsync(&directory)?)
}

/// Removes the files of a directory below `root` that are not `kept`.
pub(crate) fn remove_others(
    root: &Path,
    directory: &Path,
    kept: &BTreeSet<OsString>,
) -> io::Result<()> {
    let directory = open_below(root, directory)?;
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if entry.file_type() == FileType::RegularFile && !kept.contains(name) {
            fs::unlinkat(&directory, name, AtFlags::empty())?;
        }
    }
    Ok(())
}

/// Opens `path` below `root`, making what is missing and following no link below `root`.
fn open_below(root: &Path, path: &Path) -> io::Result<OwnedFd> {
    std::fs::create_dir_all(root)?;
    let mut directory = fs::openat(CWD, root, DIRECTORY, Mode::empty())?;
    for component in path.components() {
        let Component::Normal(name) = component else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        match fs::mkdirat(&directory, name, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(e) => return Err(e.into()),
        }
        let flags = DIRECTORY | OFlags::NOFOLLOW;
        directory = fs::openat(&directory, name, flags, Mode::empty())?;
    }
    Ok(directory)
}
