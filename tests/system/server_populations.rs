//! R08: pupils' devices and staff's devices are shown apart, as a whole and in each control, on the
//! page, by the API and in the metrics.

use anyhow::{Context, Result, ensure};
use fyr_schemas::Revision;
use fyr_schemas::bundle::Audience;
use fyr_schemas::fleet::{DeviceState, Fleet, Population, Share};
use fyr_tests::hosted::Hosted;
use serde_json::json;

const PUPILS: [&str; 2] = ["egebjerg-1a", "egebjerg-5b"];
const STAFF: &str = "egebjerg-staff";
const SAFESEARCH: &str = "safesearch.google";

/// A server with one published revision, whose bundles all contain `SafeSearch`.
struct Scene(Hosted);

impl Scene {
    fn open() -> Result<Self> {
        Ok(Self(Hosted::open(&[])?))
    }

    /// Lets a device join and report that everything is in force, except `SafeSearch` where that is in
    /// another state.
    fn join(&self, group: &str, safesearch: Option<serde_json::Value>) -> Result<()> {
        let device = self.0.joined(group)?;
        let mut report = device.report(1, Revision(1))?;
        if let Some(state) = safesearch {
            let mut controls = report.controls.iter_mut();
            let control = controls.find(|it| it.control.as_str() == SAFESEARCH);
            control.context("SafeSearch")?.state = serde_json::from_value(state)?;
        }
        let answer = self.0.send(&device, &report)?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(())
    }

    fn fleet(&self) -> Result<Fleet> {
        let answer = self.0.get("/api/v1/fleet")?;
        Ok(serde_json::from_slice(&answer.body)?)
    }

    fn population(&self, audience: Audience) -> Result<Population> {
        let mut fleet = self.fleet()?;
        fleet
            .populations
            .remove(&audience)
            .context("the population")
    }

    /// The lines of the metrics about populations.
    fn metrics(&self) -> Result<Vec<String>> {
        let text = self.0.get("/metrics")?.text();
        let reported = text.lines().filter(|line| line.contains("audience="));
        Ok(reported.map(str::to_owned).collect())
    }

    /// The words of the page, without its marks.
    fn page(&self) -> Result<String> {
        let page = self.0.get("/")?.text();
        let texts = page
            .split('<')
            .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        let words: Vec<&str> = texts.flat_map(str::split_whitespace).collect();
        Ok(words.join(" "))
    }
}

/// Seven pupils' devices on which everything is in force, and so many of staff, on the last of which
/// `SafeSearch` is not.
fn school_with_staff(staff: u32) -> Result<Scene> {
    let scene = Scene::open()?;
    for group in PUPILS.into_iter().cycle().take(7) {
        scene.join(group, None)?;
    }
    for _ in 1..staff {
        scene.join(STAFF, None)?;
    }
    scene.join(STAFF, Some(json!({"is": "failed", "reason": "shadowed"})))?;
    Ok(scene)
}

#[test]
fn r08_pupils_and_staff_are_shown_apart_as_a_whole_and_in_each_control() -> Result<()> {
    let scene = school_with_staff(6)?;
    let safesearch = SAFESEARCH.parse()?;
    let pupils = scene.population(Audience::Pupils)?;
    assert_eq!(pupils.states, [(DeviceState::Compliant, 7)].into());
    let share = |devices, in_force| Share {
        devices,
        in_force,
        gaps: 0,
        not_now: 0,
    };
    assert_eq!(pupils.controls.get(&safesearch), Some(&share(7, 7)));
    let staff = scene.population(Audience::Staff)?;
    let states = [(DeviceState::Compliant, 5), (DeviceState::NonCompliant, 1)];
    assert_eq!((staff.devices, staff.states), (6, states.into()));
    assert_eq!(staff.controls.get(&safesearch), Some(&share(6, 5)));
    assert_eq!(
        staff.controls.get(&"youtube.level".parse()?),
        Some(&share(6, 6))
    );

    let page = scene.page()?;
    for words in [
        "Pupils’ devices 7 of 7 compliant",
        "Staff’s devices 5 of 6 compliant",
        "safesearch.google 85.10.09-G01-33-21 7 of 7 in force 5 of 6 not in force",
        "youtube.level 85.10.09-G01-33-21 7 of 7 in force 6 of 6 in force",
    ] {
        assert!(page.contains(words), "`{words}` in {page}");
    }

    let metrics = scene.metrics()?;
    for line in [
        r#"fyr_population_devices{audience="pupils",state="compliant"} 7"#,
        r#"fyr_population_devices{audience="staff",state="non-compliant"} 1"#,
        r#"fyr_control_in_force{audience="pupils",control="safesearch.google"} 7"#,
        r#"fyr_control_in_force{audience="staff",control="safesearch.google"} 5"#,
        r#"fyr_control_devices{audience="staff",control="safesearch.google"} 6"#,
        r#"fyr_control_not_now{audience="staff",control="safesearch.google"} 0"#,
    ] {
        assert!(
            metrics.iter().any(|reported| reported == line),
            "`{line}` in {metrics:?}"
        );
    }
    Ok(())
}

#[test]
fn a_population_of_fewer_than_five_devices_is_in_no_metric_and_neither_is_the_other() -> Result<()>
{
    let scene = school_with_staff(4)?;
    assert_eq!(scene.population(Audience::Staff)?.devices, 4);
    assert_eq!(scene.metrics()?, Vec::<String>::new());
    scene.join(STAFF, None)?;
    assert_ne!(scene.metrics()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_control_that_a_browser_has_no_means_for_is_counted_apart() -> Result<()> {
    let scene = Scene::open()?;
    scene.join(STAFF, Some(json!({"is": "gap"})))?;
    scene.join(STAFF, Some(json!({"is": "pending-restart"})))?;
    let staff = scene.population(Audience::Staff)?;
    let share = Share {
        devices: 2,
        in_force: 0,
        gaps: 1,
        not_now: 0,
    };
    assert_eq!(staff.controls.get(&SAFESEARCH.parse()?), Some(&share));
    assert_eq!(
        scene.fleet()?.populations.len(),
        1,
        "no pupil's device has joined"
    );
    Ok(())
}
