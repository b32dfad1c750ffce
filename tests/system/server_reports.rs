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
use fyr_tests::school::{
    CONTROL_CHANGED_BY_PERIOD, CONTROL_OUTSIDE_PERIOD, GROUP_WITH_TIMETABLE, PERIOD, Signer,
};
use fyr_tests::server::Answer;
use fyr_tests::wait;
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
fn a_report_with_names_that_no_bundle_has_is_stored_without_them() -> Result<()> {
    let scene = Scene::open()?;
    let answer = scene.forge(1, |it| {
        let control = json!({
            "control": "ida-hansen", "state": {"is": "failed", "reason": "io"}, "since": it["at"],
        });
        it["controls"]
            .as_array_mut()
            .expect("controls")
            .push(control);
        it["periods"] = json!({"running": ["ida:hansen-7b"], "until": null});
    })?;
    assert_eq!(answer.status, 200, "{answer:?}");
    scene.shows(
        "names-unpublished",
        "names 1 control and 1 period that no published bundle has",
    )?;
    let shown = scene.shown()?;
    assert_eq!(shown["sequence"], 1, "{shown}");
    assert_eq!(shown["events"][0]["what"]["event"], "applied", "{shown}");
    assert_eq!(shown["findings"], json!([]), "{shown}");
    let page = format!("/devices/{}", scene.device.id());
    for path in ["/", "/api/v1/fleet", &page] {
        assert!(!scene.hosted.get(path)?.text().contains("hansen"), "{path}");
    }
    // An honest report ends the finding.
    scene.send(&scene.device.report(2, Revision(1))?)?;
    assert_eq!(scene.shown()?["state"], "compliant");
    Ok(())
}

#[test]
fn no_report_of_a_publication_that_the_server_never_read_is_lost() -> Result<()> {
    let mut scene = Scene::with_device_of(GROUP_WITH_TIMETABLE)?;
    scene.send(&scene.device.report(1, Revision(1))?)?;
    scene.hosted.server.kill()?;
    scene.hosted.school.publish_changed(2, |bundle| {
        let mut more = bundle.controls[0].clone();
        more.id = "zoom".parse()?;
        bundle.controls.push(more);
        Ok(())
    })?;
    scene.hosted.school.publish(3)?;
    scene.hosted.start_again(&[])?;

    let mut old = serde_json::to_value(scene.device.report(2, Revision(2))?)?;
    let at = old["at"].clone();
    let control = json!({"control": "zoom", "state": {"is": "in-force"}, "since": at});
    old["controls"]
        .as_array_mut()
        .expect("controls")
        .push(control);
    old["periods"]["running"] = json!(["lesson:of-then"]);
    old["events"] = json!([{"at": at, "what": {"event": "refused", "reason": "rollback"}}]);
    let answer = scene.send(&serde_json::from_value(old)?)?;
    assert_eq!(answer.status, 200, "{answer:?}");
    let shown = scene.shown()?;
    assert_eq!(shown["sequence"], 2, "{shown}");
    assert_eq!(shown["state"], "stale", "{shown}");
    assert_eq!(shown["contradictions"], json!([]), "{shown}");
    assert_eq!(shown["events"][0]["what"]["event"], "refused", "{shown}");

    scene.send(&scene.device.report(3, Revision(3))?)?;
    assert_eq!(scene.shown()?["state"], "compliant");
    Ok(())
}

#[test]
fn a_device_whose_bundle_did_not_change_has_the_newest_policy() -> Result<()> {
    let scene = Scene::open()?;
    scene.send(&scene.device.report(1, Revision(1))?)?;
    scene.hosted.school.publish_changed(1, |bundle| {
        if bundle.group.as_str() == GROUP_WITH_TIMETABLE {
            bundle.controls.pop();
        }
        Ok(())
    })?;
    let fleet = wait::until("the second publication", wait::LIMIT, || {
        let fleet = scene.hosted.json("/api/v1/fleet")?;
        Ok((fleet["revision"] == 2).then_some(fleet))
    })?;
    assert_eq!(scene.shown()?["state"], "compliant");
    let share = &fleet["populations"]["pupils"]["controls"]["youtube.level"];
    assert_eq!(share["in_force"], 1, "{share}");
    let page = scene.hosted.get("/")?.text();
    ensure!(page.contains("<span class=\"count\">1/1</span>"), "{page}");
    ensure!(!page.contains("not yet everywhere"), "{page}");
    ensure!(!page.contains("It enforces revision"), "{page}");
    let metrics = scene.hosted.get("/metrics")?.text();
    ensure!(
        metrics.contains("fyr_devices{state=\"compliant\"} 1"),
        "{metrics}"
    );
    Ok(())
}

#[test]
fn the_newest_bundle_under_a_revision_that_was_never_read_is_compared_all_the_same() -> Result<()> {
    let mut scene = Scene::open()?;
    scene.hosted.server.kill()?;
    scene.hosted.school.publish(2)?;
    scene.hosted.school.publish(3)?;
    scene.hosted.start_again(&[])?;
    let newest = serde_json::to_value(scene.device.report(1, Revision(3))?)?;
    scene.forge(1, |it| {
        it["bundle"]["revision"] = json!(2);
        it["bundle"]["digest"] = newest["bundle"]["digest"].clone();
        it["controls"] = json!([]);
    })?;
    assert_eq!(scene.shown()?["state"], "non-compliant");
    assert_eq!(
        scene.shown()?["contradictions"][0]["kind"],
        "controls-missing"
    );
    Ok(())
}

#[test]
fn a_control_that_a_running_period_ends_or_changes_does_not_count_as_in_force() -> Result<()> {
    let scene = Scene::with_device_of(GROUP_WITH_TIMETABLE)?;
    let counted = |control: &str| -> Result<Value> {
        let fleet = scene.hosted.json("/api/v1/fleet")?;
        Ok(fleet["populations"]["pupils"]["controls"][control].clone())
    };
    let in_force = json!({"devices": 1, "in_force": 1, "gaps": 0, "not_now": 0});
    let not_now = json!({"devices": 1, "in_force": 0, "gaps": 0, "not_now": 1});
    scene.forge(1, |it| {
        it["periods"]["running"] = json!([PERIOD]);
        let controls = it["controls"].as_array_mut().expect("controls");
        controls.retain(|it| it["control"] != CONTROL_OUTSIDE_PERIOD);
    })?;
    for control in [CONTROL_OUTSIDE_PERIOD, CONTROL_CHANGED_BY_PERIOD] {
        assert_eq!(counted(control)?, not_now, "{control}");
    }
    assert_eq!(counted("safesearch.google")?, in_force);
    assert_eq!(scene.shown()?["state"], "compliant");
    assert_eq!(scene.shown()?["running"], json!([PERIOD]));
    let page = scene.hosted.get("/")?.text();
    for words in [
        "2 controls in force",
        "2 controls that a running period changes",
        "not now, while a period runs",
    ] {
        ensure!(page.contains(words), "`{words}` in {page}");
    }
    let page = scene
        .hosted
        .get(&format!("/devices/{}", scene.device.id()))?;
    let words = format!("{PERIOD} runs");
    ensure!(page.text().contains(&words), "`{words}` in {}", page.text());

    scene.send(&scene.device.report(2, Revision(1))?)?;
    for control in [CONTROL_OUTSIDE_PERIOD, CONTROL_CHANGED_BY_PERIOD] {
        assert_eq!(counted(control)?, in_force, "{control}");
    }
    Ok(())
}

#[test]
fn a_gap_in_a_control_that_a_running_period_changes_is_counted_once() -> Result<()> {
    let scene = Scene::with_device_of(GROUP_WITH_TIMETABLE)?;
    scene.forge(1, |it| {
        it["periods"]["running"] = json!([PERIOD]);
        let controls = it["controls"].as_array_mut().expect("controls");
        controls.retain(|it| it["control"] != CONTROL_OUTSIDE_PERIOD);
        for control in controls {
            if control["control"] == CONTROL_CHANGED_BY_PERIOD {
                control["state"] = json!({"is": "gap"});
            }
        }
    })?;
    let other = scene.hosted.joined(GROUP_WITH_TIMETABLE)?;
    scene.hosted.send(&other, &other.report(1, Revision(1))?)?;
    let fleet = scene.hosted.json("/api/v1/fleet")?;
    assert_eq!(
        fleet["populations"]["pupils"]["controls"][CONTROL_CHANGED_BY_PERIOD],
        json!({"devices": 2, "in_force": 1, "gaps": 1, "not_now": 0})
    );
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
