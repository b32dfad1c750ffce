//! The only reader of the system's clocks.

use std::time::Duration;

use fyr_trust::Clock;
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

/// What the unsigned witnesses of the time say now.
pub(crate) fn read() -> Clock {
    Clock {
        system: Timestamp::now(),
        build: built(),
    }
}

/// For how long the system has run, suspension included. Nothing sets this clock.
pub(crate) fn uptime() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
}

/// When this program was built.
fn built() -> Timestamp {
    let second = env!("FYR_BUILD_SECOND").parse().unwrap_or(0);
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}
