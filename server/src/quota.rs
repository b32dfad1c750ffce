//! How much one device may have stored: bytes a day, so that a device gone wrong, or its key in
//! wrong hands, cannot fill the disk.

use jiff::Timestamp;

/// Bytes that one device may have stored in a day, and at once after a silence. A day of ordinary
/// news takes 10 KB; a spool written during months without a network fits.
pub(crate) const BYTES_A_DAY: u64 = 1 << 20;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What one device may still have stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quota {
    left: u64,
    counted: Timestamp,
}

impl Quota {
    /// What a device may have stored that has sent nothing lately.
    pub(crate) fn full(now: Timestamp) -> Self {
        Self {
            left: BYTES_A_DAY,
            counted: now,
        }
    }

    /// Takes `bytes` out, or says after how many seconds they would fit.
    pub(crate) fn take(&mut self, bytes: u64, now: Timestamp) -> Result<(), u32> {
        self.refill(now);
        if let Some(left) = self.left.checked_sub(bytes) {
            self.left = left;
            return Ok(());
        }
        let lacking = bytes.min(BYTES_A_DAY).saturating_sub(self.left);
        let seconds = lacking.saturating_mul(DAY_MS) / BYTES_A_DAY / 1000;
        Err(u32::try_from(seconds.max(1)).unwrap_or(u32::MAX))
    }

    fn refill(&mut self, now: Timestamp) {
        let passed = now.as_millisecond() - self.counted.as_millisecond();
        let Ok(passed) = u64::try_from(passed) else {
            // The clock was set back; waiting until it is past that moment would lock the device out.
            self.counted = now;
            return;
        };
        let refilled = passed.saturating_mul(BYTES_A_DAY) / DAY_MS;
        if refilled > 0 {
            self.left = self.left.saturating_add(refilled).min(BYTES_A_DAY);
            self.counted = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_device_that_never_stops_gets_its_bytes_a_day_and_no_more() {
        let mut quota = Quota::full(at(0));
        assert_eq!(quota.take(BYTES_A_DAY, at(0)), Ok(()));
        assert_eq!(quota.take(BYTES_A_DAY, at(0)), Err(24 * 60 * 60));
        let half = 12 * 60 * 60;
        assert_eq!(quota.take(BYTES_A_DAY / 2 + 1, at(half)), Err(1));
        assert_eq!(quota.take(BYTES_A_DAY / 2, at(half)), Ok(()));
    }

    #[test]
    fn a_clock_that_was_set_back_locks_no_device_out() {
        let mut quota = Quota::full(at(1_000_000));
        assert_eq!(quota.take(BYTES_A_DAY, at(1_000_000)), Ok(()));
        assert!(quota.take(1, at(0)).is_err());
        assert_eq!(quota.take(1, at(10)), Ok(()));
    }
}
