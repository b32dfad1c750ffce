//! Renders and signs the four roles of TUF 1.0.
//!
//! Pure: equal arguments give equal bytes (Ed25519 signatures are deterministic).

use std::collections::BTreeMap;

use fyr_schemas::Digest;
use fyr_trust::ONLINE_LIFETIME;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::key::{PublicKey, SigningKey};
use crate::role::Role;

/// How long each role is believed after it was signed.
const ROOT_LIFETIME: SignedDuration = SignedDuration::from_hours(365 * 24);
const TARGETS_LIFETIME: SignedDuration = SignedDuration::from_hours(365 * 24);
const SNAPSHOT_LIFETIME: SignedDuration = ONLINE_LIFETIME;
const TIMESTAMP_LIFETIME: SignedDuration = ONLINE_LIFETIME;

/// The version of the TUF specification that is followed.
const SPEC_VERSION: &str = "1.0.31";

/// A file that metadata or targets list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) length: usize,
    pub(crate) digest: Digest,
}

impl Listed {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len(),
            digest: fyr_trust::digest(bytes),
        }
    }

    fn json(&self) -> Value {
        json!({ "length": self.length, "hashes": { "sha256": self.digest } })
    }

    fn json_with_version(&self, version: u64) -> Value {
        json!({
            "length": self.length,
            "hashes": { "sha256": self.digest },
            "version": version,
        })
    }
}

/// When a role is signed, and as which version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Issue {
    pub(crate) version: u64,
    pub(crate) now: Timestamp,
}

/// The keys of one role, and how many of them must sign.
pub(crate) struct RoleKeys<'a> {
    pub(crate) role: Role,
    pub(crate) keys: &'a [PublicKey],
    pub(crate) threshold: usize,
}

/// Renders a root, signed by each of `signers`.
pub(crate) fn root(
    issue: Issue,
    roles: &[RoleKeys<'_>],
    signers: &[SigningKey],
) -> Result<Vec<u8>, RenderError> {
    let mut keys = Map::new();
    let mut listed = Map::new();
    for RoleKeys {
        role,
        keys: of_role,
        threshold,
    } in roles
    {
        let ids: Vec<String> = of_role.iter().map(PublicKey::key_id).collect();
        for (id, key) in ids.iter().zip(*of_role) {
            keys.insert(id.clone(), tuf_key(key));
        }
        listed.insert(
            role.name().to_owned(),
            json!({ "keyids": ids, "threshold": threshold }),
        );
    }
    let body = json!({ "consistent_snapshot": true, "keys": keys, "roles": listed });
    seal(Role::Root, issue, ROOT_LIFETIME, body, signers)
}

/// Renders the targets: every file that may be fetched, by its path.
pub(crate) fn targets(
    issue: Issue,
    files: &BTreeMap<String, Listed>,
    signers: &[SigningKey],
) -> Result<Vec<u8>, RenderError> {
    let listed: Map<String, Value> = files
        .iter()
        .map(|(path, file)| (path.clone(), file.json()))
        .collect();
    let body = json!({ "targets": listed });
    seal(Role::Targets, issue, TARGETS_LIFETIME, body, signers)
}

/// Renders the snapshot that names `targets`.
pub(crate) fn snapshot(
    issue: Issue,
    targets_version: u64,
    targets: &Listed,
    signers: &[SigningKey],
) -> Result<Vec<u8>, RenderError> {
    let body = json!({ "meta": { "targets.json": targets.json_with_version(targets_version) } });
    seal(Role::Snapshot, issue, SNAPSHOT_LIFETIME, body, signers)
}

/// Renders the timestamp that names `snapshot`. It also says when it was signed, so that a
/// device whose clock stands still learns the time.
pub(crate) fn timestamp(
    issue: Issue,
    snapshot_version: u64,
    snapshot: &Listed,
    signers: &[SigningKey],
) -> Result<Vec<u8>, RenderError> {
    let body = json!({
        "meta": { "snapshot.json": snapshot.json_with_version(snapshot_version) },
        "x-fyr-issued": seconds(issue.now),
    });
    seal(Role::Timestamp, issue, TIMESTAMP_LIFETIME, body, signers)
}

/// Why metadata could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The time is beyond what a calendar holds.
    #[error("the expiry lies beyond the calendar")]
    Calendar(#[source] jiff::Error),
    /// It has no canonical form.
    #[error("the metadata has no canonical JSON")]
    Canonical(#[source] sigstore_tuf::Error),
}

/// Whether a snapshot that expires then should be signed anew now: after half its life, or where it
/// was signed by a clock that was ahead and would live longer than devices believe.
pub(crate) fn snapshot_is_worn(expires: Timestamp, now: Timestamp) -> bool {
    let left = expires.duration_since(now);
    left < SNAPSHOT_LIFETIME / 2 || left > SNAPSHOT_LIFETIME
}

/// Whether a root or targets that expires then should be signed anew: 60 days before.
pub(crate) fn yearly_is_worn(expires: Timestamp, now: Timestamp) -> bool {
    expires.duration_since(now) < SignedDuration::from_hours(60 * 24)
}

fn seal(
    role: Role,
    issue: Issue,
    lifetime: SignedDuration,
    body: Value,
    signers: &[SigningKey],
) -> Result<Vec<u8>, RenderError> {
    let expires = issue
        .now
        .checked_add(lifetime)
        .map_err(RenderError::Calendar)?;
    let mut signed = json!({
        "_type": role.name(),
        "spec_version": SPEC_VERSION,
        "version": issue.version,
        "expires": seconds(expires),
    });
    if let (Value::Object(signed), Value::Object(body)) = (&mut signed, body) {
        signed.extend(body);
    }
    let message = canonical(&signed)?;
    let signatures: Vec<Signature> = signers
        .iter()
        .map(|key| Signature {
            keyid: key.public_key().key_id(),
            sig: hex::encode(key.sign(&message)),
        })
        .collect();
    canonical(&json!({ "signatures": signatures, "signed": signed }))
}

#[derive(Serialize)]
struct Signature {
    keyid: String,
    sig: String,
}

/// TUF's canonical form. It is also JSON as long as no text holds a control character, and
/// none does: every text here is an id, a digest, a time or a path.
fn canonical(value: &Value) -> Result<Vec<u8>, RenderError> {
    sigstore_tuf::canonical_json::to_canonical_bytes(value).map_err(RenderError::Canonical)
}

fn tuf_key(key: &PublicKey) -> Value {
    json!({
        "keytype": "ed25519",
        "scheme": "ed25519",
        "keyval": { "public": key.hex() },
    })
}

/// TUF writes times in UTC to the second.
fn seconds(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}
