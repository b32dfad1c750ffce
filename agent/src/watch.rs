//! Notices changes of managed places the moment they happen, by inotify.
//!
//! The kernel's interface is used directly: a watch then asks for changes alone, and the agent's
//! own reading, or anybody else's in `/etc`, never wakes it.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use fyr_agent_core::product::place;
use fyr_agent_files::path::directories;
use fyr_agent_files::products::PRODUCTS;
use fyr_schemas::report::Place;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tracing::warn;

use crate::root::Root;

/// Every kind of change, and none of the kinds of reading.
const CHANGES: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR)
    .union(WatchFlags::DONT_FOLLOW);

/// The watched directories.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Absent where the system gives no queue: drift is then found at the heartbeat.
    queue: Option<AsyncFd<OwnedFd>>,
    armed: BTreeMap<i32, Interest>,
    changes: Changes,
}

/// How many changes came within the current second.
#[derive(Debug)]
struct Changes {
    since: Instant,
    count: u32,
}

/// More changes in a second than this are taken together, so that a program that writes without
/// pause cannot keep the processor busy.
const AT_ONCE: u32 = 30;
const PAUSE: Duration = Duration::from_millis(50);

/// Which entries of a directory matter.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Interest {
    Every,
    Names(BTreeSet<Vec<u8>>),
}

/// Whether arming found directories that were not watched before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Armed {
    AsBefore,
    Anew,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let opened = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC);
        let queue = opened.map_err(Into::into).and_then(register);
        if let Err(error) = &queue {
            warn!("changes are only noticed at the heartbeat, the system gives no watch: {error}");
        }
        Self {
            queue: queue.ok(),
            armed: BTreeMap::new(),
            changes: Changes {
                since: Instant::now(),
                count: 0,
            },
        }
    }

    /// Watches every directory that exists now on the way to a managed place, and those in which
    /// a browser would appear. Changes between a look and this call are seen by a look after it.
    pub(crate) fn arm(&mut self, root: &Root) -> Armed {
        let Some(queue) = &self.queue else {
            return Armed::AsBefore;
        };
        let mut armed = BTreeMap::new();
        for (directory, interest) in interests() {
            match inotify::add_watch(queue.get_ref(), root.join(&directory), CHANGES) {
                Ok(watch) => {
                    armed.insert(watch, interest);
                }
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
                Err(errno) => warn!("cannot watch `/{directory}`: {errno}"),
            }
        }
        for stale in self.armed.keys().filter(|watch| !armed.contains_key(watch)) {
            // The kernel has dropped it already where the directory is gone.
            let _gone = inotify::remove_watch(queue.get_ref(), *stale);
        }
        let is_known = armed.keys().all(|watch| self.armed.contains_key(watch));
        self.armed = armed;
        if is_known {
            Armed::AsBefore
        } else {
            Armed::Anew
        }
    }

    /// Waits for a change that matters and takes everything that has queued up.
    pub(crate) async fn changed(&mut self) {
        let Some(queue) = &self.queue else {
            return std::future::pending().await;
        };
        loop {
            let Ok(mut ready) = queue.readable().await else {
                return std::future::pending().await;
            };
            if self.changes.are_many() {
                tokio::time::sleep(PAUSE).await;
            }
            let matters = drain(ready.get_inner(), &self.armed);
            ready.clear_ready();
            if matters {
                self.changes.count();
                return;
            }
        }
    }

    /// Forgets what has queued up: a look that follows sees it anyway.
    pub(crate) fn settle(&self) {
        if let Some(queue) = &self.queue {
            let _seen_by_the_next_look = drain(queue.get_ref(), &self.armed);
        }
    }
}

#[expect(
    deprecated,
    reason = "its replacement is unsafe because of types that may close or swap their descriptor; \
              an `OwnedFd` does neither"
)]
pub(crate) fn register(queue: OwnedFd) -> std::io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(queue)
}

impl Changes {
    fn are_many(&self) -> bool {
        self.count > AT_ONCE && self.since.elapsed() < Duration::from_secs(1)
    }

    fn count(&mut self) {
        if self.since.elapsed() >= Duration::from_secs(1) {
            self.since = Instant::now();
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
    }
}

/// Reads the queue until it is empty, and tells whether anything in it matters.
fn drain(queue: &OwnedFd, armed: &BTreeMap<i32, Interest>) -> bool {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = Reader::new(queue, &mut buffer);
    let mut matters = false;
    loop {
        match reader.next() {
            Ok(event) => {
                let lost = ReadFlags::QUEUE_OVERFLOW
                    | ReadFlags::DELETE_SELF
                    | ReadFlags::MOVE_SELF
                    | ReadFlags::UNMOUNT;
                let name = event.file_name().map(std::ffi::CStr::to_bytes);
                matters |= event.events().intersects(lost)
                    || armed
                        .get(&event.wd())
                        .is_some_and(|interest| interest.includes(name));
            }
            Err(Errno::INTR) => {}
            // Empty; any other failure would come again, and the heartbeat looks anyway.
            Err(_) => return matters,
        }
    }
}

impl Interest {
    fn includes(&self, name: Option<&[u8]>) -> bool {
        match (self, name) {
            // Without a name it is the directory itself that changed: its mode, its owner.
            (Self::Every, _) | (Self::Names(_), None) => true,
            (Self::Names(names), Some(name)) => names.contains(name),
        }
    }

    fn and(&mut self, name: &str) {
        match self {
            Self::Every => {}
            Self::Names(names) => {
                names.insert(name.as_bytes().to_vec());
            }
        }
    }
}

/// The directories to watch, relative to the root.
fn interests() -> BTreeMap<String, Interest> {
    let mut interests = BTreeMap::new();
    let mut name = |directory: String, name: &str| {
        let nothing = || Interest::Names(BTreeSet::new());
        interests.entry(directory).or_insert_with(nothing).and(name);
    };
    name("etc".to_owned(), "hosts");
    name("etc/fyr".to_owned(), "device.json");
    let mut whole = Vec::new();
    for known in PRODUCTS {
        let place = place(known.product);
        let components = directories(place);
        for (depth, component) in components.iter().enumerate().skip(1) {
            let above = components.get(..depth).unwrap_or_default();
            name(above.join("/"), component);
        }
        match place {
            Place::Chromium(_) => whole.push(components.join("/")),
            Place::Firefox(_) | Place::Hosts => name(components.join("/"), "policies.json"),
        }
        for binary in known.binaries {
            if let Some((directory, file)) = binary.rsplit_once('/') {
                name(directory.to_owned(), file);
            }
        }
    }
    interests.extend(whole.into_iter().map(|path| (path, Interest::Every)));
    interests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directory_on_the_way_is_watched_for_the_next_one() {
        let interests = interests();
        let named = |directory: &str, name: &str| match &interests[directory] {
            Interest::Every => false,
            Interest::Names(names) => names.contains(name.as_bytes()),
        };
        assert!(named("etc", "hosts") && named("etc", "opt") && named("etc", "chromium"));
        assert!(named("etc/chromium/policies", "managed"));
        assert!(named("etc/firefox/policies", "policies.json"));
        assert!(named("usr/bin", "google-chrome"));
        assert_eq!(
            interests["etc/opt/chrome/policies/managed"],
            Interest::Every
        );
    }
}
