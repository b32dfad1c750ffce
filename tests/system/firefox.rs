//! What pupils meet in a real Firefox that the agent governs, and what Firefox cannot do.

use anyhow::{Context, Result};
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
    let arguments = ["--private-window", "https://www.youtube.com/"];
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

    // It was asked to open this one in a private window.
    let video = internet.arrival("www.youtube.com", "/")?;
    assert_eq!(video.address.to_string(), STRICT);
    assert!(!firefox.private_windows()?.contains(&true));
    let refused = Visit::Refused("NS_ERROR_BLOCKED_BY_POLICY".into());
    assert_eq!(firefox.visit("about:privatebrowsing")?, refused);
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
