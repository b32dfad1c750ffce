//! The agent, one turn at a time: joining, applying, and what it refuses to do.

use anyhow::Result;
use fyr_tests::town::{Town, bundle};
use serde_json::json;

#[test]
fn a_device_joins_applies_and_reports() -> Result<()> {
    let town = Town::new()?;
    let device = town.device()?;
    assert_eq!(device.device.chromium_policy("fyr.json")?, json!({}));
    let out = device.agent(&["once"])?;
    println!("{out:?}");
    out.success()?;
    assert_eq!(
        device.device.chromium_policy("fyr.json")?,
        json!(bundle(1)?.chromium)
    );
    let seen = town.device_that("a report", |device| device.revision.is_some())?;
    println!("{seen:#?}");
    Ok(())
}
