//! A town of hand-made bundles: its keys, its repository, its server, and the devices that join.
//!
//! For tests of the agent, which are about what a bundle says and not about how it came to be.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use fyr_fixtures::{CASE, ORGANISATION, Publication, decisions, sign_token};
use fyr_schemas::bundle::{Bundle, ClosedList};
use fyr_schemas::enrolment::EnrolmentToken;
use fyr_schemas::fleet::{Fleet, FleetDevice};
use fyr_schemas::report::{Event, EventKind};
use fyr_schemas::{CategoryId, Revision};
use fyr_seal::{KeyDirectory, Passphrase, Role, SigningKey, nonce};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::device::Device;
use crate::forge::Forger;
use crate::municipality::Enrolled;
use crate::server::Server;
use crate::wait;

pub use fyr_fixtures::GROUP;

/// A town; its server is killed and its files are removed on drop.
#[derive(Debug)]
pub struct Town {
    // Ended before the directory goes: it would write into it again.
    server: Server,
    publication: Publication,
}

impl Town {
    /// One that has published [`bundle`] with YouTube's level 1, and serves it.
    pub fn new() -> Result<Self> {
        Self::founded(Timestamp::now())
    }

    /// One that did so when its clock said `now`.
    pub fn founded(now: Timestamp) -> Result<Self> {
        let publication = Publication::new();
        publication.publish([bundle(1)?], BTreeMap::new(), now)?;
        let server = serve(&publication)?;
        Ok(Self {
            server,
            publication,
        })
    }

    /// Where it publishes.
    pub fn repository(&self) -> PathBuf {
        self.publication.path()
    }

    /// Where its server keeps its state.
    pub fn state(&self) -> PathBuf {
        self.publication.directory().join("server")
    }

    /// Its server.
    pub fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    /// Starts the server again at the same address, after it was killed.
    pub fn serve_again(&mut self) -> Result<()> {
        let url = self.server.url();
        let address = url.strip_prefix("http://").context("a plain URL")?;
        let (state, repository) = (
            self.publication.directory().join("server"),
            self.repository(),
        );
        self.server = Server::start_at(address.parse()?, &state, &repository, &[])?;
        Ok(())
    }

    /// A thief of the keys of its server.
    pub fn forger(&self) -> Result<Forger> {
        let keys = self.publication.directory().join("stolen-keys");
        let file = self.publication.directory().join("stolen-passphrase");
        fs::write(&file, "these keys are thrown away")?;
        let passphrase = Passphrase::new(&fs::read_to_string(&file)?)?;
        let signers = &self.publication.authority.signers;
        for (role, held) in [
            (Role::Snapshot, &signers.snapshot),
            (Role::Timestamp, &signers.timestamp),
        ] {
            let key = held.first().context("every role has a key")?;
            KeyDirectory::at(&keys).store(&role.into(), key, &passphrase)?;
        }
        Forger::new(&self.repository(), &keys, &file)
    }

    /// Replaces the keys of the server; the next publication says so.
    pub fn replace_online_keys(&mut self) {
        self.publication.authority.replace_online_keys();
    }

    /// Publishes a bundle.
    pub fn publish(&self, bundle: Bundle) -> Result<Revision> {
        self.publish_at(bundle, Timestamp::now())
    }

    /// Publishes a bundle when the town's clock says `now`.
    pub fn publish_at(&self, bundle: Bundle, now: Timestamp) -> Result<Revision> {
        self.publish_all(bundle, BTreeMap::new(), now)
    }

    /// Publishes a bundle that also closes these lists, each a name a line.
    pub fn publish_closing(&self, bundle: Bundle, lists: &[(&str, &str)]) -> Result<Revision> {
        let texts = lists
            .iter()
            .map(|(category, names)| Ok((category.parse()?, (*names).to_owned())))
            .collect::<Result<_>>()?;
        self.publish_all(closing(bundle, &texts)?, texts, Timestamp::now())
    }

    fn publish_all(
        &self,
        bundle: Bundle,
        lists: BTreeMap<CategoryId, String>,
        now: Timestamp,
    ) -> Result<Revision> {
        let published = self.publication.publish([bundle], lists, now)?;
        Ok(published.revision())
    }

    /// The line that lets devices in.
    pub fn token(&self) -> Result<String> {
        self.token_for(GROUP, SignedDuration::from_hours(1))
    }

    /// The line that lets devices into a group for so long from now on.
    pub fn token_for(&self, group: &str, lifetime: SignedDuration) -> Result<String> {
        self.sign_token(
            self.server.url(),
            group,
            lifetime,
            &self.publication.authority.enrolment,
        )
    }

    /// A token of this town that leads to the server of another.
    pub fn token_at(&self, other: &Self) -> Result<String> {
        let hour = SignedDuration::from_hours(1);
        self.sign_token(
            other.server.url(),
            GROUP,
            hour,
            &self.publication.authority.enrolment,
        )
    }

    /// A token for this town, signed by the key of another.
    pub fn token_signed_by(&self, other: &Self) -> Result<String> {
        let hour = SignedDuration::from_hours(1);
        self.sign_token(
            self.server.url(),
            GROUP,
            hour,
            &other.publication.authority.enrolment,
        )
    }

    fn sign_token(
        &self,
        server: String,
        group: &str,
        lifetime: SignedDuration,
        key: &SigningKey,
    ) -> Result<String> {
        let token = EnrolmentToken {
            server,
            root: self.publication.first_root(),
            organisation: ORGANISATION.parse()?,
            group: group.parse()?,
            expires: Timestamp::now().checked_add(lifetime)?,
            nonce: nonce()?,
            devices: 100,
        };
        Ok(fyr_trust::token::render(&sign_token(&token, key)))
    }

    /// A new device with Chromium and Firefox, enrolled and not yet running.
    pub fn device(&self) -> Result<Enrolled> {
        Enrolled::join(Device::new()?, &self.token()?)
    }

    /// A device that holds the published policy and whose agent runs.
    pub fn running_device(&self) -> Result<Enrolled> {
        let mut device = self.settled_device()?;
        device.run()?;
        let id = device.id()?;
        self.device_that("the agent to start", |seen| {
            let started = |event: &Event| event.what == EventKind::Started;
            seen.device == id && seen.events.iter().any(started)
        })?;
        Ok(device)
    }

    /// A device that holds the published policy.
    pub fn settled_device(&self) -> Result<Enrolled> {
        let device = self.device()?;
        device.agent(&["once"])?.success()?;
        Ok(device)
    }

    /// The fleet as the server tells it.
    pub fn fleet(&self) -> Result<Fleet> {
        let fleet = self.server.get("/api/v1/fleet")?;
        Ok(serde_json::from_slice(&fleet.body)?)
    }

    /// Waits until the server knows a device that `accept` likes.
    pub fn device_that(
        &self,
        what: &str,
        accept: impl Fn(&FleetDevice) -> bool,
    ) -> Result<FleetDevice> {
        let mut last = None;
        let found = wait::until(what, wait::LIMIT, || {
            let fleet = self.fleet()?;
            let found = fleet.devices.iter().find(|device| accept(device)).cloned();
            last = Some(fleet);
            Ok(found)
        });
        found.with_context(|| format!("the fleet was {last:#?}"))
    }
}

fn serve(publication: &Publication) -> Result<Server> {
    let state = publication.directory().join("server");
    Server::start(&state, &publication.path(), &[])
}

/// The bundle, closing these lists on top of everything else, with a control that says so. Names
/// that the bundle excepts of a list stay so.
fn closing(mut bundle: Bundle, lists: &BTreeMap<CategoryId, String>) -> Result<Bundle> {
    for (category, names) in lists {
        let before = bundle.closed.remove(category);
        let closed = ClosedList {
            except: before.map(|before| before.except).unwrap_or_default(),
            ..fyr_fixtures::closing(names)
        };
        let coverage = json!({ "lists": [category] });
        bundle.controls.push(serde_json::from_value(json!({
            "id": format!("sites.block.{category}"),
            "value": format!("{} names", closed.names),
            "rule": category.as_str(),
            "decision": CASE,
            "coverage": { "chromium": coverage, "firefox": coverage },
        }))?);
        bundle.closed.insert(category.clone(), closed);
    }
    bundle.controls.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(bundle)
}

/// A bundle with a policy per target and a control per kind of coverage.
pub fn bundle(youtube: u8) -> Result<Bundle> {
    let policy = |name: &str| json!({ "policy": [name] });
    let gap = json!({"gap": {"reason": "no-mechanism", "detail": "Firefox has no such policy"}});
    let control = |id: &str, chromium, firefox| {
        json!({
            "id": id,
            "value": "on",
            "rule": "a-rule",
            "decision": CASE,
            "coverage": { "chromium": chromium, "firefox": firefox },
        })
    };
    let controls = json!([
        control(
            "browser.private",
            policy("IncognitoModeAvailability"),
            policy("DisablePrivateBrowsing")
        ),
        control("safesearch.google", policy("ForceGoogleSafeSearch"), gap),
        control(
            "youtube.level",
            policy("ForceYouTubeRestrict"),
            json!({"hosts": ["www.youtube.com"]})
        ),
    ]);
    let chromium = json!({
        "ForceGoogleSafeSearch": true,
        "ForceYouTubeRestrict": youtube,
        "IncognitoModeAvailability": 1,
    });
    Ok(Bundle {
        controls: serde_json::from_value(controls).context("controls as the schema has them")?,
        decisions: decisions(),
        chromium: serde_json::from_value(chromium)?,
        firefox: [("DisablePrivateBrowsing".to_owned(), json!(true))].into(),
        hosts: [("www.youtube.com".parse()?, "216.239.38.120".parse()?)].into(),
        ..fyr_fixtures::bundle(GROUP)
    })
}
