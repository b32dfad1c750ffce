//! The agent: its size, what it costs when it has nothing to do, and how long the loop takes.
//!
//! Every figure is taken from the programs as they are shipped, run as `fyr demo` runs them.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::idle::{self, Idle};
use crate::latency::{self, Latency};

/// How long the idle agent and its peer are watched.
const IDLE: Duration = Duration::from_secs(60);

/// How many times the whole loop is run for the latencies.
const LOOPS: usize = 5;

/// What was found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Agent {
    /// The size of the executable.
    pub agent_bytes: u64,
    /// The idle agent.
    pub agent: Idle,
    /// A peer beside it, where one is installed.
    pub peer: Option<Idle>,
    /// How many times the loop was run.
    pub loops: usize,
    /// From publication to the slowest of five devices.
    pub publish_to_applied_ms: Latency,
    /// From tampering to repair.
    pub drift_to_repaired_ms: Latency,
    /// From publication to inside a running browser.
    pub publish_to_browser_ms: Latency,
}

/// Measures `binaries/fyr-agent`.
pub fn measure(house: &Path, binaries: &Path) -> Result<Agent> {
    let agent = binaries.join("fyr-agent");
    ensure!(
        agent.is_file(),
        "`{}` is missing: run `make bench`",
        agent.display()
    );
    eprintln!("idle: one agent of `fyr demo`, and its peer, for {IDLE:?}");
    let (own, peer) = idle::measure(binaries, IDLE)?;
    eprintln!("latency: `fyr demo --once --json`, {LOOPS} times");
    let (applied, repaired) = latency::measure(binaries, LOOPS)?;
    eprintln!("latency: inside a running Chromium");
    let browser = latency::in_browser(house, binaries, LOOPS)?;
    Ok(Agent {
        agent_bytes: std::fs::metadata(&agent)?.len(),
        agent: own,
        peer,
        loops: LOOPS,
        publish_to_applied_ms: applied,
        drift_to_repaired_ms: repaired,
        publish_to_browser_ms: browser,
    })
}
