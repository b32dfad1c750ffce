//! `fyr diff --server`: how many devices of a real fleet a change reaches.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use fyr_fixtures::Replaced as _;
use fyr_tests::binaries::Binary;
use fyr_tests::municipality::Municipality;
use serde_json::Value;

/// What `fyr diff` says of the policy of a municipality beside the example that it was copied from.
fn diff(municipality: &Municipality, server: &str) -> Result<Output> {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("examples");
    let output = Command::new(Binary::Fyr.path()?)
        .arg("diff")
        .args([example.join("ballerup"), municipality.policy()])
        .args(["--format", "json", "--server", server])
        .output()?;
    Ok(output)
}

fn devices(output: &Output) -> Result<Value> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{stderr}");
    let reported: Value = serde_json::from_slice(&output.stdout)?;
    reported
        .get("devices")
        .cloned()
        .context("devices are counted")
}

#[test]
fn a_change_is_reported_with_the_devices_that_it_reaches() -> Result<()> {
    let (municipality, device) =
        Municipality::like("ballerup")?.start("/skoler/skovlunde", "mellemtrin")?;
    device.agent(&["once"])?.success()?;
    let server = format!("http://{}", municipality.server()?.address());

    municipality.close("leaking.example")?;
    let reported = devices(&diff(&municipality, &server)?)?;
    ensure!(
        reported["of"] == 1 && reported["touched"] == 1,
        "{reported}"
    );

    let rule = municipality
        .policy()
        .join("rules/closed-leaking-example.yaml");
    let elsewhere = fs::read_to_string(&rule)?.replaced("for: /skoler", "for: /skoler/maalovhoj");
    fs::write(&rule, elsewhere)?;
    let reported = devices(&diff(&municipality, &server)?)?;
    ensure!(
        reported["of"] == 1 && reported["touched"] == 0,
        "{reported}"
    );
    Ok(())
}

#[test]
fn a_server_that_does_not_answer_is_named() -> Result<()> {
    let municipality = Municipality::like("ballerup")?;
    let output = diff(&municipality, "http://127.0.0.1:1")?;
    ensure!(!output.status.success());
    let stderr = String::from_utf8(output.stderr)?;
    ensure!(stderr.contains("`http://127.0.0.1:1/`"), "{stderr}");
    Ok(())
}
