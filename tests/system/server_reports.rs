//! A report is believed only as far as it fits what was published: forged reports, signed by the
//! key of an enrolled device, against a real server.

#![expect(
    clippy::indexing_slicing,
    reason = "a test that misses what it looks for must fail"
)]

use anyhow::{Context, Result, ensure};
use fyr_schemas::Revision;
use fyr_schemas::report::{MOST_PERIODS, Report};
use fyr_tests::hosted::{GROUP, Hosted};
use fyr_tests::school::{CONTROL_OUTSIDE_PERIOD, GROUP_WITH_TIMETABLE, PERIOD, Signer};
use fyr_tests::server::Answer;
use serde_json::{Value, json};

/// A server with one published revision, and a device that joined.
struct Scene {
    hosted: Hosted,
    device: Signer,
}

impl Scene {
    fn open() -> Result<Self> {
        Self::with_device_of(GROUP)
    }

    fn with_device_of(group: &str) -> Result<Self> {
        let hosted = Hosted::open(&[])?;
        let device = hosted.joined(group)?;
        Ok(Self { hosted, device })
    }

    fn send(&self, report: &Report) -> Result<Answer> {
        self.hosted.send(&self.device, report)
    }

    /// Sends a report that says everything is in force, changed in one way.
    fn forge(&self, sequence: u64, change: impl FnOnce(&mut Value)) -> Result<Answer> {
        let report = self.device.report(sequence, Revision(1))?;
        let mut forged = serde_json::to_value(report)?;
        change(&mut forged);
        self.send(&serde_json::from_value(forged)?)
    }

    fn shown(&self) -> Result<Value> {
        self.hosted.shown(&self.device)
    }

    /// Whether the page, the API and the metrics all show this contradiction.
    fn shows(&self, kind: &str, words: &str) -> Result<()> {
        let shown = self.shown()?;
        assert_eq!(shown["state"], "non-compliant", "{shown}");
        assert_eq!(shown["contradictions"][0]["kind"], kind, "{shown}");
        let page = self.hosted.get("/")?.text();
        ensure!(page.contains(words), "`{words}` in {page}");
        let metrics = self.hosted.get("/metrics")?.text();
        let line = format!("fyr_contradicting_devices{{kind=\"{kind}\"}} 1");
        ensure!(metrics.contains(&line), "`{line}` in {metrics}");
        Ok(())
    }
}

#[test]
fn a_report_of_another_bundle_than_the_published_one_is_a_finding() -> Result<()> {
    let scene = Scene::open()?;
    let answer = scene.forge(1, |it| it["bundle"]["digest"] = json!("1".repeat(64)))?;
    assert_eq!(answer.status, 200, "{answer:?}");
    scene.shows(
        "other-bundle",
        "reports another bundle than the one published as revision 1",
    )?;
    // An honest report ends the finding.
    scene.send(&scene.device.report(2, Revision(1))?)?;
    assert_eq!(scene.shown()?["state"], "compliant");
    assert_eq!(scene.shown()?["contradictions"], json!([]));
    Ok(())
}

#[test]
fn a_report_of_a_revision_above_the_newest_is_a_finding() -> Result<()> {
    let scene = Scene::open()?;
    scene.forge(1, |it| it["bundle"]["revision"] = json!(7))?;
    scene.shows(
        "revision-not-published",
        "reports revision 7, which was never published here",
    )
}

#[test]
fn a_report_that_leaves_a_control_out_is_a_finding() -> Result<()> {
    let scene = Scene::open()?;
    scene.forge(1, |it| {
        it["controls"] = json!([it["controls"][0], it["controls"][1], it["controls"][2]]);
    })?;
    scene.shows("controls-missing", "does not report youtube.level")?;
    assert_eq!(
        scene.shown()?["contradictions"][0]["controls"],
        json!(["youtube.level"])
    );
    scene.forge(2, |it| it["controls"] = json!([]))?;
    assert_eq!(scene.shown()?["state"], "non-compliant");
    Ok(())
}

#[test]
fn a_report_of_a_control_that_no_bundle_names_is_refused_for_good() -> Result<()> {
    let scene = Scene::open()?;
    let answer = scene.forge(1, |it| {
        it["controls"][0]["control"] = json!("ida-hansen");
    })?;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(answer.json()?["type"], "urn:fyr:problem:unknown-control");
    assert_eq!(scene.shown()?["sequence"], 0);
    assert!(!scene.hosted.get("/")?.text().contains("ida-hansen"));
    Ok(())
}

#[test]
fn a_report_of_a_period_that_no_bundle_names_is_refused_for_good() -> Result<()> {
    let scene = Scene::open()?;
    let answer = scene.forge(1, |it| {
        it["periods"] = json!({"running": ["ida:hansen-7b"], "until": null});
    })?;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(answer.json()?["type"], "urn:fyr:problem:unknown-period");
    assert_eq!(scene.shown()?["sequence"], 0);
    for path in ["/", "/api/v1/fleet"] {
        assert!(!scene.hosted.get(path)?.text().contains("hansen"), "{path}");
    }
    Ok(())
}

#[test]
fn a_report_of_more_periods_than_a_report_may_have_is_refused() -> Result<()> {
    let scene = Scene::with_device_of(GROUP_WITH_TIMETABLE)?;
    let names: Vec<String> = (0..=MOST_PERIODS).map(|it| format!("p-{it}")).collect();
    let answer = scene.forge(1, |it| {
        it["periods"] = json!({"running": names, "until": null});
    })?;
    assert_eq!(answer.status, 413, "{answer:?}");
    assert_eq!(answer.json()?["type"], "urn:fyr:problem:too-large");
    assert_eq!(scene.shown()?["sequence"], 0);
    Ok(())
}

#[test]
fn a_report_without_the_periods_of_its_timetable_is_a_finding() -> Result<()> {
    let scene = Scene::with_device_of(GROUP_WITH_TIMETABLE)?;
    let answer = scene.forge(1, |it| {
        it.as_object_mut().map(|it| it.remove("periods"));
    })?;
    assert_eq!(answer.status, 200, "{answer:?}");
    scene.shows("periods-missing", "does not report which periods run")?;
    // An honest report ends the finding.
    scene.send(&scene.device.report(2, Revision(1))?)?;
    assert_eq!(scene.shown()?["state"], "compliant");
    Ok(())
}

#[test]
fn a_report_of_a_period_of_another_bundle_is_a_finding() -> Result<()> {
    let scene = Scene::open()?;
    let answer = scene.forge(1, |it| {
        it["periods"] = json!({"running": [PERIOD], "until": null});
    })?;
    assert_eq!(answer.status, 200, "{answer:?}");
    scene.shows(
        "periods-unknown",
        &format!("reports the periods {PERIOD}, which its bundle does not name"),
    )
}

#[test]
fn a_report_while_a_period_runs_is_compared_with_the_controls_of_then() -> Result<()> {
    let scene = Scene::with_device_of(GROUP_WITH_TIMETABLE)?;
    let running = |it: &mut Value| it["periods"]["running"] = json!([PERIOD]);
    scene.forge(1, running)?;
    scene.shows("controls-unknown", CONTROL_OUTSIDE_PERIOD)?;
    scene.forge(2, |it| {
        running(it);
        let controls = it["controls"].as_array_mut().expect("controls");
        controls.retain(|it| it["control"] != CONTROL_OUTSIDE_PERIOD);
    })?;
    assert_eq!(scene.shown()?["state"], "compliant");
    Ok(())
}

#[test]
fn a_time_that_no_clock_shows_is_refused_and_disturbs_no_page() -> Result<()> {
    let scene = Scene::open()?;
    let never = "9999-12-30T22:00:00.999Z";
    let answer = scene.forge(1, |it| {
        it["controls"][0]["state"] = json!({"is": "drifted"});
        it["controls"][0]["since"] = json!(never);
    })?;
    assert_eq!(answer.status, 400, "{answer:?}");
    for path in ["/", "/api/v1/fleet", "/metrics"] {
        assert_eq!(scene.hosted.get(path)?.status, 200, "{path}");
    }
    scene.send(&scene.device.report(1, Revision(1))?)?;
    assert_eq!(scene.shown()?["state"], "compliant");
    Ok(())
}

#[test]
fn a_report_of_a_revision_that_was_just_published_is_compared_with_it() -> Result<()> {
    let scene = Scene::open()?;
    for revision in 2..6 {
        scene.hosted.school.publish(revision)?;
        let revision = u64::from(revision);
        scene.send(&scene.device.report(revision, Revision(revision))?)?;
        assert_eq!(scene.shown()?["state"], "compliant", "revision {revision}");
        assert_eq!(scene.shown()?["revision"], revision);
    }
    Ok(())
}

#[test]
fn a_report_of_an_old_revision_is_compared_with_what_was_published_then() -> Result<()> {
    let scene = Scene::open()?;
    scene.send(&scene.device.report(1, Revision(1))?)?;
    scene.hosted.school.publish(2)?;
    scene.send(&scene.device.report(2, Revision(2))?)?;
    scene.send(&scene.device.report(3, Revision(1))?)?;
    assert_eq!(scene.shown()?["state"], "stale");
    assert_eq!(scene.shown()?["contradictions"], json!([]));
    scene.forge(4, |it| it["bundle"]["digest"] = json!("1".repeat(64)))?;
    scene.shows(
        "other-bundle",
        "reports another bundle than the one published as revision 1",
    )
}

#[test]
fn a_report_that_is_sent_again_changes_nothing() -> Result<()> {
    let scene = Scene::open()?;
    let first = scene.device.report(1, Revision(1))?;
    scene.send(&first)?;
    let shown = scene.shown()?;
    let answer = scene.send(&first)?;
    assert_eq!(answer.json()?, json!({"acknowledged": 1}));
    assert_eq!(scene.shown()?, shown);
    Ok(())
}

#[test]
fn two_machines_under_one_key_are_a_finding_though_each_says_all_is_well() -> Result<()> {
    let scene = Scene::open()?;
    scene.send(&scene.device.report(1, Revision(1))?)?;
    let mut number = 1;
    for _ in 0..2 {
        // One machine goes on, and then its copy reports under the same number.
        number += 1;
        scene.send(&scene.device.report(number, Revision(1))?)?;
        let answer = scene.send(&scene.device.report(number, Revision(1))?)?;
        assert_eq!(answer.status, 409, "{answer:?}");
        number = answer.json()?["highest"].as_u64().context("a number")? + 1;
        scene.send(&scene.device.report(number, Revision(1))?)?;
    }
    scene.shows(
        "several-machines",
        "reports come from more than one machine",
    )
}
