//! Signs an envelope (DSSE, Ed25519).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fyr_schemas::envelope::{
    Envelope, EnvelopeSignature, PayloadType, pre_authentication_encoding,
};

use crate::key::SigningKey;

/// `payload` in an envelope signed by `key`. `keyid` is a hint at the key that decides
/// nothing: a TUF key id, or a device id.
pub fn sign_envelope(
    payload_type: PayloadType,
    payload: &[u8],
    keyid: &str,
    key: &SigningKey,
) -> Envelope {
    let signature = key.sign(&pre_authentication_encoding(payload_type, payload));
    Envelope {
        payload: STANDARD.encode(payload),
        payload_type,
        signatures: vec![EnvelopeSignature {
            keyid: keyid.to_owned(),
            sig: STANDARD.encode(signature),
        }],
    }
}
