//! The directory below which everything lies that the agent reads and writes.

use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::atomic::Directory;

/// The device's root: `/`, or a directory that stands for a device of its own.
#[derive(Debug)]
pub(crate) struct Root {
    path: PathBuf,
    directory: Directory,
}

/// Why a root cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the root directory `{}`; create it first, or correct --root", path.display())]
pub(crate) struct RootError {
    path: PathBuf,
    source: Errno,
}

/// Whether a root is the machine's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The machine: its browsers and its running programs count.
    Machine,
    /// A directory: nothing outside it counts.
    Below,
}

impl Root {
    pub(crate) fn open(path: &Path) -> Result<Self, RootError> {
        let directory = Directory::at(path).map_err(|source| RootError {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            directory,
        })
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The path as it was given.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of something below the root, for messages and watches.
    pub(crate) fn join(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.path.join(relative)
    }

    pub(crate) fn extent(&self) -> Extent {
        let is_machine = self
            .path
            .canonicalize()
            .is_ok_and(|path| path == Path::new("/"));
        if is_machine {
            Extent::Machine
        } else {
            Extent::Below
        }
    }
}
