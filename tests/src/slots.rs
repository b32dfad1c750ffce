//! Places for browsers: two cores carry no more than two at once.

use std::sync::{Condvar, Mutex, PoisonError};

const AT_ONCE: usize = 2;

static TAKEN: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

/// The right to run one browser, given back on drop.
#[derive(Debug)]
pub struct Slot(());

impl Slot {
    /// Waits until a place is free. A test that asks for a second one while it holds a first
    /// could wait for ever.
    pub fn take() -> Self {
        let mut taken = FREED
            .wait_while(
                TAKEN.lock().unwrap_or_else(PoisonError::into_inner),
                |taken| *taken >= AT_ONCE,
            )
            .unwrap_or_else(PoisonError::into_inner);
        *taken += 1;
        Self(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        FREED.notify_one();
    }
}
