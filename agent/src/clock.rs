//! The only reader of the system's clock.

use fyr_trust::Clock;
use jiff::Timestamp;

/// What the unsigned witnesses of the time say now.
pub(crate) fn read() -> Clock {
    Clock {
        system: Timestamp::now(),
        build: built(),
    }
}

/// When this program was built.
fn built() -> Timestamp {
    let second = env!("FYR_BUILD_SECOND").parse().unwrap_or(0);
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}
