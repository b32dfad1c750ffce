//! Looks at every managed place and writes down what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Read as _;

use fyr_agent_core::product::place;
use fyr_agent_files::actual::{
    Actual, ActualPlace, DirectoryState, FileContent, FileState, FoundDirectory, FoundFile,
    RegularFile, Running, UnmanagedFile, UnmanagedPolicies,
};
use fyr_agent_files::desired::firefox;
use fyr_agent_files::path::{ASIDE_LIMIT, ManagedPath, OwnName, aside_name, directories};
use fyr_agent_files::products::PRODUCTS;
use fyr_schemas::report::{Place, Product};
use jiff::Timestamp;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::atomic::Directory;
use crate::failure::reason;
use crate::hosts::Hosts;
use crate::root::Root;

/// The longest policy file that is read. Chromium reads no more of one either.
const POLICY_LIMIT: u64 = 8 * 1024 * 1024;
/// Unmanaged files of a directory that are read; the rest count as opaque.
const UNMANAGED_LIMIT: usize = 256;

/// Observes the device below `root`, on which `present` browsers were found. `hosts` knows the hosts
/// file.
pub(crate) fn observe(
    root: &Root,
    owner: u32,
    present: &BTreeSet<Product>,
    running: Vec<Running>,
    hosts: &mut Hosts,
) -> Actual {
    let mut places = BTreeMap::new();
    for known in PRODUCTS {
        let place = place(known.product);
        let found = observe_place(root, place, hosts);
        if present.contains(&known.product) || holds_ours(place, &found) {
            places.insert(place, found);
        }
    }
    places.insert(Place::Hosts, observe_place(root, Place::Hosts, hosts));
    Actual {
        present: present.clone(),
        places,
        owner,
        running,
    }
}

/// Whether a file of ours stands there, so that it is kept right although its browser went.
fn holds_ours(place: Place, found: &ActualPlace) -> bool {
    match place {
        Place::Chromium(_) => !found.files.is_empty(),
        Place::Firefox(_) => match found.file(OwnName::PLAIN) {
            Some(FileState::Regular(file)) => file.bytes().is_some_and(firefox::holds_ours),
            Some(
                FileState::Symlink
                | FileState::Directory
                | FileState::Special
                | FileState::Unreadable(_),
            )
            | None => false,
        },
        Place::Hosts => true,
    }
}

fn observe_place(root: &Root, place: Place, hosts: &mut Hosts) -> ActualPlace {
    let mut found = ActualPlace::absent();
    let components = directories(place);
    let staging = ManagedPath::Staging(place).components();
    let Ok(mut directory) = root.directory().open(".") else {
        return found;
    };
    for (above, name) in components.iter().enumerate() {
        if above.saturating_add(1) == staging.len() {
            observe_staging(&directory, &staging, place, &mut found);
        }
        let (state, next) = step_into(&directory, name);
        found.directories.push(state);
        match next {
            Some(next) => directory = next,
            None => return found,
        }
    }
    if staging.len() == components.len().saturating_add(1) {
        observe_staging(&directory, &staging, place, &mut found);
    }
    match place {
        Place::Chromium(_) => observe_all(&directory, &mut found),
        Place::Firefox(_) => observe_one(&directory, "policies.json", &mut whole, &mut found),
        Place::Hosts => {
            let mut known = |file: &mut File, stat: &Stat| hosts.read(file, stat);
            observe_one(&directory, "hosts", &mut known, &mut found);
        }
    }
    found
}

fn observe_staging(parent: &Directory, staging: &[String], place: Place, found: &mut ActualPlace) {
    let staged = ManagedPath::Staged(place).components();
    let (Some(name), Some(staged)) = (staging.last(), staged.last()) else {
        return;
    };
    let (state, directory) = step_into(parent, name);
    found.staging = state;
    // Its content is worth nothing, so none of it is read.
    let mut nothing = |_: &mut File, _: &Stat| Ok(FileContent::TooLong);
    found.staged = directory.and_then(|directory| found_file(&directory, staged, &mut nothing));
}

fn step_into(parent: &Directory, name: &str) -> (FoundDirectory, Option<Directory>) {
    let (state, next) = match stat(parent, name) {
        Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => match parent.open(name) {
                Ok(next) => {
                    let mode = permissions(&stat);
                    (DirectoryState::Present { mode }, Some(next))
                }
                Err(errno) => (DirectoryState::Unreadable(reason(errno)), None),
            },
            FileType::Symlink => (DirectoryState::Symlink, None),
            FileType::RegularFile
            | FileType::BlockDevice
            | FileType::CharacterDevice
            | FileType::Fifo
            | FileType::Socket
            | FileType::Unknown => (DirectoryState::NotADirectory, None),
        },
        Err(Errno::NOENT) => (DirectoryState::Absent, None),
        Err(errno) => (DirectoryState::Unreadable(reason(errno)), None),
    };
    let aside = free_aside(parent, name);
    (FoundDirectory { state, aside }, next)
}

fn observe_one(directory: &Directory, name: &str, look: Look<'_>, found: &mut ActualPlace) {
    if let Some(file) = found_file(directory, name, look) {
        found.files.insert(OwnName::PLAIN, file);
    }
}

/// Reads a Chromium directory, in which every file counts.
fn observe_all(directory: &Directory, found: &mut ActualPlace) {
    for own in OwnName::all() {
        if let Some(file) = found_file(directory, &own.file_name(), &mut whole) {
            found.files.insert(own, file);
        }
    }
    let mut names = names(directory);
    names.sort();
    for name in names {
        let bytes = name.to_bytes();
        if OwnName::recognise(bytes).is_some() {
            continue;
        }
        let policies = if found.unmanaged.len() < UNMANAGED_LIMIT {
            unmanaged_policies(directory, &name)
        } else {
            Some(UnmanagedPolicies::Opaque)
        };
        found
            .unmanaged
            .extend(policies.map(|policies| UnmanagedFile {
                name: bytes.to_vec(),
                policies,
            }));
    }
}

/// What an unmanaged file says; nothing where a browser reads nothing either. A browser follows
/// links to files, so a look at what it will obey does too.
fn unmanaged_policies(directory: &Directory, name: &CStr) -> Option<UnmanagedPolicies> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = match rustix::fs::openat(directory, name, flags, Mode::empty()) {
        Ok(opened) => opened,
        Err(Errno::NOENT) => return None,
        // Unreadable for the agent is not unreadable for a browser.
        Err(_) => return Some(UnmanagedPolicies::Opaque),
    };
    let stat = rustix::fs::fstat(&opened).ok()?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return None;
    }
    Some(match read(&mut File::from(opened), POLICY_LIMIT) {
        Ok(Some(bytes)) => UnmanagedPolicies::parse(&bytes),
        Ok(None) | Err(_) => UnmanagedPolicies::Opaque,
    })
}

fn names(directory: &Directory) -> Vec<CString> {
    let Ok(entries) = rustix::fs::Dir::read_from(directory) else {
        return Vec::new();
    };
    let entries = entries.filter_map(Result::ok);
    let is_file = |entry: &rustix::fs::DirEntry| entry.file_type() != FileType::Directory;
    entries
        .filter(is_file)
        .map(|entry| entry.file_name().to_owned())
        .collect()
}

fn found_file(directory: &Directory, name: &str, look: Look<'_>) -> Option<FoundFile> {
    let state = match stat(directory, name) {
        Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => regular(directory, name, look),
            FileType::Symlink => FileState::Symlink,
            FileType::Directory => FileState::Directory,
            FileType::BlockDevice
            | FileType::CharacterDevice
            | FileType::Fifo
            | FileType::Socket
            | FileType::Unknown => FileState::Special,
        },
        Err(Errno::NOENT) => return None,
        Err(errno) => FileState::Unreadable(reason(errno)),
    };
    let aside = free_aside(directory, name);
    Some(FoundFile { state, aside })
}

/// How an opened file is read.
type Look<'a> = &'a mut dyn FnMut(&mut File, &Stat) -> Result<FileContent, Errno>;

/// Reads a policy file as a whole.
fn whole(file: &mut File, _: &Stat) -> Result<FileContent, Errno> {
    let bytes = read(file, POLICY_LIMIT)?;
    Ok(bytes.map_or(FileContent::TooLong, FileContent::Bytes))
}

fn regular(directory: &Directory, name: &str, look: Look<'_>) -> FileState {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut opened = || {
        let mut file = File::from(rustix::fs::openat(directory, name, flags, Mode::empty())?);
        let stat = rustix::fs::fstat(&file)?;
        Ok(RegularFile {
            content: look(&mut file, &stat)?,
            mode: permissions(&stat),
            owner: stat.st_uid,
            modified: modified(&stat),
        })
    };
    match opened() {
        Ok(file) => FileState::Regular(file),
        Err(errno) => FileState::Unreadable(reason(errno)),
    }
}

fn read(file: &mut File, limit: u64) -> Result<Option<Vec<u8>>, Errno> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| crate::atomic::errno_of(&error))?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

fn stat(directory: &Directory, name: &str) -> Result<Stat, Errno> {
    rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
}

fn permissions(stat: &Stat) -> u32 {
    stat.st_mode & 0o7777
}

fn modified(stat: &Stat) -> Timestamp {
    let nanosecond = i32::try_from(stat.st_mtime_nsec).unwrap_or(0);
    Timestamp::new(stat.st_mtime, nanosecond).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The lowest number under which `name` can be set aside; the last where all are taken.
fn free_aside(directory: &Directory, name: &str) -> u8 {
    let last = ASIDE_LIMIT.saturating_sub(1);
    (0..last)
        .find(|number| {
            let taken = stat(directory, &aside_name(name, *number));
            taken.is_err_and(|errno| errno == Errno::NOENT)
        })
        .unwrap_or(last)
}
