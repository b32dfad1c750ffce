//! Tampering with what the agent manages, as browsers see it: without effect in an open one, and
//! shown on an open dashboard. How each kind of damage is repaired is tested in `agent_tamper.rs`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use fyr_schemas::Revision;
use fyr_schemas::report::EventKind;
use fyr_tests::chromium::Chromium;
use fyr_tests::device::Device;
use fyr_tests::internet::Internet;
use fyr_tests::municipality::{Enrolled, Municipality};
use fyr_tests::remote::Visit;
use fyr_tests::wait;

#[test]
fn tampering_is_repaired_and_shows_on_the_open_dashboard_without_a_reload() -> Result<()> {
    let governed = Governed::new()?;
    let (desk, internet) = (Device::new()?, Internet::open()?);
    let mut chromium = Chromium::start(desk.root(), &internet, &[])?;
    let mut page = chromium.page()?;
    page.visit(&governed.municipality.server()?.url())?;
    let mut repairs = || -> Result<usize> {
        let text = page.evaluate("document.body.innerText")?;
        let text = text.as_str().context("a page has text")?.to_lowercase();
        Ok(text.matches("repaired").count())
    };
    let before = repairs()?;

    let written = fs::read(governed.file())?;
    fs::remove_file(governed.file())?;
    wait::until("the repair on the dashboard", wait::LIMIT, || {
        Ok((repairs()? > before).then_some(()))
    })?;
    assert_eq!(fs::read(governed.file())?, written);
    Ok(())
}

#[test]
fn an_unmanaged_file_that_overrides_ours_is_outranked() -> Result<()> {
    let governed = Governed::new()?;
    let unmanaged = governed.device.device.managed().join("zz-mine.json");
    fs::write(&unmanaged, r#"{"ForceYouTubeRestrict": 0}"#)?;

    governed
        .municipality
        .device_that("the shadow outranked", |device| {
            let outranked = |kind: &EventKind| matches!(kind, EventKind::Outranked { .. });
            device.events.iter().any(|event| outranked(&event.what))
        })?;
    let inspectable = governed.device.device.inspectable()?;
    let internet = Internet::open()?;
    let mut chromium = Chromium::start(inspectable.root(), &internet, &[])?;
    chromium.page()?.visit("https://www.youtube.com/")?;
    let video = internet.arrival("www.youtube.com", "/")?;
    assert_eq!(video.header("YouTube-Restrict"), Some("Strict"));
    assert!(unmanaged.exists(), "what others wrote is theirs");
    Ok(())
}

#[test]
fn tampering_opens_nothing_in_an_open_browser() -> Result<()> {
    let governed = Governed::new()?;
    let internet = Internet::open()?;
    let mut chromium = Chromium::start(governed.device.device.root(), &internet, &[])?;
    let mut page = chromium.page()?;
    let blocked = "https://always-closed.example/";
    assert_ne!(page.visit(blocked)?, Visit::Loaded);
    wait::quiet_browser();

    fs::write(governed.file(), "{}")?;
    wait::throughout("the site stays closed", Duration::from_secs(8), || {
        Ok(page.visit(blocked)? != Visit::Loaded)
    })?;
    assert_eq!(internet.arrivals("always-closed.example"), []);
    Ok(())
}

/// A device in `indskoling` with a running agent, everything in force and reported.
struct Governed {
    municipality: Municipality,
    device: Enrolled,
}

impl Governed {
    fn new() -> Result<Self> {
        let municipality = Municipality::like("ballerup")?;
        municipality.let_tests_look_inside()?;
        municipality.close("always-closed.example")?;
        let (municipality, mut device) = municipality.start("/skoler/skovlunde", "indskoling")?;
        device.run()?;
        municipality.in_force(Revision(1))?;
        Ok(Self {
            municipality,
            device,
        })
    }

    fn file(&self) -> PathBuf {
        self.device.device.managed().join("fyr.json")
    }
}
