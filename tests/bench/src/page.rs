//! The page that people read: what was measured, beside what was aimed at.

use std::fmt::Write as _;

use crate::Findings;
use crate::latency::{BROWSER_TEST, Latency};

/// `docs/performance.md`.
pub fn render(found: &Findings) -> String {
    let mut page = String::from(
        "# Performance\n\n\
         Written by `make bench`; do not edit. Compare ratios of one run, not figures of two machines.\n\n",
    );
    let _ = writeln!(page, "- Machine: {}", found.machine);
    let _ = writeln!(page, "- Source: {}\n", found.revision);
    page.push_str("## The agent\n\n| what | measured | aim | how |\n|---|---|---|---|\n");
    let agent = &found.agent;
    let seconds = agent.seconds;
    row(
        &mut page,
        &[
            "executable, stripped",
            &format!("{:.2} MB", megabytes(found.agent_bytes)),
            "< 5 MB",
            "size of `target/release/fyr-agent`",
        ],
    );
    row(
        &mut page,
        &[
            "resident, idle",
            &format!("{:.1} MiB", mebibytes(agent.resident_kib)),
            "< 8 MiB",
            "`Rss` in `/proc/PID/smaps_rollup`, one agent of `fyr demo`",
        ],
    );
    row(
        &mut page,
        &[
            "proportional, idle",
            &format!("{:.1} MiB", mebibytes(agent.proportional_kib)),
            "",
            "`Pss`, same place",
        ],
    );
    row(
        &mut page,
        &[
            "processor time, idle",
            &format!("{} ms in {seconds} s", agent.cpu_ms),
            "none to measure",
            "`/proc/PID/stat` (resolution 10 ms)",
        ],
    );
    latency(
        &mut page,
        "published to applied, slowest of five devices",
        &found.publish_to_applied_ms,
        "< 300 ms",
    );
    latency(
        &mut page,
        "tampered to repaired",
        &found.drift_to_repaired_ms,
        "< 50 ms",
    );
    latency(
        &mut page,
        "published to in force inside a running Chromium",
        &found.publish_to_browser_ms,
        "< 500 ms",
    );
    let _ = writeln!(
        page,
        "\nLatencies are minimum / median / maximum of {} runs of `fyr demo --once --json`; the browser's are of the \
         test `{BROWSER_TEST}`, run as often.",
        found.loops
    );
    peer(&mut page, found);
    page
}

fn peer(page: &mut String, found: &Findings) {
    page.push_str("\n## Beside a peer, in the same minute\n\n");
    let Some(peer) = &found.peer else {
        page.push_str("`prometheus-node-exporter` was not installed when this was measured.\n");
        return;
    };
    page.push_str("| program | resident | proportional | processor time |\n|---|---|---|---|\n");
    for idle in [&found.agent, peer] {
        row(
            page,
            &[
                &idle.program,
                &format!("{:.1} MiB", mebibytes(idle.resident_kib)),
                &format!("{:.1} MiB", mebibytes(idle.proportional_kib)),
                &format!("{} ms in {} s", idle.cpu_ms, idle.seconds),
            ],
        );
    }
}

fn latency(page: &mut String, what: &str, latency: &Latency, aim: &str) {
    let measured = format!(
        "{:.1} / {:.1} / {:.1} ms",
        latency.min, latency.median, latency.max
    );
    row(page, &[what, &measured, aim, "min / median / max"]);
}

fn row(page: &mut String, cells: &[&str]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}
