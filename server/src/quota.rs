//! How many reports one device may send: a bucket that refills with time, so that a device gone
//! wrong, or in wrong hands, cannot fill the disk.

use jiff::Timestamp;

/// A spool written during months without a network fits.
const BURST: u32 = 4096;

/// One report every ten seconds for ever, far above what a device has to tell.
const REFILL_EVERY_MS: i64 = 10_000;

/// What one device may still send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quota {
    left: u32,
    counted: Timestamp,
}

impl Quota {
    /// What a device may send that has sent nothing lately.
    pub(crate) fn full(now: Timestamp) -> Self {
        Self {
            left: BURST,
            counted: now,
        }
    }

    /// Takes `reports` out, or says after how many seconds they would fit.
    pub(crate) fn take(&mut self, reports: usize, now: Timestamp) -> Result<(), u32> {
        self.refill(now);
        let wanted = u32::try_from(reports).unwrap_or(u32::MAX);
        if let Some(left) = self.left.checked_sub(wanted) {
            self.left = left;
            return Ok(());
        }
        let missing = i64::from(wanted.min(BURST).saturating_sub(self.left));
        let seconds = missing.saturating_mul(REFILL_EVERY_MS) / 1000;
        Err(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    fn refill(&mut self, now: Timestamp) {
        let passed = now.as_millisecond() - self.counted.as_millisecond();
        if passed < 0 {
            // The clock was set back; waiting for it to come round again would lock the device out.
            self.counted = now;
            return;
        }
        let refilled = passed / REFILL_EVERY_MS;
        if refilled > 0 {
            let refilled = u32::try_from(refilled).unwrap_or(u32::MAX);
            self.left = self.left.saturating_add(refilled).min(BURST);
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
    fn a_device_that_never_stops_is_told_when_to_come_back() {
        let mut quota = Quota::full(at(0));
        assert_eq!(quota.take(4096, at(0)), Ok(()));
        assert_eq!(quota.take(2, at(5)), Err(20));
        assert_eq!(quota.take(2, at(25)), Ok(()));
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let mut quota = Quota::full(at(1_000_000));
        assert_eq!(quota.take(4096, at(1_000_000)), Ok(()));
        assert!(quota.take(1, at(0)).is_err());
        assert_eq!(quota.take(1, at(10)), Ok(()));
    }
}
