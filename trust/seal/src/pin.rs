//! What the keys remember of their repository: its first root, and the newest versions.
//!
//! The repository lies where a server can write it, and a captured server can put another in
//! its place. The keys lie where it cannot, so they say which repository is theirs.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use fyr_schemas::Digest;
use fyr_trust::Seen;
use serde::{Deserialize, Serialize};

use crate::key_directory::{KeyDirectory, KeyDirectoryError};
use crate::published::Published;

const FILE: &str = "repository.json";
const MAX_FILE: u64 = 16 * 1024;

/// The repository that the keys belong to, as it was last published: `repository.json`
/// beside the keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    first_root: Digest,
    seen: Seen,
}

/// Why the pin could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// There are no keys.
    #[error(transparent)]
    Keys(#[from] KeyDirectoryError),
    /// It could not be read.
    #[error("read `{}`, which says what repository the keys belong to", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// It does not say what it should.
    #[error(
        "`{}` does not say what repository the keys belong to: restore it from a copy",
        .0.display()
    )]
    Malformed(PathBuf, #[source] serde_json::Error),
    /// It could not be kept.
    #[error(
        "the repository was published, and `{}` could not be written: \
         make the directory writable and publish again, with `--adopt-repository` the first time",
        .0.display()
    )]
    Write(PathBuf, #[source] io::Error),
}

impl Pin {
    /// Remembers what is published. Times do not count: an expired repository is still the
    /// same one.
    pub fn of(published: &Published) -> Self {
        Self {
            first_root: published.first_root.clone(),
            seen: Seen {
                issued: None,
                ..published.seen.clone()
            },
        }
    }

    /// What lies beside the keys; `None` before their first publication.
    ///
    /// # Errors
    /// [`PinError`]
    pub fn beside(keys: &KeyDirectory) -> Result<Option<Self>, PinError> {
        if !keys.path().is_dir() {
            return Err(KeyDirectoryError::Missing(keys.path().to_owned()).into());
        }
        let path = keys.path().join(FILE);
        let mut bytes = Vec::new();
        match File::open(&path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes)) {
            Ok(_) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|e| PinError::Malformed(path, e)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(PinError::Read(path, e)),
        }
    }

    /// Keeps it beside the keys, in place of what was there.
    ///
    /// # Errors
    /// [`PinError::Write`]
    pub fn keep(&self, keys: &KeyDirectory) -> Result<(), PinError> {
        let path = keys.path().join(FILE);
        let staged = keys.path().join(format!(".{FILE}"));
        let write = || {
            let mut file = File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&staged)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.sync_all()?;
            fs::rename(&staged, &path)?;
            File::open(keys.path())?.sync_all()
        };
        write().map_err(|e| PinError::Write(path.clone(), e))
    }

    /// SHA-256 of the first root.
    pub fn first_root(&self) -> &Digest {
        &self.first_root
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }
}
