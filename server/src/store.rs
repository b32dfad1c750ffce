//! What the server remembers, in one `SQLite` file.
//!
//! One task owns the only connection that writes (`store/writer.rs`), so that many requests share
//! one commit; readers have connections of their own that cannot write.

mod administration;
mod departures;
mod details;
mod disk;
mod enrol;
mod expiry;
mod history;
mod ingest;
mod reader;
mod state;
#[cfg(test)]
mod tests;
mod writer;
#[cfg(test)]
mod year;

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use jiff::SignedDuration;
use rustix::fs::FlockOperation;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{mpsc, watch};

use crate::watch::Published;

pub(crate) use administration::Administration;
pub(crate) use departures::{Actor, FleetAction, Order, OrderOutcome};
pub(crate) use details::{Devices, PastState};
pub(crate) use disk::{Trouble, TroubleKind};
pub(crate) use enrol::{EnrolOutcome, NewDevice};
pub(crate) use ingest::{IngestOutcome, NewReport};
pub(crate) use reader::{EnrolledDevice, LoggedAction};
pub(crate) use writer::accounts::{AccountOutcome, NewAccount, NewSession};

use disk::Disk;

/// How many writes may wait for the writer; past that, requests wait at the door.
const WRITES_WAITING: usize = 1024;

/// The way to what is stored; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    readers: SqlitePool,
    writes: mpsc::Sender<writer::Write>,
    disk: Disk,
    trouble: watch::Receiver<Option<Trouble>>,
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
    /// The database could not be opened or migrated to this version.
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
    /// The disk has no room left but the reserve.
    #[error("the disk of the database is full")]
    DiskFull,
    /// `SQLite` refused a read, or a write of the command line.
    #[error("cannot read or write the database")]
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

/// What the store needs beside its directory.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// Counts up after every commit that changed the fleet.
    pub(crate) changes: watch::Sender<u64>,
    /// What is published: what reports are compared with.
    pub(crate) published: Published,
    /// How long reports are kept.
    pub(crate) keep_reports: SignedDuration,
}

/// How the database of a state directory is opened.
#[derive(Debug, Clone)]
struct Opening {
    path: PathBuf,
}

impl Opening {
    fn of(directory: &Path) -> Self {
        Self {
            path: directory.join("fyr-server.sqlite3"),
        }
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .journal_mode(SqliteJournalMode::Wal)
            // A report is acknowledged only when it would survive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .disable_statement_logging()
    }

    /// Opens it for writing, in this version's form. Boxed, because the compiler cannot show that a
    /// future with this one in it is `Send`.
    fn open(&self) -> Opened {
        let path = self.path.clone();
        let options = self
            .options()
            // What is deleted gives its room back to the file system.
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .create_if_missing(true);
        Box::pin(async move {
            let failed = |source| OpenError::Database {
                path: path.clone(),
                source,
            };
            let mut connection = SqliteConnection::connect_with(&options)
                .await
                .map_err(failed)?;
            sqlx::migrate!()
                .run_direct(None, &mut connection, false)
                .await
                .map_err(|error| failed(error.into()))?;
            Ok(connection)
        })
    }
}

type Opened = Pin<Box<dyn Future<Output = Result<SqliteConnection, OpenError>> + Send>>;

impl Store {
    /// Opens the store below `directory`, making what is missing.
    ///
    /// On a full disk it opens as well, and takes nothing until there is room: the server must go on
    /// renewing what it serves.
    pub(crate) async fn open(
        directory: &Path,
        surroundings: Surroundings,
    ) -> Result<OpenStore, OpenError> {
        let lock = own(directory)?;
        let (opening, disk) = (Opening::of(directory), Disk::of(directory));
        let connection = match opening.open().await {
            Ok(connection) => Some(connection),
            Err(error) if disk.is_full() => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the database is opened when its disk has room"
                );
                None
            }
            Err(error) => return Err(error),
        };
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_lazy_with(opening.options().create_if_missing(false).read_only(true));
        let (sender, queue) = mpsc::channel(WRITES_WAITING);
        let (trouble, known_trouble) = watch::channel(None);
        let writer = writer::Writer {
            connection,
            opening,
            disk: disk.clone(),
            readers: readers.clone(),
            queue,
            changes: surroundings.changes,
            trouble,
            published: surroundings.published,
            remembered: None,
            keep_reports: surroundings.keep_reports,
            quotas: HashMap::new(),
        };
        Ok(OpenStore {
            store: Self {
                readers,
                writes: sender,
                disk,
                trouble: known_trouble,
            },
            writer: tokio::spawn(writer.run()),
            lock,
        })
    }

    /// What keeps the database from taking reports, if anything does.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        let known = *self.trouble.borrow();
        known.or_else(|| {
            self.disk.is_full().then(|| Trouble {
                kind: TroubleKind::DiskFull,
                since: jiff::Timestamp::now(),
            })
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
