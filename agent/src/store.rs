//! What the agent keeps on disk between two runs, and how it survives damage.

pub(crate) mod lists;
pub(crate) mod trusted;
pub(crate) mod twin;

use std::path::PathBuf;

use fyr_agent_core::contact::Contact;
use fyr_agent_core::memory::Memory;
use fyr_agent_core::schedule::Attempts;
use fyr_schemas::report::FailureReason;
use fyr_schemas::{DeviceId, Digest, GroupId, OrganisationId};
use fyr_trust::seen::{Slot, newest};
use fyr_trust::{Identity, TrustedState};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::atomic::{Directory, NewFile};
use crate::failure::reason;
use crate::root::Root;

/// The components of the state directory below the root.
pub(crate) const STATE: [&str; 3] = ["var", "lib", "fyr"];
const PUBLIC: u32 = 0o644;
/// For the owner alone: what a device did and when is not for everyone who uses it.
pub(crate) const PRIVATE: u32 = 0o600;
pub(crate) const KEY: &str = "device.key";
const ENROLMENT: &str = "enrolment";
const TRUST: &str = "trust";
const MEMORY: &str = "memory";
const SEEN: [&str; 2] = ["seen.0", "seen.1"];

/// The state directory.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    directory: Directory,
}

/// Who this device is and whom it believes. Written once, on enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Enrolment {
    pub(crate) server: String,
    pub(crate) root: Digest,
    pub(crate) organisation: OrganisationId,
    pub(crate) group: GroupId,
    pub(crate) device: DeviceId,
}

/// What is remembered beside the trust itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub(crate) memory: Memory,
    pub(crate) contact: Contact,
    /// What the agent tries next.
    #[serde(default)]
    pub(crate) attempts: Attempts,
    /// The number of the last report.
    #[serde(default)]
    pub(crate) sequence: u64,
}

/// Why the state directory failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// There is none, or it is out of reach.
    #[error("cannot open `{}`", path.display())]
    Open { path: PathBuf, source: Errno },
    /// This device has not joined.
    #[error(
        "this device is not enrolled; run `fyr-agent enrol TOKEN` with a token from the administrator"
    )]
    NotEnrolled,
    /// Both copies are unreadable.
    #[error("both copies of `{}` are damaged; remove the directory they are in and enrol this device again", path.display())]
    Damaged { path: PathBuf },
    /// It is for another user.
    #[error("only root may read `{}`; run this command as root", path.display())]
    Private { path: PathBuf },
    /// A file could not be written.
    #[error("cannot write `{}`", path.display())]
    Write { path: PathBuf, source: Errno },
}

impl StoreError {
    /// The failure as a report names it.
    pub(crate) fn reason(&self) -> FailureReason {
        match self {
            Self::Open { source, .. } | Self::Write { source, .. } => reason(*source),
            Self::Private { .. } => FailureReason::NoPermission,
            Self::NotEnrolled | Self::Damaged { .. } => FailureReason::Io,
        }
    }
}

impl Enrolment {
    /// What this device accepts.
    pub(crate) fn identity(&self) -> Identity {
        Identity {
            root: self.root.clone(),
            organisation: self.organisation.clone(),
            group: self.group.clone(),
        }
    }
}

impl Store {
    /// Opens the state of an enrolled device.
    pub(crate) fn open(root: &Root) -> Result<Self, StoreError> {
        let path = root.join(STATE.join("/"));
        match root.directory().descend(STATE) {
            Ok(directory) => Ok(Self { path, directory }),
            Err(Errno::NOENT) => Err(StoreError::NotEnrolled),
            Err(source) => Err(StoreError::Open { path, source }),
        }
    }

    /// Opens the state directory, creating it where it is missing.
    pub(crate) fn create(root: &Root) -> Result<Self, StoreError> {
        let path = root.join(STATE.join("/"));
        match root.directory().descend_creating(&STATE, 0o755) {
            Ok(directory) => Ok(Self { path, directory }),
            Err(source) => Err(StoreError::Open { path, source }),
        }
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The user that this state and everything managed belongs to.
    pub(crate) fn owner(&self) -> u32 {
        rustix::fs::fstat(&self.directory).map_or(0, |stat| stat.st_uid)
    }

    pub(crate) fn enrolment(&self) -> Result<Enrolment, StoreError> {
        match twin::read(&self.directory, ENROLMENT) {
            twin::Read::Sound(bytes) => {
                serde_json::from_slice(&bytes).map_err(|_| self.damaged(ENROLMENT))
            }
            twin::Read::Absent => Err(StoreError::NotEnrolled),
            twin::Read::Damaged => Err(self.damaged(ENROLMENT)),
        }
    }

    pub(crate) fn save_enrolment(&self, enrolment: &Enrolment) -> Result<(), StoreError> {
        self.save(ENROLMENT, &json(enrolment), PUBLIC)
    }

    /// What was last believed; nothing where both copies are lost, which costs a fetch.
    pub(crate) fn trusted(&self) -> TrustedState {
        match twin::read(&self.directory, TRUST) {
            twin::Read::Sound(bytes) => trusted::decode(&bytes).unwrap_or_default(),
            twin::Read::Absent | twin::Read::Damaged => TrustedState::default(),
        }
    }

    pub(crate) fn save_trusted(&self, state: &TrustedState) -> Result<(), StoreError> {
        self.save(TRUST, &trusted::encode(state), PUBLIC)
    }

    /// The highest versions seen, from the newest sound slot.
    pub(crate) fn seen(&self) -> Slot {
        let slots = SEEN.map(|name| twin::read_file(&self.directory, name));
        newest([
            slots.first().and_then(Option::as_deref),
            slots.last().and_then(Option::as_deref),
        ])
    }

    /// Writes the highest versions seen to the place of their slot, without waiting for the disk.
    pub(crate) fn write_seen(&self, slot: &Slot) -> Result<(), StoreError> {
        let name = place_of(slot);
        let encoded = slot.encode();
        let file = NewFile {
            content: &encoded.as_slice(),
            mode: PUBLIC,
            modified: None,
        };
        self.directory
            .replace_unflushed(name, &self.directory, &format!(".{name}"), file)
            .map_err(|source| self.unwritten(name, source))
    }

    /// Waits until a slot that was written is on the disk.
    pub(crate) fn flush_seen(&self, slot: &Slot) -> Result<(), StoreError> {
        let name = place_of(slot);
        self.directory
            .flush_file(name)
            .and_then(|()| self.directory.flush())
            .map_err(|source| self.unwritten(name, source))
    }

    /// What is remembered; nothing where both copies are lost, which costs dates.
    pub(crate) fn remembered(&self) -> Remembered {
        match twin::read(&self.directory, MEMORY) {
            twin::Read::Sound(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            twin::Read::Absent | twin::Read::Damaged => Remembered::default(),
        }
    }

    pub(crate) fn save_remembered(&self, remembered: &Remembered) -> Result<(), StoreError> {
        self.save(MEMORY, &json(remembered), PRIVATE)
    }

    /// Whether the user of this program may read what is remembered.
    pub(crate) fn check_readable(&self) -> Result<(), StoreError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.directory, MEMORY, flags, Mode::empty()) {
            Err(Errno::ACCESS) => Err(StoreError::Private {
                path: self.path.join(MEMORY),
            }),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Repairs what one copy of lost and the other still holds, and modes that are too wide.
    pub(crate) fn repair(&self) -> Result<(), StoreError> {
        let files = [
            (ENROLMENT, PUBLIC),
            (TRUST, PUBLIC),
            (MEMORY, PRIVATE),
            (KEY, PRIVATE),
        ];
        for (name, mode) in files {
            twin::repair(&self.directory, name, mode)
                .map_err(|source| self.unwritten(name, source))?;
        }
        Ok(())
    }

    pub(crate) fn save(&self, name: &str, content: &[u8], mode: u32) -> Result<(), StoreError> {
        twin::write(&self.directory, name, content, mode)
            .map_err(|source| self.unwritten(name, source))
    }

    pub(crate) fn damaged(&self, name: &str) -> StoreError {
        StoreError::Damaged {
            path: self.path.join(name),
        }
    }

    fn unwritten(&self, name: &str, source: Errno) -> StoreError {
        StoreError::Write {
            path: self.path.join(name),
            source,
        }
    }
}

/// The file of a slot.
fn place_of(slot: &Slot) -> &'static str {
    let [even, odd] = SEEN;
    if slot.place() == 0 { even } else { odd }
}

#[expect(
    clippy::expect_used,
    reason = "texts, numbers and lists always serialise"
)]
fn json(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).expect("plain data serialises")
}
