//! The part of the page about the server's disk.

use std::fmt::Write as _;

use super::{head, row};
use crate::disk::{Disk, TEST};

pub(super) fn render(page: &mut String, found: &Disk) {
    head(
        page,
        &["devices", "bytes a device in a year", "aim", "before"],
    );
    for year in &found.years {
        let (devices, bytes) = (year.devices.to_string(), year.bytes.to_string());
        row(page, &[&devices, &bytes, "< 1,000,000", "218,000,000"]);
    }
    let _ = writeln!(
        page,
        "\nThe growth of the database over 365 simulated days, without its write-ahead log: on each day 32 reports \
         of 40 controls, 6 of them with news. The test `{TEST}` prints it."
    );
}
