//! One step of a plan: so specific that carrying it out needs no choice.

use std::fmt;

use fyr_schemas::Digest;
use fyr_schemas::report::{Found, Place};
use serde::{Serialize, Serializer};

use crate::path::{ManagedPath, aside_name};

/// One step, why it is due, and the place it serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Action {
    /// The place it serves.
    pub place: Place,
    /// Why it is due.
    pub because: Because,
    /// What to do.
    pub step: Step,
}

/// Why an action is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// The policy asks for something this place has not held before.
    Policy,
    /// Something changed what the agent had written.
    Drift(Found),
    /// Something of ours is no longer needed.
    Unneeded,
}

/// What to do. Directories on the way are opened one by one, and no symbolic link is followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Create one directory with mode 0755; its parent exists.
    CreateDirectory(ManagedPath),
    /// Give a directory the mode 0755.
    SetMode(ManagedPath),
    /// Rename what stands at `path` to [`aside_name`] in the same directory.
    SetAside {
        /// What stands in the way.
        path: ManagedPath,
        /// Part of the new name.
        number: u8,
    },
    /// Write `content` as a new file in the staging directory with mode 0644, flush it to the
    /// disk, rename it over `path` and flush the directory.
    Write {
        /// Where.
        path: ManagedPath,
        /// What.
        content: Content,
        /// The modification time the file gets before the rename.
        time: FileTime,
    },
    /// Unlink a file or a symbolic link of ours.
    Remove(ManagedPath),
}

/// The modification time of a written file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileTime {
    /// [`FIXED_TIME`](crate::actual::FIXED_TIME).
    Fixed,
    /// The moment of writing.
    Natural,
}

/// The exact content of a file. Shown and serialised as length and digest.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Our block in the hosts file, and after it what is not ours. The block is written from the
    /// lists, which are too long to keep.
    Hosts(HostsContent),
}

/// The content of a hosts file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostsContent {
    /// What is not ours.
    pub unmanaged: Vec<u8>,
    /// SHA-256 of the whole file.
    pub digest: Digest,
    /// The length of the whole file in bytes.
    pub length: u64,
}

impl Content {
    /// SHA-256 of the file.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Bytes(bytes) => fyr_trust::digest(bytes),
            Self::Hosts(hosts) => hosts.digest.clone(),
        }
    }

    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Hosts(hosts) => hosts.length,
        }
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Content({})", String::from_utf8_lossy(bytes)),
            Self::Hosts(hosts) => write!(f, "{hosts:?}"),
        }
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.digest().serialize(serializer)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.step, self.because)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateDirectory(path) => write!(f, "create directory {path}"),
            Self::SetMode(path) => write!(f, "make {path} readable to every user"),
            Self::SetAside { path, number } => {
                write!(
                    f,
                    "rename {path} to {}",
                    aside_name(&path.to_string(), *number)
                )
            }
            Self::Write { path, content, .. } => {
                write!(f, "write {path}, {} bytes", content.length())
            }
            Self::Remove(path) => write!(f, "remove {path}"),
        }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy => f.write_str("the policy asks for it"),
            Self::Drift(found) => f.write_str(found_in_words(*found)),
            Self::Unneeded => f.write_str("no longer needed"),
        }
    }
}

/// How a place was found, in words that complete “it was …”.
pub fn found_in_words(found: Found) -> &'static str {
    match found {
        Found::Missing => "missing",
        Found::Changed => "changed",
        Found::Truncated => "truncated",
        Found::Symlink => "replaced by a symbolic link",
        Found::NotAFile => "replaced by something that is no file",
        Found::Metadata => "given another mode, owner or time",
        Found::Shadowed => "overridden by an unmanaged file",
    }
}
