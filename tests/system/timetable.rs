//! A device that passes from one period of its timetable into another, with no network, seen in a
//! browser that stays open.

use anyhow::{Context as _, Result, ensure};
use fyr_schemas::bundle::Bundle;
use fyr_schemas::fleet::DeviceState;
use fyr_schemas::timetable::{Days, Hours, Period, Timetable, ZoneRule};
use fyr_schemas::{PeriodId, Revision};
use fyr_tests::chromium::{Chromium, Page};
use fyr_tests::internet::Internet;
use fyr_tests::municipality::Enrolled;
use fyr_tests::remote::Visit;
use fyr_tests::town::{Town, bundle};
use fyr_tests::wait;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const EXAM: &str = "exam:matematik-9";
/// The one site that the exam leaves open, and one of all the others.
const ITS_OWN: &str = "exam.example";
const ANOTHER: &str = "answers.example";

/// From publishing to the exam: what the device needs to fetch its policy.
const NOTICE: SignedDuration = SignedDuration::from_secs(10);
/// The shortest that a period can be.
const EXAM_LASTS: SignedDuration = SignedDuration::from_mins(1);

#[test]
fn an_exam_begins_and_ends_on_time_in_an_open_browser_without_a_network() -> Result<()> {
    let mut town = Town::new()?;
    let mut device = town.running_device()?;
    let internet = Internet::open()?;
    let mut chromium = Chromium::start(device.device.root(), &internet, &[])?;
    let mut page = chromium.page()?;
    ensure!(is_open(&mut page, ANOTHER)?);
    wait::quiet_browser();

    let begins = Timestamp::from_second((Timestamp::now() + NOTICE).as_second())?;
    let (time_zone, minute) = minute_from(begins)?;
    let revision = town.publish(examining(time_zone, minute)?)?;
    wait::until("the device to hold the timetable", wait::LIMIT, || {
        Ok((revision_of(&device)? == Some(revision)).then_some(()))
    })?;
    town.server().kill()?;

    wait_for(&mut page, ANOTHER, false)?;
    ensure!(begins <= Timestamp::now(), "it was closed too early");
    ensure!(is_open(&mut page, ITS_OWN)?);
    shows_the_exam(&device, begins + EXAM_LASTS)?;

    device.kill()?;
    device.run()?;
    wait_for(&mut page, ANOTHER, true)?;
    ensure!(
        begins + EXAM_LASTS <= Timestamp::now(),
        "it was opened too early"
    );
    Ok(())
}

#[test]
fn a_device_that_starts_without_a_network_holds_the_period_that_runs() -> Result<()> {
    let mut town = Town::new()?;
    let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
    let term = Period::Throughout(Days {
        from: Some(yesterday.to_zoned(TimeZone::UTC).date()),
        until: None,
    });
    town.publish(examining("UTC0".parse()?, term)?)?;
    let mut device = town.settled_device()?;
    town.server().kill()?;
    std::fs::remove_file(device.device.managed().join("fyr.json"))?;
    device.run()?;
    wait::until("the policy of the exam", wait::LIMIT, || {
        let policy = device.device.chromium_policy("fyr.json");
        Ok(policy
            .ok()
            .filter(|policy| policy["URLAllowlist"] == json!([ITS_OWN])))
    })?;
    town.serve_again()?;
    town.device_that("the reports that name the period", |seen| {
        seen.state == DeviceState::Compliant && seen.missing_reports == 0 && seen.sequence > 1
    })?;
    Ok(())
}

/// A bundle that leaves one site open while a period runs.
fn examining(time_zone: ZoneRule, runs: Period) -> Result<Bundle> {
    let mut bundle = bundle(1)?;
    let mut then = bundle.clone();
    then.chromium
        .insert("URLBlocklist".to_owned(), json!(["*"]));
    then.chromium
        .insert("URLAllowlist".to_owned(), json!([ITS_OWN]));
    let exam: PeriodId = EXAM.parse()?;
    let variant = bundle.variant([exam.clone()].into(), &then);
    bundle.variants = variant.into_iter().collect();
    bundle.timetable = Some(Timetable {
        time_zone,
        periods: [(exam, runs)].into(),
        holidays: Vec::new(),
    });
    Ok(bundle)
}

/// The minute from a moment on, in a zone whose clocks show a whole minute then: periods begin with
/// one, and a test cannot wait for it.
fn minute_from(begins: Timestamp) -> Result<(ZoneRule, Period)> {
    let time_zone: ZoneRule = format!("FYR0:00:{:02}", begins.as_second() % 60).parse()?;
    let local = time_zone.local(begins);
    let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
    let clock = |minute: i32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let hours: Hours = format!("{}-{}", clock(minute), clock(minute + 1)).parse()?;
    let runs = Period::On {
        days: [local.date()].into(),
        hours: vec![hours],
    };
    Ok((time_zone, runs))
}

fn is_open(page: &mut Page, site: &str) -> Result<bool> {
    Ok(page.visit(&format!("https://{site}/"))? == Visit::Loaded)
}

fn wait_for(page: &mut Page, site: &str, opens: bool) -> Result<()> {
    // It may open only after the exam.
    let limit = wait::LIMIT + EXAM_LASTS.unsigned_abs();
    wait::until(site, limit, || {
        Ok((is_open(page, site)? == opens).then_some(()))
    })
    .with_context(|| format!("`{site}` was to open: {opens}"))
}

fn status(device: &Enrolled) -> Result<Value> {
    let shown = device.agent(&["status", "--json"])?;
    Ok(serde_json::from_str(&shown.stdout)?)
}

fn revision_of(device: &Enrolled) -> Result<Option<Revision>> {
    let status = status(device)?;
    let revision = status.pointer("/bundle/revision").cloned();
    Ok(serde_json::from_value(revision.unwrap_or_default())?)
}

/// The status shows which period runs and until when, and nothing is
/// amiss.
fn shows_the_exam(device: &Enrolled, ends: Timestamp) -> Result<()> {
    let shown = status(device)?;
    let periods = json!({ "running": [EXAM], "until": ends });
    ensure!(shown.get("periods") == Some(&periods), "{shown:#}");
    ensure!(shown.get("compliant") == Some(&json!(true)), "{shown:#}");
    let words = device.agent(&["status"])?.stdout;
    let line = format!("`{EXAM}` until ");
    ensure!(words.contains(&line), "{words}");
    Ok(())
}
