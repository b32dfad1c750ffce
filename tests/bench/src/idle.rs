//! Resident memory and processor time of a program that has nothing to do.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// What an idle program cost.
#[derive(Debug, Serialize, Deserialize)]
pub struct Idle {
    /// Which program.
    pub program: String,
    /// Resident set size at the end, in KiB.
    pub resident_kib: u64,
    /// Proportional set size at the end, in KiB.
    pub proportional_kib: u64,
    /// Processor time over the interval, user and system, in milliseconds.
    pub cpu_ms: u64,
    /// The interval in seconds.
    pub seconds: u64,
}

/// Watches the first agent of a running `fyr demo`, and `prometheus-node-exporter` beside it
/// where that is installed.
pub fn measure(binaries: &Path, interval: Duration) -> Result<(Idle, Option<Idle>)> {
    let demo = Ended(start_demo(binaries)?);
    let peer = start_peer().map(Ended);
    let agent = agent_of(demo.0.id()).context("find an agent of `fyr demo`")?;
    let before = (
        process_cpu_ms(agent)?,
        peer.as_ref()
            .map(|peer| process_cpu_ms(peer.0.id()))
            .transpose()?,
    );
    std::thread::sleep(interval);
    let own = idle("fyr-agent", agent, before.0, interval)?;
    let other = peer
        .as_ref()
        .zip(before.1)
        .map(|(peer, before)| idle("prometheus-node-exporter", peer.0.id(), before, interval))
        .transpose()?;
    Ok((own, other))
}

fn idle(program: &str, pid: u32, before: u64, interval: Duration) -> Result<Idle> {
    Ok(Idle {
        program: program.to_owned(),
        resident_kib: rollup(pid, "Rss:")?,
        proportional_kib: rollup(pid, "Pss:")?,
        cpu_ms: process_cpu_ms(pid)? - before,
        seconds: interval.as_secs(),
    })
}

/// Starts `fyr demo` and waits until it says that everything is done.
fn start_demo(binaries: &Path) -> Result<Child> {
    let mut child = Command::new(binaries.join("fyr"))
        .arg("demo")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("start `fyr demo`")?;
    let stdout = child.stdout.take().context("read what `fyr demo` prints")?;
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    lines
        .find(|line| line.starts_with("Dashboard:"))
        .context("`fyr demo` ended before its dashboard was up")?;
    Ok(child)
}

fn start_peer() -> Option<Child> {
    Command::new("prometheus-node-exporter")
        .arg("--web.listen-address=127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()
}

/// The first child of `parent` that is an agent.
fn agent_of(parent: u32) -> Result<u32> {
    child_of(parent, "fyr-agent").context("no child is called fyr-agent")
}

/// The first child of `parent` that is called `name`.
pub fn child_of(parent: u32, name: &str) -> Option<u32> {
    // Each thread has children of its own.
    let threads = std::fs::read_dir(format!("/proc/{parent}/task")).ok()?;
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok())
        .flat_map(|children| {
            let pids = children.split_whitespace();
            pids.filter_map(|pid| pid.parse().ok())
                .collect::<Vec<u32>>()
        })
        .find(|pid| {
            std::fs::read_to_string(format!("/proc/{pid}/comm"))
                .is_ok_and(|found| found.trim() == name)
        })
}

fn rollup(pid: u32, field: &str) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    text.lines()
        .find_map(|line| line.strip_prefix(field))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .with_context(|| format!("find `{field}` of process {pid}"))
}

/// User and system time from `/proc/PID/stat`, fields 14 and 15 in clock ticks.
pub fn process_cpu_ms(pid: u32) -> Result<u64> {
    clock_ms(&format!("/proc/{pid}/stat"), 11)
}

/// The same of every child of this process that has ended: fields 16 and 17.
pub fn children_cpu_ms() -> Result<u64> {
    clock_ms("/proc/self/stat", 13)
}

/// Two neighbouring times of a process's `stat`, together; `from` counts behind its name.
fn clock_ms(stat: &str, from: usize) -> Result<u64> {
    let text = std::fs::read_to_string(stat)?;
    let after_name = text.rsplit_once(')').context("read the process's name")?.1;
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(from)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(ticks * 1000 / rustix::param::clock_ticks_per_second())
}

/// A child that is ended, by process id, when this is dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(pid) = rustix::process::Pid::from_raw(self.0.id().cast_signed()) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.0.wait();
    }
}
