//! What is read from the store of single devices, when they are shown.

use std::collections::HashMap;

use jiff::Timestamp;

use fyr_schemas::fleet::Finding;
use fyr_schemas::report::{ControlState, Event};
use fyr_schemas::{ControlId, DeviceId};

use super::reader::{readable, time, unreadable};
use super::{Store, StoreError, state};
use crate::fleet::Details;

/// How a control was on a device for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PastState {
    /// Which control.
    pub(crate) control: ControlId,
    /// How it was.
    pub(crate) state: ControlState,
    /// From when.
    pub(crate) since: Timestamp,
    /// Until when; none while it is so.
    pub(crate) until: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct PastRow {
    control: String,
    since: i64,
    until: Option<i64>,
    state: String,
}

/// Of which devices details are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Devices<'a> {
    /// Those of every device.
    All,
    /// Those of these devices.
    These(&'a [DeviceId]),
}

impl Store {
    /// What is read of single devices.
    pub(crate) async fn details(&self, wanted: Devices<'_>) -> Result<Details, StoreError> {
        let ids = match wanted {
            Devices::All => None,
            Devices::These(devices) => Some(serde_json::to_string(devices).unwrap_or_default()),
        };
        Ok(Details {
            events: self.events(ids.as_deref()).await?,
            gaps: self.gaps_of(ids.as_deref()).await?,
        })
    }

    /// The newest events of devices, newest first; of all where no ids are given.
    async fn events(&self, ids: Option<&str>) -> Result<HashMap<DeviceId, Vec<Event>>, StoreError> {
        let bodies: Vec<(String, String)> = sqlx::query_as(
            "SELECT device.id, recent_event.body
             FROM recent_event JOIN device ON device.number = recent_event.device
             WHERE recent_event.device IN
               (SELECT number FROM device
                WHERE ?1 IS NULL OR id IN (SELECT value FROM json_each(?1)))
             ORDER BY recent_event.device, recent_event.sequence DESC, recent_event.position DESC",
        )
        .bind(ids)
        .fetch_all(&self.readers)
        .await?;
        let mut events: HashMap<DeviceId, Vec<Event>> = HashMap::new();
        for (device, body) in bodies {
            let event = serde_json::from_str(&body).map_err(|_| unreadable("event", &device));
            let id = device.parse().map_err(|_| unreadable("name", &device));
            if let Some((id, event)) = readable(id.and_then(|id| Ok((id, event?)))) {
                events.entry(id).or_default().push(event);
            }
        }
        Ok(events)
    }

    /// The controls of devices that a browser does not support; of all where no ids are given.
    async fn gaps_of(
        &self,
        ids: Option<&str>,
    ) -> Result<HashMap<DeviceId, Vec<Finding>>, StoreError> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT device.id, control.id, interval.since
             FROM device
             JOIN interval INDEXED BY gap ON interval.device = device.number
               AND interval.until IS NULL AND interval.state = 'gap'
             JOIN control ON control.number = interval.control
             WHERE ?1 IS NULL OR device.id IN (SELECT value FROM json_each(?1))",
        )
        .bind(ids)
        .fetch_all(&self.readers)
        .await?;
        let mut gaps: HashMap<DeviceId, Vec<Finding>> = HashMap::new();
        for (device, control, since) in rows {
            let id = device.parse().map_err(|_| unreadable("name", &device));
            let control = control.parse().map_err(|_| unreadable("control", &device));
            if let Some((id, control)) = readable(id.and_then(|id| Ok((id, control?)))) {
                gaps.entry(id).or_default().push(Finding {
                    control,
                    state: ControlState::Gap,
                    since: time(since),
                });
            }
        }
        Ok(gaps)
    }

    /// How the controls of a device were: what is so now, and before that the newest first.
    pub(crate) async fn past_states(
        &self,
        device: &DeviceId,
        most: u32,
    ) -> Result<Vec<PastState>, StoreError> {
        let rows: Vec<PastRow> = sqlx::query_as(
            "SELECT control.id AS control, since, until, state
             FROM interval JOIN control ON control.number = interval.control
             WHERE device = (SELECT number FROM device WHERE id = ?)
             ORDER BY until IS NULL DESC, until DESC, state = 'in-force', since DESC, control.id
             LIMIT ?",
        )
        .bind(device.as_str())
        .bind(most)
        .fetch_all(&self.readers)
        .await?;
        let unreadable = |what| unreadable(what, device.as_str());
        rows.into_iter()
            .map(|row| {
                Ok(PastState {
                    control: row.control.parse().map_err(|_| unreadable("control"))?,
                    state: state::read(&row.state).ok_or_else(|| unreadable("control"))?,
                    since: time(row.since),
                    until: row.until.map(time),
                })
            })
            .collect()
    }
}
