//! Takes devices out of the fleet and back into it, and keeps who did it and when.

use std::fmt;

use jiff::Timestamp;
use sqlx::Error;
use sqlx::sqlite::SqliteConnection;

use fyr_schemas::DeviceId;

/// What an administrator does with a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FleetAction {
    /// It is no longer used: no count includes it, and its history stays.
    Retire,
    /// Its key is no longer accepted: its reports are refused.
    Revoke,
    /// It is in use again; where it was deleted, its key may enrol again.
    Restore,
    /// Everything that is stored of it is deleted; a revoked key stays refused.
    Delete,
    /// Another device took its place: it is retired.
    Replace {
        /// The other device.
        by: DeviceId,
    },
}

/// Who did something: a name for the log, of an account or of a user of the server's machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor(String);

/// One action of one administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// On which device.
    pub(crate) device: DeviceId,
    /// What.
    pub(crate) action: FleetAction,
    /// Who.
    pub(crate) actor: Actor,
    /// When.
    pub(crate) now: Timestamp,
}

/// What became of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OrderOutcome {
    /// It is done and logged.
    Done,
    /// It was so before; nothing is logged.
    Unchanged,
    /// This device is not stored.
    UnknownDevice(DeviceId),
    /// A revoked device is not merely retired.
    IsRevoked,
    /// A device cannot take its own place.
    ReplacesItself,
}

impl Actor {
    /// A user who logged in.
    pub(crate) fn account(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Anyone on the server's machine, where the page needs no login.
    pub(crate) fn this_machine() -> Self {
        Self("page without login".to_owned())
    }

    /// A user of the server's machine, at its command line.
    pub(crate) fn command_line(user: u32) -> Self {
        Self(format!("command line, user {user}"))
    }
}

impl FleetAction {
    /// The action's name in the log and in addresses.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Retire => "retire",
            Self::Revoke => "revoke",
            Self::Restore => "restore",
            Self::Delete => "delete",
            Self::Replace { .. } => "replace",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl OrderOutcome {
    /// Why nothing was done, where something is wrong.
    pub(crate) fn refusal(&self) -> Option<String> {
        match self {
            Self::Done | Self::Unchanged => None,
            Self::UnknownDevice(device) => {
                Some(format!("the device `{device}` is not stored here"))
            }
            Self::IsRevoked => {
                Some("the device is revoked already; restore it before you retire it".to_owned())
            }
            Self::ReplacesItself => {
                Some("a device cannot replace itself; name another device".to_owned())
            }
        }
    }
}

/// Carries an action out, in one transaction with its entry in the log.
pub(super) async fn carry_out(
    connection: &mut SqliteConnection,
    order: &Order,
) -> Result<OrderOutcome, Error> {
    let Some(departure) = departure(connection, &order.device).await? else {
        if order.action == FleetAction::Restore && accept_key(connection, &order.device).await? {
            log(connection, order, None).await?;
            return Ok(OrderOutcome::Done);
        }
        return Ok(OrderOutcome::UnknownDevice(order.device.clone()));
    };
    let departure = departure.as_deref();
    let other = match &order.action {
        FleetAction::Retire if departure == Some("retired") => return Ok(OrderOutcome::Unchanged),
        FleetAction::Retire if departure.is_some() => return Ok(OrderOutcome::IsRevoked),
        FleetAction::Revoke if departure == Some("revoked") => return Ok(OrderOutcome::Unchanged),
        FleetAction::Restore if departure.is_none() => return Ok(OrderOutcome::Unchanged),
        FleetAction::Replace { by } if *by == order.device => {
            return Ok(OrderOutcome::ReplacesItself);
        }
        FleetAction::Replace { by } => {
            if self::departure(connection, by).await?.is_none() {
                return Ok(OrderOutcome::UnknownDevice(by.clone()));
            }
            Some(by)
        }
        FleetAction::Retire | FleetAction::Revoke | FleetAction::Restore | FleetAction::Delete => {
            None
        }
    };
    if order.action == FleetAction::Delete && departure == Some("revoked") {
        // The key stays refused although everything else is deleted.
        sqlx::query("INSERT INTO revoked_key (device) VALUES (?) ON CONFLICT DO NOTHING")
            .bind(order.device.as_str())
            .execute(&mut *connection)
            .await?;
    }
    let statement = match order.action {
        FleetAction::Retire => {
            "UPDATE device SET departure = 'retired', departed = ?2 WHERE id = ?1 AND ?3 IS NULL"
        }
        FleetAction::Revoke => {
            "UPDATE device SET departure = 'revoked', departed = ?2 WHERE id = ?1 AND ?3 IS NULL"
        }
        FleetAction::Restore => {
            "UPDATE device SET departure = NULL, departed = NULL, replaced_by = NULL
             WHERE id = ?1 AND ?2 IS NOT NULL AND ?3 IS NULL"
        }
        FleetAction::Delete => "DELETE FROM device WHERE id = ?1 AND ?2 IS NOT NULL AND ?3 IS NULL",
        // A revoked device stays revoked.
        FleetAction::Replace { .. } => {
            "UPDATE device SET departure = coalesce(departure, 'retired'),
             departed = coalesce(departed, ?2), replaced_by = ?3 WHERE id = ?1"
        }
    };
    sqlx::query(statement)
        .bind(order.device.as_str())
        .bind(order.now.as_millisecond())
        .bind(other.map(DeviceId::as_str))
        .execute(&mut *connection)
        .await?;
    log(connection, order, other).await?;
    Ok(OrderOutcome::Done)
}

async fn log(
    connection: &mut SqliteConnection,
    order: &Order,
    other: Option<&DeviceId>,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO fleet_action (at, actor, action, device, other) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(order.now.as_millisecond())
    .bind(order.actor.to_string())
    .bind(order.action.name())
    .bind(order.device.as_str())
    .bind(other.map(DeviceId::as_str))
    .execute(&mut *connection)
    .await?;
    Ok(())
}

/// Lets the key of a deleted device enrol again. Whether it was refused before.
async fn accept_key(connection: &mut SqliteConnection, device: &DeviceId) -> Result<bool, Error> {
    let deleted = sqlx::query("DELETE FROM revoked_key WHERE device = ?")
        .bind(device.as_str())
        .execute(&mut *connection)
        .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Whether the device with this key was revoked, and is deleted now.
pub(super) async fn is_refused_key(
    connection: &mut SqliteConnection,
    device: &DeviceId,
) -> Result<bool, Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM revoked_key WHERE device = ?)")
        .bind(device.as_str())
        .fetch_one(&mut *connection)
        .await
}

/// How a device left, if it did; none where it is not stored.
async fn departure(
    connection: &mut SqliteConnection,
    device: &DeviceId,
) -> Result<Option<Option<String>>, Error> {
    sqlx::query_scalar("SELECT departure FROM device WHERE id = ?")
        .bind(device.as_str())
        .fetch_optional(&mut *connection)
        .await
}
