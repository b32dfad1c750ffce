//! The dashboard in a real browser: readable on a phone and on a desk, live, and asking no other
//! host for anything.

#![expect(
    clippy::indexing_slicing,
    reason = "a test that misses what it looks for must fail"
)]

use anyhow::{Context, Result, ensure};
use fyr_schemas::Revision;
use fyr_tests::chromium::{Chromium, Page};
use fyr_tests::device::Device;
use fyr_tests::hosted::Hosted;
use fyr_tests::internet::Internet;
use fyr_tests::remote::Visit;
use fyr_tests::school::{GROUPS, Signer};
use fyr_tests::wait;
use serde_json::{Value, json};

/// A fleet in which every state there is occurs, and a browser to look at it.
struct Scene {
    hosted: Hosted,
    devices: Vec<Signer>,
    page: Page,
    _chromium: Chromium,
    _internet: Internet,
    _device: Device,
}

impl Scene {
    fn open() -> Result<Self> {
        let hosted = Hosted::open(&[])?;
        let devices = fleet(&hosted)?;
        let (device, internet) = (Device::new()?, Internet::open()?);
        let mut chromium = Chromium::start(device.root(), &internet, &[])?;
        let page = chromium.page()?;
        Ok(Self {
            hosted,
            devices,
            page,
            _chromium: chromium,
            _internet: internet,
            _device: device,
        })
    }

    fn visit(&mut self, path: &str) -> Result<()> {
        let url = format!("{}{path}", self.hosted.url());
        let visit = self.page.visit(&url)?;
        ensure!(visit == Visit::Loaded, "{visit:?}");
        Ok(())
    }

    fn set_width(&mut self, width: u32) -> Result<()> {
        let metrics = json!({
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500,
        });
        self.page
            .call("Emulation.setDeviceMetricsOverride", &metrics)?;
        Ok(())
    }

    /// Waits until the page shows some words, without being loaded anew.
    fn until_shown(&mut self, words: &str) -> Result<()> {
        wait::until(words, wait::LIMIT, || {
            let text = self.page.evaluate("document.body.innerText")?;
            Ok(text
                .as_str()
                .unwrap_or_default()
                .contains(words)
                .then_some(()))
        })
    }
}

/// Two devices in every group and one that never reported; one fails, one waits, one drifted
/// and was repaired.
fn fleet(hosted: &Hosted) -> Result<Vec<Signer>> {
    let mut devices = Vec::new();
    for (number, (group, ..)) in GROUPS.iter().enumerate() {
        for member in 0..=2 {
            let device = hosted.joined(group)?;
            if member < 2 {
                let mut report = serde_json::to_value(device.report(1, Revision(1))?)?;
                colour(&mut report, number, member);
                let answer = hosted.send(&device, &serde_json::from_value(report)?)?;
                ensure!(answer.status == 200, "{answer:?}");
            }
            devices.push(device);
        }
    }
    Ok(devices)
}

fn colour(report: &mut Value, group: usize, member: usize) {
    let place = json!({"kind": "chromium", "product": "chromium"});
    let at = report["at"].clone();
    match (group, member) {
        (0, 1) => {
            report["controls"][3]["state"] = json!({"is": "failed", "reason": "shadowed"});
            report["controls"][0]["state"] = json!({"is": "gap"});
        }
        (1, 0) => {
            report["events"] = json!([
                {"at": at, "what": {"event": "started"}},
                {"at": at, "what": {"event": "drift", "place": place, "found": "symlink"}},
                {"at": at, "what": {"event": "repaired", "place": place, "took_ms": 21}},
                {"at": at, "what": {"event": "refused", "reason": "rollback"}},
            ]);
        }
        (1, 1) => report["controls"][2]["state"] = json!({"is": "pending-restart"}),
        (2, 1) => report["freshness"] = json!({"state": "stale", "since": at}),
        _ => {}
    }
}

#[test]
fn the_dashboard_fits_a_phone_and_a_desk_and_asks_no_other_host() -> Result<()> {
    let mut scene = Scene::open()?;
    for width in [390, 1280] {
        scene.set_width(width)?;
        scene.visit("/")?;
        let widest = scene
            .page
            .evaluate("document.documentElement.scrollWidth - window.innerWidth")?;
        assert!(
            widest.as_i64().context("a width")? <= 0,
            "at {width}: {widest}"
        );
        for words in [
            "3 of 9 devices are compliant",
            "Egebjergskolen · egebjerg-1a",
            "Pupils’ devices 2 of 6 compliant",
            "Staff’s devices 1 of 3 compliant",
            "Tampered: the policy of Chromium was replaced by a link",
            "Repaired: the policy of Chromium after 21 ms",
            "Refused: a policy older than the one in force; the last good policy stays",
            "an unmanaged entry overrides it",
            "No report yet",
            "85.10.09-G01-33-21",
        ] {
            let text = scene
                .page
                .evaluate("document.body.textContent.replace(/\\s+/g, ' ')")?;
            let text = text.as_str().context("a text")?;
            assert!(text.contains(words), "at {width}: `{words}` in {text}");
        }
    }
    assert_eq!(scene.page.complaints(), Vec::<String>::new());
    let own = scene.hosted.url();
    let external: Vec<String> = scene
        .page
        .requests()
        .into_iter()
        .filter(|url| !url.starts_with(&own))
        .collect();
    assert_eq!(external, Vec::<String>::new());
    Ok(())
}

#[test]
fn the_dashboard_follows_the_fleet_without_losing_what_a_person_opened() -> Result<()> {
    let mut scene = Scene::open()?;
    scene.visit("/")?;
    scene.page.evaluate(
        "window.sameDocument = true; document.querySelector('details[id^=events]').open = true",
    )?;
    scene.hosted.school.publish(2)?;
    scene.until_shown("0 of 9 devices are compliant")?;
    for device in scene.devices.iter().take(2) {
        let report = device.sign(&device.report(2, Revision(2))?)?;
        scene.hosted.post("/api/v1/reports", &[report])?;
    }
    scene.until_shown("2 of 9 devices are compliant")?;
    let kept = scene
        .page
        .evaluate("window.sameDocument && document.querySelectorAll('details[open]').length")?;
    assert_eq!(kept, 1);
    assert_eq!(scene.page.complaints(), Vec::<String>::new());
    Ok(())
}

#[test]
fn a_filter_shows_one_group_or_one_state() -> Result<()> {
    let mut scene = Scene::open()?;
    let listed = "[...document.querySelectorAll('.device .state')].map(it => it.innerText.trim())";
    scene.visit("/?state=non-compliant")?;
    assert_eq!(scene.page.evaluate(listed)?, json!(["Not compliant"]));
    scene.visit("/?group=egebjerg-5b&state=")?;
    assert_eq!(
        scene.page.evaluate(listed)?,
        json!(["No report yet", "Waits for a restart", "Compliant"])
    );
    scene.visit("/?group=%22%3E%3Cscript%3E&state=x")?;
    assert_eq!(
        scene
            .page
            .evaluate("document.querySelectorAll('.device').length")?,
        9
    );
    Ok(())
}

#[test]
fn every_text_of_the_dashboard_has_enough_contrast_in_light_and_dark() -> Result<()> {
    let mut scene = Scene::open()?;
    for scheme in ["light", "dark"] {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        scene.page.call("Emulation.setEmulatedMedia", &features)?;
        scene.visit("/")?;
        let poor = scene.page.evaluate(POOR_CONTRAST)?;
        assert_eq!(poor, json!([]), "{scheme}");
    }
    Ok(())
}

/// Every text with less than the 4.5 : 1 that WCAG 2.2 asks for at level AA.
const POOR_CONTRAST: &str = r"(() => {
    const numbers = colour => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const linear = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const behind = node => {
        for (; node; node = node.parentElement) {
            const colour = numbers(getComputedStyle(node).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const poor = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const node = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !node.getClientRects().length) continue;
        const pair = [light(numbers(getComputedStyle(node).color)), light(behind(node))];
        const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        if (ratio < 4.5) poor.add(`${texts.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
    }
    return [...poor];
})()";
