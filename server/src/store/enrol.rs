//! Takes enrolled devices into the database.

use jiff::Timestamp;
use sqlx::Error;
use sqlx::sqlite::SqliteConnection;

use fyr_schemas::DeviceId;
use fyr_schemas::enrolment::EnrolmentToken;

use super::departures::is_refused_key;

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
    /// The device's key was revoked.
    Revoked,
}

/// Enrols a device. The token's uses are counted with the device.
pub(super) async fn enrol(
    connection: &mut SqliteConnection,
    new: &NewDevice,
) -> Result<EnrolOutcome, Error> {
    let nonce = &new.token.nonce;
    let known: Option<(i64, Option<String>)> =
        sqlx::query_as("SELECT number, departure FROM device WHERE id = ?")
            .bind(new.device.as_str())
            .fetch_optional(&mut *connection)
            .await?;
    let is_revoked = match &known {
        Some((_, departure)) => departure.as_deref() == Some("revoked"),
        None => is_refused_key(connection, &new.device).await?,
    };
    if is_revoked {
        return Ok(EnrolOutcome::Revoked);
    }
    let (mine, all): (i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE device = ?2), count(*) FROM token_use WHERE nonce = ?1",
    )
    .bind(nonce)
    .bind(known.map(|(number, _)| number))
    .fetch_one(&mut *connection)
    .await?;
    if mine > 0 {
        // The answer to an earlier try was lost. An old token moves no device to another group.
        return Ok(EnrolOutcome::Enrolled);
    }
    if all >= i64::from(new.token.devices) {
        return Ok(EnrolOutcome::TokenUsedUp);
    }
    let number = place(connection, new).await?;
    sqlx::query("INSERT INTO token_use (nonce, device) VALUES (?, ?)")
        .bind(nonce)
        .bind(number)
        .execute(&mut *connection)
        .await?;
    Ok(EnrolOutcome::Enrolled)
}

/// Puts a device into its group: a new one, or a known one that showed another token, which is in
/// use again.
async fn place(connection: &mut SqliteConnection, new: &NewDevice) -> Result<i64, Error> {
    sqlx::query_scalar(
        "INSERT INTO device (id, public_key, organisation, device_group, enrolled)
         VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE
         SET organisation = excluded.organisation, device_group = excluded.device_group,
             departure = NULL, departed = NULL, replaced_by = NULL
         RETURNING number",
    )
    .bind(new.device.as_str())
    .bind(new.public_key.as_slice())
    .bind(new.token.organisation.as_str())
    .bind(new.token.group.as_str())
    .bind(new.now.as_millisecond())
    .fetch_one(&mut *connection)
    .await
}
