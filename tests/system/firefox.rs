//! What pupils meet in a real Firefox that the agent governs, and what Firefox cannot do.

use anyhow::{Context, Result, bail};
use fyr_schemas::bundle::{Coverage, Engine};
use fyr_tests::firefox::Firefox;
use fyr_tests::municipality::Municipality;
use fyr_tests::network::LoneNetwork;
use fyr_tests::remote::Visit;
use serde_json::Value;

/// The address of Google's and YouTube's strict names.
const STRICT: &str = "216.239.38.120";

#[test]
fn firefox_obeys_every_policy_that_was_written() -> Result<()> {
    let (_municipality, device) =
        Municipality::like("ballerup")?.start("/skoler/skovlunde", "indskoling")?;
    device.agent(&["once"])?.success()?;
    let network = LoneNetwork::open(&[STRICT.parse()?])?;
    let internet = network.internet()?;
    let arguments = ["--private-window", "https://bornetelefonen.dk/"];
    let inspectable = device.device.inspectable()?;
    let mut firefox = Firefox::start(inspectable.root(), &network, &arguments)?;

    let written = inspectable.firefox_policy()?;
    let written = written.get("policies").and_then(Value::as_object);
    let active = firefox.active_policies()?;
    let active = active.as_object().context("policies are an object")?;
    let written = written.context("the file has policies")?;
    assert!(active.keys().eq(written.keys()), "{:?}", active.keys());
    for (name, value) in written {
        assert_eq!(active.get(name), Some(&as_shown(value)), "{name}");
    }

    // It was asked for a private window.
    assert_eq!(firefox.private_windows()?, [false]);
    let refused = Visit::Refused("NS_ERROR_BLOCKED_BY_POLICY".into());
    assert_eq!(firefox.visit("about:privatebrowsing")?, refused);
    assert_eq!(firefox.visit("https://bet365.com/")?, refused);
    assert_eq!(internet.arrivals("bet365.com"), []);

    // Firefox has no policy for these; the device's hosts file leads them to the strict address.
    for host in ["www.youtube.com", "www.google.com"] {
        assert_eq!(firefox.visit(&format!("https://{host}/"))?, Visit::Loaded);
        assert_eq!(internet.arrival(host, "/")?.address.to_string(), STRICT);
    }
    Ok(())
}

#[test]
fn what_firefox_cannot_do_is_a_gap_with_its_reason() -> Result<()> {
    let bundle = Municipality::like("ballerup")?.bundle("/skoler/skovlunde", "indskoling")?;
    let of_firefox = |id: &str| {
        let control = bundle.controls.iter().find(|one| one.id.as_str() == id);
        control.and_then(|control| control.coverage.get(&Engine::Firefox))
    };
    // What it has no policy for is done by names where addresses are published, or reported.
    for (id, host) in [
        ("youtube.level", "www.youtube.com"),
        ("safesearch.google", "www.google.com"),
    ] {
        let Some(Coverage::Hosts(names)) = of_firefox(id) else {
            bail!("{id} is covered by {:?}", of_firefox(id));
        };
        assert!(names.iter().any(|name| name.as_str() == host), "{names:?}");
    }
    for id in ["escape.task-manager", "escape.javascript-urls"] {
        let Some(Coverage::Gap(gap)) = of_firefox(id) else {
            bail!("{id} is covered by {:?}", of_firefox(id));
        };
        assert!(gap.detail.contains("Firefox has no policy"), "{gap:?}");
    }
    Ok(())
}

/// A policy as Firefox shows it: an origin becomes a URL.
fn as_shown(written: &Value) -> Value {
    match written {
        Value::String(text) if text.starts_with("https://") && text.matches('/').count() == 2 => {
            format!("{text}/").into()
        }
        Value::Array(all) => all.iter().map(as_shown).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), as_shown(member)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => written.clone(),
    }
}
