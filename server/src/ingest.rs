//! Takes reports: each must be signed by the enrolled device that it names, and is acknowledged only
//! once it would survive a power cut. A report that came before changes nothing.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use fyr_schemas::DeviceId;
use fyr_schemas::envelope::{Envelope, PayloadType};
use fyr_schemas::fleet::Departure;
use fyr_schemas::report::{
    FORMAT, LONGEST_BATCH, MOST_BROWSERS, MOST_CONTROLS, MOST_EVENTS, MOST_PERIODS, MOST_REPORTS,
    Report, ReportReceipt,
};

use crate::app::App;
use crate::body;
use crate::client::Client;
use crate::limits::Kind;
use crate::numbers::ReportDigest;
use crate::problem::Problem;
use crate::store::{EnrolledDevice, IngestOutcome, NewReport};
use crate::times;
use crate::watch::Looked;

/// How hard a report is compressed before it is stored: the usual balance.
const COMPRESSION: u8 = 6;

/// Why a batch of reports is not taken. Positions count from 0.
#[derive(Debug, thiserror::Error)]
enum IngestError {
    #[error("send between 1 and {MOST_REPORTS} reports, not {0}")]
    Count(usize),
    #[error("report {0} is not one that this version can read")]
    Unreadable(usize),
    #[error("report {0} holds more entries than a report may")]
    TooLong(usize),
    #[error("report {0} has a time before 2020 or after 2299")]
    Time(usize),
    #[error("report {0} is of another device than the first")]
    MixedDevices(usize),
    #[error("the device `{0}` is not enrolled here; enrol it with a token")]
    UnknownDevice(DeviceId),
    #[error("the device `{0}` was revoked; its reports are not accepted any more")]
    Revoked(DeviceId),
    #[error("report {0} is not signed by the key the device enrolled with")]
    Signature(usize),
    #[error("report {0} names another organisation or group than the device enrolled into")]
    WrongPlace(usize),
}

/// `POST /api/v1/reports`: all of a batch is stored, or none of it.
pub(crate) async fn ingest(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ReportReceipt>, Problem> {
    let place = app.places.wait(Kind::LongReport, client);
    let envelopes: Vec<Envelope> = body::long_json(&headers, body, LONGEST_BATCH, place).await?;
    let claimed = claimed_reports(&envelopes)?;
    let Some(device) = claimed.first().map(|first| first.report.device.clone()) else {
        return Err(IngestError::Count(0).into());
    };
    let enrolled = app
        .store
        .enrolled(&device)
        .await
        .map_err(|error| Problem::store_failed(&error))?
        .ok_or_else(|| IngestError::UnknownDevice(device.clone()))?;
    if enrolled.departure == Some(Departure::Revoked) {
        // Asked again with the batch: this only saves the work before it.
        return Err(IngestError::Revoked(device).into());
    }
    let acknowledged = acknowledged(claimed.iter().map(|claimed| claimed.report.sequence));
    let reports = verified_reports(&envelopes, claimed, &enrolled)?;
    know_revisions(&app, &reports).await?;
    let count = reports.len();
    let stored = app
        .store
        .ingest(device.clone(), reports, Timestamp::now())
        .await
        .map_err(|error| Problem::store_failed(&error))?;
    let new = settle(stored, &device)?;
    app.metrics.stored(new);
    tracing::debug!(count, new, "reports stored");
    Ok(Json(ReportReceipt { acknowledged }))
}

/// Reads the repository before reports are compared with it, when one names a revision that is not
/// known yet: a device may learn of a publication before the server does.
async fn know_revisions(app: &App, reports: &[NewReport]) -> Result<(), Problem> {
    let named = reports
        .iter()
        .filter_map(|report| Some(report.report.bundle.as_ref()?.revision))
        .max();
    let known = app.published.borrow().as_ref().map(|it| it.revision);
    if named <= known {
        return Ok(());
    }
    match app.looker.look().await {
        Looked::Read => Ok(()),
        Looked::Failed => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "repository-unreadable",
            "Repository unreadable",
            "the report names a revision that the server cannot read now; try again later",
        )
        .retry_after(30)),
    }
}

/// How many of a batch were new, or why it is not stored.
fn settle(outcome: IngestOutcome, device: &DeviceId) -> Result<u64, Problem> {
    match outcome {
        IngestOutcome::Stored { new, .. } => Ok(new),
        IngestOutcome::NotEnrolled => Err(IngestError::UnknownDevice(device.clone()).into()),
        IngestOutcome::Revoked => Err(IngestError::Revoked(device.clone()).into()),
        IngestOutcome::TooMuch { retry_after_s } => Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-reports",
            "Too many reports",
            "the device has sent more than the server stores of one device in a day; try later",
        )
        .retry_after(retry_after_s)),
        IngestOutcome::NumberUsed { number, highest } => {
            tracing::warn!(%device, number, highest, "another report came under a used number");
            Err(number_used(number).highest(highest))
        }
        IngestOutcome::NumberTooHigh { highest } => {
            tracing::warn!(%device, highest, "a report number is too far above the highest");
            Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "number-too-high",
                "Number too high",
                format!("the highest report number stored is {highest}; continue from there"),
            )
            .highest(highest))
        }
    }
}

fn number_used(number: u64) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "number-used",
        "Number used",
        format!("another report {number} of this device is stored; continue above `highest`"),
    )
}

/// A report before its signature was verified.
struct Claimed {
    report: Report,
    payload: Vec<u8>,
}

fn claimed_reports(envelopes: &[Envelope]) -> Result<Vec<Claimed>, IngestError> {
    if envelopes.is_empty() || envelopes.len() > MOST_REPORTS {
        return Err(IngestError::Count(envelopes.len()));
    }
    let mut claimed: Vec<Claimed> = Vec::with_capacity(envelopes.len());
    for (position, envelope) in envelopes.iter().enumerate() {
        let unreadable = || IngestError::Unreadable(position);
        let payload = fyr_trust::envelope::dangerous_payload(envelope).map_err(|_| unreadable())?;
        let report = read(&payload).ok_or_else(unreadable)?;
        // What is kept beside the payload says nothing of its own: no room for a name there either.
        let names_itself = matches!(
            envelope.signatures.as_slice(),
            [only] if only.keyid == report.device.as_str()
        );
        if !names_itself
            || report.format != FORMAT
            || report.sequence == 0
            || i64::try_from(report.sequence).is_err()
        {
            return Err(unreadable());
        }
        let periods = report.periods.as_ref().map_or(0, |it| it.running.len());
        if report.controls.len() > MOST_CONTROLS
            || report.events.len() > MOST_EVENTS
            || report.browsers.len() > MOST_BROWSERS
            || periods > MOST_PERIODS
        {
            return Err(IngestError::TooLong(position));
        }
        if !times::are_possible(&report) {
            return Err(IngestError::Time(position));
        }
        if claimed
            .first()
            .is_some_and(|first| first.report.device != report.device)
        {
            return Err(IngestError::MixedDevices(position));
        }
        claimed.push(Claimed { report, payload });
    }
    Ok(claimed)
}

/// A report that says nothing but what its schema can hold: the bytes are kept, and a member that
/// parsing skips, or a stretch of spaces, could hold a name.
fn read(payload: &[u8]) -> Option<Report> {
    let report: Report = serde_json::from_slice(payload).ok()?;
    let said: serde_json::Value = serde_json::from_slice(payload).ok()?;
    let is_compact = serde_json::to_vec(&report).ok()?.len() == payload.len();
    (is_compact && serde_json::to_value(&report).ok()? == said).then_some(report)
}

fn verified_reports(
    envelopes: &[Envelope],
    claimed: Vec<Claimed>,
    enrolled: &EnrolledDevice,
) -> Result<Vec<NewReport>, IngestError> {
    envelopes
        .iter()
        .zip(claimed)
        .enumerate()
        .map(|(position, (envelope, Claimed { report, payload }))| {
            fyr_trust::envelope::verify(envelope, PayloadType::Report, &enrolled.public_key)
                .map_err(|_| IngestError::Signature(position))?;
            if report.organisation != enrolled.organisation || report.group != enrolled.group {
                return Err(IngestError::WrongPlace(position));
            }
            let signature = envelope.signatures.first();
            let signature = signature.and_then(|it| STANDARD.decode(&it.sig).ok());
            Ok(NewReport {
                digest: digest(&payload),
                payload: miniz_oxide::deflate::compress_to_vec(&payload, COMPRESSION),
                signature: signature.ok_or(IngestError::Unreadable(position))?,
                report,
            })
        })
        .collect()
}

fn digest(payload: &[u8]) -> ReportDigest {
    let whole = ring::digest::digest(&ring::digest::SHA256, payload);
    let mut start = ReportDigest::default();
    for (byte, of) in start.iter_mut().zip(whole.as_ref()) {
        *byte = *of;
    }
    start
}

/// The highest number up to which this batch leaves no hole, counted from its lowest.
///
/// A device sends its oldest reports first, so what is below the lowest is stored or lost.
fn acknowledged(sequences: impl Iterator<Item = u64>) -> u64 {
    let mut sorted: Vec<u64> = sequences.collect();
    sorted.sort_unstable();
    let lowest = sorted.first().copied().unwrap_or_default();
    sorted.into_iter().fold(lowest, |upto, sequence| {
        if sequence == upto.saturating_add(1) {
            sequence
        } else {
            upto
        }
    })
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        let (status, slug, title) = match &error {
            IngestError::Count(_) | IngestError::Unreadable(_) | IngestError::Time(_) => {
                (StatusCode::BAD_REQUEST, "malformed", "Malformed")
            }
            IngestError::TooLong(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large"),
            IngestError::MixedDevices(_) => {
                (StatusCode::BAD_REQUEST, "mixed-devices", "Mixed devices")
            }
            IngestError::UnknownDevice(_) => {
                (StatusCode::FORBIDDEN, "unknown-device", "Unknown device")
            }
            IngestError::Revoked(_) => (StatusCode::FORBIDDEN, "device-revoked", "Device revoked"),
            IngestError::Signature(_) => {
                (StatusCode::FORBIDDEN, "wrong-signature", "Wrong signature")
            }
            IngestError::WrongPlace(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "wrong-place",
                "Wrong place",
            ),
        };
        Problem::new(status, slug, title, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use fyr_fixtures::Replaced as _;

    use super::*;

    #[track_caller]
    fn check(sequences: &[u64], expected: u64) {
        assert_eq!(acknowledged(sequences.iter().copied()), expected);
    }

    #[test]
    fn a_report_with_a_member_that_parsing_skips_is_not_read() {
        let plain = concat!(
            r#"{"format":1,"organisation":"b","group":"g","#,
            r#""device":"00000000000000000000000000000000","sequence":1,"#,
            r#""at":"2026-01-01T00:00:00Z","agent":[0,1,0],"bundle":null,"#,
            r#""freshness":{"state":"fresh"},"controls":[],"#,
            r#""events":[{"at":"2026-01-01T00:00:00Z","what":{"event":"started"}}],"#,
            r#""browsers":[]}"#,
        );
        assert!(read(plain.as_bytes()).is_some());
        let spaced = plain.replace(',', ", ");
        assert!(read(spaced.as_bytes()).is_none());
        let more = plain.replaced(r#""started""#, r#""started","user":"Ida Hansen""#);
        assert!(read(more.as_bytes()).is_none());
    }

    #[test]
    fn a_hole_in_the_batch_is_not_acknowledged_over() {
        check(&[1], 1);
        check(&[1, 2, 3], 3);
        check(&[3, 1, 2, 2], 3);
        check(&[5, 7, 8], 5);
        check(&[u64::MAX], u64::MAX);
    }
}
