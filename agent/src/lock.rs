//! One agent per root, by a lock that ends with the process.
//!
//! A lock file that cannot be used as it is, by an accident or on purpose, does not stop
//! enforcement: two agents that enforce one policy do less damage than none.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use fyr_agent_core::status::AgentState;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use tracing::{error, warn};

use crate::atomic::Directory;
use crate::root::Root;
use crate::store::STATE;

const NAME: &str = "lock";
/// What is in the place of the lock file is not followed and not waited for.
const FLAGS: OFlags = OFlags::NOFOLLOW
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

/// Held for as long as an agent manages a root. Without a file where none can be locked.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: Option<File>,
}

/// Why the root cannot be managed now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// Another process does.
    #[error(
        "another fyr-agent already manages `{}` (process {pid}); stop it first, or use `fyr-agent status`",
        root.display()
    )]
    Taken { root: PathBuf, pid: String },
    /// The lock file cannot be used.
    #[error("cannot lock `{}`; run as the user that enrolled this device", path.display())]
    Open { path: PathBuf, source: Errno },
}

impl Lock {
    /// Takes the lock. Fails if another agent has it, or if this user may not open it.
    pub(crate) fn take(root: &Root, state: &Directory) -> Result<Self, LockError> {
        let path = || root.join(STATE.join("/")).join(NAME);
        let mut file = match open(state) {
            Ok(file) => file,
            Err(source @ Errno::ACCESS) => {
                let path = path();
                return Err(LockError::Open { path, source });
            }
            Err(errno) => return Ok(Self::without(&path(), errno)),
        };
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(LockError::Taken {
                    root: root.join(""),
                    pid: holder(&mut file),
                });
            }
            Err(errno) => return Ok(Self::without(&path(), errno)),
        }
        // The number only serves the message above; a full disk must not keep the agent out.
        let _unwritten = file
            .set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: Some(file) })
    }

    fn without(path: &Path, errno: Errno) -> Self {
        error!(
            "cannot lock `{}`: {errno}; the policy is enforced, and another agent is not noticed; \
             remove this file and start the agent again",
            path.display()
        );
        Self { _file: None }
    }

    /// Whether an agent runs on this root, as far as this user may know.
    pub(crate) fn state(state: &Directory) -> AgentState {
        match rustix::fs::openat(state, NAME, OFlags::RDONLY | FLAGS, Mode::empty()) {
            Ok(file) => match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
                Err(Errno::WOULDBLOCK) => AgentState::Running,
                Ok(()) | Err(_) => AgentState::Stopped,
            },
            Err(Errno::ACCESS) => AgentState::Unknown,
            Err(_) => AgentState::Stopped,
        }
    }
}

/// Opens the lock file, or what is in its place: all that can be opened can be locked.
fn open(state: &Directory) -> Result<File, Errno> {
    // Whoever can open the file can hold its lock, so only the owner may.
    let mode = Mode::from_raw_mode(0o600);
    let opened = rustix::fs::openat(state, NAME, OFlags::RDWR | OFlags::CREATE | FLAGS, mode);
    let opened = opened.or_else(|errno| match errno {
        Errno::ACCESS => Err(errno),
        // An immutable file, a read-only disk and a directory can be locked as well.
        _ => rustix::fs::openat(state, NAME, OFlags::RDONLY | FLAGS, Mode::empty()),
    })?;
    if let Err(errno) = rustix::fs::fchmod(&opened, mode) {
        warn!("other users may be able to hold the lock of the agent: {errno}");
    }
    Ok(File::from(opened))
}

fn holder(file: &mut File) -> String {
    let mut pid = String::new();
    match file.take(16).read_to_string(&mut pid) {
        Ok(_) if !pid.trim().is_empty() => pid.trim().to_owned(),
        Ok(_) | Err(_) => "unknown".to_owned(),
    }
}
