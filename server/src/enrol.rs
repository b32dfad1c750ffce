//! Lets a device in: its request must be signed by the key it names, and its token by a key that
//! the repository lists. The group comes from the token and from nothing else.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Json, response::IntoResponse};
use jiff::Timestamp;

use fyr_schemas::enrolment::{EnrolmentKeys, EnrolmentReceipt, EnrolmentRequest};
use fyr_schemas::envelope::{Envelope, PayloadType};
use fyr_trust::envelope::EnvelopeError;
use fyr_trust::token::TokenError;

use crate::app::App;
use crate::body;
use crate::problem::Problem;
use crate::store::{EnrolOutcome, NewDevice};

/// How many devices one token may let in, even if it says more.
const MOST_DEVICES: u32 = 100_000;

/// Why a device is not let in.
#[derive(Debug, thiserror::Error)]
enum EnrolError {
    #[error("the request is not one that this version can read")]
    Request(#[source] serde_json::Error),
    #[error("the device's public key must be 32 bytes in hex")]
    PublicKey,
    #[error("the request is not signed by the device's own key")]
    Envelope(#[source] EnvelopeError),
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// `POST /api/v1/enrol`. Asking again with the same token and key is answered as the first time.
pub(crate) async fn enrol(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let envelope: Envelope = body::json(&headers, body).await?;
    let publication = app.publication()?;
    let device = examine(&envelope, &publication.enrolment, Timestamp::now())?;
    let name = device.device.clone();
    match app.store.enrol(device).await {
        Ok(EnrolOutcome::Enrolled) => {
            app.metrics.enrolled();
            tracing::info!(device = %name, "device enrolled");
            Ok(Json(EnrolmentReceipt { device: name }))
        }
        Ok(EnrolOutcome::TokenUsedUp) => Err(Problem::new(
            StatusCode::CONFLICT,
            "token-used-up",
            "Token used up",
            "as many devices as the token allows have joined with it; ask for a new one",
        )),
        Ok(EnrolOutcome::Revoked) => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "device-revoked",
            "Device revoked",
            format!(
                "the key of the device `{name}` was revoked; remove its state and enrol it anew"
            ),
        )),
        Err(error) => Err(Problem::store_failed(&error)),
    }
}

/// Who is asking, if every signature is right. Pure.
fn examine(
    envelope: &Envelope,
    keys: &EnrolmentKeys,
    now: Timestamp,
) -> Result<NewDevice, EnrolError> {
    let claimed = fyr_trust::envelope::dangerous_payload(envelope).map_err(EnrolError::Envelope)?;
    let request: EnrolmentRequest =
        serde_json::from_slice(&claimed).map_err(EnrolError::Request)?;
    let public_key: [u8; 32] = hex::decode(&request.public_key)
        .ok()
        .and_then(|key| key.try_into().ok())
        .ok_or(EnrolError::PublicKey)?;
    // The payload that named the key is the one that the key signed.
    fyr_trust::envelope::verify(envelope, PayloadType::EnrolmentRequest, &public_key)
        .map_err(EnrolError::Envelope)?;
    let mut token = fyr_trust::token::verify(&request.token, keys, now)?;
    token.devices = token.devices.min(MOST_DEVICES);
    Ok(NewDevice {
        device: fyr_trust::device_id(&public_key),
        public_key,
        token,
        now,
    })
}

impl From<EnrolError> for Problem {
    fn from(error: EnrolError) -> Self {
        let (status, slug, title) = match &error {
            EnrolError::Request(_) | EnrolError::PublicKey => {
                (StatusCode::BAD_REQUEST, "malformed", "Malformed")
            }
            EnrolError::Envelope(_) => {
                (StatusCode::FORBIDDEN, "wrong-signature", "Wrong signature")
            }
            EnrolError::Token(token) => match token {
                TokenError::Expired { .. } => {
                    (StatusCode::FORBIDDEN, "token-expired", "Token expired")
                }
                TokenError::Signature
                | TokenError::Envelope(_)
                | TokenError::Malformed(_)
                | TokenError::WrongOrganisation { .. } => {
                    (StatusCode::FORBIDDEN, "token-refused", "Token refused")
                }
            },
        };
        Problem::new(status, slug, title, error.to_string())
    }
}
