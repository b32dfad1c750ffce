//! An attacker with a municipality's keys, who signs what the real command refuses to sign.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fyr_seal::{KeyDirectory, Passphrase, Role};
use fyr_trust::ONLINE_LIFETIME;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A repository and the keys to it.
#[derive(Debug)]
pub struct Forger {
    repository: PathBuf,
    keys: KeyDirectory,
    passphrase: Passphrase,
}

impl Forger {
    /// One that holds the keys in `keys`, guarded by the passphrase in `passphrase`.
    pub fn new(repository: &Path, keys: &Path, passphrase: &Path) -> Result<Self> {
        Ok(Self {
            repository: repository.to_owned(),
            keys: KeyDirectory::at(keys),
            passphrase: Passphrase::new(&fs::read_to_string(passphrase)?)?,
        })
    }

    /// Lists a bundle of the forger's making for `group`, properly signed all the way up.
    pub fn list_bundle(&self, group: &str, change: impl FnOnce(&mut Value)) -> Result<()> {
        let mut targets = self.newest(Role::Targets)?;
        let name = format!("bundles/{group}.json");
        let listed = targets
            .pointer_mut("/targets")
            .and_then(|targets| targets.get_mut(&name))
            .with_context(|| format!("`{name}` is not listed"))?;
        let digest = listed.pointer("/hashes/sha256").and_then(Value::as_str);
        let digest = digest.context("a listed file has a digest")?;
        let path = |digest: &str| {
            self.repository
                .join(format!("targets/bundles/{digest}.{group}.json"))
        };
        let mut bundle: Value = serde_json::from_slice(&fs::read(path(digest))?)?;
        change(&mut bundle);
        let bundle = serde_json::to_vec(&bundle)?;
        let digest = fyr_trust::digest(&bundle).to_string();
        fs::write(path(&digest), &bundle)?;
        *listed = json!({ "length": bundle.len(), "hashes": { "sha256": digest } });

        let targets = self.sign(Role::Targets, targets)?;
        let mut snapshot = self.newest(Role::Snapshot)?;
        relist(&mut snapshot, "targets.json", &targets)?;
        let snapshot = self.sign(Role::Snapshot, snapshot)?;
        self.stamp(|timestamp| relist(timestamp, "snapshot.json", &snapshot))
    }

    /// Signs a new timestamp that says something else.
    pub fn stamp(&self, change: impl FnOnce(&mut Value) -> Result<()>) -> Result<()> {
        let mut timestamp = self.newest(Role::Timestamp)?;
        change(&mut timestamp)?;
        self.sign(Role::Timestamp, timestamp).map(drop)
    }

    /// The same keys, for another copy of the repository.
    #[must_use]
    pub fn at(self, repository: &Path) -> Self {
        Self {
            repository: repository.to_owned(),
            ..self
        }
    }

    /// Signs both online roles anew, as a program whose clock says `now` does.
    pub fn sign_online_at(&self, now: Timestamp) -> Result<()> {
        let expires = now.checked_add(ONLINE_LIFETIME)?;
        let second = |time: Timestamp| Timestamp::from_second(time.as_second());
        let (now, expires) = (json!(second(now)?), json!(second(expires)?));
        let mut snapshot = self.newest(Role::Snapshot)?;
        set(&mut snapshot, "expires", expires.clone())?;
        let snapshot = self.sign(Role::Snapshot, snapshot)?;
        self.stamp(|timestamp| {
            set(timestamp, "x-fyr-issued", now)?;
            set(timestamp, "expires", expires)?;
            relist(timestamp, "snapshot.json", &snapshot)
        })
    }

    /// The signed part of the newest document of a role.
    fn newest(&self, role: Role) -> Result<Value> {
        let metadata = self.repository.join("metadata");
        let newest = fs::read_dir(&metadata)?
            .filter_map(|entry| {
                let name = entry.ok()?.file_name().into_string().ok()?;
                let version = name.strip_suffix(&format!("{role}.json"))?;
                Some((version.trim_end_matches('.').parse().unwrap_or(0_u64), name))
            })
            .max();
        let path = metadata.join(newest.with_context(|| format!("no {role}.json"))?.1);
        let mut document: Value = serde_json::from_slice(&fs::read(path)?)?;
        let signed = document.get_mut("signed").map(Value::take);
        signed.context("metadata has a signed part")
    }

    /// Signs the next version of a role and puts it in place.
    fn sign(&self, role: Role, mut signed: Value) -> Result<Vec<u8>> {
        let version = signed.get("version").and_then(Value::as_u64);
        let version = version.context("metadata has a version")? + 1;
        set(&mut signed, "version", version.into())?;
        let key = self.keys.unlock(&role.into(), &self.passphrase)?;
        // Compact JSON with sorted members is TUF's canonical form where all text is plain.
        let signature = json!({
            "keyid": key.public_key().key_id(),
            "sig": hex::encode(key.sign(signed.to_string().as_bytes())),
        });
        let document = json!({ "signatures": [signature], "signed": signed }).to_string();
        let name = match role {
            Role::Timestamp => "timestamp.json".to_owned(),
            Role::Root | Role::Targets | Role::Snapshot | Role::Enrolment => {
                format!("{version}.{role}.json")
            }
        };
        let path = self.repository.join("metadata").join(name);
        let staged = path.with_extension("forged");
        fs::write(&staged, &document)?;
        fs::rename(staged, path)?;
        Ok(document.into_bytes())
    }
}

/// Makes `signed` name `document` as the newest of its role.
fn relist(signed: &mut Value, name: &str, document: &[u8]) -> Result<()> {
    let version: Value = serde_json::from_slice(document)?;
    let version = version.pointer("/signed/version").cloned();
    let listed = json!({
        "version": version.context("metadata has a version")?,
        "length": document.len(),
        "hashes": { "sha256": fyr_trust::digest(document) },
    });
    let meta = signed.get_mut("meta").context("metadata lists others")?;
    set(meta, name, listed)
}

fn set(object: &mut Value, member: &str, value: Value) -> Result<()> {
    let object = object.as_object_mut().context("metadata is an object")?;
    object.insert(member.to_owned(), value);
    Ok(())
}
