//! The part of the page about publishing.

use super::{head, mebibytes, row};
use crate::publish::{Publish, Size};

/// What the old programs used at 303 and at 4,303 groups: processor time of `fyr publish`, memory of
/// the server, and the time from publication to a device.
const BEFORE: [(usize, &str, &str, &str); 2] = [
    (303, "700 ms", "", "150–190 ms"),
    (4303, "61 s, 1.3 GB", "561 MB", ""),
];

pub(super) fn render(page: &mut String, found: &Publish) {
    head(page, &["groups", "what", "measured", "aim", "before"]);
    for size in &found.sizes {
        let before = BEFORE.iter().find(|(groups, ..)| *groups == size.groups);
        let (_, publish, server, applied) = before.copied().unwrap_or_default();
        let groups = size.groups.to_string();
        let Size {
            publish: used,
            server: served,
            ..
        } = size;
        let cost = format!("{} ms, {:.0} MiB", used.cpu_ms, mebibytes(used.peak_kib));
        row(
            page,
            &[
                &groups,
                "`fyr publish`: processor time, peak memory",
                &cost,
                "< 300 MB",
                publish,
            ],
        );
        let aim = if size.groups < 1000 { "30 ms" } else { "60 ms" };
        let took = format!("{:.1} ms", size.applied_ms);
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
        let cost = format!(
            "{:.0} MiB, {} ms",
            mebibytes(served.peak_kib),
            served.cpu_ms
        );
        row(
            page,
            &[
                &groups,
                "`fyr-server`: peak memory, processor time over two publications",
                &cost,
                "< 60 MB",
                server,
            ],
        );
    }
}
