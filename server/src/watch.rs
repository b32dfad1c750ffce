//! Notices a new publication: by inotify at once, and by looking every two seconds where inotify
//! cannot see (a network file system, a directory that does not exist yet).
//!
//! Devices have a hint of it as soon as its timestamp and snapshot are verified. What else is read is for
//! pages and reports: that yields the processor to the devices that fetch, and ends where a newer
//! publication comes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;

use fyr_schemas::Revision;

use crate::publication::{self, Publication, ReadError, Shared};

/// The newest complete publication, if there is one.
pub(crate) type Published = watch::Receiver<Option<Arc<Publication>>>;

/// The newest revision that verified metadata names, before its bundles are read; none before the
/// first. Devices are given a hint of it.
pub(crate) type Announced = watch::Receiver<Option<Revision>>;

const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How many requests for a look may wait.
const LOOKS_WAITING: usize = 256;

/// What became of a look at the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    /// What is published is known.
    Read,
    /// The repository cannot be read, or not now.
    Failed,
}

/// Asks for a look at the repository before the next one is due; clones share the way.
#[derive(Debug, Clone)]
pub(crate) struct Looker(mpsc::Sender<oneshot::Sender<Looked>>);

impl Looker {
    /// Looks at the repository now. Returns when what is published is known.
    pub(crate) async fn look(&self) -> Looked {
        let (reply, answer) = oneshot::channel();
        match self.0.send(reply).await {
            Ok(()) => answer.await.unwrap_or(Looked::Failed),
            Err(_) => Looked::Failed,
        }
    }
}

/// How the server follows a repository.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) announced: Announced,
    pub(crate) published: Published,
    /// How the last look went.
    pub(crate) looked: watch::Receiver<Looked>,
    pub(crate) looker: Looker,
}

/// Watches one repository and reports what it holds.
pub(crate) struct Watch {
    repository: PathBuf,
    /// The `timestamp.json` that was last looked at.
    stamp: Option<Vec<u8>>,
    /// What groups of the publication say alike; lent to each look.
    shared: Shared,
    announced: watch::Sender<Option<Revision>>,
    published: watch::Sender<Option<Arc<Publication>>>,
    looked: watch::Sender<Looked>,
    /// Counts up when the dashboard has something new to show.
    changes: watch::Sender<u64>,
    /// Who waits for a look.
    asked: mpsc::Receiver<oneshot::Sender<Looked>>,
}

impl Watch {
    /// Looks once, so that what is published already is known before the first request.
    pub(crate) async fn begin(repository: &Path, changes: watch::Sender<u64>) -> (Self, Found) {
        let (announced, revisions) = watch::channel(None);
        let (published, receiver) = watch::channel(None);
        let (look_state, last_look) = watch::channel(Looked::Read);
        let (looker, asked) = mpsc::channel(LOOKS_WAITING);
        let mut watch = Self {
            repository: repository.to_owned(),
            stamp: None,
            shared: Shared::default(),
            announced,
            published,
            looked: look_state,
            changes,
            asked,
        };
        watch.look().await;
        if receiver.borrow().is_none() {
            tracing::info!(repository = %repository.display(), "waiting for the first publication");
        }
        let found = Found {
            announced: revisions,
            published: receiver,
            looked: last_look,
            looker: Looker(looker),
        };
        (watch, found)
    }

    /// Watches until no receiver is left.
    pub(crate) async fn run(mut self) {
        let (notice, mut noticed) = mpsc::channel(1);
        let mut watcher = None;
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let closed = self.published.clone();
        loop {
            if watcher.is_none() {
                watcher = watch_directory(&self.repository, notice.clone());
            }
            tokio::select! {
                _ = ticks.tick() => {}
                _ = noticed.recv() => {}
                Some(reply) = self.asked.recv() => {
                    // Whoever went away needs no answer.
                    let _ = reply.send(self.look().await);
                    continue;
                }
                () = closed.closed() => return,
            }
            self.look().await;
        }
    }

    async fn look(&mut self) -> Looked {
        let looked = loop {
            let repository = self.repository.clone();
            let stamp = tokio::task::spawn_blocking(move || publication::stamp(&repository)).await;
            let found = match stamp.map_err(|_| ReadError::BrokenOff).flatten() {
                Ok(stamp) if stamp == self.stamp => break Looked::Read,
                Ok(Some(stamp)) => self.read(stamp).await,
                Ok(None) => Err(ReadError::Gone(self.repository.clone())),
                Err(error) => Err(error),
            };
            // What is newer is announced and read at once.
            if !matches!(found, Err(ReadError::Overtaken)) {
                break self.take(found);
            }
        };
        self.looked.send_replace(looked);
        looked
    }

    /// Reads the publication of this timestamp in a thread of its own, which may lower its priority.
    async fn read(&mut self, stamp: Vec<u8>) -> Result<Option<(Vec<u8>, Publication)>, ReadError> {
        let mut reading = Reading {
            repository: self.repository.clone(),
            before: self.published.borrow().clone(),
            shared: std::mem::take(&mut self.shared),
            announced: self.announced.clone(),
        };
        let (reply, answer) = oneshot::channel();
        let thread = thread::Builder::new().name("publication".to_owned());
        let begun = thread.spawn(move || {
            let found = reading.read(&stamp);
            let found = found.map(|it| it.map(|publication| (stamp, publication)));
            // A server that stops needs no answer.
            let _ = reply.send((found, reading.shared));
        });
        begun.map_err(ReadError::Thread)?;
        let (found, shared) = answer.await.map_err(|_| ReadError::BrokenOff)?;
        self.shared = shared;
        found
    }

    fn take(&mut self, found: Result<Option<(Vec<u8>, Publication)>, ReadError>) -> Looked {
        match found {
            Ok(None) => Looked::Read,
            Ok(Some((stamp, publication))) => {
                self.stamp = Some(stamp);
                self.publish(publication);
                self.shared.forget_unused();
                Looked::Read
            }
            // The stamp stays unknown, so the next look tries again.
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the repository cannot be read; what was published before stays",
                );
                Looked::Failed
            }
        }
    }

    fn publish(&self, publication: Publication) {
        tracing::info!(
            revision = %publication.revision,
            groups = publication.groups.len(),
            expires = %publication.expires,
            "publication read",
        );
        self.published.send_replace(Some(Arc::new(publication)));
        self.changes.send_modify(|count| *count += 1);
    }
}

/// One publication, while it is read.
struct Reading {
    repository: PathBuf,
    before: Option<Arc<Publication>>,
    shared: Shared,
    announced: watch::Sender<Option<Revision>>,
}

impl Reading {
    fn read(&mut self, stamp: &[u8]) -> Result<Option<Publication>, ReadError> {
        let before = self.before.as_deref();
        let announced = &self.announced;
        let repository = &self.repository;
        let announce = |revision| {
            announced.send_if_modified(|announced| announced.replace(revision) != Some(revision));
            // At the start no device waits, and the server does.
            if before.is_some() {
                yield_to_devices();
            }
        };
        let is_newest = || Ok(publication::stamp(repository)?.as_deref() == Some(stamp));
        Publication::read(repository, before, &mut self.shared, announce, is_newest)
    }
}

/// Lowers the priority of this thread: devices that fetch, and the answers to them, go first.
fn yield_to_devices() {
    // A tenth of the weight of an ordinary thread. Reports wait for the publication that they name, so
    // other work on the machine must not stop the reading.
    const LOWER_BY: i32 = 10;
    if let Err(error) = rustix::process::nice(LOWER_BY) {
        tracing::debug!(%error, "the publication is read at ordinary priority");
    }
}

/// Notices changes below the repository; none while it cannot be watched.
fn watch_directory(repository: &Path, notice: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // A full channel means that a look is due anyway.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = notice.try_send(());
        }
    })
    .ok()?;
    watcher
        .watch(repository, RecursiveMode::Recursive)
        .ok()
        .map(|()| watcher)
}
