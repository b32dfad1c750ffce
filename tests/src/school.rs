//! A pretended school administration: keys, a published repository, tokens, and devices that sign.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use fyr_schemas::bundle::Bundle;
use fyr_schemas::enrolment::{EnrolmentRequest, EnrolmentToken};
use fyr_schemas::envelope::{Envelope, PayloadType};
use fyr_schemas::report::Report;
use fyr_schemas::{DeviceId, Revision};
use fyr_seal::{KeyDirectory, Passphrase, Published, Role, SigningKey, sign_envelope};

use crate::authority::{Authority, sign_token};

/// The organisation that the school belongs to.
pub const ORGANISATION: &str = "ballerup";

/// The groups that are published, each with its audience, stage and YouTube level.
pub const GROUPS: [(&str, &str, &str, &str); 3] = [
    ("egebjerg-1a", "pupils", "indskoling", "strict"),
    ("egebjerg-5b", "pupils", "mellemtrin", "moderate"),
    ("egebjerg-staff", "staff", "personale", "off"),
];

/// The administration of a pretended school, gone on drop.
#[derive(Debug)]
pub struct School {
    directory: TempDir,
    authority: Authority,
}

/// A device that signs, without an agent.
#[derive(Debug)]
pub struct Signer {
    key: SigningKey,
    group: String,
}

/// What a token allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The group it leads into.
    pub group: String,
    /// 128 bits in hex that tell tokens apart.
    pub nonce: String,
    /// How many devices it lets in.
    pub devices: u32,
    /// Until when.
    pub expires: Timestamp,
}

impl Allowance {
    /// Lets `devices` devices into `group` for an hour.
    pub fn new(group: &str, nonce: u128, devices: u32) -> Result<Self> {
        Ok(Self {
            group: group.to_owned(),
            nonce: format!("{nonce:032x}"),
            devices,
            expires: Timestamp::now().checked_add(jiff::Span::new().hours(1))?,
        })
    }
}

impl School {
    /// Keys and an empty repository.
    pub fn new() -> Result<Self> {
        Ok(Self {
            directory: tempfile::tempdir()?,
            authority: Authority::new()?,
        })
    }

    /// Where the repository is.
    pub fn repository(&self) -> PathBuf {
        self.directory.path().join("repository")
    }

    /// Publishes every group; another `edition` makes other bundles and a new revision.
    pub fn publish(&self, edition: u32) -> Result<Published> {
        self.publish_at(edition, Timestamp::now())
    }

    /// Publishes as if it were another moment.
    pub fn publish_at(&self, edition: u32, now: Timestamp) -> Result<Published> {
        let bundles = GROUPS
            .iter()
            .map(|group| bundle(*group, edition))
            .collect::<Result<Vec<_>>>()?;
        self.authority
            .publish(&self.repository(), bundles, [].into(), now)
    }

    /// Writes the two online keys into a directory and their passphrase into a file, and returns
    /// both paths.
    pub fn online_keys(&self) -> Result<(PathBuf, PathBuf)> {
        let directory = self.directory.path().join("online-keys");
        let file = self.directory.path().join("passphrase");
        let text = "en lang adgangssætning";
        std::fs::write(&file, text)?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        let passphrase = Passphrase::new(text)?;
        let keys = KeyDirectory::at(&directory);
        for (role, held) in [
            (Role::Snapshot, &self.authority.signers.snapshot),
            (Role::Timestamp, &self.authority.signers.timestamp),
        ] {
            let key = held.first().context("every role has a key")?;
            keys.store(&role.into(), key, &passphrase)?;
        }
        Ok((directory, file))
    }

    /// A signed token. Its server is not used by anything here.
    pub fn token(&self, allowance: &Allowance) -> Result<Envelope> {
        signed_token(&self.authority.enrolment, allowance)
    }

    /// A token that looks right and is signed by a key that is not listed.
    pub fn forged_token(&self, allowance: &Allowance) -> Result<Envelope> {
        signed_token(&SigningKey::generate()?, allowance)
    }
}

fn signed_token(key: &SigningKey, allowance: &Allowance) -> Result<Envelope> {
    let token = EnrolmentToken {
        server: "http://127.0.0.1:1".to_owned(),
        root: "0".repeat(64).parse()?,
        organisation: ORGANISATION.parse()?,
        group: allowance.group.parse()?,
        expires: allowance.expires,
        nonce: allowance.nonce.clone(),
        devices: allowance.devices,
    };
    sign_token(&token, key)
}

impl Signer {
    /// A device with a new key that will say it is of `group`.
    pub fn new(group: &str) -> Result<Self> {
        Ok(Self {
            key: SigningKey::generate()?,
            group: group.to_owned(),
        })
    }

    /// Its name.
    pub fn id(&self) -> DeviceId {
        fyr_trust::device_id(self.key.public_key().bytes())
    }

    /// Its request to join with a token.
    pub fn request(&self, token: Envelope) -> Result<Envelope> {
        let request = EnrolmentRequest {
            token,
            public_key: self.key.public_key().hex(),
        };
        let payload = serde_json::to_vec(&request)?;
        Ok(sign_envelope(
            PayloadType::EnrolmentRequest,
            &payload,
            self.id().as_str(),
            &self.key,
        ))
    }

    /// A report that everything of `revision` is in force.
    pub fn report(&self, sequence: u64, revision: Revision) -> Result<Report> {
        let now = Timestamp::now();
        let report = json!({
            "format": 1,
            "organisation": ORGANISATION,
            "group": self.group,
            "device": self.id(),
            "sequence": sequence,
            "at": now,
            "agent": [0, 1, 0],
            "bundle": {"revision": revision, "digest": "1".repeat(64), "since": now},
            "freshness": {"state": "fresh"},
            "controls": CONTROLS.map(|control| json!({
                "control": control, "state": {"is": "in-force"}, "since": now,
            })),
            "events": [{"at": now, "what": {"event": "applied", "revision": revision}}],
            "browsers": ["chromium"],
        });
        serde_json::from_value(report).context("a report as the schema has it")
    }

    /// A report, signed by the device's key.
    pub fn sign(&self, report: &Report) -> Result<Envelope> {
        let payload = serde_json::to_vec(report)?;
        Ok(sign_envelope(
            PayloadType::Report,
            &payload,
            self.id().as_str(),
            &self.key,
        ))
    }
}

/// The controls of every published bundle.
pub const CONTROLS: [&str; 4] = [
    "incognito",
    "safesearch.google",
    "sites.block",
    "youtube.level",
];

fn bundle(
    (group, audience, stage, youtube): (&str, &str, &str, &str),
    edition: u32,
) -> Result<Bundle> {
    let coverage = json!({"chromium": {"policy": ["X"]}, "firefox": {"policy": ["X"]}});
    let value = |control: &str| match control {
        "youtube.level" => json!(youtube),
        "sites.block" => json!(format!("{edition} sites")),
        _ => json!("on"),
    };
    let control = |control: &str| -> Value {
        json!({
            "id": control,
            "value": value(control),
            "rule": "digital-tryghed",
            "decision": "85.10.09-G01-33-21",
            "coverage": coverage,
        })
    };
    let bundle = json!({
        "format": 1,
        "organisation": ORGANISATION,
        "group": group,
        "unit": "/skoler/egebjerg",
        "audience": audience,
        "stage": stage,
        "controls": CONTROLS.map(control),
        "decisions": {"85.10.09-G01-33-21": {
            "title": "YouTube i skolen",
            "body": "Børne- og Skoleudvalget",
            "date": "2021-12-01",
            "decide_by": null,
            "review": "2022-12-01",
        }},
        "chromium": {"X": edition},
        "firefox": {},
        "hosts": {},
    });
    serde_json::from_value(bundle).context("a bundle as the schema has it")
}
