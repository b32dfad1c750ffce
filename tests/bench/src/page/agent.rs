//! The agent's part of the page.

use std::fmt::Write as _;

use super::{head, mebibytes, megabytes, row};
use crate::agent::Agent;
use crate::latency::{BROWSER_TEST, Latency};

pub(super) fn render(page: &mut String, found: &Agent) {
    head(page, &["what", "measured", "aim", "how"]);
    let agent = &found.agent;
    let seconds = agent.seconds;
    row(
        page,
        &[
            "executable, stripped",
            &format!("{:.2} MB", megabytes(found.agent_bytes)),
            "< 5 MB",
            "size of `target/release/fyr-agent`",
        ],
    );
    row(
        page,
        &[
            "resident, idle",
            &format!("{:.1} MiB", mebibytes(agent.resident_kib)),
            "< 8 MiB",
            "`Rss` in `/proc/PID/smaps_rollup`, one agent of `fyr demo`",
        ],
    );
    row(
        page,
        &[
            "proportional, idle",
            &format!("{:.1} MiB", mebibytes(agent.proportional_kib)),
            "",
            "`Pss`, same place",
        ],
    );
    row(
        page,
        &[
            "processor time, idle",
            &format!("{} ms in {seconds} s", agent.cpu_ms),
            "none to measure",
            "`/proc/PID/stat` (resolution 10 ms)",
        ],
    );
    latency(
        page,
        "published to applied, slowest of five devices",
        &found.publish_to_applied_ms,
        "< 300 ms",
    );
    latency(
        page,
        "tampered to repaired",
        &found.drift_to_repaired_ms,
        "< 50 ms",
    );
    latency(
        page,
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
    peer(page, found);
}

fn peer(page: &mut String, found: &Agent) {
    page.push_str("\n### Beside a peer, in the same minute\n\n");
    let Some(peer) = &found.peer else {
        page.push_str("`prometheus-node-exporter` was not installed when this was measured.\n");
        return;
    };
    head(
        page,
        &["program", "resident", "proportional", "processor time"],
    );
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
