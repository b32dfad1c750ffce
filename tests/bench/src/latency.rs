//! How long the loop takes, as `fyr demo` and the browser tests tell it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

/// The spread of one latency over several runs, in milliseconds.
#[derive(Debug, Serialize, Deserialize)]
pub struct Latency {
    /// The fastest run.
    pub min: f64,
    /// The median run.
    pub median: f64,
    /// The slowest run.
    pub max: f64,
}

/// What `fyr demo --once --json` prints.
#[derive(Debug, Deserialize)]
pub struct Outcome {
    /// From publication to a device.
    pub publish_to_applied_ms: Percentiles,
    drift_to_repaired_ms: f64,
}

/// Of five devices.
#[derive(Debug, Deserialize)]
pub struct Percentiles {
    /// The slowest.
    pub p99: f64,
}

/// Reads what `fyr demo --once --json` printed.
pub fn outcome(text: &str) -> Result<Outcome> {
    serde_json::from_str(text).context("read what `fyr demo` printed")
}

/// Runs the whole loop `times` times. The first figure is of the slowest of five devices each time.
pub fn measure(binaries: &Path, times: usize) -> Result<(Latency, Latency)> {
    let mut applied = Vec::new();
    let mut repaired = Vec::new();
    for _ in 0..times {
        let output = Command::new(binaries.join("fyr"))
            .args(["demo", "--once", "--json"])
            .output()
            .context("run `fyr demo --once --json`")?;
        ensure!(
            output.status.success(),
            "`fyr demo --once --json` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let outcome: Outcome = serde_json::from_slice(&output.stdout)?;
        applied.push(outcome.publish_to_applied_ms.p99);
        repaired.push(outcome.drift_to_repaired_ms);
    }
    Ok((spread(applied)?, spread(repaired)?))
}

/// The browser test that measures from publication to a refused navigation.
pub const BROWSER_TEST: &str = "a_publication_is_in_force_in_an_open_browser_at_once";

/// Runs [`BROWSER_TEST`] `times` times with the release binaries, and reads the figure it prints.
pub fn in_browser(house: &Path, binaries: &Path, times: usize) -> Result<Latency> {
    let mut figures = Vec::new();
    for _ in 0..times {
        let output = Command::new("cargo")
            .current_dir(house)
            .env("FYR_TEST_BINARIES", binaries)
            .args(["test", "--quiet", "-p", "fyr-tests", "--test", "system"])
            .args(["--", "--nocapture", BROWSER_TEST])
            .output()
            .context("run the browser test")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let figure = text
            .lines()
            .find_map(|line| line.strip_prefix("from publication to in force in the browser: "))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .with_context(|| format!("read the figure of `{BROWSER_TEST}` in:\n{text}"))?;
        figures.push(figure);
    }
    spread(figures)
}

/// The spread of samples, of which there is one at least.
pub fn spread(mut samples: Vec<f64>) -> Result<Latency> {
    samples.sort_by(f64::total_cmp);
    Ok(Latency {
        min: *samples.first().context("no sample")?,
        median: samples[samples.len() / 2],
        max: *samples.last().context("no sample")?,
    })
}
