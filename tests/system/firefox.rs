//! What pupils meet in a real Firefox that the agent governs, and what Firefox cannot do.

use anyhow::{Context, Result};
use fyr_tests::firefox::Firefox;
use fyr_tests::municipality::Municipality;
use fyr_tests::network::LoneNetwork;
use fyr_tests::remote::Visit;

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
    let mut firefox = Firefox::start(device.device.root(), &network, &arguments)?;

    let written = device.device.firefox_policy()?;
    let written = written.get("policies").context("the file has policies")?;
    assert_eq!(&firefox.active_policies()?, written);

    // It was asked to open this one in a private window.
    let video = internet.arrival("www.youtube.com", "/")?;
    assert_eq!(video.address.to_string(), STRICT);
    assert!(!firefox.private_windows()?.contains(&true));
    let refused = Visit::Refused("NS_ERROR_BLOCKED_BY_POLICY".into());
    assert_eq!(firefox.visit("about:privatebrowsing")?, refused);
    Ok(())
}
