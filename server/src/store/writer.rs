//! The only task of the server that writes: it gathers what waits into one transaction, so that a
//! burst of reports costs one flush of the disk, and answers each request after the commit.

pub(super) mod accounts;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{Connection, Error};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use fyr_schemas::DeviceId;

use self::accounts::AccountWrite;
use super::departures::{Order, OrderOutcome, carry_out};
use super::disk::{Disk, Trouble, TroubleKind};
use super::enrol::{EnrolOutcome, NewDevice, enrol};
use super::ingest::{Batch, IngestOutcome, NewReport, ingest};
use super::{Opening, Store, StoreError, expiry, history};
use crate::publication::Publication;
use crate::quota::Quota;
use crate::watch::Published;

/// How many writes share one commit at most.
const COMMIT_AT_MOST: usize = 256;

/// How often old reports are looked for.
const EXPIRY_EVERY: Duration = Duration::from_hours(1);

/// The pause between two slices of a long deletion, in which other writes are done.
const BETWEEN_SLICES: Duration = Duration::from_millis(20);

/// How often a database that failed is tried again, and the disk is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// One change, and whom to answer once it is committed.
#[derive(Debug)]
pub(super) enum Write {
    Enrol(Box<NewDevice>, oneshot::Sender<EnrolOutcome>),
    Ingest(Batch, oneshot::Sender<IngestOutcome>),
    Order(Order, oneshot::Sender<OrderOutcome>),
    Account(AccountWrite),
}

/// An answer that waits for the commit. Dropped unsent, it says that nothing was stored.
pub(super) struct Settled {
    answer: Box<dyn FnOnce() + Send>,
    changes_the_fleet: bool,
}

impl Settled {
    pub(super) fn new<T: Send + 'static>(reply: oneshot::Sender<T>, outcome: T) -> Self {
        Self {
            // A requester that went away needs no answer.
            answer: Box::new(move || drop(reply.send(outcome))),
            changes_the_fleet: false,
        }
    }

    fn changing_the_fleet(mut self, changes: bool) -> Self {
        self.changes_the_fleet = changes;
        self
    }
}

impl Store {
    /// Enrols a device. The token's uses are counted with the device, in one commit.
    pub(crate) async fn enrol(&self, device: NewDevice) -> Result<EnrolOutcome, StoreError> {
        self.leave_the_reserve()?;
        self.write(|reply| Write::Enrol(Box::new(device), reply))
            .await
    }

    /// Stores reports of one enrolled device; those already stored change nothing.
    pub(crate) async fn ingest(
        &self,
        device: DeviceId,
        reports: Vec<NewReport>,
        now: Timestamp,
    ) -> Result<IngestOutcome, StoreError> {
        self.leave_the_reserve()?;
        let batch = Batch {
            device,
            reports,
            now,
        };
        self.write(|reply| Write::Ingest(batch, reply)).await
    }

    /// Carries out what an administrator does with a device.
    pub(crate) async fn carry_out(&self, order: Order) -> Result<OrderOutcome, StoreError> {
        self.write(|reply| Write::Order(order, reply)).await
    }

    fn leave_the_reserve(&self) -> Result<(), StoreError> {
        if self.disk.is_full() {
            Err(StoreError::DiskFull)
        } else {
            Ok(())
        }
    }

    /// Hands a write to the writer and waits until it is on the disk.
    pub(super) async fn write<T>(
        &self,
        write: impl FnOnce(oneshot::Sender<T>) -> Write,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.writes
            .send(write(reply))
            .await
            .map_err(|_| StoreError::NotCommitted)?;
        answer.await.map_err(|_| StoreError::NotCommitted)
    }
}

type Committing<'a> = Pin<Box<dyn Future<Output = Result<Vec<Settled>, Error>> + Send + 'a>>;

/// What the writer owns.
pub(super) struct Writer {
    /// None while the database cannot be opened.
    pub(super) connection: Option<SqliteConnection>,
    /// How it is opened.
    pub(super) opening: Opening,
    pub(super) disk: Disk,
    pub(super) readers: SqlitePool,
    pub(super) queue: mpsc::Receiver<Write>,
    /// Counts up after every commit that changed the fleet.
    pub(super) changes: watch::Sender<u64>,
    /// What is wrong with the database.
    pub(super) trouble: watch::Sender<Option<Trouble>>,
    /// What is published.
    pub(super) published: Published,
    /// The publication that is remembered in the database.
    pub(super) remembered: Option<Arc<Publication>>,
    /// How long reports are kept.
    pub(super) keep_reports: SignedDuration,
    pub(super) quotas: HashMap<DeviceId, Quota>,
}

impl Writer {
    /// Takes writes until every sender is gone, then closes the database.
    pub(super) async fn run(mut self) {
        let mut gathered = Vec::with_capacity(COMMIT_AT_MOST);
        let mut next_expiry = Instant::now();
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                count = self.queue.recv_many(&mut gathered, COMMIT_AT_MOST) => {
                    if count == 0 {
                        break;
                    }
                    let gathered = std::mem::take(&mut gathered);
                    let done = self.commit(gathered).await;
                    self.answer(done);
                }
                changed = self.published.changed(), if self.published.has_changed().is_ok() => {
                    // A report may never come between this publication and the next.
                    if changed.is_ok() {
                        let done = self.commit(Vec::new()).await;
                        self.answer(done);
                    }
                }
                () = tokio::time::sleep_until(next_expiry) => {
                    let pause = self.expire().await;
                    next_expiry = Instant::now() + pause;
                }
                _ = look.tick() => self.look().await,
            }
        }
        // The last connection takes the write-ahead log away, and one that only reads cannot.
        self.readers.close().await;
        if let Some(connection) = self.connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "database closed uncleanly"
            );
        }
    }

    fn answer(&mut self, done: Result<Vec<Settled>, Error>) {
        match done {
            Ok(settled) => {
                let fleet_changed = settled.iter().any(|one| one.changes_the_fleet);
                for one in settled {
                    (one.answer)();
                }
                if fleet_changed {
                    self.changes.send_modify(|count| *count += 1);
                }
                self.is_written();
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "writes rolled back"
                );
                self.is_failing();
            }
        }
    }

    /// Boxed, because the compiler cannot show that the whole of the writer's future is `Send`.
    fn commit(&mut self, writes: Vec<Write>) -> Committing<'_> {
        Box::pin(self.commit_all(writes))
    }

    async fn commit_all(&mut self, writes: Vec<Write>) -> Result<Vec<Settled>, Error> {
        let connection = self.connection.as_mut().ok_or(Error::PoolClosed)?;
        // At once for writing, because the command line may write between a read and a write.
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let published = self.published.borrow().clone();
        let newest = published.filter(|newest| {
            let remembered = self.remembered.as_ref();
            remembered.is_none_or(|remembered| !Arc::ptr_eq(remembered, newest))
        });
        if let Some(publication) = &newest {
            history::record(&mut transaction, publication).await?;
        }
        let mut settled = Vec::new();
        let mut spent = HashMap::new();
        for write in writes {
            settled.push(match write {
                Write::Enrol(device, reply) => {
                    let outcome = enrol(&mut transaction, &device).await?;
                    Settled::new(reply, outcome).changing_the_fleet(true)
                }
                Write::Ingest(batch, reply) => {
                    // Spent for good only where the transaction is committed.
                    let quota = spent.entry(batch.device.clone()).or_insert_with(|| {
                        let before = self.quotas.get(&batch.device).cloned();
                        before.unwrap_or_else(|| Quota::full(batch.now))
                    });
                    let outcome = ingest(&mut transaction, &batch, quota).await?;
                    let changes = match &outcome {
                        IngestOutcome::Stored { news, .. } => *news,
                        IngestOutcome::NumberUsed { .. } => true,
                        IngestOutcome::NotEnrolled
                        | IngestOutcome::Revoked
                        | IngestOutcome::TooMuch { .. }
                        | IngestOutcome::NumberTooHigh { .. } => false,
                    };
                    Settled::new(reply, outcome).changing_the_fleet(changes)
                }
                Write::Order(order, reply) => {
                    let outcome = carry_out(&mut transaction, &order).await?;
                    Settled::new(reply, outcome).changing_the_fleet(true)
                }
                Write::Account(write) => write.apply(&mut transaction).await?,
            });
        }
        transaction.commit().await?;
        self.quotas.extend(spent);
        if newest.is_some() {
            self.remembered = newest;
        }
        Ok(settled)
    }

    /// Deletes one slice of what is kept no longer. Returns when the next slice is due.
    async fn expire(&mut self) -> Duration {
        let Some(connection) = &mut self.connection else {
            return LOOK_EVERY;
        };
        let now = Timestamp::now();
        let before = now.checked_sub(self.keep_reports).unwrap_or(Timestamp::MIN);
        match expiry::slice(connection, before).await {
            Ok(expiry::Rest::Some) => BETWEEN_SLICES,
            Ok(expiry::Rest::None) => EXPIRY_EVERY,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "old reports are not deleted"
                );
                EXPIRY_EVERY
            }
        }
    }

    /// Looks at the disk, and opens a database that could not be opened before.
    async fn look(&mut self) {
        if self.connection.is_none() {
            match self.opening.open().await {
                Ok(connection) => {
                    self.connection = Some(connection);
                    let done = self.commit(Vec::new()).await;
                    self.answer(done);
                }
                Err(_) => self.is_failing(),
            }
        } else if self.disk.is_full() {
            self.report(TroubleKind::DiskFull);
        } else if self.trouble.borrow().is_some() {
            // Whether it can be written again shows in a commit alone.
            let done = self.commit(Vec::new()).await;
            self.answer(done);
        }
    }

    fn is_written(&mut self) {
        if self.disk.is_full() {
            self.report(TroubleKind::DiskFull);
        } else if self.trouble.borrow().is_some() {
            tracing::info!("the database takes reports again");
            self.trouble.send_replace(None);
        }
    }

    fn is_failing(&self) {
        self.report(if self.disk.is_full() {
            TroubleKind::DiskFull
        } else {
            TroubleKind::Failing
        });
    }

    fn report(&self, kind: TroubleKind) {
        let known = *self.trouble.borrow();
        if known.is_none_or(|known| known.kind != kind) {
            tracing::error!("{}", kind.words());
            let since = known.map_or_else(Timestamp::now, |known| known.since);
            self.trouble.send_replace(Some(Trouble { kind, since }));
        }
    }
}
