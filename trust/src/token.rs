//! Judges an enrolment token, and reads and writes the line an administrator hands out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fyr_schemas::OrganisationId;
use fyr_schemas::enrolment::{EnrolmentKeys, EnrolmentToken};
use fyr_schemas::envelope::{Envelope, PayloadType};
use jiff::Timestamp;

use crate::envelope::{self, EnvelopeError};

/// What a token's text starts with; the number is the form's version.
const PREFIX: &str = "fyr1.";
/// No token is longer.
const MAX_LENGTH: usize = 8 * 1024;

/// Why a token's text cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ParseTokenError {
    /// Not a token at all.
    #[error("this is not an enrolment token: it starts with `{PREFIX}`; copy the whole line")]
    Prefix,
    /// Longer than any token.
    #[error("this is too long for an enrolment token; copy one line only")]
    TooLong,
    /// Cut off, or changed on the way.
    #[error("the enrolment token is damaged; copy the whole line again")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a token does not let anybody in.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// No listed enrolment key signed it.
    #[error("the token is not signed by an enrolment key of the organisation")]
    Signature,
    /// The envelope is not a token's.
    #[error("the token's envelope cannot be believed")]
    Envelope(#[source] EnvelopeError),
    /// Signed, and yet not a token that this version reads.
    #[error("the token is not one that this version can read")]
    Malformed(#[source] serde_json::Error),
    /// Its keys are another organisation's.
    #[error("the token is for the organisation `{found}`, the keys are those of `{expected}`")]
    WrongOrganisation {
        /// Whose token it is.
        found: OrganisationId,
        /// Whose it had to be.
        expected: OrganisationId,
    },
    /// Past its expiry.
    #[error("the token expired at {expires}; ask for a new one")]
    Expired {
        /// When.
        expires: Timestamp,
    },
}

/// The token in `envelope`, if one of `keys` signed it and it has not expired at `now`.
///
/// # Errors
/// [`TokenError`]. How often it was used is for the server to count.
pub fn verify(
    envelope: &Envelope,
    keys: &EnrolmentKeys,
    now: Timestamp,
) -> Result<EnrolmentToken, TokenError> {
    let payload = payload_signed_by_any(envelope, keys)?;
    let token: EnrolmentToken = serde_json::from_slice(&payload).map_err(TokenError::Malformed)?;
    if token.organisation != keys.organisation {
        return Err(TokenError::WrongOrganisation {
            found: token.organisation,
            expected: keys.organisation.clone(),
        });
    }
    if token.expires < now {
        return Err(TokenError::Expired {
            expires: token.expires,
        });
    }
    Ok(token)
}

/// What a token claims before anybody vouched for it. A device's first trust: its person
/// holds the token by another way than the network, and the root it names vouches for it.
///
/// # Errors
/// [`TokenError::Envelope`] or [`TokenError::Malformed`].
pub fn dangerous_unverified(envelope: &Envelope) -> Result<EnrolmentToken, TokenError> {
    let payload = envelope::dangerous_payload(envelope).map_err(TokenError::Envelope)?;
    serde_json::from_slice(&payload).map_err(TokenError::Malformed)
}

/// Reads the line that an administrator handed out.
///
/// # Errors
/// [`ParseTokenError`].
pub fn parse(text: &str) -> Result<Envelope, ParseTokenError> {
    let text = text.trim();
    if text.len() > MAX_LENGTH {
        return Err(ParseTokenError::TooLong);
    }
    let encoded = text.strip_prefix(PREFIX).ok_or(ParseTokenError::Prefix)?;
    let json = URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|e| ParseTokenError::Damaged(e.into()))?;
    serde_json::from_slice(&json).map_err(|e| ParseTokenError::Damaged(e.into()))
}

/// Writes the line to hand out: `fyr1.` and the envelope's JSON in base64url.
#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "an envelope is texts only"
)]
pub fn render(envelope: &Envelope) -> String {
    let json = serde_json::to_vec(envelope).expect("an envelope serialises");
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(json))
}

fn payload_signed_by_any(envelope: &Envelope, keys: &EnrolmentKeys) -> Result<Vec<u8>, TokenError> {
    for key in &keys.keys {
        // A key that cannot be read has signed nothing.
        let Ok(Ok(key)) = hex::decode(key).map(<[u8; 32]>::try_from) else {
            continue;
        };
        match envelope::verify(envelope, PayloadType::EnrolmentToken, &key) {
            Ok(payload) => return Ok(payload),
            Err(EnvelopeError::Signature) => {}
            Err(e @ (EnvelopeError::WrongType { .. } | EnvelopeError::Malformed { .. })) => {
                return Err(TokenError::Envelope(e));
            }
        }
    }
    Err(TokenError::Signature)
}
