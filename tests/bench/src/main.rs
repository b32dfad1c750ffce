//! `make bench`: measures the release binaries beside a peer and writes `docs/performance.md`.
//!
//! Every figure is taken from the programs as they are shipped, run as `fyr demo` runs them.

mod idle;
mod latency;
mod page;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;

use crate::idle::Idle;
use crate::latency::Latency;

/// How long the idle agent and its peer are watched.
const IDLE: Duration = Duration::from_secs(60);

/// How many times the whole loop is run for the latencies.
const LOOPS: usize = 5;

/// Everything one run found.
#[derive(Debug, Serialize)]
struct Findings {
    machine: String,
    revision: String,
    agent_bytes: u64,
    agent: Idle,
    peer: Option<Idle>,
    loops: usize,
    publish_to_applied_ms: Latency,
    drift_to_repaired_ms: Latency,
    publish_to_browser_ms: Latency,
}

fn main() -> Result<()> {
    let house = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    let binaries = house.join("target/release");
    let agent = binaries.join("fyr-agent");
    ensure!(
        agent.is_file(),
        "`{}` is missing: run `make bench`",
        agent.display()
    );
    eprintln!("idle: one agent of `fyr demo`, and its peer, for {IDLE:?}");
    let (own, peer) = idle::measure(&binaries, IDLE)?;
    eprintln!("latency: `fyr demo --once --json`, {LOOPS} times");
    let (applied, repaired) = latency::measure(&binaries, LOOPS)?;
    eprintln!("latency: inside a running Chromium");
    let browser = latency::in_browser(&house, &binaries, LOOPS)?;
    let findings = Findings {
        machine: machine()?,
        revision: output("git", &["rev-parse", "--short", "HEAD"])?,
        agent_bytes: std::fs::metadata(&agent)?.len(),
        agent: own,
        peer,
        loops: LOOPS,
        publish_to_applied_ms: applied,
        drift_to_repaired_ms: repaired,
        publish_to_browser_ms: browser,
    };
    let docs = house.join("docs");
    std::fs::write(docs.join("performance.md"), page::render(&findings))?;
    let json = serde_json::to_string_pretty(&findings)?;
    std::fs::write(docs.join("performance.json"), json + "\n")?;
    eprintln!("wrote docs/performance.md and docs/performance.json");
    Ok(())
}

fn machine() -> Result<String> {
    let cpus = std::thread::available_parallelism()?;
    let info = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    Ok(format!("{cpus} × {model}, {}", output("uname", &["-sr"])?))
}

fn output(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("run `{program}`"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
