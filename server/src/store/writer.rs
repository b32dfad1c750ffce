//! The only task that writes: it gathers what waits into one transaction, so that a burst of
//! reports costs one flush of the disk, and answers each request after the commit.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteTransaction};
use sqlx::{Connection, Error};
use tokio::sync::{mpsc, oneshot, watch};

use fyr_schemas::enrolment::EnrolmentToken;
use fyr_schemas::report::Event;
use fyr_schemas::{DeviceId, GroupId, OrganisationId};

use super::accounts::AccountWrite;
use super::{Store, StoreError};
use crate::fleet::EVENTS_TOLD;
use crate::quota::Quota;

/// How many writes share one commit at most.
const COMMIT_AT_MOST: usize = 256;

/// How far above the highest stored number a report may be: ten lost reports an hour for a decade.
const LARGEST_JUMP: i64 = 1_000_000;

/// A device that showed a valid token and its own key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewDevice {
    /// Follows from the key.
    pub(crate) device: DeviceId,
    /// Its Ed25519 key.
    pub(crate) public_key: [u8; 32],
    /// The token, already verified.
    pub(crate) token: EnrolmentToken,
    /// When it asked.
    pub(crate) now: Timestamp,
}

/// What became of an enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EnrolOutcome {
    /// The device is enrolled, now or since an earlier try with the same token.
    Enrolled,
    /// As many other devices as the token allows have joined with it.
    TokenUsedUp,
}

/// A report whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewReport {
    /// Its number; below 2^63.
    pub(crate) sequence: i64,
    /// Its events, oldest first.
    pub(crate) events: Vec<Event>,
    /// Its bytes as they were signed.
    pub(crate) payload: Vec<u8>,
    /// Its signatures, as JSON.
    pub(crate) signatures: String,
}

/// What became of a batch of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IngestOutcome {
    /// All of them are stored; `new` of them were not before.
    Stored {
        /// How many were new.
        new: u64,
    },
    /// The device has sent too many new reports; none of this batch is stored.
    TooMany {
        /// When another try makes sense.
        retry_after_s: u32,
    },
    /// Another report is stored under one of the numbers; none of this batch is stored.
    NumberUsed {
        /// The first such number.
        number: u64,
        /// The highest number stored; the device may go on above it.
        highest: u64,
    },
    /// A number is too far above the highest for any loss; none of this batch is stored.
    NumberTooHigh {
        /// The highest number stored.
        highest: u64,
    },
}

/// One change, and whom to answer once it is committed.
#[derive(Debug)]
pub(super) enum Write {
    Enrol(Box<NewDevice>, oneshot::Sender<EnrolOutcome>),
    Ingest(Batch, oneshot::Sender<IngestOutcome>),
    Account(AccountWrite),
}

#[derive(Debug)]
pub(super) struct Batch {
    device: DeviceId,
    reports: Vec<NewReport>,
    now: Timestamp,
}

/// An answer that waits for the commit. Dropped unsent, it tells the requester that nothing was stored.
pub(super) struct Settled {
    answer: Box<dyn FnOnce() + Send>,
    fleet_changed: bool,
}

impl Settled {
    pub(super) fn new<T: Send + 'static>(reply: oneshot::Sender<T>, outcome: T) -> Self {
        Self {
            // A requester that went away needs no answer.
            answer: Box::new(move || drop(reply.send(outcome))),
            fleet_changed: false,
        }
    }

    fn changing_the_fleet(mut self) -> Self {
        self.fleet_changed = true;
        self
    }
}

impl Store {
    /// Enrols a device. The token's uses are counted with the device, in one commit.
    pub(crate) async fn enrol(&self, device: NewDevice) -> Result<EnrolOutcome, StoreError> {
        self.write(|reply| Write::Enrol(Box::new(device), reply))
            .await
    }

    /// Stores reports of one enrolled device; those already stored are left as they are.
    pub(crate) async fn ingest(
        &self,
        device: DeviceId,
        reports: Vec<NewReport>,
        now: Timestamp,
    ) -> Result<IngestOutcome, StoreError> {
        let batch = Batch {
            device,
            reports,
            now,
        };
        self.write(|reply| Write::Ingest(batch, reply)).await
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

/// Takes writes until every sender is gone, then closes the database.
pub(super) async fn run(
    mut connection: SqliteConnection,
    readers: SqlitePool,
    mut queue: mpsc::Receiver<Write>,
    changes: watch::Sender<u64>,
) {
    let mut quotas = HashMap::new();
    let mut gathered = Vec::with_capacity(COMMIT_AT_MOST);
    while queue.recv_many(&mut gathered, COMMIT_AT_MOST).await > 0 {
        match commit(&mut connection, gathered.drain(..), &mut quotas).await {
            Ok(settled) => {
                let fleet_changed = settled.iter().any(|one| one.fleet_changed);
                for one in settled {
                    (one.answer)();
                }
                if fleet_changed {
                    changes.send_modify(|count| *count += 1);
                }
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "writes rolled back"
                );
            }
        }
    }
    // The last connection takes the write-ahead log away, and one that only reads cannot.
    readers.close().await;
    if let Err(error) = connection.close().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "database closed uncleanly"
        );
    }
}

async fn commit(
    connection: &mut SqliteConnection,
    writes: impl Iterator<Item = Write>,
    quotas: &mut HashMap<DeviceId, Quota>,
) -> Result<Vec<Settled>, Error> {
    let mut transaction = connection.begin().await?;
    let mut settled = Vec::new();
    for write in writes {
        settled.push(match write {
            Write::Enrol(device, reply) => {
                let outcome = enrol(&mut transaction, &device).await?;
                Settled::new(reply, outcome).changing_the_fleet()
            }
            Write::Ingest(batch, reply) => {
                let quota = quotas
                    .entry(batch.device.clone())
                    .or_insert_with(|| Quota::full(batch.now));
                let outcome = ingest(&mut transaction, &batch, quota).await?;
                Settled::new(reply, outcome).changing_the_fleet()
            }
            Write::Account(write) => write.apply(&mut transaction).await?,
        });
    }
    transaction.commit().await?;
    Ok(settled)
}

async fn enrol(
    transaction: &mut SqliteTransaction<'_>,
    new: &NewDevice,
) -> Result<EnrolOutcome, Error> {
    let EnrolmentToken {
        organisation,
        group,
        nonce,
        devices,
        ..
    } = &new.token;
    let device = new.device.as_str();
    let (mine, all): (i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE device = ?2), count(*) FROM token_use WHERE nonce = ?1",
    )
    .bind(nonce)
    .bind(device)
    .fetch_one(&mut **transaction)
    .await?;
    if mine > 0 {
        // The answer to an earlier try was lost. An old token moves nobody to another group.
        return Ok(EnrolOutcome::Enrolled);
    }
    if all >= i64::from(*devices) {
        return Ok(EnrolOutcome::TokenUsedUp);
    }
    place(transaction, new, organisation, group).await?;
    sqlx::query("INSERT INTO token_use (nonce, device) VALUES (?, ?)")
        .bind(nonce)
        .bind(device)
        .execute(&mut **transaction)
        .await?;
    Ok(EnrolOutcome::Enrolled)
}

/// Puts a device into its group: a new one, or a known one that showed another token.
async fn place(
    transaction: &mut SqliteTransaction<'_>,
    new: &NewDevice,
    organisation: &OrganisationId,
    group: &GroupId,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO device (id, public_key, organisation, device_group, enrolled)
         VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE
         SET organisation = excluded.organisation, device_group = excluded.device_group",
    )
    .bind(new.device.as_str())
    .bind(new.public_key.as_slice())
    .bind(organisation.as_str())
    .bind(group.as_str())
    .bind(new.now.as_millisecond())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn ingest(
    transaction: &mut SqliteTransaction<'_>,
    batch: &Batch,
    quota: &mut Quota,
) -> Result<IngestOutcome, Error> {
    let device = batch.device.as_str();
    if let Err(retry_after_s) = quota.take(batch.reports.len(), batch.now) {
        return Ok(IngestOutcome::TooMany { retry_after_s });
    }
    if let Some(refused) = contradiction(transaction, batch).await? {
        return Ok(refused);
    }
    let mut new: i64 = 0;
    let mut highest = 0;
    for report in &batch.reports {
        highest = highest.max(report.sequence);
        let inserted = sqlx::query(
            "INSERT INTO report (device, sequence, received, payload, signatures)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(device)
        .bind(report.sequence)
        .bind(batch.now.as_millisecond())
        .bind(report.payload.as_slice())
        .bind(&report.signatures)
        .execute(&mut **transaction)
        .await?
        .rows_affected();
        if inserted > 0 {
            new += 1;
            remember_events(transaction, device, report).await?;
        }
    }
    if new > 0 {
        forget_old_events(transaction, device).await?;
    }
    sqlx::query(
        "UPDATE device
         SET last_contact = max(coalesce(last_contact, 0), ?2),
             sequence = max(sequence, ?3),
             reports = reports + ?4
         WHERE id = ?1",
    )
    .bind(device)
    .bind(batch.now.as_millisecond())
    .bind(highest)
    .bind(new)
    .execute(&mut **transaction)
    .await?;
    Ok(IngestOutcome::Stored {
        new: new.unsigned_abs(),
    })
}

/// Why the numbers of a batch cannot be true, if they cannot.
async fn contradiction(
    transaction: &mut SqliteTransaction<'_>,
    batch: &Batch,
) -> Result<Option<IngestOutcome>, Error> {
    let device = batch.device.as_str();
    let highest: Option<i64> = sqlx::query_scalar("SELECT sequence FROM device WHERE id = ?")
        .bind(device)
        .fetch_optional(&mut **transaction)
        .await?;
    let stored = highest.unwrap_or_default();
    let highest = stored.unsigned_abs();
    let mut payloads: HashMap<i64, &[u8]> = HashMap::new();
    for report in &batch.reports {
        if report.sequence > stored.saturating_add(LARGEST_JUMP) {
            return Ok(Some(IngestOutcome::NumberTooHigh { highest }));
        }
        let before: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT payload FROM report WHERE device = ? AND sequence = ?")
                .bind(device)
                .bind(report.sequence)
                .fetch_optional(&mut **transaction)
                .await?;
        let beside = payloads.insert(report.sequence, &report.payload);
        let contradicts = |payload: &[u8]| payload != report.payload;
        if before.as_deref().is_some_and(contradicts) || beside.is_some_and(contradicts) {
            return Ok(Some(IngestOutcome::NumberUsed {
                number: report.sequence.unsigned_abs(),
                highest,
            }));
        }
    }
    Ok(None)
}

async fn remember_events(
    transaction: &mut SqliteTransaction<'_>,
    device: &str,
    report: &NewReport,
) -> Result<(), Error> {
    let newest = report.events.len().saturating_sub(EVENTS_TOLD);
    for (position, event) in (0_i64..).zip(&report.events).skip(newest) {
        let body = serde_json::to_string(event).map_err(|error| Error::Encode(error.into()))?;
        sqlx::query(
            "INSERT INTO recent_event (device, sequence, position, body) VALUES (?, ?, ?, ?)",
        )
        .bind(device)
        .bind(report.sequence)
        .bind(position)
        .bind(body)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// Keeps the newest events by report number, so that the order of arrival does not matter.
async fn forget_old_events(
    transaction: &mut SqliteTransaction<'_>,
    device: &str,
) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM recent_event WHERE device = ?1 AND (sequence, position) NOT IN
         (SELECT sequence, position FROM recent_event WHERE device = ?1
          ORDER BY sequence DESC, position DESC LIMIT ?2)",
    )
    .bind(device)
    .bind(i64::try_from(EVENTS_TOLD).unwrap_or(i64::MAX))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
