//! The signed envelope around everything that is not TUF metadata: DSSE, the
//! Dead Simple Signing Envelope (<https://github.com/secure-systems-lab/dsse>, protocol v1.0.2).

use serde::{Deserialize, Serialize};

/// What a payload is, so that a signature over one kind never counts for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub enum PayloadType {
    /// An [`EnrolmentToken`](crate::enrolment::EnrolmentToken), signed by an enrolment key.
    #[serde(rename = "application/vnd.fyr.enrolment-token+json")]
    EnrolmentToken,
    /// An [`EnrolmentRequest`](crate::enrolment::EnrolmentRequest), signed by the device's key.
    #[serde(rename = "application/vnd.fyr.enrolment-request+json")]
    EnrolmentRequest,
    /// A [`Report`](crate::report::Report), signed by the device's key.
    #[serde(rename = "application/vnd.fyr.report+json")]
    Report,
}

impl PayloadType {
    /// The media type as it is signed and sent.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::EnrolmentToken => "application/vnd.fyr.enrolment-token+json",
            Self::EnrolmentRequest => "application/vnd.fyr.enrolment-request+json",
            Self::Report => "application/vnd.fyr.report+json",
        }
    }
}

/// A DSSE envelope: a payload and the signatures over its pre-authentication encoding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The payload, base64 with padding.
    pub payload: String,
    /// What the payload is.
    #[serde(rename = "payloadType")]
    pub payload_type: PayloadType,
    /// At least one signature; a verifier looks at no more than eight.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an [`Envelope`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSignature {
    /// A hint at the key: a TUF key id, or a device id. It decides nothing.
    pub keyid: String,
    /// The Ed25519 signature (RFC 8032), base64 with padding.
    pub sig: String,
}

/// The bytes that are signed: DSSE's pre-authentication encoding (PAE).
pub fn pre_authentication_encoding(payload_type: PayloadType, payload: &[u8]) -> Vec<u8> {
    let media_type = payload_type.media_type();
    let mut bytes = format!(
        "DSSEv1 {} {media_type} {} ",
        media_type.len(),
        payload.len()
    )
    .into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_names_type_and_lengths() {
        assert_eq!(
            pre_authentication_encoding(PayloadType::Report, b"{}"),
            b"DSSEv1 31 application/vnd.fyr.report+json 2 {}"
        );
    }

    #[test]
    fn the_media_type_is_what_json_says() {
        for kind in [
            PayloadType::EnrolmentToken,
            PayloadType::EnrolmentRequest,
            PayloadType::Report,
        ] {
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json, kind.media_type());
        }
    }
}
