//! How a device joins: the token that an administrator hands out, and the request that a
//! device makes with it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::envelope::Envelope;
use crate::id::{DeviceId, Digest, GroupId, OrganisationId};

/// The name of the TUF target that lists the keys whose tokens count.
pub const ENROLMENT_KEYS_TARGET: &str = "enrolment.json";

/// The keys that may sign enrolment tokens. A TUF target, so it is itself signed by `targets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolmentKeys {
    /// Whose keys these are.
    pub organisation: OrganisationId,
    /// Raw Ed25519 public keys, 32 bytes each, in hex.
    pub keys: Vec<String>,
}

/// A device's first trust: where the policy is, what its first root must be, and which
/// group the device joins. Signed, so a server cannot choose another group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolmentToken {
    /// The server's base URL, `http://127.0.0.1:8470` or `https://…`, without a trailing slash.
    pub server: String,
    /// SHA-256 of the repository's `1.root.json`.
    pub root: Digest,
    /// The organisation whose policy the device will accept.
    pub organisation: OrganisationId,
    /// The group whose bundle the device will accept.
    pub group: GroupId,
    /// After this moment the token is refused.
    pub expires: Timestamp,
    /// 128 random bits in hex; the server counts uses by it.
    pub nonce: String,
    /// How many devices may join with this token.
    pub devices: u32,
}

/// What a device sends to join, inside an [`Envelope`] signed by the key it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolmentRequest {
    /// The token as it was handed out.
    pub token: Envelope,
    /// The device's raw Ed25519 public key, 32 bytes in hex.
    pub public_key: String,
}

/// What the server answers once the device is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolmentReceipt {
    /// The device's name, which it also computes itself.
    pub device: DeviceId,
}
