//! The demo is the main job: it must run here as it runs for somebody who just cloned.

use std::process::{Command, Output};

use anyhow::Result;
use fyr_tests::binaries::Binary;
use serde_json::Value;

fn demo(arguments: &[&str]) -> Result<Output> {
    let output = Command::new(Binary::Fyr.path()?)
        .arg("demo")
        .args(arguments)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()?;
    Ok(output)
}

#[test]
fn the_demo_applies_repairs_and_publishes_again_until_every_device_is_compliant() {
    let output = demo(&["--once", "--json"]).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let outcome: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(outcome["devices"], 5);
    assert_eq!(outcome["compliant"], 5);
    assert_eq!(outcome["revision"], 2);
    let applied = &outcome["publish_to_applied_ms"];
    let (p50, p99) = (
        applied["p50"].as_f64().unwrap(),
        applied["p99"].as_f64().unwrap(),
    );
    assert!(0.0 < p50 && p50 <= p99, "{applied}");
    assert!(outcome["drift_to_repaired_ms"].as_f64().unwrap() > 0.0);
    let dashboard = outcome["dashboard"].as_str().unwrap();
    assert!(dashboard.starts_with("http://127.0.0.1:"), "{dashboard}");
}

#[test]
fn the_demo_runs_with_anybodys_policy() {
    let malmo = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/malmo");
    let output = demo(&["--once", "--json", "--policy", malmo]).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let outcome: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(outcome["compliant"], 5);
    assert_eq!(outcome["revision"], 2);
}

#[test]
fn the_demo_of_a_policy_with_an_error_shows_the_error_and_fails() {
    let policy = tempfile::tempdir().unwrap();
    std::fs::write(policy.path().join("fyr.yaml"), "organisation: [").unwrap();
    let path = policy.path().to_str().unwrap();
    let output = demo(&["--once", "--json", "--policy", path]).unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("fyr.yaml"), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_json_result_without_once_is_refused_with_its_reason() {
    let output = demo(&["--json"]).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--once"));
}
