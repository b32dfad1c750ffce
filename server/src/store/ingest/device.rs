//! What is stored of a device before a batch of its reports, and after it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use sqlx::Error;
use sqlx::sqlite::SqliteConnection;

use fyr_schemas::report::{ControlReport, Report};
use fyr_schemas::{ControlId, DeviceId, GroupId};

use super::{decode, whole};
use crate::judge::{Unpublished, judge};
use crate::numbers::Numbers;
use crate::store::{history, state};

/// What is known of a device before a batch.
pub(super) struct Device {
    pub(super) number: i64,
    pub(super) group: GroupId,
    pub(super) is_revoked: bool,
    pub(super) numbers: Numbers,
    pub(super) intervals: i64,
    pub(super) latest: Option<Report>,
    /// How many names of the newest report of this batch were never published.
    pub(super) unpublished: Unpublished,
    pub(super) contradictions: String,
    /// The controls that are reported now.
    pub(super) open: BTreeMap<ControlId, Open>,
    /// When the last interval of other controls ended.
    pub(super) ended: HashMap<ControlId, i64>,
}

/// An interval that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) control: i64,
    pub(super) since: i64,
    pub(super) state: String,
}

impl Device {
    pub(super) async fn load(
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
            unpublished: Unpublished::default(),
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

    /// Notes when the last interval ended of controls that are not reported now.
    pub(super) async fn note_ended(
        &mut self,
        connection: &mut SqliteConnection,
        controls: &HashMap<ControlId, i64>,
    ) -> Result<(), Error> {
        for (control, number) in controls {
            if !self.open.contains_key(control)
                && let Some(ended) = last_end(connection, self.number, *number).await?
            {
                self.ended.insert(control.clone(), ended);
            }
        }
        Ok(())
    }

    /// Compares the newest report with what was published, as JSON.
    pub(super) async fn judge(
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
        let found = judge(&report, self.unpublished, &published, newest.as_ref());
        serde_json::to_string(&found).map_err(|error| Error::Encode(error.into()))
    }

    pub(super) async fn save(
        &self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<(), Error> {
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
