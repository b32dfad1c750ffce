//! Waiting for something to become true: the only place in the tests that waits.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long anything may take on two busy cores before a test gives up: less than what our
/// programs do by the clock alone, such as a heartbeat.
pub const LIMIT: Duration = Duration::from_mins(1);

/// How often a condition is looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks until `probe` answers, and returns the answer.
///
/// Fails at once when `probe` fails, and with `what` when `limit` has passed without an answer.
pub fn until<T>(
    what: &str,
    limit: Duration,
    mut probe: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = probe()? {
            return Ok(found);
        }
        if start.elapsed() > limit {
            bail!("waited {limit:?} in vain for {what}");
        }
        thread::sleep(PAUSE);
    }
}

/// Looks for as long as `span` lasts, and fails with `what` as soon as `probe` says no: for what
/// must *not* happen.
pub fn throughout(
    what: &str,
    span: Duration,
    mut probe: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < span {
        if !probe()? {
            bail!("{what}, but only for {:?}", start.elapsed());
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Leaves a browser alone right after its start: the one sleep that waits for something which
/// cannot be observed (see CONTRIBUTING). Measured: one that is driven hard then can
/// postpone its next policy reload for minutes, and nothing it shows tells when that is over.
pub fn quiet_browser() {
    thread::sleep(Duration::from_secs(6));
}
