//! What a device leaves in the server's database in a year, alone and as one of a hundred.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

/// How many devices report.
const DEVICES: [u64; 2] = [1, 100];

/// The test that simulates the year and prints what it leaves.
pub const TEST: &str = "a_year_of_a_device_takes_less_than_a_megabyte";

/// What was found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Disk {
    /// One entry for each number of devices.
    pub years: Vec<Year>,
}

/// What a year leaves.
#[derive(Debug, Serialize, Deserialize)]
pub struct Year {
    /// How many devices report.
    pub devices: u64,
    /// By how much the database grew, in bytes a device.
    pub bytes: u64,
}

/// Simulates the year with the server's own store.
pub fn measure(house: &Path) -> Result<Disk> {
    let years = DEVICES.map(|devices| year(house, devices));
    Ok(Disk {
        years: years.into_iter().collect::<Result<_>>()?,
    })
}

fn year(house: &Path, devices: u64) -> Result<Year> {
    eprintln!("disk: a year of {devices} devices");
    let output = Command::new("cargo")
        .current_dir(house)
        .env("FYR_DEVICES", devices.to_string())
        .args(["test", "--release", "--quiet", "-p", "fyr-server", "--lib"])
        .args(["--", "--nocapture", TEST])
        .output()
        .context("run the test of a year")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "`{TEST}` failed:\n{text}");
    let figure = text
        .lines()
        .find_map(|line| line.strip_suffix(" bytes a device in a year"))
        .and_then(|figure| figure.parse().ok());
    Ok(Year {
        devices,
        bytes: figure.with_context(|| format!("read the figure of `{TEST}` in:\n{text}"))?,
    })
}
