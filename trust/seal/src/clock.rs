//! Whether this machine's clock may sign.
//!
//! What is signed carries the time, and devices believe it. So a clock that disagrees with the last
//! signature signs only when something else says that it is right.

use jiff::{SignedDuration, Timestamp};

/// How far the clock may lie from the last signed issue time without further evidence.
const LONGEST_GAP: SignedDuration = SignedDuration::from_hours(14 * 24);
/// `STA_UNSYNC` of `adjtimex(2)`: no program keeps the clock right.
const UNSYNCHRONISED: i32 = 0x0040;

/// The time to sign with, and why it may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SigningClock {
    /// The time.
    pub now: Timestamp,
    /// Why.
    pub evidence: Evidence,
}

/// What says that a clock is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A person.
    Person,
    /// The kernel: a program keeps it synchronised.
    Kernel,
    /// Nothing.
    None,
}

/// The clock may be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine's clock says {now}, and the repository was last signed at {issued}, {days} days \
     {side}; no program keeps this clock synchronised: check it with `date` and `timedatectl`, and \
     correct it; if it is right, use `--clock-is-right`"
)]
pub struct ClockDoubt {
    now: Timestamp,
    issued: Timestamp,
    days: i64,
    side: &'static str,
}

impl SigningClock {
    /// A time that the caller vouches for.
    pub fn right(now: Timestamp) -> Self {
        Self {
            now,
            evidence: Evidence::Person,
        }
    }

    /// This machine's clock; `is_right` when a person says so.
    pub fn of_this_machine(is_right: bool) -> Self {
        let evidence = if is_right {
            Evidence::Person
        } else {
            kernel_evidence()
        };
        Self {
            now: Timestamp::now(),
            evidence,
        }
    }

    /// The time, unless it is far from the last signed issue time and nothing says that it is right.
    ///
    /// # Errors
    /// [`ClockDoubt`]
    pub fn checked(self, issued: Option<Timestamp>) -> Result<Timestamp, ClockDoubt> {
        let Some(issued) = issued else {
            return Ok(self.now);
        };
        let gap = self.now.duration_since(issued);
        if gap.abs() <= LONGEST_GAP || self.evidence != Evidence::None {
            return Ok(self.now);
        }
        Err(ClockDoubt {
            now: self.now,
            issued,
            days: gap.as_hours().abs() / 24,
            side: if gap.is_positive() {
                "earlier"
            } else {
                "later"
            },
        })
    }
}

fn kernel_evidence() -> Evidence {
    let mut clock = rtime_clock::adjtime::Timex::new();
    match rtime_clock::adjtime::adjtimex(&mut clock) {
        Ok(_) if clock.0.status & UNSYNCHRONISED == 0 => Evidence::Kernel,
        Ok(_) | Err(_) => Evidence::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_far_from_the_last_signature_needs_evidence_in_both_directions() {
        let issued: Timestamp = "2026-08-15T12:00:00Z".parse().unwrap();
        for (now, evidence, accepted) in [
            ("2026-08-29T12:00:00Z", Evidence::None, true),
            ("2026-08-29T12:00:01Z", Evidence::None, false),
            ("2026-08-01T12:00:00Z", Evidence::None, true),
            ("2026-08-01T11:59:59Z", Evidence::None, false),
            ("2027-08-15T12:00:00Z", Evidence::Kernel, true),
            ("2025-08-15T12:00:00Z", Evidence::Person, true),
        ] {
            let now = now.parse().unwrap();
            let checked = SigningClock { now, evidence }.checked(Some(issued));
            assert_eq!(checked.is_ok(), accepted, "{now} {evidence:?}");
            let first = SigningClock { now, evidence }.checked(None);
            assert_eq!(first, Ok(now), "the first signature has nothing before it");
        }
    }
}
