//! What the server remembers, in one `SQLite` file.
//!
//! One task owns the only connection that writes (`store/writer.rs`), so that many requests share
//! one commit; readers have connections of their own that cannot write.

mod accounts;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FlockOperation;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{mpsc, watch};

pub(crate) use accounts::{AccountOutcome, NewAccount, NewSession};
pub(crate) use reader::EnrolledDevice;
pub(crate) use writer::{EnrolOutcome, IngestOutcome, NewDevice, NewReport};

/// How many writes may wait for the writer; past that, requests wait at the door.
const WRITES_WAITING: usize = 1024;

/// The way to what is stored; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    readers: SqlitePool,
    writes: mpsc::Sender<writer::Write>,
}

/// A store that was opened, with what must live as long as it.
#[derive(Debug)]
pub(crate) struct OpenStore {
    /// The way to it.
    pub(crate) store: Store,
    /// Ends once every [`Store`] is gone and all writes are settled.
    pub(crate) writer: tokio::task::JoinHandle<()>,
    /// Keeps a second server out of the directory.
    pub(crate) lock: File,
}

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory could not be made.
    #[error(
        "cannot make the state directory `{path}`: check that its parent exists and is writable"
    )]
    MakeDirectory {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The lock file could not be opened.
    #[error("cannot write in the state directory `{path}`: check its owner and mode")]
    NotWritable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another server holds the directory.
    #[error(
        "another fyr-server uses the state directory `{0}`: stop it, or give this one another `--state`"
    )]
    InUse(PathBuf),
    /// The database could not be opened or brought to this version's form.
    #[error("cannot open the database `{path}`")]
    Database {
        /// Which.
        path: PathBuf,
        /// What `SQLite` said.
        source: sqlx::Error,
    },
}

/// Why a read or write was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The writer rolled back or is gone; it has logged why.
    #[error("the write was not committed")]
    NotCommitted,
    /// `SQLite` refused a read.
    #[error("cannot read the database")]
    Read(#[from] sqlx::Error),
    /// A stored value does not parse.
    #[error("the database holds a {what} of `{device}` that this version cannot read")]
    Unreadable {
        /// Which kind of value.
        what: &'static str,
        /// Whose.
        device: String,
    },
}

impl Store {
    /// Opens the store below `directory`, making what is missing. `changes` counts up after every
    /// commit that changed the fleet.
    pub(crate) async fn open(
        directory: &Path,
        changes: watch::Sender<u64>,
    ) -> Result<OpenStore, OpenError> {
        let lock = own(directory)?;
        let path = directory.join("fyr-server.sqlite3");
        let failed = |source| OpenError::Database {
            path: path.clone(),
            source,
        };
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A report is acknowledged only when it would survive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .disable_statement_logging();
        let mut connection = SqliteConnection::connect_with(&options)
            .await
            .map_err(failed)?;
        sqlx::migrate!()
            .run(&mut connection)
            .await
            .map_err(|error| failed(error.into()))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.create_if_missing(false).read_only(true))
            .await
            .map_err(failed)?;
        let (sender, queue) = mpsc::channel(WRITES_WAITING);
        let writer = tokio::spawn(writer::run(connection, readers.clone(), queue, changes));
        Ok(OpenStore {
            store: Self {
                readers,
                writes: sender,
            },
            writer,
            lock,
        })
    }
}

/// Makes the directory when it is missing and locks it against a second server.
fn own(directory: &Path) -> Result<File, OpenError> {
    let path = || directory.to_owned();
    if !directory.is_dir() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|source| OpenError::MakeDirectory {
                path: path(),
                source,
            })?;
    }
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(directory.join(".lock"))
        .map_err(|source| OpenError::NotWritable {
            path: path(),
            source,
        })?;
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::InUse(path())),
        Err(error) => Err(OpenError::NotWritable {
            path: path(),
            source: error.into(),
        }),
    }
}
