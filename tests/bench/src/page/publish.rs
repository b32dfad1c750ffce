//! The part of the page about publishing.

use std::fmt::Write as _;

use super::{head, mebibytes, row};
use crate::publish::{Publish, RUNS, Size, Spent};

/// What the old programs used at three sizes: processor time of `fyr publish`, memory of
/// the server, and the time from publication to a device.
const BEFORE: [(usize, &str, &str, &str); 3] = [
    (303, "700 ms", "", "150–190 ms"),
    (1303, "5.9 s", "", ""),
    (4303, "61 s, 1.3 GB", "561 MB", ""),
];

pub(super) fn render(page: &mut String, found: &Publish) {
    head(page, &["groups", "what", "measured", "aim", "before"]);
    for size in &found.sizes {
        let before = BEFORE.iter().find(|(groups, ..)| *groups == size.groups);
        let (_, publish, server, applied) = before.copied().unwrap_or_default();
        let groups = size.groups.to_string();
        let Size {
            compile,
            publish: used,
            server: served,
            applied: took,
            ..
        } = size;
        row(
            page,
            &[
                &groups,
                "`fyr compile`: processor time, peak memory",
                &spent(compile),
                "",
                "",
            ],
        );
        row(
            page,
            &[
                &groups,
                "`fyr publish`: processor time, peak memory",
                &spent(used),
                "< 300 MB",
                publish,
            ],
        );
        let aim = if size.groups < 1000 { "30 ms" } else { "60 ms" };
        let took = format!("{:.0} / {:.0} / {:.0} ms", took.min, took.median, took.max);
        row(
            page,
            &[
                &groups,
                "published to applied, slowest of five devices",
                &took,
                aim,
                applied,
            ],
        );
        row(
            page,
            &[
                &groups,
                "`fyr-server`: processor time, peak memory, over two publications",
                &spent(served),
                "< 60 MB",
                server,
            ],
        );
    }
    let _ = writeln!(
        page,
        "\nThe municipality of `tests/bench/src/municipality.rs` with 60, 260 and 860 schools. \
         `fyr publish` writes into a new repository; the other figures are of {RUNS} runs of \
         `fyr demo --once --json --policy`: the minimum, median and maximum of the time, and the server \
         of the run that took the most memory. The time counts from the rename of the timestamp to the moment \
         at which the last of five devices has its policy in force; devices, server and the end of `fyr publish` \
         share this machine's processors and its disk, for which a device waits some seven times. The column *before* is of an earlier, faster machine: \
         compare the growth, not the figures."
    );
}

fn spent(spent: &Spent) -> String {
    let memory = mebibytes(spent.peak_kib);
    format!("{} ms, {memory:.0} MiB", spent.cpu_ms)
}
