//! Takes verified reports into the database: what becomes of a batch, in one transaction. A report
//! without news changes one row; one with news is stored as it was signed, and changes the intervals
//! of the controls that changed. Names that were never published are left out, and so is the signed text
//! of a report that has them; nothing else is.

mod device;
mod names;
mod step;

use jiff::Timestamp;
use sqlx::Error;
use sqlx::sqlite::SqliteConnection;

use fyr_schemas::DeviceId;
use fyr_schemas::report::Report;

use self::device::Device;
use self::names::Names;
use self::step::{COST_OF_A_REPORT, Step, forget_old};
use crate::numbers::{Known, Numbers, ReportDigest};
use crate::quota::Quota;

/// How far above the highest stored number a report may be: ten lost reports an hour for a decade.
const LARGEST_JUMP: u64 = 1_000_000;

/// A report whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewReport {
    /// What it says; its number is below 2^63.
    pub(crate) report: Report,
    /// What tells it from another report under the same number.
    pub(crate) digest: ReportDigest,
    /// Its bytes as they were signed, in DEFLATE.
    pub(crate) payload: Vec<u8>,
    /// The device's signature.
    pub(crate) signature: Vec<u8>,
}

/// Reports of one device.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) device: DeviceId,
    pub(super) reports: Vec<NewReport>,
    pub(super) now: Timestamp,
}

/// What became of a batch of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IngestOutcome {
    /// All of them are stored.
    Stored {
        /// How many of them were new.
        new: u64,
        /// Whether one of them had news.
        news: bool,
    },
    /// The device was deleted.
    NotEnrolled,
    /// The device was revoked; none of this batch is stored.
    Revoked,
    /// The device has sent more than it may have stored; none of this batch is stored.
    TooMuch {
        /// When another try makes sense.
        retry_after_s: u32,
    },
    /// Another report came under one of the numbers; none of this batch is stored.
    NumberUsed {
        /// The first such number.
        number: u64,
        /// The highest number that came; the device may go on above it.
        highest: u64,
    },
    /// A number is too far above the highest for any loss; none of this batch is stored.
    NumberTooHigh {
        /// The highest number that came.
        highest: u64,
    },
}

/// Stores a batch, or says why nothing of it is stored.
pub(super) async fn ingest(
    connection: &mut SqliteConnection,
    batch: &Batch,
    quota: &mut Quota,
) -> Result<IngestOutcome, Error> {
    let Some(mut device) = Device::load(connection, &batch.device).await? else {
        return Ok(IngestOutcome::NotEnrolled);
    };
    if device.is_revoked {
        return Ok(IngestOutcome::Revoked);
    }
    let before = device.numbers.clone();
    let fresh = match sort_out(&mut device.numbers, &batch.reports) {
        Ok(fresh) => fresh,
        Err(refused) => {
            if let IngestOutcome::NumberUsed { number, .. } = refused {
                remember_reuse(connection, &device, &before, batch, number).await?;
            }
            return Ok(refused);
        }
    };
    let names = Names::look_up(connection, &device, &fresh).await?;
    device.note_ended(connection, names.controls()).await?;
    let mut highest = before.highest();
    let mut steps = Vec::new();
    for report in fresh {
        steps.push(device.step(report, highest, &names));
        highest = highest.max(report.report.sequence);
    }
    let cost = steps.iter().map(Step::cost).sum::<u64>();
    let again = batch.reports.len().saturating_sub(steps.len()) as u64;
    let cost = cost.saturating_add(again.saturating_mul(COST_OF_A_REPORT));
    if let Err(retry_after_s) = quota.take(cost, batch.now) {
        return Ok(IngestOutcome::TooMuch { retry_after_s });
    }
    if steps.is_empty() {
        return Ok(IngestOutcome::Stored {
            new: 0,
            news: false,
        });
    }
    let has_news = steps.iter().any(|step| step.has_news);
    for step in &steps {
        step.store(connection, &mut device, batch.now).await?;
    }
    if has_news {
        forget_old(connection, &mut device).await?;
    }
    let judged = device.judge(connection, &before).await?;
    let changed = judged != device.contradictions;
    device.contradictions = judged;
    device.save(connection, batch.now).await?;
    Ok(IngestOutcome::Stored {
        new: steps.len() as u64,
        news: has_news || changed,
    })
}

/// The reports that are new, in the order of their numbers.
fn sort_out<'a>(
    numbers: &mut Numbers,
    reports: &'a [NewReport],
) -> Result<Vec<&'a NewReport>, IngestOutcome> {
    let highest = numbers.highest();
    let mut sorted: Vec<&NewReport> = reports.iter().collect();
    sorted.sort_by_key(|report| report.report.sequence);
    let mut fresh = Vec::new();
    for report in sorted {
        let number = report.report.sequence;
        if number > highest.saturating_add(LARGEST_JUMP) {
            return Err(IngestOutcome::NumberTooHigh { highest });
        }
        match numbers.look_up(number, report.digest) {
            Known::New => {
                numbers.take(number, report.digest);
                fresh.push(report);
            }
            Known::Same => {}
            Known::Other | Known::Forgotten => {
                return Err(IngestOutcome::NumberUsed { number, highest });
            }
        }
    }
    Ok(fresh)
}

/// Remembers that two different reports came under one number, each number once. Only a report that
/// is known to differ counts: one of long ago may be sent again by anyone who has seen it.
async fn remember_reuse(
    connection: &mut SqliteConnection,
    device: &Device,
    numbers: &Numbers,
    batch: &Batch,
    number: u64,
) -> Result<(), Error> {
    let differs = batch.reports.iter().any(|report| {
        report.report.sequence == number && numbers.look_up(number, report.digest) == Known::Other
    });
    if differs {
        sqlx::query(
            "UPDATE device SET reused_before = reused, reused = ?2, reused_number = ?3
             WHERE number = ?1 AND reused_number IS NOT ?3",
        )
        .bind(device.number)
        .bind(batch.now.as_millisecond())
        .bind(whole(number))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

fn decode(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Decode(error.into())
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
