//! What pupils and staff meet in a real Chromium that the agent governs.
//!
//! Each of these would fail in a browser without policy: `harness.rs` shows it.

use anyhow::{Context, Result};
use fyr_tests::chromium::Chromium;
use fyr_tests::device::Device;
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
    blocked: &'static str,
    helpline: &'static str,
    domains: &'static str,
}

const BALLERUP: Expected = Expected {
    example: "ballerup",
    unit: "/skoler/skovlunde",
    stage: "indskoling",
    youtube: Some("Strict"),
    blocked: "bet365.com",
    helpline: "bornetelefonen.dk",
    domains: "ballerup.dk,elev.ballerup.dk",
};

const MALMO: Expected = Expected {
    example: "malmo",
    unit: "/grundskola/almskolan",
    stage: "lagstadiet",
    youtube: Some("Strict"),
    blocked: "vinn-stort.example",
    helpline: "bris.se",
    domains: "malmo.se,skola.malmo.se",
};

#[test]
fn in_indskoling_youtube_is_strict() -> Result<()> {
    meets(&BALLERUP)
}

#[test]
fn in_mellemtrin_youtube_is_moderate() -> Result<()> {
    meets(&Expected {
        stage: "mellemtrin",
        youtube: Some("Moderate"),
        ..BALLERUP
    })
}

#[test]
fn in_udskoling_youtube_is_moderate() -> Result<()> {
    meets(&Expected {
        stage: "udskoling",
        youtube: Some("Moderate"),
        ..BALLERUP
    })
}

#[test]
fn for_personale_youtube_is_open_and_search_is_filtered_all_the_same() -> Result<()> {
    meets(&Expected {
        stage: "personale",
        youtube: None,
        blocked: "fri-proxy.example",
        ..BALLERUP
    })
}

#[test]
fn in_lagstadiet_youtube_is_strict() -> Result<()> {
    meets(&MALMO)
}

#[test]
fn in_mellanstadiet_youtube_is_moderate() -> Result<()> {
    meets(&Expected {
        stage: "mellanstadiet",
        youtube: Some("Moderate"),
        ..MALMO
    })
}

#[test]
fn at_a_school_that_tightened_it_youtube_is_strict() -> Result<()> {
    meets(&Expected {
        unit: "/grundskola/mollevang",
        stage: "mellanstadiet",
        youtube: Some("Strict"),
        ..MALMO
    })
}

#[test]
fn in_hogstadiet_youtube_is_moderate() -> Result<()> {
    meets(&Expected {
        stage: "hogstadiet",
        youtube: Some("Moderate"),
        ..MALMO
    })
}

#[test]
fn for_personal_youtube_is_open_and_search_is_filtered_all_the_same() -> Result<()> {
    meets(&Expected {
        stage: "personal",
        youtube: None,
        blocked: "malmo-inloggning.example",
        ..MALMO
    })
}

#[test]
fn no_guest_is_let_in() -> Result<()> {
    let (_municipality, device) = governed(&BALLERUP)?;
    let helpline = format!("https://{}/", BALLERUP.helpline);
    let browser = Browser::of(&device, &["--guest", &helpline])?;
    browser.internet.arrival(BALLERUP.helpline, "/")?;
    assert!(!browser.chromium.has_let_a_guest_in());
    Ok(())
}

#[test]
fn a_service_whose_block_was_rejected_stays_reachable() -> Result<()> {
    let (_municipality, device) = governed(&MALMO)?;
    let mut browser = Browser::of(&device, &[])?;
    let mut page = browser.chromium.page()?;
    assert_eq!(page.visit("https://www.deepseek.com/")?, Visit::Loaded);
    browser.internet.arrival("www.deepseek.com", "/")?;
    Ok(())
}

#[test]
fn the_policy_as_written_is_in_force_and_developer_tools_are_closed() -> Result<()> {
    let (_municipality, device) = governed(&BALLERUP)?;
    let written = device.device.chromium_policy("fyr.json")?;
    assert_eq!(
        written.get("DeveloperToolsAvailability"),
        Some(&Value::from(2))
    );
    let internet = Internet::open()?;
    let arguments = ["https://www.youtube.com/"];
    let mut chromium = Chromium::start(device.device.root(), &internet, &arguments)?;

    let video = internet.arrival("www.youtube.com", "/")?;
    assert_eq!(video.header("YouTube-Restrict"), Some("Strict"));
    assert!(!chromium.lets_itself_be_driven()?);
    Ok(())
}

#[test]
fn the_policy_page_shows_every_policy_of_ballerup_and_finds_no_fault() -> Result<()> {
    is_shown_without_fault(&BALLERUP)
}

#[test]
fn the_policy_page_shows_every_policy_of_the_staff_and_finds_no_fault() -> Result<()> {
    is_shown_without_fault(&Expected {
        stage: "personale",
        ..BALLERUP
    })
}

#[test]
fn the_policy_page_shows_every_policy_of_malmo_and_finds_no_fault() -> Result<()> {
    is_shown_without_fault(&MALMO)
}

/// A device of the expected group that has put its policy in force.
fn governed(expected: &Expected) -> Result<(Municipality, Enrolled)> {
    let (municipality, device) =
        Municipality::like(expected.example)?.start(expected.unit, expected.stage)?;
    device.agent(&["once"])?.success()?;
    Ok((municipality, device))
}

/// A browser that obeys the device's policy, its developer tools aside.
struct Browser {
    chromium: Chromium,
    internet: Internet,
    policy: Device,
}

impl Browser {
    fn of(device: &Enrolled, arguments: &[&str]) -> Result<Self> {
        let policy = device.device.inspectable()?;
        let internet = Internet::open()?;
        let chromium = Chromium::start(policy.root(), &internet, arguments)?;
        Ok(Self {
            chromium,
            internet,
            policy,
        })
    }
}

/// Sends a browser of the expected group out, and looks at what arrives.
fn meets(expected: &Expected) -> Result<()> {
    let (_municipality, device) = governed(expected)?;
    let helpline = format!("https://{}/", expected.helpline);
    let mut browser = Browser::of(&device, &["--incognito", &helpline])?;
    let mut page = browser.chromium.page()?;
    let internet = browser.internet;

    page.visit("https://www.youtube.com/")?;
    let video = internet.arrival("www.youtube.com", "/")?;
    assert_eq!(video.header("YouTube-Restrict"), expected.youtube);

    page.visit("https://www.google.com/search?q=ulv")?;
    let search = internet.arrival("www.google.com", "/search")?;
    assert!(search.target.contains("safe=active"), "{}", search.target);
    let domains = search.header("X-GoogApps-Allowed-Domains");
    assert_eq!(domains, Some(expected.domains));

    let refused = Visit::Refused("net::ERR_BLOCKED_BY_ADMINISTRATOR".into());
    let blocked = format!("https://{}/", expected.blocked);
    assert_eq!(page.visit(&blocked)?, refused);
    assert_eq!(internet.arrivals(expected.blocked), []);

    // This one the browser was asked to open incognito.
    internet.arrival(expected.helpline, "/")?;
    assert!(!page.is_off_the_record(&helpline)?);
    Ok(())
}

/// Compares what the policy page shows with what the agent wrote.
fn is_shown_without_fault(expected: &Expected) -> Result<()> {
    let (_municipality, device) = governed(expected)?;
    let mut browser = Browser::of(&device, &[])?;
    let written = browser.policy.chromium_policy("fyr.json")?;
    let written = written.as_object().context("a policy file is an object")?;
    let shown = browser.chromium.page()?.policies()?;

    assert!(shown.keys().eq(written.keys()), "{:?}", shown.keys());
    for (name, policy) in shown {
        assert_eq!(Some(&policy.value), written.get(&name), "{name}");
        assert_eq!(policy.level, "mandatory", "{name}");
        assert!(policy.remarks.is_empty(), "{name}: {:?}", policy.remarks);
    }
    Ok(())
}
