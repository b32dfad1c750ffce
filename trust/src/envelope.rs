//! Judges a signed envelope (DSSE, Ed25519).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fyr_schemas::envelope::{Envelope, PayloadType, pre_authentication_encoding};
use ring::signature::{ED25519, UnparsedPublicKey};

/// Signatures that are looked at; more make the envelope malformed, so that no sender can make
/// a verifier work for hours.
const MAX_SIGNATURES: usize = 8;

/// Why an envelope is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// It holds another kind of document than the one expected here.
    #[error("the envelope holds `{}`, expected is `{}`", found.media_type(), expected.media_type())]
    WrongType {
        /// What it says it holds.
        found: PayloadType,
        /// What it should hold.
        expected: PayloadType,
    },
    /// Too many signatures, or a member that is not base64.
    #[error("the envelope's {member} is malformed")]
    Malformed {
        /// Which member.
        member: &'static str,
    },
    /// No signature in it is by the expected key.
    #[error("the envelope is not signed by the expected key")]
    Signature,
}

/// The payload of `envelope`, if it is of the `expected` kind and the holder of
/// `public_key` (raw Ed25519) signed it.
///
/// # Errors
/// [`EnvelopeError`]; the payload is then worth nothing.
pub fn verify(
    envelope: &Envelope,
    expected: PayloadType,
    public_key: &[u8; 32],
) -> Result<Vec<u8>, EnvelopeError> {
    if envelope.payload_type != expected {
        return Err(EnvelopeError::WrongType {
            found: envelope.payload_type,
            expected,
        });
    }
    if envelope.signatures.len() > MAX_SIGNATURES {
        return Err(EnvelopeError::Malformed {
            member: "list of signatures",
        });
    }
    let payload = dangerous_payload(envelope)?;
    let signed = pre_authentication_encoding(expected, &payload);
    let key = UnparsedPublicKey::new(&ED25519, public_key);
    let vouched = envelope
        .signatures
        .iter()
        .filter_map(|signature| STANDARD.decode(&signature.sig).ok())
        .any(|signature| key.verify(&signed, &signature).is_ok());
    if vouched {
        Ok(payload)
    } else {
        Err(EnvelopeError::Signature)
    }
}

/// The payload before anybody vouched for it: to find out which key should have.
///
/// # Errors
/// [`EnvelopeError::Malformed`] where it is not base64.
pub fn dangerous_payload(envelope: &Envelope) -> Result<Vec<u8>, EnvelopeError> {
    STANDARD
        .decode(&envelope.payload)
        .map_err(|_| EnvelopeError::Malformed { member: "payload" })
}
