//! How long the loop takes, as `fyr demo` and the browser tests tell it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

/// The spread of one latency over several runs, in milliseconds.
#[derive(Debug, Serialize)]
pub struct Latency {
    /// The fastest run.
    pub min: f64,
    /// The median run.
    pub median: f64,
    /// The slowest run.
    pub max: f64,
}

#[derive(Deserialize)]
struct Outcome {
    publish_to_applied_ms: Percentiles,
    drift_to_repaired_ms: f64,
}

#[derive(Deserialize)]
struct Percentiles {
    p99: f64,
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

/// Runs the browser test that measures from publication to a refused navigation, with the
/// release binaries, and reads the figures it prints.
pub fn in_browser(house: &Path) -> Result<Option<Latency>> {
    let output = Command::new("cargo")
        .current_dir(house)
        .args(["test", "--release", "-p", "fyr-tests", "--", "--nocapture"])
        .arg("a_published_block_is_in_force_in_a_running_chromium")
        .output()
        .context("run the browser test")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<f64> = text
        .lines()
        .filter_map(|line| line.split_once("publish to in force in Chromium: "))
        .filter_map(|(_, rest)| rest.split_whitespace().next()?.parse().ok())
        .collect();
    if figures.is_empty() {
        return Ok(None);
    }
    spread(figures).map(Some)
}

fn spread(mut samples: Vec<f64>) -> Result<Latency> {
    samples.sort_by(f64::total_cmp);
    Ok(Latency {
        min: *samples.first().context("no sample")?,
        median: samples[samples.len() / 2],
        max: *samples.last().context("no sample")?,
    })
}
