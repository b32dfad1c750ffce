//! An alarm by the clock on the wall. Unlike a sleep it does not stand still while the device
//! does, and it fires when the clock is set.

use std::io;
use std::os::fd::OwnedFd;

use jiff::Timestamp;
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::unix::AsyncFd;
use tracing::warn;

use crate::watch::register;

/// A timer of the kernel.
#[derive(Debug)]
pub(crate) struct Alarm {
    timer: AsyncFd<OwnedFd>,
}

impl Alarm {
    /// An alarm that is not set.
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = timerfd_create(TimerfdClockId::Realtime, flags)?;
        Ok(Self {
            timer: register(timer)?,
        })
    }

    /// Sets it to a moment, and to no other; never, without one. A moment that is over rings at
    /// once.
    pub(crate) fn set(&self, moment: Option<Timestamp>) {
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        let spec = Itimerspec {
            it_interval: Timespec::default(),
            // Zero would be never.
            it_value: moment.map_or_else(Timespec::default, |moment| Timespec {
                tv_sec: moment.as_second().max(1),
                tv_nsec: moment.subsec_nanosecond().max(0).into(),
            }),
        };
        if let Err(errno) = timerfd_settime(&self.timer, flags, &spec) {
            // The heartbeat looks at the time as well.
            warn!("cannot set the alarm of the timetable: {errno}");
        }
    }

    /// Waits until the moment comes, or the clock is set, or the device wakes up.
    pub(crate) async fn rings(&self) {
        loop {
            let Ok(mut ready) = self.timer.readable().await else {
                return std::future::pending().await;
            };
            let mut count = [0; size_of::<u64>()];
            match rustix::io::read(ready.get_inner(), &mut count) {
                Ok(_) | Err(Errno::CANCELED) => return,
                Err(_) => ready.clear_ready(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::clock;

    fn in_a_runtime(test: impl AsyncFnOnce()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(test());
    }

    #[test]
    fn it_rings_when_its_moment_comes_and_not_before() {
        in_a_runtime(async || {
            let alarm = Alarm::new().unwrap();
            let moment = clock::read().system + jiff::SignedDuration::from_millis(30);
            alarm.set(Some(moment));
            alarm.rings().await;
            assert!(clock::read().system >= moment);
        });
    }

    #[test]
    fn it_rings_at_once_for_a_moment_that_is_over_and_once_only() {
        in_a_runtime(async || {
            let alarm = Alarm::new().unwrap();
            alarm.set(Some(Timestamp::UNIX_EPOCH));
            alarm.rings().await;
            let again = pin!(alarm.rings());
            let again = again.poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(again, Poll::Pending);
        });
    }
}
