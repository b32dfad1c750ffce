//! Publishing at three sizes: what `fyr publish` costs, and what reaches devices and costs the server.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::idle::{child_of, process_cpu_ms};
use crate::latency::{Latency, Outcome, outcome, spread};
use crate::municipality::{self, groups};

/// How many schools each municipality has: 303, 1,303 and 4,303 groups.
const SIZES: [usize; 3] = [60, 260, 860];

/// How often the whole loop runs at each size.
pub const RUNS: usize = 3;

/// What was found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Publish {
    /// One entry a size.
    pub sizes: Vec<Size>,
}

/// What was found at one size.
#[derive(Debug, Serialize, Deserialize)]
pub struct Size {
    /// How many groups are published.
    pub groups: usize,
    /// `fyr compile`, which signs and verifies nothing.
    pub compile: Spent,
    /// `fyr publish`, into a new repository.
    pub publish: Spent,
    /// `fyr-server`, over a run of `fyr demo` with two publications: the run that took the most
    /// memory.
    pub server: Spent,
    /// From the second publication to the slowest of five devices, in milliseconds.
    pub applied: Latency,
}

/// What a program used.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spent {
    /// Processor time, user and system.
    pub cpu_ms: u64,
    /// The most memory that was resident at once.
    pub peak_kib: u64,
}

/// Measures `binaries`.
pub fn measure(house: &Path, binaries: &Path) -> Result<Publish> {
    let sizes = SIZES.map(|schools| at(house, binaries, schools));
    Ok(Publish {
        sizes: sizes.into_iter().collect::<Result<_>>()?,
    })
}

fn at(house: &Path, binaries: &Path, schools: usize) -> Result<Size> {
    let scratch = house.join("tests/bench/target/publish");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir_all(&scratch)?;
    let policy = scratch.join("policy");
    municipality::write(&policy, schools)?;
    eprintln!("publish: {} groups", groups(schools));
    let compile = compile(&scratch, binaries)?;
    let publish = publish(&scratch, binaries)?;
    let runs: Vec<(Spent, Outcome)> = (0..RUNS)
        .map(|_| demo(&policy, binaries))
        .collect::<Result<_>>()?;
    std::fs::remove_dir_all(&scratch)?;
    let applied = runs.iter().map(|(_, run)| run.publish_to_applied_ms.p99);
    let applied = spread(applied.collect())?;
    let servers = runs.into_iter().map(|(server, _)| server);
    let server = servers.max_by_key(|server| server.peak_kib);
    Ok(Size {
        groups: groups(schools),
        compile,
        publish,
        server: server.context("no run")?,
        applied,
    })
}

/// Compiles the policy, as a measure of what publishing adds to it.
fn compile(scratch: &Path, binaries: &Path) -> Result<Spent> {
    let mut child = Command::new(binaries.join("fyr"))
        .args(["compile", "policy", "--out", "compiled"])
        .current_dir(scratch)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("start `fyr compile`")?;
    let (spent, is_success) = watch(&mut child, |child| Some(child.id()))?;
    ensure!(is_success, "`fyr compile` failed");
    Ok(spent)
}

/// Publishes the policy for the first time.
fn publish(scratch: &Path, binaries: &Path) -> Result<Spent> {
    use std::os::unix::fs::PermissionsExt as _;
    let passphrase = scratch.join("passphrase");
    std::fs::write(&passphrase, "these keys are thrown away")?;
    std::fs::set_permissions(&passphrase, std::fs::Permissions::from_mode(0o600))?;
    let fyr = |arguments: &[&str]| {
        let mut command = Command::new(binaries.join("fyr"));
        command
            .args(arguments)
            .args(["--keys", "keys", "--passphrase-file", "passphrase"])
            .current_dir(scratch)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    let made = fyr(&[
        "key",
        "new",
        "root",
        "targets",
        "snapshot",
        "timestamp",
        "enrolment",
    ]);
    ensure!({ made }.status()?.success(), "`fyr key new` failed");
    let arguments = [
        "publish",
        "policy",
        "--repository",
        "repository",
        "--yes",
        "--new",
    ];
    let mut child = fyr(&arguments).spawn().context("start `fyr publish`")?;
    let (spent, is_ended) = watch(&mut child, |child| Some(child.id()))?;
    ensure!(is_ended, "`fyr publish` failed");
    Ok(spent)
}

/// Runs the whole loop with five devices, and watches its server.
fn demo(policy: &Path, binaries: &Path) -> Result<(Spent, Outcome)> {
    let mut child = Command::new(binaries.join("fyr"))
        .args(["demo", "--once", "--json", "--policy"])
        .arg(policy)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("start `fyr demo`")?;
    let (spent, is_success) = watch(&mut child, |demo| child_of(demo.id(), "fyr-server"))?;
    ensure!(is_success, "`fyr demo` failed");
    let mut text = String::new();
    let stdout = child
        .stdout
        .as_mut()
        .context("read what `fyr demo` prints")?;
    stdout.read_to_string(&mut text)?;
    Ok((spent, outcome(&text)?))
}

/// Watches a process until `child` ends: what it used by the last look, and whether `child`
/// succeeded.
fn watch(child: &mut Child, process: impl Fn(&Child) -> Option<u32>) -> Result<(Spent, bool)> {
    let mut spent = Spent {
        cpu_ms: 0,
        peak_kib: 0,
    };
    let begun = Instant::now();
    loop {
        if let Some(process) = process(child) {
            if let Ok(cpu_ms) = process_cpu_ms(process) {
                spent.cpu_ms = spent.cpu_ms.max(cpu_ms);
            }
            spent.peak_kib = spent.peak_kib.max(peak_kib(process).unwrap_or_default());
        }
        if let Some(status) = child.try_wait()? {
            return Ok((spent, status.success()));
        }
        ensure!(
            begun.elapsed() < Duration::from_mins(10),
            "{child:?} does not end"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn peak_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().trim_end_matches(" kB").parse().ok()
}
