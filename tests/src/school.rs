//! A pretended school administration: keys, a published repository, tokens, and devices that sign.

use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Value, json};

use fyr_fixtures::{CASE, Publication, decisions, key, sign_token};
use fyr_schemas::bundle::Bundle;
use fyr_schemas::enrolment::EnrolmentToken;
use fyr_schemas::envelope::Envelope;
use fyr_schemas::report::{PeriodsInForce, Report};
use fyr_schemas::timetable::{Days, Period, Timetable};
use fyr_schemas::{DeviceId, Digest, Revision};
use fyr_seal::{Published, SigningKey};

pub use fyr_fixtures::ORGANISATION;

/// The groups that are published, each with its audience, stage and YouTube level.
pub const GROUPS: [(&str, &str, &str, &str); 3] = [
    ("egebjerg-1a", "pupils", "indskoling", "strict"),
    ("egebjerg-5b", "pupils", "mellemtrin", "moderate"),
    ("egebjerg-staff", "staff", "personale", "off"),
];

/// The group whose bundle has a timetable. No period of it runs today.
pub const GROUP_WITH_TIMETABLE: &str = "egebjerg-5b";

/// The period of that timetable.
pub const PERIOD: &str = "exam:terminsproeve";

/// The control that is not in force while it runs.
pub const CONTROL_OUTSIDE_PERIOD: &str = "youtube.level";

/// The control that has another value while it runs.
pub const CONTROL_CHANGED_BY_PERIOD: &str = "incognito";

/// The administration of a pretended school, gone on drop.
#[derive(Debug)]
pub struct School {
    publication: Publication,
}

/// A device that signs, without an agent.
#[derive(Debug)]
pub struct Signer {
    key: fyr_fixtures::Signer,
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
            publication: Publication::new(),
        })
    }

    /// Where the repository is.
    pub fn repository(&self) -> PathBuf {
        self.publication.path()
    }

    /// Publishes every group; another `edition` makes other bundles and a new revision.
    pub fn publish(&self, edition: u32) -> Result<Published> {
        self.publish_at(edition, Timestamp::now())
    }

    /// Publishes as if it were another moment.
    pub fn publish_at(&self, edition: u32, now: Timestamp) -> Result<Published> {
        self.publish_bundles(edition, now, |_| Ok(()))
    }

    /// Publishes an edition of which some bundles are changed.
    pub fn publish_changed(
        &self,
        edition: u32,
        change: impl FnMut(&mut Bundle) -> Result<()>,
    ) -> Result<Published> {
        self.publish_bundles(edition, Timestamp::now(), change)
    }

    fn publish_bundles(
        &self,
        edition: u32,
        now: Timestamp,
        mut change: impl FnMut(&mut Bundle) -> Result<()>,
    ) -> Result<Published> {
        let bundles = GROUPS.iter().map(|group| {
            let mut bundle = bundle(*group, edition)?;
            change(&mut bundle)?;
            Ok(bundle)
        });
        let bundles = bundles.collect::<Result<Vec<_>>>()?;
        Ok(self.publication.publish(bundles, [].into(), now)?)
    }

    /// Writes the two online keys into a directory and their passphrase into a file, and returns
    /// both paths.
    pub fn online_keys(&self) -> Result<(PathBuf, PathBuf)> {
        Ok(self.publication.online_keys())
    }

    /// A signed token. Its server is not used by anything here.
    pub fn token(&self, allowance: &Allowance) -> Result<Envelope> {
        signed_token(&self.publication.authority.enrolment, allowance)
    }

    /// A token that looks right and is signed by a key that is not listed.
    pub fn forged_token(&self, allowance: &Allowance) -> Result<Envelope> {
        signed_token(&key(), allowance)
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
    Ok(sign_token(&token, key))
}

impl Signer {
    /// A device with a new key that will say it is of `group`.
    pub fn new(group: &str) -> Result<Self> {
        Ok(Self {
            key: fyr_fixtures::Signer::new(),
            group: group.to_owned(),
        })
    }

    /// Its name.
    pub fn id(&self) -> DeviceId {
        self.key.id()
    }

    /// The group that it says it is of.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Its request to join with a token.
    pub fn request(&self, token: Envelope) -> Result<Envelope> {
        Ok(self.key.request(token))
    }

    /// A report that everything of `revision` is in force, where each revision is the edition of
    /// its number. No period runs.
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
            "bundle": {"revision": revision, "digest": digest(&self.group, revision)?, "since": now},
            "freshness": {"state": "fresh"},
            "controls": CONTROLS.map(|control| json!({
                "control": control, "state": {"is": "in-force"}, "since": now,
            })),
            "events": [{"at": now, "what": {"event": "applied", "revision": revision}}],
            "browsers": ["chromium"],
        });
        let report: Report =
            serde_json::from_value(report).context("a report as the schema has it")?;
        let periods = (self.group == GROUP_WITH_TIMETABLE).then(|| PeriodsInForce {
            running: [].into(),
            until: None,
        });
        Ok(Report { periods, ..report })
    }

    /// A report, signed by the device's key.
    pub fn sign(&self, report: &Report) -> Result<Envelope> {
        Ok(self.key.sign(report))
    }
}

/// The controls of every published bundle.
pub const CONTROLS: [&str; 4] = [
    "incognito",
    "safesearch.google",
    "sites.block",
    "youtube.level",
];

/// The digest of a group's bundle, as it is published in the edition of this number.
fn digest(group: &str, Revision(edition): Revision) -> Result<Digest> {
    let known = GROUPS.iter().find(|(name, ..)| *name == group);
    let known = known.with_context(|| format!("`{group}` is not published"))?;
    let bundle = bundle(*known, u32::try_from(edition)?)?;
    Ok(fyr_trust::digest(&serde_json::to_vec(&bundle)?))
}

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
    let control_with = |control: &str, value: Value| -> Value {
        json!({
            "id": control,
            "value": value,
            "rule": "digital-tryghed",
            "decision": CASE,
            "coverage": coverage,
        })
    };
    let controls = json!(CONTROLS.map(|control| control_with(control, value(control))));
    let has_timetable = group == GROUP_WITH_TIMETABLE;
    let changed = control_with(CONTROL_CHANGED_BY_PERIOD, json!("off"));
    let variant = json!({
        "during": [PERIOD],
        "controls": {CONTROL_OUTSIDE_PERIOD: null, CONTROL_CHANGED_BY_PERIOD: changed},
    });
    Ok(Bundle {
        timetable: has_timetable.then(timetable).transpose()?,
        variants: has_timetable
            .then(|| serde_json::from_value(variant))
            .transpose()?
            .into_iter()
            .collect(),
        audience: serde_json::from_value(json!(audience))?,
        stage: stage.parse()?,
        controls: serde_json::from_value(controls).context("controls as the schema has them")?,
        decisions: decisions(),
        chromium: [("X".to_owned(), json!(edition))].into(),
        ..fyr_fixtures::bundle(group)
    })
}

/// One period, on days of long ago.
fn timetable() -> Result<Timetable> {
    let days = Days {
        from: Some("2020-01-06".parse()?),
        until: Some("2020-01-07".parse()?),
    };
    Ok(Timetable {
        time_zone: "CET-1CEST,M3.5.0,M10.5.0/3".parse()?,
        periods: [(PERIOD.parse()?, Period::Throughout(days))].into(),
        holidays: Vec::new(),
    })
}
