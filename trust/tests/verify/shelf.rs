//! A repository on a shelf (a map from path to bytes), whoever wants to forge it, and a
//! device that refreshes from it.

use std::collections::BTreeMap;

use fyr_schemas::bundle::{Audience, Bundle, ClosedList, FORMAT};
use fyr_schemas::{CategoryId, Digest};
use fyr_seal::{Authorities, Content, PublicKey, Published, Signers, SigningKey};
use fyr_trust::list::NameList;
use fyr_trust::{
    Answer, Clock, Floor, Identity, Need, Refresh, Refreshed, TrustedState, VerifyError,
};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) const DAY: &str = "2026-08-01T08:00:00Z";
pub(crate) const NEXT_DAY: &str = "2026-08-02T08:00:00Z";

/// A repository, with every key to it.
pub(crate) struct Shelf {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) keys: Signers,
    /// The lists that every bundle closes from the next publication on.
    pub(crate) lists: BTreeMap<CategoryId, String>,
    enrolment: PublicKey,
}

/// What a device keeps, and what it refreshes with.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) identity: Identity,
    pub(crate) state: TrustedState,
    pub(crate) floor: Floor,
    pub(crate) lists: BTreeMap<Digest, Vec<u8>>,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Self::with_root_keys(1)
    }

    pub(crate) fn with_root_keys(count: usize) -> Self {
        Self {
            files: BTreeMap::new(),
            keys: Signers {
                root: (0..count).map(|_| key()).collect(),
                targets: vec![key()],
                snapshot: vec![key()],
                timestamp: vec![key()],
            },
            lists: BTreeMap::new(),
            enrolment: key().public_key(),
        }
    }

    /// A shelf with one publication, of which `text` is the content.
    pub(crate) fn published(text: &str, now: &str) -> Self {
        let mut shelf = Self::new();
        shelf.publish(text, now);
        shelf
    }

    /// Publishes a policy that differs from another one when `text` does.
    pub(crate) fn publish(&mut self, text: &str, now: &str) {
        let bundles = ["indskoling", "personale"].map(|group| {
            let closed = self.lists.iter();
            Bundle {
                closed: closed
                    .map(|(c, names)| (c.clone(), closing(names)))
                    .collect(),
                ..bundle(group, text)
            }
        });
        let content = Content::new(bundles, self.lists.clone(), &[self.enrolment]).unwrap();
        let authorities = Authorities {
            root: public(&self.keys.root),
            targets: public(&self.keys.targets),
            snapshot: public(&self.keys.snapshot),
            timestamp: public(&self.keys.timestamp),
        };
        let before = self.verified();
        let publication =
            fyr_seal::publish(before.as_ref(), &content, &authorities, &self.keys, at(now))
                .unwrap();
        for file in content.files() {
            let (path, bytes) = file.unwrap();
            self.files.insert(path, bytes);
        }
        self.put(&publication);
    }

    /// Closes a list for every group from the next publication on.
    pub(crate) fn close(&mut self, category: &str, names: &str) {
        self.lists
            .insert(category.parse().unwrap(), names.to_owned());
    }

    pub(crate) fn renew(&mut self, now: &str) {
        let before = self.verified().unwrap();
        let publication = fyr_seal::renew(&before, &self.keys, at(now)).unwrap();
        self.put(&publication);
    }

    fn verified(&self) -> Option<Published> {
        let root = fyr_trust::digest(self.files.get("metadata/1.root.json")?);
        Some(
            Published::verify(root, &Floor::default(), |need| {
                Ok::<_, VerifyError>(self.answer(need))
            })
            .unwrap(),
        )
    }

    fn put(&mut self, publication: &fyr_seal::Publication) {
        for (path, bytes) in publication.files() {
            self.files.insert(path.to_owned(), bytes.to_vec());
        }
    }

    pub(crate) fn answer(&self, need: &Need) -> Answer {
        match self.files.get(&need.path) {
            Some(bytes) => Answer::Found(bytes.clone()),
            None => Answer::NotFound,
        }
    }

    /// A device that was enrolled here and has not refreshed yet.
    pub(crate) fn device(&self) -> Device {
        Device {
            identity: Identity {
                root: fyr_trust::digest(&self.files["metadata/1.root.json"]),
                organisation: "ballerup".parse().unwrap(),
                group: "indskoling".parse().unwrap(),
            },
            state: TrustedState::default(),
            floor: Floor::default(),
            lists: BTreeMap::new(),
        }
    }

    /// The one path that ends so.
    pub(crate) fn path(&self, ending: &str) -> String {
        let mut found = self.files.keys().filter(|path| path.ends_with(ending));
        let path = found.next().unwrap().clone();
        assert_eq!(found.next(), None, "several files end with `{ending}`");
        path
    }

    /// Changes what `path` says and signs it with `signers`, whoever they are.
    pub(crate) fn forge(
        &mut self,
        path: &str,
        signers: &[&SigningKey],
        change: impl FnOnce(&mut Value),
    ) {
        let mut document: Value = serde_json::from_slice(&self.files[path]).unwrap();
        let mut signed = document["signed"].take();
        change(&mut signed);
        self.files.insert(path.to_owned(), sign(&signed, signers));
    }

    /// Changes the targets and has every stolen key vouch for them: for what only the
    /// content of the documents can give away.
    pub(crate) fn forge_targets(&mut self, change: impl FnOnce(&mut Value)) {
        let Signers {
            targets,
            snapshot,
            timestamp,
            root,
        } = std::mem::take(&mut self.keys);
        self.forge("metadata/1.targets.json", &[&targets[0]], change);
        let listed = listed(&self.files["metadata/1.targets.json"], 1);
        self.forge("metadata/1.snapshot.json", &[&snapshot[0]], |signed| {
            signed["meta"]["targets.json"] = listed;
        });
        self.forge_snapshot_pin(&timestamp[0]);
        self.keys = Signers {
            targets,
            snapshot,
            timestamp,
            root,
        };
    }

    /// Has `signer` name the snapshot as it now is.
    pub(crate) fn forge_snapshot_pin(&mut self, signer: &SigningKey) {
        let listed = listed(&self.files["metadata/1.snapshot.json"], 1);
        self.forge("metadata/timestamp.json", &[signer], |signed| {
            signed["meta"]["snapshot.json"] = listed;
        });
    }

    /// Puts a text that no list may say in the place of a list, signed all the way up.
    pub(crate) fn forge_list(&mut self, category: &str, text: &[u8]) {
        let digest = fyr_trust::digest(text);
        let path = format!("targets/lists/{digest}.{category}.txt");
        self.files.insert(path, text.to_vec());
        let (length, names) = (text.len(), text.split(|byte| *byte == b'\n').count() - 1);
        self.forge_bundle(|bundle| {
            bundle["closed"][category] =
                json!({ "digest": digest, "length": length, "names": names });
        });
        let listed = json!({ "length": length, "hashes": { "sha256": digest } });
        self.forge_targets(|signed| {
            signed["targets"][format!("lists/{category}.txt")] = listed;
        });
    }

    /// Puts another bundle in the place of the device's own, signed all the way up.
    pub(crate) fn forge_bundle(&mut self, change: impl FnOnce(&mut Value)) {
        let path = self.path(".indskoling.json");
        let mut bundle: Value = serde_json::from_slice(&self.files[&path]).unwrap();
        change(&mut bundle);
        let bytes = serde_json::to_vec(&bundle).unwrap();
        let digest = fyr_trust::digest(&bytes);
        let listed = json!({ "length": bytes.len(), "hashes": { "sha256": digest } });
        self.files
            .insert(format!("targets/bundles/{digest}.indskoling.json"), bytes);
        self.forge_targets(|signed| signed["targets"]["bundles/indskoling.json"] = listed);
    }
}

impl Device {
    /// Refreshes and, like the agent, stores what it found.
    pub(crate) fn refresh(
        &mut self,
        from: &Shelf,
        now: &str,
    ) -> Result<Refreshed<Bundle>, VerifyError> {
        let begun = self.begin(now);
        // What was fetched before a refusal stays stored.
        let keep = |list: NameList| {
            self.lists
                .insert(list.digest().clone(), list.text().to_vec());
        };
        let refreshed = begun.drive(|need| Ok(from.answer(need)), keep)?;
        self.state = refreshed.state.clone();
        self.floor = refreshed.floor.clone();
        Ok(refreshed)
    }

    /// Refreshes and stores nothing.
    pub(crate) fn look(&self, from: &Shelf, now: &str) -> Result<Refreshed<Bundle>, VerifyError> {
        self.begin(now).drive(|need| Ok(from.answer(need)), drop)
    }

    pub(crate) fn begin(&self, now: &str) -> Refresh<Identity> {
        let clock = Clock {
            system: at(now),
            build: at("2020-01-01T00:00:00Z"),
        };
        Refresh::begin(&self.state, &self.floor, &self.identity, clock)
            .holding(self.lists.keys().cloned())
    }
}

/// A device that has refreshed once.
pub(crate) fn refreshed(shelf: &Shelf, now: &str) -> Device {
    let mut device = shelf.device();
    device.refresh(shelf, now).unwrap();
    device
}

pub(crate) fn sign(signed: &Value, signers: &[&SigningKey]) -> Vec<u8> {
    let message = serde_json::to_vec(signed).unwrap();
    let signatures: Vec<Value> = signers
        .iter()
        .map(|key| {
            json!({
                "keyid": key.public_key().key_id(),
                "sig": hex::encode(key.sign(&message)),
            })
        })
        .collect();
    serde_json::to_vec(&json!({ "signatures": signatures, "signed": signed })).unwrap()
}

/// How a parent role lists these bytes.
pub(crate) fn listed(bytes: &[u8], version: u64) -> Value {
    let digest = fyr_trust::digest(bytes);
    json!({ "length": bytes.len(), "hashes": { "sha256": digest }, "version": version })
}

pub(crate) fn key() -> SigningKey {
    SigningKey::generate().unwrap()
}

pub(crate) fn public(keys: &[SigningKey]) -> Vec<PublicKey> {
    keys.iter().map(SigningKey::public_key).collect()
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// How a bundle closes a list.
pub(crate) fn closing(names: &str) -> ClosedList {
    ClosedList {
        digest: fyr_trust::digest(names.as_bytes()),
        length: names.len() as u64,
        names: u32::try_from(names.lines().count()).unwrap(),
        except: [].into(),
    }
}

fn bundle(group: &str, text: &str) -> Bundle {
    serde_json::from_value(json!({
        "format": FORMAT,
        "organisation": "ballerup",
        "group": group,
        "unit": "/",
        "audience": Audience::Pupils,
        "stage": "indskoling",
        "controls": [],
        "decisions": {},
        "chromium": { "HomepageLocation": text },
        "firefox": {},
        "hosts": {},
    }))
    .unwrap()
}
