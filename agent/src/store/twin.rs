//! A file that is kept twice, each copy with its checksum: one damaged copy loses nothing.

use std::io::Read as _;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::atomic::{Directory, NewFile};

/// No file of the state is longer.
const LIMIT: u64 = 64 * 1024 * 1024;

/// What was found under a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The content, from a copy whose checksum fits.
    Sound(Vec<u8>),
    /// No copy exists.
    Absent,
    /// Copies exist, and none is sound.
    Damaged,
}

/// The names of the two copies.
fn copies(name: &str) -> [String; 2] {
    [name.to_owned(), format!("{name}.twin")]
}

/// Writes both copies, one after the other: each name always holds a whole file.
pub(crate) fn write(
    directory: &Directory,
    name: &str,
    content: &[u8],
    mode: u32,
) -> Result<(), Errno> {
    let mut bytes = fyr_trust::digest(content).to_string().into_bytes();
    bytes.push(b'\n');
    bytes.extend_from_slice(content);
    for copy in copies(name) {
        let file = NewFile {
            content: &bytes.as_slice(),
            mode,
            modified: None,
        };
        directory.replace_unflushed(&copy, directory, &format!(".{copy}"), file)?;
    }
    directory.flush()
}

/// Reads the first sound copy. The first is also the newer one: it is written first.
pub(crate) fn read(directory: &Directory, name: &str) -> Read {
    let mut found = Read::Absent;
    for copy in copies(name) {
        if let Some(bytes) = read_file(directory, &copy) {
            if let Some(content) = sound(&bytes) {
                return Read::Sound(content.to_vec());
            }
            found = Read::Damaged;
        }
    }
    found
}

/// Writes both copies again where one of them is damaged or missing and the other is sound.
pub(crate) fn repair(directory: &Directory, name: &str, mode: u32) -> Result<(), Errno> {
    let Read::Sound(content) = read(directory, name) else {
        return Ok(());
    };
    let is_whole = |copy: &String| {
        let bytes = read_file(directory, copy);
        bytes.is_some_and(|bytes| sound(&bytes) == Some(content.as_slice()))
    };
    if copies(name).iter().all(is_whole) {
        return Ok(());
    }
    write(directory, name, &content, mode)
}

/// A whole file of the state directory, if it can be read.
pub(crate) fn read_file(directory: &Directory, name: &str) -> Option<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = rustix::fs::openat(directory, name, flags, Mode::empty()).ok()?;
    let file = std::fs::File::from(opened);
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(LIMIT).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn sound(bytes: &[u8]) -> Option<&[u8]> {
    let (checksum, rest) = bytes.split_at_checked(64)?;
    let content = rest.strip_prefix(b"\n")?;
    (fyr_trust::digest(content).as_str().as_bytes() == checksum).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_copy_alone_is_enough_and_damage_is_noticed() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::at(place.path()).unwrap();
        assert_eq!(read(&directory, "x"), Read::Absent);
        for damaged in ["x", "x.twin"] {
            write(&directory, "x", b"content", 0o644).unwrap();
            for damage in [&b""[..], b"half", &[0xff; 100]] {
                std::fs::write(place.path().join(damaged), damage).unwrap();
                assert_eq!(read(&directory, "x"), Read::Sound(b"content".to_vec()));
            }
        }
        std::fs::write(place.path().join("x"), b"").unwrap();
        assert_eq!(read(&directory, "x"), Read::Damaged);
    }

    #[test]
    fn a_damaged_copy_is_repaired_from_the_other() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::at(place.path()).unwrap();
        for (damaged, other) in [("x", "x.twin"), ("x.twin", "x")] {
            write(&directory, "x", b"content", 0o644).unwrap();
            std::fs::write(place.path().join(damaged), b"half").unwrap();
            repair(&directory, "x", 0o644).unwrap();
            std::fs::remove_file(place.path().join(other)).unwrap();
            assert_eq!(read(&directory, "x"), Read::Sound(b"content".to_vec()));
        }
    }
}
