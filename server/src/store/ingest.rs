//! Takes verified reports into the database. A report without news changes one row; one with news
//! is stored as it was signed, and changes the intervals of the controls that changed.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use sqlx::Error;
use sqlx::sqlite::SqliteConnection;

use fyr_schemas::fleet::Contradiction;
use fyr_schemas::report::{ControlReport, Report};
use fyr_schemas::{ControlId, DeviceId, GroupId};

use super::{history, state};
use crate::fleet::EVENTS_SHOWN;
use crate::judge::judge;
use crate::numbers::{Known, Numbers, ReportDigest};
use crate::quota::Quota;

/// How far above the highest stored number a report may be: ten lost reports an hour for a decade.
const LARGEST_JUMP: u64 = 1_000_000;

/// How many intervals of one device are kept: more than ten years of ordinary use.
const MOST_INTERVALS: i64 = 20_000;

/// How many of the oldest are deleted at once when there are more.
const INTERVALS_DELETED: i64 = 2_000;

/// What a report costs of the quota beside what it stores: the row that it changes.
const COST_OF_A_REPORT: u64 = 256;

/// What a changed control costs of the quota: its row and the entries of the indices.
const COST_OF_AN_INTERVAL: u64 = 96;

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// No published bundle names this control; none of this batch is stored.
    UnknownControl {
        /// Which.
        control: ControlId,
    },
}

/// What is known of a device before a batch.
struct Device {
    number: i64,
    group: GroupId,
    is_revoked: bool,
    numbers: Numbers,
    intervals: i64,
    latest: Option<Report>,
    contradictions: String,
    /// The controls that are reported now.
    open: BTreeMap<ControlId, Open>,
    /// When the last interval of other controls ended.
    ended: HashMap<ControlId, i64>,
}

/// An interval that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    control: i64,
    since: i64,
    state: String,
}

/// What one new report changes.
struct Step<'a> {
    report: &'a NewReport,
    has_news: bool,
    /// Controls whose interval ends, and when.
    closed: Vec<(i64, i64)>,
    opened: Vec<Open>,
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
    let controls = match device.controls(connection, &fresh).await? {
        Ok(controls) => controls,
        Err(control) => return Ok(IngestOutcome::UnknownControl { control }),
    };
    let mut highest = before.highest();
    let mut steps = Vec::new();
    for report in fresh {
        steps.push(device.step(report, highest, &controls));
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

impl Device {
    async fn load(
        connection: &mut SqliteConnection,
        device: &DeviceId,
    ) -> Result<Option<Self>, Error> {
        type Row = (i64, String, bool, Vec<u8>, i64, Option<String>, String);
        let row: Option<Row> = sqlx::query_as(
            "SELECT number, device_group, departure IS 'revoked', numbers, intervals, latest,
                    contradictions
             FROM device WHERE id = ?",
        )
        .bind(device.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        let Some((number, group, is_revoked, numbers, intervals, latest, contradictions)) = row
        else {
            return Ok(None);
        };
        let open: Vec<(String, i64, i64, String)> = sqlx::query_as(
            "SELECT control.id, interval.control, interval.since, interval.state
             FROM interval JOIN control ON control.number = interval.control
             WHERE interval.device = ? AND interval.until IS NULL",
        )
        .bind(number)
        .fetch_all(&mut *connection)
        .await?;
        Ok(Some(Self {
            number,
            group: group.parse().map_err(decode)?,
            is_revoked,
            numbers: Numbers::decode(&numbers).ok_or_else(|| {
                Error::Decode("the report numbers of a device are damaged".into())
            })?,
            intervals,
            latest: latest
                .map(|latest| serde_json::from_str(&latest))
                .transpose()
                .map_err(decode)?,
            contradictions,
            open: open
                .into_iter()
                .map(|(id, control, since, state)| {
                    let open = Open {
                        control,
                        since,
                        state,
                    };
                    Ok((id.parse().map_err(decode)?, open))
                })
                .collect::<Result<_, Error>>()?,
            ended: HashMap::new(),
        }))
    }

    /// The numbers of all controls that reports name, or the first one that was never published.
    /// Notes when the last interval of those ended that were not reported before.
    async fn controls(
        &mut self,
        connection: &mut SqliteConnection,
        reports: &[&NewReport],
    ) -> Result<Result<HashMap<ControlId, i64>, ControlId>, Error> {
        let mut known: HashMap<ControlId, i64> = self
            .open
            .iter()
            .map(|(id, open)| (id.clone(), open.control))
            .collect();
        for report in reports {
            for ControlReport { control, .. } in &report.report.controls {
                if !known.contains_key(control) {
                    let Some(number) = history::control(connection, control).await? else {
                        return Ok(Err(control.clone()));
                    };
                    known.insert(control.clone(), number);
                    if let Some(ended) = last_end(connection, self.number, number).await? {
                        self.ended.insert(control.clone(), ended);
                    }
                }
            }
        }
        Ok(Ok(known))
    }

    /// What a new report changes, which then counts as known. One below the highest number that came
    /// is late: its events are remembered, and what came after it stays.
    ///
    /// What is stored of the past stays as well: another state that claims to begin before the last
    /// interval did, as after a clock was set back, begins when it is reported.
    fn step<'a>(
        &mut self,
        report: &'a NewReport,
        highest: u64,
        controls: &HashMap<ControlId, i64>,
    ) -> Step<'a> {
        let new = &report.report;
        let mut step = Step {
            report,
            has_news: !new.events.is_empty(),
            closed: Vec::new(),
            opened: Vec::new(),
        };
        if new.sequence < highest {
            return step;
        }
        let at = new.at.as_millisecond();
        let mut open = BTreeMap::new();
        for control in &new.controls {
            if open.contains_key(&control.control) {
                continue; // Named twice: the first counts.
            }
            let state = state::write(control.state);
            let before = self.open.remove(&control.control);
            let claimed = control.since.as_millisecond();
            let ended = self.ended.get(&control.control).copied();
            let last = before.as_ref().map(|before| before.since).or(ended);
            let is_later = last.is_none_or(|last| last < claimed);
            let now = match before {
                Some(before) if before.state == state && !is_later => before,
                before => {
                    let now = Open {
                        control: controls.get(&control.control).copied().unwrap_or_default(),
                        since: if is_later { claimed } else { after(last, at) },
                        state,
                    };
                    let until = |before: Open| (before.control, now.since);
                    step.closed.extend(before.map(until));
                    step.opened.push(now.clone());
                    now
                }
            };
            open.insert(control.control.clone(), now);
        }
        for (control, gone) in std::mem::replace(&mut self.open, open) {
            let until = at.max(gone.since);
            step.closed.push((gone.control, until));
            self.ended.insert(control, until);
        }
        let rest = Report {
            controls: Vec::new(),
            events: Vec::new(),
            ..new.clone()
        };
        let repeats = self.latest.as_ref().is_some_and(|latest| {
            let repeated = Report {
                sequence: rest.sequence,
                at: rest.at,
                ..latest.clone()
            };
            repeated == rest
        });
        step.has_news |= !repeats || !step.closed.is_empty() || !step.opened.is_empty();
        self.latest = Some(rest);
        step
    }

    /// Compares the newest report with what was published, as JSON.
    async fn judge(
        &self,
        connection: &mut SqliteConnection,
        before: &Numbers,
    ) -> Result<String, Error> {
        let is_new = self.numbers.highest() > before.highest();
        let (true, Some(latest)) = (is_new, &self.latest) else {
            return Ok(self.contradictions.clone());
        };
        let Some(bundle) = &latest.bundle else {
            return Ok("[]".to_owned());
        };
        let published = history::published(connection, &self.group, bundle.revision).await?;
        let newest = history::newest(connection, &self.group).await?;
        let mut report = latest.clone();
        for (control, open) in &self.open {
            report.controls.push(ControlReport {
                control: control.clone(),
                state: state::read(&open.state)
                    .ok_or_else(|| Error::Decode("the state of a control cannot be read".into()))?,
                since: latest.at,
            });
        }
        let found: Vec<Contradiction> = judge(&report, &published, newest.as_ref());
        serde_json::to_string(&found).map_err(|error| Error::Encode(error.into()))
    }

    async fn save(&self, connection: &mut SqliteConnection, now: Timestamp) -> Result<(), Error> {
        let latest = self
            .latest
            .as_ref()
            .map(serde_json::to_string)
            .transpose()
            .map_err(|error| Error::Encode(error.into()))?;
        sqlx::query(
            "UPDATE device
             SET last_contact = max(coalesce(last_contact, 0), ?2), sequence = ?3, missing = ?4,
                 numbers = ?5, intervals = ?6, latest = ?7, contradictions = ?8
             WHERE number = ?1",
        )
        .bind(self.number)
        .bind(now.as_millisecond())
        .bind(whole(self.numbers.highest()))
        .bind(whole(self.numbers.missing()))
        .bind(self.numbers.encode())
        .bind(self.intervals)
        .bind(latest)
        .bind(&self.contradictions)
        .execute(&mut *connection)
        .await?;
        Ok(())
    }
}

impl Step<'_> {
    fn cost(&self) -> u64 {
        if !self.has_news {
            return COST_OF_A_REPORT;
        }
        let events = self.report.report.events.len().min(EVENTS_SHOWN) as u64;
        let rows = (self.opened.len() as u64).saturating_add(events);
        (self.report.payload.len() as u64)
            .saturating_add(rows.saturating_mul(COST_OF_AN_INTERVAL))
            .saturating_add(COST_OF_A_REPORT)
    }

    async fn store(
        &self,
        connection: &mut SqliteConnection,
        device: &mut Device,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !self.has_news {
            return Ok(());
        }
        let sequence = whole(self.report.report.sequence);
        sqlx::query(
            "INSERT INTO report (device, sequence, received, payload, signature)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(device.number)
        .bind(sequence)
        .bind(now.as_millisecond())
        .bind(self.report.payload.as_slice())
        .bind(self.report.signature.as_slice())
        .execute(&mut *connection)
        .await?;
        remember_events(connection, device.number, &self.report.report).await?;
        for (control, until) in &self.closed {
            sqlx::query(
                "UPDATE interval SET until = ? WHERE device = ? AND control = ? AND until IS NULL",
            )
            .bind(until)
            .bind(device.number)
            .bind(control)
            .execute(&mut *connection)
            .await?;
        }
        for open in &self.opened {
            device.intervals += sqlx::query(
                "INSERT INTO interval (device, control, since, state) VALUES (?, ?, ?, ?)
                 ON CONFLICT DO NOTHING",
            )
            .bind(device.number)
            .bind(open.control)
            .bind(open.since)
            .bind(&open.state)
            .execute(&mut *connection)
            .await?
            .rows_affected()
            .cast_signed();
        }
        Ok(())
    }
}

/// The moment of a report; one after the last interval, where the device's clock is behind that.
fn after(last: Option<i64>, at: i64) -> i64 {
    last.map_or(at, |last| at.max(last.saturating_add(1)))
}

/// When the last interval of a control ended: intervals of one control follow one another.
async fn last_end(
    connection: &mut SqliteConnection,
    device: i64,
    control: i64,
) -> Result<Option<i64>, Error> {
    let end: Option<Option<i64>> = sqlx::query_scalar(
        "SELECT until FROM interval WHERE device = ? AND control = ? ORDER BY since DESC LIMIT 1",
    )
    .bind(device)
    .bind(control)
    .fetch_optional(&mut *connection)
    .await?;
    Ok(end.flatten())
}

async fn remember_events(
    connection: &mut SqliteConnection,
    device: i64,
    report: &Report,
) -> Result<(), Error> {
    let newest = report.events.len().saturating_sub(EVENTS_SHOWN);
    for (position, event) in (0_i64..).zip(&report.events).skip(newest) {
        let body = serde_json::to_string(event).map_err(|error| Error::Encode(error.into()))?;
        sqlx::query(
            "INSERT INTO recent_event (device, sequence, position, body) VALUES (?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
        )
        .bind(device)
        .bind(whole(report.sequence))
        .bind(position)
        .bind(body)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Keeps the newest events by report number, so that the order of arrival does not matter, and the
/// newest intervals.
async fn forget_old(connection: &mut SqliteConnection, device: &mut Device) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM recent_event WHERE device = ?1 AND (sequence, position) NOT IN
         (SELECT sequence, position FROM recent_event WHERE device = ?1
          ORDER BY sequence DESC, position DESC LIMIT ?2)",
    )
    .bind(device.number)
    .bind(i64::try_from(EVENTS_SHOWN).unwrap_or(i64::MAX))
    .execute(&mut *connection)
    .await?;
    if device.intervals > MOST_INTERVALS {
        let deleted = sqlx::query(
            "DELETE FROM interval WHERE device = ?1 AND (control, since) IN
             (SELECT control, since FROM interval WHERE device = ?1 AND until IS NOT NULL
              ORDER BY until LIMIT ?2)",
        )
        .bind(device.number)
        .bind(INTERVALS_DELETED)
        .execute(&mut *connection)
        .await?
        .rows_affected();
        device.intervals -= deleted.cast_signed();
    }
    Ok(())
}

fn decode(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Decode(error.into())
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
