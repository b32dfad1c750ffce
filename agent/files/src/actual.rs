//! What was found on the device, as plain data: everything a plan depends on.

pub mod hosts;

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::report::{FailureReason, Place, Product};
use jiff::Timestamp;
use serde_json::Value;

use crate::actual::hosts::HostsFile;
use crate::path::OwnName;

/// The one modification time that policy files of ours in Chromium directories carry.
///
/// A Chromium browser reloads at once when a change leaves the newest modification time of the
/// directory as it was, and only after 5 s otherwise; old, so that it is never the newest
/// beside an unmanaged file: 2000-01-01T00:00:00Z.
pub const FIXED_TIME: Timestamp = Timestamp::constant(946_684_800, 0);

/// The mode of every file that is written.
pub const FILE_MODE: u32 = 0o644;

/// The mode of every directory that is created.
pub const DIRECTORY_MODE: u32 = 0o755;

/// One look at the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actual {
    /// The products whose browsers are present.
    pub present: BTreeSet<Product>,
    /// Every place that is looked after: those of present products, those in which a file of
    /// ours stands, and the hosts file.
    pub places: BTreeMap<Place, ActualPlace>,
    /// The user that our files must belong to.
    pub owner: u32,
    /// The browsers that run.
    pub running: Vec<Running>,
}

impl Actual {
    /// Whether the hosts file is empty, as it is for a moment while another program writes it
    /// in place. A repair in that moment would replace the file under the writer's hands, and the
    /// lines that are being written would be lost.
    pub fn hosts_stand_empty(&self) -> bool {
        let file = self
            .places
            .get(&Place::Hosts)
            .and_then(|place| place.files.get(&OwnName::PLAIN));
        file.is_some_and(|file| match &file.state {
            FileState::Regular(file) => file.hosts().is_some_and(|hosts| hosts.length == 0),
            FileState::Symlink
            | FileState::Directory
            | FileState::Special
            | FileState::Unreadable(_) => false,
        })
    }
}

/// A running browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// Which.
    pub product: Product,
    /// When it was started, to the second.
    pub started: Timestamp,
}

/// How one place was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActualPlace {
    /// The directories on the way, from the root down, as far as they could be followed.
    pub directories: Vec<FoundDirectory>,
    /// The staging directory.
    pub staging: FoundDirectory,
    /// What was left in the staging directory.
    pub staged: Option<FoundFile>,
    /// What stands under our names. A shared file stands under [`OwnName::PLAIN`].
    pub files: BTreeMap<OwnName, FoundFile>,
    /// The other files a Chromium browser reads there.
    pub unmanaged: Vec<UnmanagedFile>,
}

/// A directory as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundDirectory {
    /// What stands there.
    pub state: DirectoryState,
    /// The number under which it would be set aside.
    pub aside: u8,
}

/// What stands where a directory belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryState {
    /// A directory.
    Present {
        /// Its permission bits.
        mode: u32,
    },
    /// Nothing.
    Absent,
    /// A symbolic link, which is never followed.
    Symlink,
    /// Anything else.
    NotADirectory,
    /// It could not be looked at.
    Unreadable(FailureReason),
}

/// A file of ours as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// What stands there.
    pub state: FileState,
    /// The number under which it would be set aside.
    pub aside: u8,
}

/// What stands where a file belongs. An absent one has no entry in [`ActualPlace::files`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// A regular file.
    Regular(RegularFile),
    /// A symbolic link, which is never followed.
    Symlink,
    /// A directory.
    Directory,
    /// A device, socket or pipe.
    Special,
    /// It could not be looked at.
    Unreadable(FailureReason),
}

/// A regular file as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegularFile {
    /// What it says.
    pub content: FileContent,
    /// Its permission bits.
    pub mode: u32,
    /// Its owner.
    pub owner: u32,
    /// Its modification time, to the nanosecond.
    pub modified: Timestamp,
}

/// What a regular file says, as far as a plan depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What a hosts file does.
    Hosts(HostsFile),
    /// More than the agent reads.
    TooLong,
}

/// A file in a Chromium directory that is not ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmanagedFile {
    /// Its name, as the bytes a browser sorts by.
    pub name: Vec<u8>,
    /// What it says.
    pub policies: UnmanagedPolicies,
}

/// What an unmanaged policy file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnmanagedPolicies {
    /// These policies.
    Known(BTreeMap<String, Value>),
    /// Nothing that strict JSON can tell. A browser reads comments and trailing commas too,
    /// so it may still say anything.
    Opaque,
}

impl RegularFile {
    /// Its bytes, of a file that is read as a whole.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.content {
            FileContent::Bytes(bytes) => Some(bytes),
            FileContent::Hosts(_) | FileContent::TooLong => None,
        }
    }

    /// What it says, if it is a hosts file.
    pub fn hosts(&self) -> Option<&HostsFile> {
        match &self.content {
            FileContent::Hosts(hosts) => Some(hosts),
            FileContent::Bytes(_) | FileContent::TooLong => None,
        }
    }
}

impl UnmanagedPolicies {
    /// Reads an unmanaged file's bytes.
    pub fn parse(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).map_or(Self::Opaque, Self::Known)
    }
}

impl ActualPlace {
    /// A place of which nothing exists.
    pub fn absent() -> Self {
        Self {
            directories: Vec::new(),
            staging: FoundDirectory::ABSENT,
            staged: None,
            files: BTreeMap::new(),
            unmanaged: Vec::new(),
        }
    }

    /// What stands under `name`, if anything does.
    pub fn file(&self, name: OwnName) -> Option<&FileState> {
        self.files.get(&name).map(|found| &found.state)
    }
}

impl FoundDirectory {
    /// Nothing there.
    pub const ABSENT: Self = Self {
        state: DirectoryState::Absent,
        aside: 0,
    };
}
