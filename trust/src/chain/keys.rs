//! The keys that a root names: each readable and named once, and enough of them for a root.
//!
//! Keys are compared by their decoded bytes. A key can be written in many ways (hex, PEM, capital
//! letters, white space, other members), and each of them would count as another signer.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::Digest;
use sigstore_tuf::{Key, Root};

use crate::error::VerifyError;

/// The roles whose keys are kept offline, and those whose keys a server holds.
const OFFLINE: [&str; 2] = ["root", "targets"];
const ONLINE: [&str; 2] = ["snapshot", "timestamp"];

/// The key types and schemes of TUF 1.0 that devices can verify.
const SCHEMES: [(&str, &str); 3] = [
    ("ed25519", "ed25519"),
    ("ecdsa", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
];

/// The keys of each role of a root, as the digests of their decoded bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys(BTreeMap<&'static str, BTreeSet<Digest>>);

impl Keys {
    /// Reads the keys of a root. Refuses keys that cannot be read or would count twice, a threshold
    /// that fewer than a majority of the root keys meet, and a server's key that may sign policy.
    ///
    /// One key may sign for both roles of the server, and for both roles that are kept offline: a
    /// threshold is counted within one role.
    pub(super) fn of(root: &Root, document: &str) -> Result<Self, VerifyError> {
        let named = decode(root, document)?;
        let distinct: BTreeSet<&Digest> = named.values().collect();
        if distinct.len() < named.len() {
            return Err(unsigned(document, "it names one key twice".to_owned()));
        }
        let mut keys = Self::default();
        for role in OFFLINE.into_iter().chain(ONLINE) {
            let ids = root.role(role).map(|named| named.keyids.as_slice());
            let digests: Option<BTreeSet<Digest>> = ids
                .unwrap_or_default()
                .iter()
                .map(|id| named.get(id.as_str()).cloned())
                .collect();
            let Some(digests) = digests.filter(|digests| !digests.is_empty()) else {
                let what = format!("it names no key, or a key that it does not hold, for `{role}`");
                return Err(malformed(document, what));
            };
            keys.0.insert(role, digests);
        }
        keys.check_places(document)?;
        let (threshold, count) = (
            root.role("root").map_or(0, |role| role.threshold),
            keys.of_role("root").len(),
        );
        // INVARIANT: more than half, so that two disjoint sets of holders cannot both sign a root.
        if threshold <= count / 2 {
            let what = format!("{threshold} of {count} root keys are no majority");
            return Err(unsigned(document, what));
        }
        Ok(keys)
    }

    /// The digests of the keys that may sign for `role`.
    pub(super) fn of_role(&self, role: &str) -> BTreeSet<Digest> {
        self.0.get(role).cloned().unwrap_or_default()
    }

    fn check_places(&self, document: &str) -> Result<(), VerifyError> {
        for offline in OFFLINE {
            for online in ONLINE {
                if !self.of_role(offline).is_disjoint(&self.of_role(online)) {
                    let what = format!("one key signs both `{offline}` and `{online}`");
                    return Err(unsigned(document, what));
                }
            }
        }
        Ok(())
    }
}

/// Every key of the root by its id, as the digest of its decoded bytes.
fn decode<'a>(root: &'a Root, document: &str) -> Result<BTreeMap<&'a str, Digest>, VerifyError> {
    let keys = root.keys.iter();
    keys.map(|(id, key)| {
        let digest = digest(key).map_err(|what| malformed(document, what))?;
        Ok((id.as_str(), digest))
    })
    .collect()
}

fn digest(key: &Key) -> Result<Digest, String> {
    if !SCHEMES.contains(&(key.keytype.as_str(), key.scheme.as_str())) {
        let (keytype, scheme) = (&key.keytype, &key.scheme);
        return Err(format!(
            "a key has the unknown type `{keytype}`, `{scheme}`"
        ));
    }
    let decoded = key.verification_key().map_err(|e| e.to_string())?;
    let expected = match key.scheme.as_str() {
        "ed25519" => 32,
        // An uncompressed point of P-256.
        _ => 65,
    };
    if decoded.as_bytes().len() != expected {
        return Err("a key has the wrong length".to_owned());
    }
    Ok(crate::digest(decoded.as_bytes()))
}

fn malformed(document: &str, what: String) -> VerifyError {
    VerifyError::Malformed {
        document: document.to_owned(),
        source: what.into(),
    }
}

fn unsigned(document: &str, what: String) -> VerifyError {
    VerifyError::Signature {
        document: document.to_owned(),
        source: what.into(),
    }
}
