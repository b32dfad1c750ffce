//! The compiler's part of the page.

use std::fmt::Write as _;

use super::{head, mebibytes, megabytes, row};
use crate::compiler::{Compiler, Cost};
use crate::verdicts::{Side, Verdicts};

/// How many times faster than the fastest peer a verdict is to be.
const AIM: f64 = 10.0;

pub(super) fn render(page: &mut String, found: &Compiler) {
    let Compiler {
        groups,
        listed,
        runs,
        compiled,
        ..
    } = found;
    head(page, &["what", "measured", "processor time", "aim", "met"]);
    cost(page, "`fyr check`", &found.check, 200.0);
    cost(page, "`fyr compile`", &found.compile, 1000.0);
    let _ = writeln!(
        page,
        "\nA municipality of {groups} groups whose lists have {listed} lines together, as `tests/bench/src/municipality.rs` \
         makes it: the whole command from its start to its end, with the files in the page cache; minimum / median / \
         maximum of {runs} runs, and the median counts. Processor time is the mean of these runs: where it is far below \
         the median, other programs had the machine. What is written: bundles of {:.1} MB together, and {} lists of \
         {:.1} MB that they share, each stored once.",
        megabytes(compiled.bundle_bytes),
        compiled.lists,
        megabytes(compiled.list_bytes),
    );
    verdicts(page, &found.verdicts);
}

fn cost(page: &mut String, what: &str, cost: &Cost, aim: f64) {
    let wall = &cost.wall_ms;
    let measured = format!("{:.0} / {:.0} / {:.0} ms", wall.min, wall.median, wall.max);
    let cpu = format!("{:.0} ms", cost.cpu_ms);
    let is_met = met(wall.median < aim);
    row(
        page,
        &[what, &measured, &cpu, &format!("< {aim:.0} ms"), is_met],
    );
}

fn verdicts(page: &mut String, found: &Verdicts) {
    page.push_str("\n### URL verdicts beside other engines, in the same run\n\n");
    head(
        page,
        &[
            "engine",
            "a verdict, median",
            "p99",
            "ready after",
            "memory",
        ],
    );
    for side in &found.sides {
        row(
            page,
            &[
                &side.name,
                &nanoseconds(side.median_ns),
                &nanoseconds(side.p99_ns),
                &format!("{:.0} ms", side.ready_ms),
                &format!("{:.1} MiB", mebibytes(side.added_kib)),
            ],
        );
    }
    for (name, why) in &found.missing {
        row(page, &[name, &format!("not measured: {why}"), "", "", ""]);
    }
    page.push('\n');
    if let Some((own, best)) = own_and_best(found) {
        let ratio = best.median_ns / own.median_ns;
        let _ = writeln!(
            page,
            "Fyr is **{ratio:.1} times** as fast as the fastest of the others, which is {}; the aim is {AIM:.0} times: {}.\n",
            best.name,
            met(ratio >= AIM),
        );
    }
    let _ = writeln!(
        page,
        "One list of {} domains that are blocked, and {} URLs, of which {} are: all sides agree on every one before any \
         is timed. Each is a process of its own and is given the URLs in its own best form beforehand: Fyr a parsed \
         `url::Url`; `adblock` its `Request`, already cut into tokens; regorus (its virtual machine) and OPA (its Go library, \
         called without Python's wrapper) the host and every name above it, so that a verdict is one look-up for each in \
         an object. Times are of batches, divided by their questions; ready is from the text of the list to the first \
         possible question, and memory what that added to the process.",
        found.domains, found.urls, found.blocked
    );
}

/// Fyr, and the fastest of the others.
fn own_and_best(found: &Verdicts) -> Option<(&Side, &Side)> {
    let (own, peers) = found.sides.split_first()?;
    let best = peers
        .iter()
        .min_by(|a, b| a.median_ns.total_cmp(&b.median_ns))?;
    Some((own, best))
}

fn nanoseconds(ns: f64) -> String {
    if ns < 10_000.0 {
        format!("{ns:.0} ns")
    } else {
        format!("{:.1} µs", ns / 1_000.0)
    }
}

fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}
