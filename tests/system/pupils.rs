//! What pupils and staff meet in a real Chromium that the agent governs.

use anyhow::{Context, Result};
use fyr_tests::chromium::Chromium;
use fyr_tests::internet::Internet;
use fyr_tests::municipality::{Enrolled, Municipality};
use fyr_tests::remote::Visit;
use serde_json::Value;

/// What one group's policy says of the world outside.
struct Expected {
    example: &'static str,
    unit: &'static str,
    stage: &'static str,
    youtube: Option<&'static str>,
    blocked: Option<&'static str>,
    helpline: &'static str,
    domains: &'static str,
}

#[test]
fn in_indskoling_youtube_is_strict() -> Result<()> {
    meets(&ballerup("indskoling", Some("Strict")))
}

#[test]
fn in_mellemtrin_youtube_is_moderate() -> Result<()> {
    meets(&ballerup("mellemtrin", Some("Moderate")))
}

#[test]
fn in_udskoling_youtube_is_moderate() -> Result<()> {
    meets(&ballerup("udskoling", Some("Moderate")))
}

#[test]
fn for_personale_youtube_is_open() -> Result<()> {
    meets(&ballerup("personale", None))
}

#[test]
fn the_policy_as_written_closes_the_developer_tools_and_holds() -> Result<()> {
    let (_municipality, device) = governed("ballerup", "/skoler/skovlunde", "indskoling")?;
    let internet = Internet::open()?;
    let arguments = ["https://www.youtube.com/"];
    let mut chromium = Chromium::start(device.device.root(), &internet, &arguments)?;

    let video = internet.arrival("www.youtube.com", "/")?;
    assert_eq!(video.header("YouTube-Restrict"), Some("Strict"));
    assert_eq!(chromium.inspection_answer()?, "HTTP/1.1 403 Forbidden");
    Ok(())
}

#[test]
fn the_policy_page_shows_every_policy_and_finds_no_fault() -> Result<()> {
    for (example, unit, stage) in [("ballerup", "/skoler/skovlunde", "mellemtrin")] {
        let (_municipality, device) = governed(example, unit, stage)?;
        let inspectable = device.device.inspectable()?;
        let written = inspectable.chromium_policy("fyr.json")?;
        let written = written.as_object().context("a policy file is an object")?;
        let internet = Internet::open()?;
        let mut chromium = Chromium::start(inspectable.root(), &internet, &[])?;
        let shown = chromium.page()?.policies()?;

        assert_eq!(
            shown.keys().collect::<Vec<_>>(),
            written.keys().collect::<Vec<_>>()
        );
        for (name, policy) in shown {
            assert_eq!(Some(&policy.value), written.get(&name), "{name}");
            assert_eq!(policy.level, "mandatory", "{name}");
            assert!(policy.remarks.is_empty(), "{name}: {:?}", policy.remarks);
        }
    }
    Ok(())
}

fn ballerup(stage: &'static str, youtube: Option<&'static str>) -> Expected {
    Expected {
        example: "ballerup",
        unit: "/skoler/skovlunde",
        stage,
        youtube,
        blocked: if youtube.is_some() {
            Some("bet365.com")
        } else {
            None
        },
        helpline: "https://bornetelefonen.dk/",
        domains: "ballerup.dk,elev.ballerup.dk",
    }
}

/// A device of a group in `stage` that has put its policy in force.
fn governed(example: &str, unit: &str, stage: &str) -> Result<(Municipality, Enrolled)> {
    let (municipality, device) = Municipality::like(example)?.start(unit, stage)?;
    device.agent(&["once"])?.success()?;
    Ok((municipality, device))
}

fn meets(expected: &Expected) -> Result<()> {
    let (_municipality, device) = governed(expected.example, expected.unit, expected.stage)?;
    let policy = device.device.chromium_policy("fyr.json")?;
    assert_eq!(
        policy.get("DeveloperToolsAvailability"),
        Some(&Value::from(2))
    );
    let inspectable = device.device.inspectable()?;
    let internet = Internet::open()?;
    let arguments = ["--incognito", expected.helpline];
    let mut chromium = Chromium::start(inspectable.root(), &internet, &arguments)?;
    let mut page = chromium.page()?;

    page.visit("https://www.youtube.com/")?;
    let video = internet.arrival("www.youtube.com", "/")?;
    assert_eq!(video.header("YouTube-Restrict"), expected.youtube);

    page.visit("https://www.google.com/search?q=ulv")?;
    let search = internet.arrival("www.google.com", "/search")?;
    assert!(search.target.contains("safe=active"), "{}", search.target);
    assert_eq!(
        search.header("X-GoogApps-Allowed-Domains"),
        Some(expected.domains)
    );

    if let Some(blocked) = expected.blocked {
        let refused = Visit::Refused("net::ERR_BLOCKED_BY_ADMINISTRATOR".into());
        assert_eq!(page.visit(&format!("https://{blocked}/"))?, refused);
        assert_eq!(internet.arrivals(blocked), []);
    }
    // It was asked to open this one incognito.
    assert!(!page.is_off_the_record(expected.helpline)?);
    Ok(())
}
