//! What people meet in a real Chromium and a real Firefox on a device that closes a list of names.

use std::fs;
use std::net::IpAddr;

use anyhow::{Context as _, Result};
use fyr_fixtures::Replaced as _;
use fyr_schemas::bundle::Bundle;
use fyr_tests::chromium::Chromium;
use fyr_tests::firefox::Firefox;
use fyr_tests::internet::Internet;
use fyr_tests::municipality::Enrolled;
use fyr_tests::network::LoneNetwork;
use fyr_tests::remote::Visit;
use fyr_tests::town::{Town, bundle};
use fyr_tests::wait;
use serde_json::json;

/// Where every name leads that the device does not close.
const OUTSIDE: &str = "93.184.216.34";

/// A town that closes one list, and a device whose network knows every name by its hosts file.
struct Scene {
    town: Town,
    device: Enrolled,
    network: LoneNetwork,
    internet: Internet,
}

impl Scene {
    fn new() -> Result<Self> {
        let town = Town::new()?;
        publish(&town, "early.example\nexcepted.example\nshop.example\n")?;
        let device = town.device()?;
        let hosts = device.device.root().join("etc/hosts");
        fs::write(hosts, "127.0.0.1 localhost\n")?;
        device.agent(&["once"])?.success()?;
        let outside: IpAddr = OUTSIDE.parse()?;
        let network = LoneNetwork::open(&[outside])?;
        let internet = network.internet_at(outside)?;
        let scene = Self {
            town,
            device,
            network,
            internet,
        };
        scene.lead(&["excepted.example", "late.example", "open.example"])?;
        Ok(scene)
    }

    /// Leads names outside, as a resolver does for names that the device does not close.
    fn lead(&self, names: &[&str]) -> Result<()> {
        let path = self.device.device.root().join("etc/hosts");
        let mut hosts = fs::read_to_string(&path)?;
        for name in names {
            hosts.extend([OUTSIDE, " ", name, "\n"]);
        }
        Ok(fs::write(path, hosts)?)
    }

    /// Closes other names: one that was open, and no longer one that was closed.
    fn change_the_list(&self) -> Result<()> {
        publish(&self.town, "excepted.example\nlate.example\nshop.example\n")?;
        let path = self.device.device.root().join("etc/hosts");
        let unmanaged =
            fs::read_to_string(&path)?.replaced_all(&format!("{OUTSIDE} late.example\n"), "");
        fs::write(&path, unmanaged)?;
        self.lead(&["early.example"])?;
        self.device.agent(&["once"])?.success()?;
        Ok(())
    }

    /// What a browser must meet before the list changes, and after.
    fn tell(&self, mut visit: impl FnMut(&str) -> Result<Visit>) -> Result<()> {
        let mut expect = |site: &str, opens: bool| {
            wait::until(site, wait::LIMIT, || {
                let visited = visit(&format!("https://{site}/"))?;
                Ok(((visited == Visit::Loaded) == opens).then_some(()))
            })
            .with_context(|| format!("`{site}` was to open: {opens}"))?;
            assert_eq!(self.internet.arrivals(site).is_empty(), !opens, "{site}");
            Ok::<_, anyhow::Error>(())
        };
        expect("open.example", true)?;
        expect("excepted.example", true)?;
        expect("shop.example", false)?;
        expect("www.shop.example", false)?;
        self.change_the_list()?;
        expect("late.example", false)?;
        expect("early.example", true)
    }
}

fn publish(town: &Town, names: &str) -> Result<()> {
    let mut closing = serde_json::to_value(bundle(1)?)?;
    let (digest, except) = ("0".repeat(64), ["excepted.example"]);
    let list = json!({ "digest": digest, "length": 0, "names": 0, "except": except });
    let members = closing.as_object_mut().context("a bundle has members")?;
    members.insert("closed".to_owned(), json!({ "games": list }));
    let closing: Bundle = serde_json::from_value(closing)?;
    town.publish_closing(closing, &[("games", names)]).map(drop)
}

#[test]
fn chromium_opens_no_name_of_a_closed_list_and_every_excepted_one() -> Result<()> {
    let scene = Scene::new()?;
    let mut chromium = Chromium::start_in(scene.device.device.root(), &scene.network)?;
    let mut page = chromium.page()?;
    scene.tell(|url| page.visit(url))
}

#[test]
fn firefox_opens_no_name_of_a_closed_list_and_every_excepted_one() -> Result<()> {
    let scene = Scene::new()?;
    let mut firefox = Firefox::start(scene.device.device.root(), &scene.network, &[])?;
    scene.tell(|url| firefox.visit(url))
}
