//! The database of a state directory for the command line: while a server runs and while none does.

use std::path::{Path, PathBuf};

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use super::{LoggedAction, Order, OrderOutcome};
use super::{OpenError, Opening, StoreError, departures, reader};
use crate::fleet::FleetRecords;

/// The opened database.
pub(crate) struct Administration(SqliteConnection);

/// Why the command line cannot work on the database.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdministrationError {
    /// There is none.
    #[error("there is no database in `{0}`: give the `--state` directory of the server")]
    NoDatabase(PathBuf),
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It cannot be read or written.
    #[error("cannot use the database")]
    Use(#[from] StoreError),
}

impl Administration {
    /// Opens the database that a server made.
    pub(crate) async fn open(directory: &Path) -> Result<Self, AdministrationError> {
        let opening = Opening::of(directory);
        if !opening.path.exists() {
            return Err(AdministrationError::NoDatabase(directory.to_owned()));
        }
        Ok(Self(opening.open().await?))
    }

    /// Every device, without its events and gaps.
    pub(crate) async fn fleet(&mut self) -> Result<FleetRecords, AdministrationError> {
        Ok(reader::fleet(&mut self.0).await?)
    }

    /// The newest entries of the log of actions, newest first.
    pub(crate) async fn actions(&mut self) -> Result<Vec<LoggedAction>, AdministrationError> {
        Ok(reader::actions(&mut self.0, None).await?)
    }

    /// Carries out one action.
    pub(crate) async fn carry_out(
        &mut self,
        order: &Order,
    ) -> Result<OrderOutcome, AdministrationError> {
        let outcome = self.write(order).await.map_err(StoreError::Read)?;
        Ok(outcome)
    }

    async fn write(&mut self, order: &Order) -> Result<OrderOutcome, sqlx::Error> {
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await?;
        let outcome = departures::carry_out(&mut transaction, order).await?;
        transaction.commit().await?;
        Ok(outcome)
    }

    /// Closes the database, so that nothing of the command line's own stays beside it.
    pub(crate) async fn close(self) -> Result<(), AdministrationError> {
        Ok(self.0.close().await.map_err(StoreError::Read)?)
    }
}
