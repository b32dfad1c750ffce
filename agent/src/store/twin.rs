//! A file that is stored twice, each copy with a checksum and a generation: one damaged copy loses
//! nothing, and an older copy never counts beside a newer one.
//!
//! A copy is its checksum in hex, a line feed, and what the checksum covers: the generation in
//! decimal, a line feed, the content.

use std::io::Read as _;

use rustix::fs::{AtFlags, Mode, OFlags};
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

/// A sound copy.
#[derive(Debug, PartialEq, Eq)]
struct Copy {
    generation: u64,
    content: Vec<u8>,
}

/// Writes both copies, one after the other, as the generation after the newest one: each name always
/// holds a whole file.
pub(crate) fn write(
    directory: &Directory,
    name: &str,
    content: &[u8],
    mode: u32,
) -> Result<(), Errno> {
    let newest = newest(directory, name).map_or(0, |copy| copy.generation);
    let encoded = encode(newest.saturating_add(1), content);
    for copy in copies(name) {
        write_copy(directory, &copy, &encoded, mode)?;
    }
    directory.flush()
}

/// Reads the newest sound copy.
pub(crate) fn read(directory: &Directory, name: &str) -> Read {
    match newest(directory, name) {
        Some(copy) => Read::Sound(copy.content),
        None if copies(name).iter().any(|copy| exists(directory, copy)) => Read::Damaged,
        None => Read::Absent,
    }
}

/// Writes the newest sound copy over one that is damaged, missing or older, and gives both the mode
/// that they must have.
pub(crate) fn repair(directory: &Directory, name: &str, mode: u32) -> Result<(), Errno> {
    let Some(newest) = newest(directory, name) else {
        return Ok(());
    };
    for copy in copies(name) {
        let found = read_file(directory, &copy).and_then(|bytes| decode(&bytes));
        let is_newest = found.as_ref() == Some(&newest);
        if !is_newest || mode_of(directory, &copy) != Some(mode) {
            let encoded = encode(newest.generation, &newest.content);
            write_copy(directory, &copy, &encoded, mode)?;
        }
    }
    directory.flush()
}

fn write_copy(directory: &Directory, copy: &str, encoded: &[u8], mode: u32) -> Result<(), Errno> {
    let file = NewFile {
        content: &encoded,
        mode,
        modified: None,
    };
    directory.replace_flushing_file(copy, directory, &format!(".{copy}"), file)
}

/// The sound copy of the highest generation; of two, the first.
fn newest(directory: &Directory, name: &str) -> Option<Copy> {
    let sound = copies(name).map(|copy| decode(&read_file(directory, &copy)?));
    let sound = sound.into_iter().rev().flatten();
    sound.max_by_key(|copy| copy.generation)
}

fn exists(directory: &Directory, name: &str) -> bool {
    rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
}

fn mode_of(directory: &Directory, name: &str) -> Option<u32> {
    let stat = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(Mode::from_raw_mode(stat.st_mode).as_raw_mode())
}

fn encode(generation: u64, content: &[u8]) -> Vec<u8> {
    let mut covered = format!("{generation}\n").into_bytes();
    covered.extend_from_slice(content);
    let mut bytes = fyr_trust::digest(&covered).to_string().into_bytes();
    bytes.push(b'\n');
    bytes.extend(covered);
    bytes
}

fn decode(bytes: &[u8]) -> Option<Copy> {
    let (checksum, rest) = bytes.split_at_checked(64)?;
    let covered = rest.strip_prefix(b"\n")?;
    if fyr_trust::digest(covered).as_str().as_bytes() != checksum {
        return None;
    }
    let end = covered.iter().position(|byte| *byte == b'\n')?;
    let (generation, content) = covered.split_at_checked(end)?;
    Some(Copy {
        generation: std::str::from_utf8(generation).ok()?.parse().ok()?,
        content: content.strip_prefix(b"\n")?.to_vec(),
    })
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

    #[test]
    fn an_older_sound_copy_never_wins_and_repair_never_overwrites_a_newer_one() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::at(place.path()).unwrap();
        for (restored, newer) in [("x", "x.twin"), ("x.twin", "x")] {
            write(&directory, "x", b"older", 0o644).unwrap();
            let older = std::fs::read(place.path().join(restored)).unwrap();
            write(&directory, "x", b"newer", 0o644).unwrap();
            std::fs::write(place.path().join(restored), older).unwrap();
            assert_eq!(read(&directory, "x"), Read::Sound(b"newer".to_vec()));
            repair(&directory, "x", 0o644).unwrap();
            std::fs::remove_file(place.path().join(newer)).unwrap();
            assert_eq!(read(&directory, "x"), Read::Sound(b"newer".to_vec()));
            // What is written next is newer than everything before.
            write(&directory, "x", b"newest", 0o644).unwrap();
            assert_eq!(read(&directory, "x"), Read::Sound(b"newest".to_vec()));
        }
    }

    #[test]
    fn repair_takes_a_mode_that_is_too_wide_away() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::at(place.path()).unwrap();
        write(&directory, "x", b"content", 0o644).unwrap();
        repair(&directory, "x", 0o600).unwrap();
        for copy in copies("x") {
            let found = place.path().join(copy).metadata().unwrap();
            assert_eq!(found.permissions().mode() & 0o7777, 0o600);
        }
    }
}
