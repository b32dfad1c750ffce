//! One agent per root, by a lock that ends with the process.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use fyr_agent_core::status::AgentState;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::atomic::Directory;
use crate::root::Root;
use crate::store::STATE;

const NAME: &str = "lock";

/// Held for as long as an agent manages a root.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
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
    /// Takes the lock.
    pub(crate) fn take(root: &Root, state: &Directory) -> Result<Self, LockError> {
        let path = || root.join(STATE.join("/")).join(NAME);
        let failed = |source| LockError::Open {
            path: path(),
            source,
        };
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // Whoever can open the file can hold its lock, so only the owner may.
        let mode = Mode::from_raw_mode(0o600);
        let opened = rustix::fs::openat(state, NAME, flags, mode).map_err(failed)?;
        rustix::fs::fchmod(&opened, mode).map_err(failed)?;
        let mut file = File::from(opened);
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(LockError::Taken {
                    root: root.join(""),
                    pid: holder(&mut file),
                });
            }
            Err(source) => return Err(failed(source)),
        }
        // The number only serves the message above; a full disk must not keep the agent out.
        let _unwritten = file
            .set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }

    /// Whether an agent runs on this root, as far as this user may know.
    pub(crate) fn state(state: &Directory) -> AgentState {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(state, NAME, flags, Mode::empty()) {
            Ok(file) => match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
                Err(Errno::WOULDBLOCK) => AgentState::Running,
                Ok(()) | Err(_) => AgentState::Stopped,
            },
            Err(Errno::ACCESS) => AgentState::Unknown,
            Err(_) => AgentState::Stopped,
        }
    }
}

fn holder(file: &mut File) -> String {
    let mut pid = String::new();
    match file.take(16).read_to_string(&mut pid) {
        Ok(_) if !pid.trim().is_empty() => pid.trim().to_owned(),
        Ok(_) | Err(_) => "unknown".to_owned(),
    }
}
