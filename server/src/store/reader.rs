//! What is read from the store of all devices, as typed values.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;

use fyr_schemas::fleet::{Contradiction, DepartedDevice, Departure, Finding};
use fyr_schemas::report::Report;
use fyr_schemas::{ControlId, DeviceId, GroupId, OrganisationId, PeriodId};

use super::{Store, StoreError, state};
use crate::fleet::{DeviceRecord, FleetRecords, Reuse};
use crate::stands::Gaps;

/// How many entries of the log of actions are read.
const ACTIONS_SHOWN: i64 = 1_000;

/// What a report of a device is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EnrolledDevice {
    /// The key that its reports must be signed with.
    pub(crate) public_key: [u8; 32],
    /// Whose device it is.
    pub(crate) organisation: OrganisationId,
    /// The group it was enrolled into.
    pub(crate) group: GroupId,
    /// How it left the fleet, if it did.
    pub(crate) departure: Option<Departure>,
}

/// One entry of the log of what administrators did with devices.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct LoggedAction {
    /// When.
    pub(crate) at: Timestamp,
    /// Who.
    pub(crate) actor: String,
    /// What.
    pub(crate) action: String,
    /// With which device.
    pub(crate) device: String,
    /// The device in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) other: Option<String>,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    public_key: Vec<u8>,
    organisation: String,
    device_group: String,
    departure: Option<String>,
}

#[derive(sqlx::FromRow)]
struct DeviceRow {
    number: i64,
    id: String,
    device_group: String,
    departure: Option<String>,
    departed: Option<i64>,
    replaced_by: Option<String>,
    last_contact: Option<i64>,
    sequence: i64,
    missing: i64,
    latest: Option<String>,
    contradictions: String,
    reused: Option<i64>,
    reused_before: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct FindingRow {
    device: i64,
    control: String,
    since: i64,
    state: String,
}

#[derive(sqlx::FromRow)]
struct GapRow {
    device_group: String,
    running: Option<String>,
    control: String,
    devices: i64,
}

/// What the reports of a device say now.
#[derive(Default)]
struct Reported {
    latest: Option<Report>,
    contradictions: Vec<Contradiction>,
    findings: Vec<Finding>,
}

impl Store {
    /// The device with this id, when it is enrolled.
    pub(crate) async fn enrolled(
        &self,
        device: &DeviceId,
    ) -> Result<Option<EnrolledDevice>, StoreError> {
        let row: Option<KeyRow> = sqlx::query_as(
            "SELECT public_key, organisation, device_group, departure FROM device WHERE id = ?",
        )
        .bind(device.as_str())
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| row.parse(device)).transpose()
    }

    /// Every device, without its events and gaps.
    pub(crate) async fn fleet(&self) -> Result<FleetRecords, StoreError> {
        // One snapshot for both reads, so that no finding belongs to a report not yet seen.
        let mut snapshot = self.readers.begin().await?;
        let records = fleet(&mut snapshot).await;
        snapshot.rollback().await?;
        records
    }

    /// How many devices of each group have a gap in each control, by the periods that they report as
    /// running; these devices do not count.
    pub(crate) async fn gaps(&self, others: &[&DeviceId]) -> Result<Gaps, StoreError> {
        let others = serde_json::to_string(others).unwrap_or_default();
        // A report is opened once for each device, not for each of its gaps.
        let rows: Vec<GapRow> = sqlx::query_as(
            "WITH counted AS MATERIALIZED
               (SELECT number, device_group,
                       CASE WHEN json_valid(latest)
                            THEN json_extract(latest, '$.periods.running') END AS running
                FROM device
                WHERE departure IS NULL AND id NOT IN (SELECT value FROM json_each(?1)))
             SELECT counted.device_group, counted.running, control.id AS control,
                    count(*) AS devices
             FROM counted
             JOIN interval INDEXED BY gap ON interval.device = counted.number
               AND interval.until IS NULL AND interval.state = 'gap'
             JOIN control ON control.number = interval.control
             GROUP BY counted.device_group, counted.running, interval.control",
        )
        .bind(others)
        .fetch_all(&self.readers)
        .await?;
        let mut gaps = Gaps::default();
        for row in rows {
            if let Some((group, running, control)) = readable(row.parse()) {
                gaps.add(group, running, control, row.devices.unsigned_abs());
            }
        }
        Ok(gaps)
    }

    /// The newest entries of the log of actions, newest first; those of one device, if one is named.
    pub(crate) async fn actions(
        &self,
        device: Option<&DeviceId>,
    ) -> Result<Vec<LoggedAction>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        actions(&mut connection, device).await
    }
}

/// The newest entries of the log of actions, newest first; those of one device, if one is named.
pub(super) async fn actions(
    connection: &mut SqliteConnection,
    device: Option<&DeviceId>,
) -> Result<Vec<LoggedAction>, StoreError> {
    type Row = (i64, String, String, String, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT at, actor, action, device, other FROM fleet_action
         WHERE ?1 IS NULL OR device = ?1 OR other = ?1 ORDER BY number DESC LIMIT ?2",
    )
    .bind(device.map(DeviceId::as_str))
    .bind(ACTIONS_SHOWN)
    .fetch_all(&mut *connection)
    .await?;
    rows.into_iter()
        .map(|(at, actor, action, device, other)| {
            Ok(LoggedAction {
                at: time(at),
                actor,
                action,
                device,
                other,
            })
        })
        .collect()
}

/// Every device, without its events and gaps. A device whose row is damaged is logged, and hides no other.
pub(super) async fn fleet(connection: &mut SqliteConnection) -> Result<FleetRecords, StoreError> {
    let rows: Vec<DeviceRow> = sqlx::query_as(
        "SELECT number, id, device_group, departure, departed, replaced_by, last_contact,
                sequence, missing, latest, contradictions, reused, reused_before
         FROM device",
    )
    .fetch_all(&mut *connection)
    .await?;
    let found: Vec<FindingRow> = sqlx::query_as(
        "SELECT interval.device, control.id AS control, interval.since, interval.state
         FROM interval INDEXED BY finding JOIN control ON control.number = interval.control
         WHERE interval.until IS NULL AND interval.state <> 'in-force' AND interval.state <> 'gap'
         ORDER BY interval.device, control.id",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut findings: HashMap<i64, Vec<FindingRow>> = HashMap::new();
    for row in found {
        findings.entry(row.device).or_default().push(row);
    }
    let mut records = FleetRecords::default();
    for row in rows {
        let found = findings.remove(&row.number).unwrap_or_default();
        if let Some(departure) = &row.departure {
            let departure = departed(departure).ok_or_else(|| unreadable("departure", &row.id));
            let device = departure.and_then(|departure| row.into_departed(departure));
            records.departed.extend(readable(device));
        } else {
            records.devices.extend(readable(row.into_record(found)));
        }
    }
    Ok(records)
}

fn departed(text: &str) -> Option<Departure> {
    match text {
        "retired" => Some(Departure::Retired),
        "revoked" => Some(Departure::Revoked),
        _ => None,
    }
}

/// What could be read. What could not is logged.
pub(super) fn readable<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(log_unreadable).ok()
}

fn log_unreadable(error: &StoreError) {
    tracing::error!(%error, "a row of the database is not shown");
}

pub(super) fn unreadable(what: &'static str, device: &str) -> StoreError {
    StoreError::Unreadable {
        what,
        device: device.to_owned(),
    }
}

impl GapRow {
    fn parse(&self) -> Result<(GroupId, BTreeSet<PeriodId>, ControlId), StoreError> {
        let unreadable = || unreadable("gap", &self.device_group);
        let running = self.running.as_deref().map(serde_json::from_str);
        Ok((
            self.device_group.parse().map_err(|_| unreadable())?,
            running
                .transpose()
                .map_err(|_| unreadable())?
                .unwrap_or_default(),
            self.control.parse().map_err(|_| unreadable())?,
        ))
    }
}

impl KeyRow {
    fn parse(self, device: &DeviceId) -> Result<EnrolledDevice, StoreError> {
        let unreadable = |what| unreadable(what, device.as_str());
        Ok(EnrolledDevice {
            public_key: self
                .public_key
                .try_into()
                .map_err(|_| unreadable("public key"))?,
            organisation: self
                .organisation
                .parse()
                .map_err(|_| unreadable("organisation"))?,
            group: self.device_group.parse().map_err(|_| unreadable("group"))?,
            departure: self
                .departure
                .map(|text| departed(&text).ok_or_else(|| unreadable("departure")))
                .transpose()?,
        })
    }
}

impl DeviceRow {
    /// The device as it is shown. What cannot be read of its reports counts as no report, so that one
    /// device hides no other.
    fn into_record(self, found: Vec<FindingRow>) -> Result<DeviceRecord, StoreError> {
        let unreadable = |what| unreadable(what, &self.id);
        let reported = self.reported(found).unwrap_or_else(|error| {
            log_unreadable(&error);
            Reported::default()
        });
        let reuse = match (self.reused, self.reused_before) {
            (Some(last), Some(before)) => Some(Reuse {
                last: time(last),
                before: time(before),
            }),
            (_, _) => None,
        };
        Ok(DeviceRecord {
            device: self.id.parse().map_err(|_| unreadable("name"))?,
            group: self.device_group.parse().map_err(|_| unreadable("group"))?,
            last_contact: self.last_contact.map(time),
            sequence: self.sequence.unsigned_abs(),
            missing: self.missing.unsigned_abs(),
            latest: reported.latest,
            contradictions: reported.contradictions,
            reuse,
            findings: reported.findings,
        })
    }

    fn reported(&self, found: Vec<FindingRow>) -> Result<Reported, StoreError> {
        let unreadable = |what| unreadable(what, &self.id);
        let contradictions: Option<Vec<Contradiction>> =
            parse(Some(&self.contradictions), "contradiction", &self.id)?;
        let findings = found
            .into_iter()
            .map(|row| {
                Ok(Finding {
                    control: row.control.parse().map_err(|_| unreadable("control"))?,
                    state: state::read(&row.state).ok_or_else(|| unreadable("control"))?,
                    since: time(row.since),
                })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Reported {
            latest: parse(self.latest.as_deref(), "report", &self.id)?,
            contradictions: contradictions.unwrap_or_default(),
            findings,
        })
    }

    fn into_departed(self, departure: Departure) -> Result<DepartedDevice, StoreError> {
        let unreadable = |what| unreadable(what, &self.id);
        Ok(DepartedDevice {
            device: self.id.parse().map_err(|_| unreadable("name"))?,
            group: self.device_group.parse().map_err(|_| unreadable("group"))?,
            departure,
            at: time(self.departed.unwrap_or_default()),
            replaced_by: self
                .replaced_by
                .as_deref()
                .map(|id| id.parse().map_err(|_| unreadable("name")))
                .transpose()?,
            last_contact: self.last_contact.map(time),
        })
    }
}

fn parse<T: serde::de::DeserializeOwned>(
    text: Option<&str>,
    what: &'static str,
    device: &str,
) -> Result<Option<T>, StoreError> {
    text.map(|text| serde_json::from_str(text).map_err(|_| unreadable(what, device)))
        .transpose()
}

/// A stored time; the nearest one that can be shown, where it is out of bounds.
pub(super) fn time(milliseconds: i64) -> Timestamp {
    let nearest = if milliseconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_millisecond(milliseconds).unwrap_or(nearest)
}
