//! Tampering with what the agent manages: repaired, told, and without effect in an open browser.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use fyr_schemas::Revision;
use fyr_schemas::report::{EventKind, Found};
use fyr_tests::chromium::Chromium;
use fyr_tests::internet::Internet;
use fyr_tests::municipality::{Enrolled, LIMIT, Municipality};
use fyr_tests::remote::Visit;
use fyr_tests::wait;

#[test]
fn a_deleted_file_comes_back_and_the_fleet_knows() -> Result<()> {
    repaired(Found::Missing, |file| Ok(fs::remove_file(file)?))
}

#[test]
fn a_changed_file_is_put_right_and_the_fleet_knows() -> Result<()> {
    repaired(Found::Changed, |file| {
        let changed = fs::read_to_string(file)?.replace('2', "0");
        // Not truncated first, or the agent may see that.
        let mut file = File::options().write(true).open(file)?;
        Ok(file.write_all(changed.as_bytes())?)
    })
}

#[test]
fn a_truncated_file_is_put_right_and_the_fleet_knows() -> Result<()> {
    repaired(Found::Truncated, |file| Ok(fs::write(file, "")?))
}

#[test]
fn a_symbolic_link_is_replaced_and_what_it_points_at_stays() -> Result<()> {
    let elsewhere = tempfile::tempdir()?;
    let target = elsewhere.path().join("mine.json");
    fs::write(&target, "{}")?;
    repaired(Found::Symlink, |file| {
        fs::remove_file(file)?;
        Ok(symlink(&target, file)?)
    })?;
    assert_eq!(fs::read_to_string(target)?, "{}");
    Ok(())
}

#[test]
fn a_foreign_file_that_overrules_ours_is_outranked() -> Result<()> {
    let governed = Governed::new()?;
    let foreign = governed.device.device.managed().join("zz-mine.json");
    fs::write(&foreign, r#"{"ForceYouTubeRestrict": 0}"#)?;

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
    assert!(foreign.exists(), "what others wrote is theirs");
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

    fn file(&self) -> std::path::PathBuf {
        self.device.device.managed().join("fyr.json")
    }
}

fn repaired(found: Found, tamper: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let governed = Governed::new()?;
    let file = governed.file();
    let before = (fs::read(&file)?, fs::metadata(&file)?.modified()?);
    tamper(&file)?;

    governed.municipality.device_that("the repair", |device| {
        let told = |wanted: &dyn Fn(&EventKind) -> bool| {
            device.events.iter().any(|event| wanted(&event.what))
        };
        told(&|kind| matches!(kind, EventKind::Drift { found: how, .. } if *how == found))
            && told(&|kind| matches!(kind, EventKind::Repaired { .. }))
    })?;
    wait::until("the file as it was", LIMIT, || {
        let same = fs::symlink_metadata(&file)?.is_file()
            && (fs::read(&file)?, fs::metadata(&file)?.modified()?) == before;
        Ok(same.then_some(()))
    })
}
