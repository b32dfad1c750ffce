//! `make bench`: measures the release binaries beside peers and writes `docs/performance.md`.
//!
//! Without an argument every section is measured; with `agent`, `compiler`, `publish` or `disk` that one, and
//! the others stay as they were.

mod agent;
mod compiler;
mod disk;
mod idle;
mod latency;
mod municipality;
mod names;
mod page;
mod publish;
mod sides;
mod verdicts;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::agent::Agent;
use crate::compiler::Compiler;
use crate::disk::Disk;
use crate::publish::Publish;

/// Everything that was ever measured, the newest of each.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Findings {
    agent: Option<Section<Agent>>,
    compiler: Option<Section<Compiler>>,
    publish: Option<Section<Publish>>,
    disk: Option<Section<Disk>>,
}

/// A section, with the machine and the source it was measured on.
#[derive(Debug, Serialize, Deserialize)]
struct Section<T> {
    machine: String,
    revision: String,
    #[serde(flatten)]
    found: T,
}

fn main() -> Result<()> {
    let house = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        // A side of the comparison is a process of its own, so that its memory is its own too.
        ["side", side, directory] => sides::answer(side, Path::new(directory)),
        [] => write(&house, &["agent", "compiler", "publish", "disk"]),
        sections => write(&house, sections),
    }
}

fn write(house: &Path, sections: &[&str]) -> Result<()> {
    let binaries = house.join("target/release");
    let docs = house.join("docs");
    let mut findings = known(&docs.join("performance.json"));
    for name in sections {
        match *name {
            "agent" => findings.agent = Some(section(agent::measure(house, &binaries)?)?),
            "compiler" => findings.compiler = Some(section(compiler::measure(house, &binaries)?)?),
            "publish" => findings.publish = Some(section(publish::measure(house, &binaries)?)?),
            "disk" => findings.disk = Some(section(disk::measure(house)?)?),
            other => bail!(
                "there is no section `{other}`: there are `agent`, `compiler`, `publish`, `disk`"
            ),
        }
    }
    std::fs::write(docs.join("performance.md"), page::render(&findings))?;
    let json = serde_json::to_string_pretty(&findings)?;
    std::fs::write(docs.join("performance.json"), json + "\n")?;
    eprintln!("wrote docs/performance.md and docs/performance.json");
    Ok(())
}

/// What was measured before, as far as it is of this form.
fn known(path: &PathBuf) -> Findings {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn section<T>(found: T) -> Result<Section<T>> {
    Ok(Section {
        machine: machine()?,
        revision: output("git", &["rev-parse", "--short", "HEAD"])?,
        found,
    })
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
