//! The sides of the comparison of URL verdicts, each in a process of its own: what it takes to be
//! ready, and then the same questions again and again.

mod adblock;
mod fyr;
mod regorus;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use url::Url;

/// The questions of one batch.
pub const BATCH: usize = 256;

/// The batches that are timed, after a tenth as many that are not.
const BATCHES: usize = 2_000;

/// What one side found out.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answers {
    /// From the text of the list to the first possible question, in milliseconds.
    pub ready_ms: f64,
    /// What that added to the resident memory, in KiB.
    pub added_kib: u64,
    /// For each URL, `b` where it is blocked and `-` where it is not.
    pub verdicts: String,
    /// The time of one question, in nanoseconds, for each batch.
    pub batches_ns: Vec<f64>,
}

/// Answers as one side and prints it: `fyr`, `adblock` or `regorus`.
pub fn answer(side: &str, directory: &Path) -> Result<()> {
    let list = std::fs::read_to_string(directory.join("list"))?;
    let urls = std::fs::read_to_string(directory.join("urls"))?;
    let urls = urls
        .lines()
        .map(Url::parse)
        .collect::<Result<Vec<_>, _>>()?;
    let answers = match side {
        "fyr" => fyr::answers(&list, &urls)?,
        "adblock" => adblock::answers(&list, &urls)?,
        "regorus" => regorus::answers(&list, &urls)?,
        other => bail!("there is no side `{other}`"),
    };
    println!("{}", serde_json::to_string(&answers)?);
    Ok(())
}

/// What it took to be ready.
struct Ready {
    ready_ms: f64,
    added_kib: u64,
}

/// Makes a side ready.
fn ready<T>(make: impl FnOnce() -> Result<T>) -> Result<(T, Ready)> {
    let before = resident_kib()?;
    let start = Instant::now();
    let made = make()?;
    let ready_ms = start.elapsed().as_secs_f64() * 1e3;
    let added_kib = resident_kib()?.saturating_sub(before);
    let ready = Ready {
        ready_ms,
        added_kib,
    };
    Ok((made, ready))
}

/// Asks about everything once, and then in batches against the clock.
fn ask<Q>(ready: Ready, questions: &[Q], mut is_blocked: impl FnMut(&Q) -> bool) -> Answers {
    let verdicts = questions.iter().map(|question| match is_blocked(question) {
        true => 'b',
        false => '-',
    });
    let verdicts = verdicts.collect();
    let mut batches_ns = Vec::with_capacity(BATCHES);
    let batches = questions.chunks_exact(BATCH).cycle();
    for (number, batch) in batches.take(BATCHES + BATCHES / 10).enumerate() {
        let start = Instant::now();
        for question in batch {
            black_box(is_blocked(black_box(question)));
        }
        if number >= BATCHES / 10 {
            batches_ns.push(start.elapsed().as_secs_f64() * 1e9 / BATCH as f64);
        }
    }
    Answers {
        ready_ms: ready.ready_ms,
        added_kib: ready.added_kib,
        verdicts,
        batches_ns,
    }
}

fn resident_kib() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    text.lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .context("read the resident memory of this process")
}
