//! What one new report changes: its cost, its events, and the intervals that it ends and begins.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::Error;
use sqlx::sqlite::SqliteConnection;

use fyr_schemas::report::Report;

use super::device::{Device, Open};
use super::names::Names;
use super::{NewReport, whole};
use crate::fleet::EVENTS_SHOWN;
use crate::store::state;

/// How many intervals of one device are kept: more than ten years of ordinary use.
const MOST_INTERVALS: i64 = 20_000;

/// How many of the oldest are deleted at once when there are more.
const INTERVALS_DELETED: i64 = 2_000;

/// What a report costs of the quota beside what it stores: the row that it changes.
pub(super) const COST_OF_A_REPORT: u64 = 256;

/// What a changed control costs of the quota: its row and the entries of the indices.
const COST_OF_AN_INTERVAL: u64 = 96;

/// What one new report changes.
pub(super) struct Step<'a> {
    report: &'a NewReport,
    /// Whether it may be stored as it was signed: every name in it was published.
    is_publishable: bool,
    pub(super) has_news: bool,
    /// Controls whose interval ends, and when.
    closed: Vec<(i64, i64)>,
    opened: Vec<Open>,
}

impl Device {
    /// What a new report changes, which then counts as known. One below the highest number that came
    /// is late: its events are remembered, and what came after it stays.
    ///
    /// What is stored of the past stays as well: another state that claims to begin before the last
    /// interval did, as after a clock was set back, begins when it is reported.
    pub(super) fn step<'a>(
        &mut self,
        report: &'a NewReport,
        highest: u64,
        names: &Names,
    ) -> Step<'a> {
        let (new, unpublished) = names.published_part(&report.report);
        let mut step = Step {
            report,
            is_publishable: unpublished.is_none(),
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
            let Some(number) = names.controls().get(&control.control) else {
                continue; // Only those with a number are left.
            };
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
                        control: *number,
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
            ..new.into_owned()
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
        self.unpublished = unpublished;
        step
    }
}

impl Step<'_> {
    pub(super) fn cost(&self) -> u64 {
        if !self.has_news {
            return COST_OF_A_REPORT;
        }
        let events = self.report.report.events.len().min(EVENTS_SHOWN) as u64;
        let rows = (self.opened.len() as u64).saturating_add(events);
        (self.report.payload.len() as u64)
            .saturating_add(rows.saturating_mul(COST_OF_AN_INTERVAL))
            .saturating_add(COST_OF_A_REPORT)
    }

    pub(super) async fn store(
        &self,
        connection: &mut SqliteConnection,
        device: &mut Device,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !self.has_news {
            return Ok(());
        }
        if self.is_publishable {
            self.store_as_signed(connection, device.number, now).await?;
        }
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

impl Step<'_> {
    async fn store_as_signed(
        &self,
        connection: &mut SqliteConnection,
        device: i64,
        now: Timestamp,
    ) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO report (device, sequence, received, payload, signature)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(device)
        .bind(whole(self.report.report.sequence))
        .bind(now.as_millisecond())
        .bind(self.report.payload.as_slice())
        .bind(self.report.signature.as_slice())
        .execute(&mut *connection)
        .await?;
        Ok(())
    }
}

/// The moment of a report; one after the last interval, where the device's clock is behind that.
fn after(last: Option<i64>, at: i64) -> i64 {
    last.map_or(at, |last| at.max(last.saturating_add(1)))
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
pub(super) async fn forget_old(
    connection: &mut SqliteConnection,
    device: &mut Device,
) -> Result<(), Error> {
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
