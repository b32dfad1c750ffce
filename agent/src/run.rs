//! The daemon: one loop that owns everything and sleeps until something happens.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use fyr_agent_core::schedule::{Attempts, HEARTBEAT, History, next_repair, next_wake};
use fyr_schemas::envelope::Envelope;
use fyr_schemas::report::{EventKind, MOST_REPORTS};
use fyr_trust::{Identity, Refresh, Step};
use jiff::{SignedDuration, Timestamp};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};
use tracing::{info, warn};

use crate::agent::{Advance, Agent, Fetched};
use crate::alarm::Alarm;
use crate::client::{Server, ServerError};
use crate::fetch::FetchError;
use crate::hints::{self, Hint};
use crate::upload::Sent;
use crate::watch::{Armed, Watch};
use crate::{clock, fetch, upload};

/// Why the loop turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// The heartbeat, or another attempt after a failure.
    Tick,
    /// The server hints that something is new.
    Push,
    /// A managed place changed.
    Drift,
    /// What failed on the device is due for another attempt.
    Repair,
    /// The metadata is no longer fresh.
    Boundary,
    /// Other periods of the timetable run, or the clock was set.
    Turn,
    /// The system asks the agent to end.
    Shutdown,
}

/// What ended a wait: an event, or work that was under way.
enum Woken {
    Event(Event),
    Fetched(Box<Result<Step<Identity>, FetchError>>),
    Sent(Vec<(u64, Envelope)>, Result<Sent, ServerError>),
}

type InFlight = Option<Pin<Box<dyn Future<Output = Woken>>>>;

/// The loop's state.
struct Daemon {
    agent: Agent,
    server: Server,
    watch: Watch,
    /// Set to the next turn of the timetable.
    alarm: Alarm,
    hints: Receiver<Hint>,
    signals: [Signal; 2],
    refreshing: InFlight,
    /// A hint came while a refresh was under way, which may have missed what it was about.
    refresh_again: bool,
    refreshes: History,
    uploading: InFlight,
    uploads: History,
    /// Whether an attempt is due although the last one failed.
    upload_due: bool,
    at_once: usize,
    /// How often in a row something on the device itself failed.
    failed_repairs: u32,
}

/// Keeps the device until the system says stop.
pub(crate) async fn run(agent: Agent, server: Server) -> std::io::Result<()> {
    let (send, hints) = channel(1);
    let listening = hints::listen(server.clone(), agent.seed(), send);
    tokio::spawn(listening);
    let signals = [
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    ];
    let mut daemon = Daemon {
        agent,
        server,
        watch: Watch::new(),
        alarm: Alarm::new()?,
        hints,
        signals,
        refreshing: None,
        refresh_again: false,
        refreshes: History::default(),
        uploading: None,
        uploads: History::default(),
        upload_due: true,
        at_once: MOST_REPORTS,
        failed_repairs: 0,
    };
    daemon.agent.remembered.attempts = Attempts::default();
    daemon.start();
    daemon.turn().await;
    Ok(())
}

impl Daemon {
    /// Holds the last good policy before anything is asked of the network.
    fn start(&mut self) {
        let now = self.agent.now();
        self.agent.events.push(now, EventKind::Started);
        self.converge(Instant::now());
        self.refresh();
        self.plan_wake();
        self.plan_repair();
    }

    async fn turn(&mut self) {
        loop {
            let woken = self.wait().await;
            let before = self.agent.remembered.clone();
            match woken {
                Woken::Event(Event::Shutdown) => {
                    info!("stopping; the policy stays in force");
                    return;
                }
                Woken::Event(Event::Tick) => {
                    self.upload_due = true;
                    self.refresh();
                    self.plan_wake();
                }
                Woken::Event(Event::Push) => {
                    self.upload_due = true;
                    self.refresh_again = true;
                    self.refresh();
                }
                Woken::Event(Event::Drift | Event::Turn) => self.converge(Instant::now()),
                Woken::Event(Event::Repair) => {
                    self.agent.remembered.attempts.repair = None;
                    self.agent.keep_belief_again();
                    self.converge(Instant::now());
                }
                Woken::Event(Event::Boundary) => {}
                Woken::Fetched(step) => self.advance(*step),
                Woken::Sent(batch, result) => self.take_receipt(&batch, result),
            }
            self.agent.report();
            self.note_time();
            self.plan_repair();
            self.agent.remember(&before);
            self.upload();
        }
    }

    /// Sleeps until something happens.
    async fn wait(&mut self) -> Woken {
        let now = clock::read().system;
        let attempts = self.agent.remembered.attempts;
        let until = |moment: Timestamp| moment.duration_since(now);
        let boundary = self
            .agent
            .remembered
            .contact
            .boundary(&self.agent.read_time());
        let [terminate, interrupt] = &mut self.signals;
        let event = tokio::select! {
            biased;
            _ = terminate.recv() => Event::Shutdown,
            _ = interrupt.recv() => Event::Shutdown,
            () = self.watch.changed() => Event::Drift,
            woken = finished(&mut self.refreshing) => return woken,
            woken = finished(&mut self.uploading) => return woken,
            Some(Hint) = self.hints.recv() => Event::Push,
            () = self.alarm.rings() => Event::Turn,
            () = sleep(boundary) => Event::Boundary,
            () = sleep(attempts.repair.map(until)) => Event::Repair,
            () = sleep(attempts.refresh.map(until)) => Event::Tick,
        };
        Woken::Event(event)
    }

    /// Brings the device to its policy, and looks once more where new directories appeared, so
    /// that nothing happens between the last look and the first watch.
    fn converge(&mut self, noticed: Instant) {
        let lacked_a_list = self.agent.lacks_a_list();
        self.watch.settle();
        self.agent.converge(noticed);
        while self.watch.arm(&self.agent.root) == Armed::Anew {
            self.agent.converge(noticed);
        }
        let periods = self.agent.periods.as_ref();
        self.alarm.set(periods.and_then(|periods| periods.until));
        if self.agent.lacks_a_list() && !lacked_a_list {
            self.refresh();
        }
    }

    /// Begins a refresh, unless one is under way. The next one is planned at its end, so that nothing
    /// is written to the disk between a hint and the first request.
    fn refresh(&mut self) {
        if self.refreshing.is_none() {
            self.refresh_again = false;
            let begun = self.agent.begin_refresh();
            self.fetch(begun);
        }
    }

    fn fetch(&mut self, refresh: Refresh<Identity>) {
        let server = self.server.clone();
        self.refreshing = Some(Box::pin(async move {
            Woken::Fetched(Box::new(fetch::step(&server, refresh).await))
        }));
    }

    fn advance(&mut self, step: Result<Step<Identity>, FetchError>) {
        let noticed = Instant::now();
        match self.agent.advance(step) {
            Advance::Fetch(refresh) => {
                self.fetch(*refresh);
                return;
            }
            Advance::Ended(Fetched::Believed) => self.refreshes.succeeded(),
            Advance::Ended(Fetched::OutOfReach | Fetched::Refused(_) | Fetched::Unkept) => {
                self.refreshes.failed();
            }
        }
        self.converge(noticed);
        if self.refresh_again {
            self.refresh();
        }
        self.plan_wake();
    }

    /// Sends what waits, unless a failure counsels patience.
    fn upload(&mut self) {
        if self.uploading.is_some() || (self.uploads.failures > 0 && !self.upload_due) {
            return;
        }
        self.upload_due = false;
        let batch = self.agent.spool.oldest(self.at_once);
        if batch.is_empty() {
            self.at_once = MOST_REPORTS;
            return;
        }
        let server = self.server.clone();
        self.uploading = Some(Box::pin(async move {
            let result = upload::send(&server, &batch).await;
            Woken::Sent(batch, result)
        }));
    }

    fn take_receipt(&mut self, batch: &[(u64, Envelope)], result: Result<Sent, ServerError>) {
        match result {
            Ok(Sent::Stored { up_to }) => {
                self.agent.spool.acknowledge(batch, up_to);
                self.uploads.succeeded();
            }
            Ok(Sent::Refused { number }) => self.agent.spool.forget(number),
            Ok(Sent::Split) => self.at_once = 1,
            Ok(Sent::NumberUsed { highest }) => {
                self.agent.continue_above(highest);
                self.uploads.failed();
            }
            Err(error) => {
                warn!("reports wait: {}", crate::chain_in_words(&error));
                self.uploads.failed();
            }
        }
        self.plan_wake();
    }

    /// Plans anew what a clock that was set back left too far ahead.
    fn note_time(&mut self) {
        let attempts = &mut self.agent.remembered.attempts;
        attempts.note_time(clock::read().system);
        if attempts.refresh.is_none() {
            self.plan_wake();
        }
    }

    /// The next attempt at what failed on the device, which waits longer after each failure.
    fn plan_repair(&mut self) {
        let now = clock::read().system;
        let must_try_again = self.agent.must_try_again();
        let attempts = &mut self.agent.remembered.attempts;
        if !must_try_again {
            self.failed_repairs = 0;
            attempts.repair = None;
        } else if attempts.repair.is_none_or(|due| due <= now) {
            self.failed_repairs = self.failed_repairs.saturating_add(1);
            attempts.repair = next_repair(self.failed_repairs, now);
        }
    }

    /// The next attempt: at the heartbeat, or sooner after a failure.
    fn plan_wake(&mut self) {
        let now = clock::read().system;
        let seed = self.agent.seed();
        let refresh = next_wake(self.refreshes, seed, now);
        let upload = next_wake(self.uploads, seed, now);
        self.agent.remembered.attempts.refresh = Some(refresh.min(upload));
    }
}

/// The end of work that may be under way; never, where none is.
async fn finished(work: &mut InFlight) -> Woken {
    let woken = match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    };
    *work = None;
    woken
}

/// Sleeps so long; for ever, without a wait.
async fn sleep(wait: Option<SignedDuration>) {
    let Some(wait) = wait else {
        return std::future::pending().await;
    };
    // However the clock is set, the agent never sleeps longer than a heartbeat without another look at it.
    let wait = wait.min(HEARTBEAT);
    tokio::time::sleep(Duration::try_from(wait).unwrap_or_default()).await;
}
