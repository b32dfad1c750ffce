//! The compiler: a whole municipality through the `fyr` that is shipped, and URL verdicts.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::idle::children_cpu_ms;
use crate::latency::{Latency, spread};
use crate::municipality::{self, DAY, SCHOOLS, listed};
use crate::verdicts::{self, Verdicts};

/// How often each command is run, after two runs that are not counted.
const RUNS: usize = 15;

/// What was found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Compiler {
    /// How many groups the municipality has.
    pub groups: usize,
    /// How many lines its lists have together.
    pub listed: usize,
    /// How often each command was run.
    pub runs: usize,
    /// `fyr check`.
    pub check: Cost,
    /// `fyr compile`.
    pub compile: Cost,
    /// What `fyr compile` wrote.
    pub compiled: Compiled,
    /// URL verdicts.
    pub verdicts: Verdicts,
}

/// What a command cost.
#[derive(Debug, Serialize, Deserialize)]
pub struct Cost {
    /// From its start to its end.
    pub wall_ms: Latency,
    /// Processor time of one run, user and system: what other programs do hardly changes it.
    pub cpu_ms: f64,
}

/// What `fyr compile` wrote.
#[derive(Debug, Serialize, Deserialize)]
pub struct Compiled {
    /// The bytes of all bundles.
    pub bundle_bytes: u64,
    /// How many lists the bundles share.
    pub lists: usize,
    /// The bytes of those, each stored once.
    pub list_bytes: u64,
}

/// Measures `binaries/fyr` and the comparison.
pub fn measure(house: &Path, binaries: &Path) -> Result<Compiler> {
    let scratch = house.join("tests/bench/target/scratch");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir_all(&scratch)?;
    let (policy, out) = (scratch.join("policy"), scratch.join("compiled"));
    municipality::write(&policy, SCHOOLS)?;
    eprintln!("compiler: `fyr check` and `fyr compile`, {RUNS} times each");
    let fyr = binaries.join("fyr");
    let command = |name: &str| {
        let mut command = Command::new(&fyr);
        command.arg(name).arg(&policy).args(["--date", DAY]);
        command
    };
    let check = cost(|| command("check"))?;
    let compile = cost(|| {
        let mut compile = command("compile");
        compile.arg("--out").arg(&out);
        compile
    })?;
    let (lists, list_bytes) = files(&out.join("lists"))?;
    let (groups, bundle_bytes) = files(&out.join("bundles"))?;
    ensure!(
        groups == municipality::groups(SCHOOLS),
        "{groups} bundles were compiled"
    );
    let verdicts = verdicts::measure(house, &scratch)?;
    std::fs::remove_dir_all(&scratch)?;
    Ok(Compiler {
        groups,
        listed: listed(),
        runs: RUNS,
        check,
        compile,
        compiled: Compiled {
            bundle_bytes,
            lists,
            list_bytes,
        },
        verdicts,
    })
}

fn cost(command: impl Fn() -> Command) -> Result<Cost> {
    let (mut samples, mut cpu_before) = (Vec::new(), 0);
    for number in 0..RUNS + 2 {
        if number == 2 {
            cpu_before = children_cpu_ms()?;
        }
        let mut command = command();
        let start = Instant::now();
        let status = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .with_context(|| format!("run {command:?}"))?;
        let took = start.elapsed();
        ensure!(status.success(), "{command:?} failed");
        if number >= 2 {
            samples.push(took.as_secs_f64() * 1e3);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    let cpu_ms = (children_cpu_ms()? - cpu_before) as f64 / RUNS as f64;
    Ok(Cost {
        wall_ms: spread(samples)?,
        cpu_ms,
    })
}

/// How many files a directory holds, and their bytes together.
fn files(directory: &Path) -> Result<(usize, u64)> {
    let (mut count, mut bytes) = (0, 0);
    for entry in std::fs::read_dir(directory)? {
        count += 1;
        bytes += entry?.metadata()?.len();
    }
    Ok((count, bytes))
}
