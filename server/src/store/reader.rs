//! What is read from the store, as typed values.

use std::collections::HashMap;

use jiff::Timestamp;

use fyr_schemas::report::{Event, Report};
use fyr_schemas::{DeviceId, GroupId, OrganisationId};

use super::{Store, StoreError};
use crate::fleet::DeviceRecord;

/// What a report of a device is measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EnrolledDevice {
    /// The key that its reports must be signed with.
    pub(crate) public_key: [u8; 32],
    /// Whose device it is.
    pub(crate) organisation: OrganisationId,
    /// The group it was enrolled into.
    pub(crate) group: GroupId,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    public_key: Vec<u8>,
    organisation: String,
    device_group: String,
}

#[derive(sqlx::FromRow)]
struct DeviceRow {
    id: String,
    device_group: String,
    last_contact: Option<i64>,
    sequence: i64,
    reports: i64,
    latest: Option<Vec<u8>>,
}

impl Store {
    /// The device with this id, when it is enrolled.
    pub(crate) async fn enrolled(
        &self,
        device: &DeviceId,
    ) -> Result<Option<EnrolledDevice>, StoreError> {
        let row: Option<KeyRow> = sqlx::query_as(
            "SELECT public_key, organisation, device_group FROM device WHERE id = ?",
        )
        .bind(device.as_str())
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| row.parse(device)).transpose()
    }

    /// Every enrolled device with its latest report and newest events.
    pub(crate) async fn fleet(&self) -> Result<Vec<DeviceRecord>, StoreError> {
        // One snapshot for both reads, so that no event belongs to a report not yet seen.
        let mut snapshot = self.readers.begin().await?;
        let rows: Vec<DeviceRow> = sqlx::query_as(
            "SELECT device.id, device.device_group, device.last_contact, device.sequence,
                    device.reports, report.payload AS latest
             FROM device LEFT JOIN report
             ON report.device = device.id AND report.sequence = device.sequence",
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let bodies: Vec<(String, String)> = sqlx::query_as(
            "SELECT device, body FROM recent_event ORDER BY device, sequence DESC, position DESC",
        )
        .fetch_all(&mut *snapshot)
        .await?;
        snapshot.rollback().await?;
        let mut events = events_by_device(bodies)?;
        rows.into_iter()
            .map(|row| {
                let events = events.remove(&row.id).unwrap_or_default();
                row.parse(events)
            })
            .collect()
    }
}

impl KeyRow {
    fn parse(self, device: &DeviceId) -> Result<EnrolledDevice, StoreError> {
        let unreadable = |what| StoreError::Unreadable {
            what,
            device: device.to_string(),
        };
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
        })
    }
}

impl DeviceRow {
    fn parse(self, events: Vec<Event>) -> Result<DeviceRecord, StoreError> {
        let unreadable = |what| StoreError::Unreadable {
            what,
            device: self.id.clone(),
        };
        let latest: Option<Report> = self
            .latest
            .map(|payload| serde_json::from_slice(&payload))
            .transpose()
            .map_err(|_| unreadable("report"))?;
        Ok(DeviceRecord {
            device: self.id.parse().map_err(|_| unreadable("name"))?,
            group: self.device_group.parse().map_err(|_| unreadable("group"))?,
            last_contact: self
                .last_contact
                .map(Timestamp::from_millisecond)
                .transpose()
                .map_err(|_| unreadable("time"))?,
            sequence: self.sequence.unsigned_abs(),
            reports: self.reports.unsigned_abs(),
            latest,
            events,
        })
    }
}

fn events_by_device(
    bodies: Vec<(String, String)>,
) -> Result<HashMap<String, Vec<Event>>, StoreError> {
    let mut events: HashMap<String, Vec<Event>> = HashMap::new();
    for (device, body) in bodies {
        match serde_json::from_str(&body) {
            Ok(event) => events.entry(device).or_default().push(event),
            Err(_) => {
                return Err(StoreError::Unreadable {
                    what: "event",
                    device,
                });
            }
        }
    }
    Ok(events)
}
