//! The keys of a pretended organisation: who signs its policy and its tokens.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use fyr_schemas::CategoryId;
use fyr_schemas::bundle::Bundle;
use fyr_schemas::enrolment::EnrolmentToken;
use fyr_schemas::envelope::{Envelope, PayloadType};
use fyr_seal::{
    Authorities, Content, Published, Repository, Signers, SigningClock, SigningKey, sign_envelope,
};
use jiff::Timestamp;

/// One key per role.
#[derive(Debug)]
pub struct Authority {
    authorities: Authorities,
    /// The keys that sign the repository.
    pub signers: Signers,
    /// The key that signs tokens.
    pub enrolment: SigningKey,
}

impl Authority {
    /// New keys.
    pub fn new() -> Result<Self> {
        let key = SigningKey::generate;
        let [root, targets, snapshot, timestamp] = [key()?, key()?, key()?, key()?];
        Ok(Self {
            authorities: Authorities {
                root: vec![root.public_key()],
                targets: vec![targets.public_key()],
                snapshot: vec![snapshot.public_key()],
                timestamp: vec![timestamp.public_key()],
            },
            signers: Signers {
                root: vec![root],
                targets: vec![targets],
                snapshot: vec![snapshot],
                timestamp: vec![timestamp],
            },
            enrolment: key()?,
        })
    }

    /// Publishes these bundles and no others, with the lists that they close, when the organisation's
    /// clock says `now`.
    pub fn publish(
        &self,
        repository: &Path,
        bundles: impl IntoIterator<Item = Bundle>,
        lists: BTreeMap<CategoryId, String>,
        now: Timestamp,
    ) -> Result<Published> {
        let content = Content::new(bundles, lists, &[self.enrolment.public_key()])?;
        Repository::at(repository)
            .publish(
                &content,
                &self.authorities,
                &self.signers,
                SigningClock::right(now),
            )
            .context("publishing")
    }
}

/// A token, signed by a key that need not be listed.
pub fn sign_token(token: &EnrolmentToken, key: &SigningKey) -> Result<Envelope> {
    let payload = serde_json::to_vec(token)?;
    let kind = PayloadType::EnrolmentToken;
    Ok(sign_envelope(
        kind,
        &payload,
        &key.public_key().key_id(),
        key,
    ))
}
