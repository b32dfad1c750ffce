//! The harness can tell a browser that obeys from one that does not.
//!
//! Every proof elsewhere that a policy is in force is the opposite of one of these, on the same
//! browser and the same pretended internet.

use std::fs;

use anyhow::Result;
use fyr_tests::chromium::Chromium;
use fyr_tests::device::Device;
use fyr_tests::firefox::Firefox;
use fyr_tests::internet::Internet;
use fyr_tests::network::LoneNetwork;
use fyr_tests::remote::Visit;

#[test]
fn a_chromium_without_policy_sends_what_it_was_asked_for() -> Result<()> {
    let device = Device::new()?;
    let internet = Internet::open()?;
    let mut chromium = Chromium::start(device.root(), &internet, &[])?;
    let mut page = chromium.page()?;

    assert_eq!(page.visit("https://www.youtube.com/")?, Visit::Loaded);
    assert_eq!(
        page.visit("https://www.google.com/search?q=ulv")?,
        Visit::Loaded
    );

    let video = internet.arrival("www.youtube.com", "/")?;
    assert_eq!(video.header("YouTube-Restrict"), None);
    let search = internet.arrival("www.google.com", "/search")?;
    assert_eq!(search.target, "/search?q=ulv");
    assert_eq!(search.header("X-GoogApps-Allowed-Domains"), None);
    assert_eq!(page.policies()?.len(), 0);
    assert_eq!(page.complaints(), Vec::<String>::new());
    Ok(())
}

#[test]
fn a_chromium_without_policy_opens_incognito() -> Result<()> {
    let device = Device::new()?;
    let internet = Internet::open()?;
    let arguments = ["--incognito", "https://open.example/"];
    let mut chromium = Chromium::start(device.root(), &internet, &arguments)?;
    internet.arrival("open.example", "/")?;

    assert!(
        chromium
            .page()?
            .is_off_the_record("https://open.example/")?
    );
    Ok(())
}

#[test]
fn a_chromium_without_policy_lets_a_guest_in() -> Result<()> {
    let device = Device::new()?;
    let internet = Internet::open()?;
    let arguments = ["--guest", "https://open.example/"];
    let chromium = Chromium::start(device.root(), &internet, &arguments)?;
    internet.arrival("open.example", "/")?;

    assert!(chromium.has_let_a_guest_in());
    Ok(())
}

#[test]
fn the_policy_page_shows_wrong_values_and_conflicts() -> Result<()> {
    let device = Device::new()?;
    let internet = Internet::open()?;
    let (first, last) = (
        r#"{"ForceYouTubeRestrict": 2, "URLBlocklist": "x.example"}"#,
        r#"{"ForceYouTubeRestrict": 1}"#,
    );
    fs::create_dir_all(device.managed())?;
    fs::write(device.managed().join("a.json"), first)?;
    fs::write(device.managed().join("b.json"), last)?;
    let mut chromium = Chromium::start(device.root(), &internet, &[])?;
    let policies = chromium.page()?.policies()?;

    let remarks = |name| policies.get(name).map(|policy| policy.remarks.len());
    assert_ne!(remarks("URLBlocklist"), Some(0), "{policies:#?}");
    assert_ne!(remarks("ForceYouTubeRestrict"), Some(0), "{policies:#?}");
    Ok(())
}

#[test]
fn a_firefox_without_policy_opens_private_windows_and_any_site() -> Result<()> {
    let device = Device::new()?;
    fs::write(
        device.root().join("etc/hosts"),
        "192.0.2.1 open.example\n192.0.2.2 www.youtube.com\n",
    )?;
    let network = LoneNetwork::open(&["192.0.2.1".parse()?, "192.0.2.2".parse()?])?;
    let internet = network.internet()?;
    let arguments = ["--private-window", "https://open.example/"];
    let mut firefox = Firefox::start(device.root(), &network, &arguments)?;

    assert_eq!(firefox.active_policies()?, serde_json::Value::Null);
    assert!(firefox.private_windows()?.contains(&true));
    assert_eq!(firefox.visit("https://www.youtube.com/")?, Visit::Loaded);
    let video = internet.arrival("www.youtube.com", "/")?;
    assert_eq!(video.address.to_string(), "192.0.2.2");
    Ok(())
}
