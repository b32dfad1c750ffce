//! The `targets` role, which lists every file of a municipality: a hundred times as long as all other
//! roles together.
//!
//! The TUF library makes several trees of a role that it reads. Here the same rules are applied to the
//! bytes as they are, and one line a file is kept. A test compares the verdicts with the library's.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use fyr_schemas::Digest;
use jiff::Timestamp;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use sigstore_tuf::{Error, MetaFile, Root};
use sigstore_types::SignatureBytes;

use super::exact::{Signature, Written};

/// Verified targets.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) version: u64,
    pub(super) expires: Timestamp,
    /// Sorted by path.
    files: Vec<(Box<str>, File)>,
}

/// What is listed of one file.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct File {
    pub(super) length: u64,
    #[serde(rename = "hashes", deserialize_with = "sha256")]
    digest: Option<[u8; 32]>,
}

impl File {
    /// Its SHA-256; none where it is listed without one.
    pub(super) fn digest(&self) -> Option<Digest> {
        self.digest.map(Digest::from)
    }
}

impl Targets {
    /// Reads targets that the root's keys signed, in the version that the snapshot names. Their length
    /// and digests are compared beforehand, by [`check_pin`].
    pub(super) fn open(
        written: &Written<'_>,
        pin: &MetaFile,
        root: &Root,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let signed = written.signed.get();
        if has_other_escapes(signed) {
            // TUF signs such a text in another form than JSON has.
            return Err(Error::Malformed("it contains a control character".into()));
        }
        let read: Signed<'_> = serde_json::from_str(signed)?;
        if read.kind != "targets" {
            let kind = read.kind;
            return Err(Error::Malformed(format!("it is `{kind}`, not `targets`")));
        }
        if read.spec_version.split('.').next() != Some("1") {
            let version = read.spec_version;
            return Err(Error::Malformed(format!(
                "its TUF version is {version}, this version reads 1.x"
            )));
        }
        if read.version != pin.version {
            let (found, named) = (read.version, pin.version);
            return Err(Error::IntegrityMismatch(format!(
                "its version is {found}, the snapshot names {named}"
            )));
        }
        check_signatures(&written.signatures, signed.as_bytes(), root)?;
        if read.expires < now {
            return Err(Error::Expired {
                role: ROLE.to_owned(),
                expires: read.expires,
            });
        }
        Ok(Self {
            version: read.version,
            expires: read.expires,
            files: read.targets.0,
        })
    }

    /// Every listed file, sorted by path.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, File)> {
        self.files.iter().map(|(path, file)| (&**path, *file))
    }

    /// What is listed of a file.
    pub(super) fn file(&self, path: &str) -> Option<File> {
        let found = self
            .files
            .binary_search_by(|(other, _)| (**other).cmp(path));
        let (_, file) = self.files.get(found.ok()?)?;
        Some(*file)
    }
}

const ROLE: &str = "targets";

/// Compares bytes with the length and the digests that the snapshot names.
pub(super) fn check_pin(bytes: &[u8], pin: &MetaFile) -> Result<(), Error> {
    let length = bytes.len() as u64;
    if let Some(named) = pin.length.filter(|named| *named != length) {
        return Err(Error::IntegrityMismatch(format!(
            "its length is {length}, the snapshot names {named}"
        )));
    }
    let Some(hashes) = &pin.hashes else {
        return Ok(());
    };
    let mut is_compared = false;
    for (algorithm, named) in hashes {
        let found = match algorithm.as_str() {
            "sha256" => sigstore_crypto::sha256(bytes).to_hex(),
            "sha512" => sigstore_crypto::sha512(bytes).to_hex(),
            _ => continue,
        };
        if found != *named {
            return Err(Error::IntegrityMismatch(format!(
                "its {algorithm} is {found}, the snapshot names {named}"
            )));
        }
        is_compared = true;
    }
    if is_compared {
        Ok(())
    } else {
        Err(Error::IntegrityMismatch(
            "the snapshot names no digest of a known kind".into(),
        ))
    }
}

/// Counts the keys of the role that signed these bytes.
fn check_signatures(signatures: &[Signature], signed: &[u8], root: &Root) -> Result<(), Error> {
    let role = root
        .role(ROLE)
        .ok_or_else(|| Error::UnknownRole(ROLE.to_owned()))?;
    if role.threshold == 0 {
        return Err(Error::Malformed("its threshold is 0".into()));
    }
    let mut counted = BTreeSet::new();
    let mut good = 0;
    for Signature { keyid, sig } in signatures {
        if !role.keyids.contains(keyid) || sig.is_empty() {
            continue;
        }
        if !counted.insert(keyid) {
            return Err(Error::DuplicateSignature {
                role: ROLE.to_owned(),
                key_id: keyid.clone(),
            });
        }
        let (Some(key), Ok(signature)) = (root.keys.get(keyid), hex::decode(sig)) else {
            continue;
        };
        if key.verify(signed, &SignatureBytes::new(signature)).is_ok() {
            good += 1;
        }
    }
    if good < role.threshold {
        return Err(Error::ThresholdNotMet {
            role: ROLE.to_owned(),
            found: good,
            threshold: role.threshold,
        });
    }
    Ok(())
}

/// Whether a text of this JSON needs an escape that TUF's canonical form does not have.
fn has_other_escapes(json: &str) -> bool {
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && !matches!(bytes.next(), Some(b'\\' | b'"')) {
            return true;
        }
    }
    false
}

/// What the signatures cover. TUF allows other members.
#[derive(Deserialize)]
struct Signed<'a> {
    #[serde(rename = "_type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    spec_version: Cow<'a, str>,
    version: u64,
    expires: Timestamp,
    targets: Files,
}

/// The listed files, in their order.
struct Files(Vec<(Box<str>, File)>);

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(files: D) -> Result<Self, D::Error> {
        struct Listed;
        impl<'de> Visitor<'de> for Listed {
            type Value = Files;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("files by their paths")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Files, A::Error> {
                let mut files = Vec::new();
                while let Some(listed) = members.next_entry()? {
                    files.push(listed);
                }
                // INVARIANT: sorted, because only an exact document comes here.
                Ok(Files(files))
            }
        }
        files.deserialize_map(Listed)
    }
}

/// The SHA-256 among the hashes of a file.
fn sha256<'de, D: Deserializer<'de>>(hashes: D) -> Result<Option<[u8; 32]>, D::Error> {
    #[derive(Deserialize)]
    struct Hashes<'a> {
        #[serde(borrow, default)]
        sha256: Option<Cow<'a, str>>,
    }
    let hashes = Hashes::deserialize(hashes)?;
    Ok(hashes.sha256.and_then(|hex| {
        let is_lowercase = !hex.bytes().any(|byte| byte.is_ascii_uppercase());
        let mut digest = [0; 32];
        let decoded = hex::decode_to_slice(&*hex, &mut digest);
        (is_lowercase && decoded.is_ok()).then_some(digest)
    }))
}

#[cfg(test)]
mod tests;
