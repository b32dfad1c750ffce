//! The demo shows the whole product: it must run here as it runs in a new clone.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use fyr_tests::binaries::Binary;
use fyr_tests::child::Child;
use fyr_tests::wait;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use walkdir::WalkDir;

/// How long a demo that hangs is waited for.
const PATIENCE: Duration = Duration::from_mins(2);

fn demo(arguments: &[&str]) -> Result<Output> {
    demo_below(&std::env::temp_dir(), arguments)
}

/// Runs the demo, without a screen, with its files below a directory.
fn demo_below(directory: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(Binary::Fyr.path()?);
    lower_the_curtain(&mut command, directory);
    Ok(command.arg("demo").args(arguments).output()?)
}

fn lower_the_curtain(command: &mut Command, directory: &Path) {
    command
        .env("TMPDIR", directory)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
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

#[test]
fn the_demo_stays_up_until_it_is_interrupted_and_leaves_nothing_behind() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let before = machine_policy()?;
    let mut demo = Child::start(&Binary::Fyr.path()?, ["demo"], |command| {
        lower_the_curtain(command, directory.path());
    })?;
    demo.until("the demo to settle", PATIENCE, |demo| {
        Ok(demo.stderr().contains("Ctrl-C ends the demo").then_some(()))
    })?;
    let running = processes_that_name(directory.path())?;
    assert!(running >= 6, "a server and five agents, not {running}");

    let pid = Pid::from_raw(i32::try_from(demo.pid())?).context("a process has a number")?;
    kill_process(pid, Signal::INT)?;
    demo.wait()?.success()?;
    wait::until("its processes to be gone", PATIENCE, || {
        Ok((processes_that_name(directory.path())? == 0).then_some(()))
    })?;
    assert_eq!(fs::read_dir(directory.path())?.count(), 0);
    assert_eq!(machine_policy()?, before);
    Ok(())
}

#[test]
fn a_browser_without_a_screen_is_refused_before_anything_runs() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let output = demo_below(directory.path(), &["--browser"])?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    assert!(stderr.contains("DISPLAY"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "one clear error: {stderr}");
    assert_eq!(fs::read_dir(directory.path())?.count(), 0);
    Ok(())
}

/// How many programs were started with a path below `directory` on their command line.
fn processes_that_name(directory: &Path) -> Result<usize> {
    let name = directory.to_str().context("a path in Unicode")?;
    let mut found = 0;
    for entry in fs::read_dir("/proc")? {
        // Most of what stands here is no process, and a process may just have ended.
        let line = fs::read(entry?.path().join("cmdline")).unwrap_or_default();
        found += usize::from(String::from_utf8_lossy(&line).contains(name));
    }
    Ok(found)
}

/// Every file of this machine's own that tells a browser what to do, and when it was changed.
fn machine_policy() -> Result<Vec<(String, SystemTime)>> {
    let mut found = Vec::new();
    for place in [
        "chromium",
        "opt",
        "firefox",
        "firefox-esr",
        "brave",
        "hosts",
    ] {
        let below = WalkDir::new(Path::new("/etc").join(place)).sort_by_file_name();
        // Not every browser is installed.
        for entry in below.into_iter().filter_map(Result::ok) {
            let name = entry.path().display().to_string();
            found.push((name, entry.metadata()?.modified()?));
        }
    }
    Ok(found)
}
