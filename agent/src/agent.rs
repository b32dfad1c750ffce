//! One device's agent: what it believes, what it remembers, and one pass over the device.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use fyr_agent_core::contact::TroubleKind;
use fyr_agent_core::events::EventLog;
use fyr_agent_core::in_force::InForce;
use fyr_agent_core::slice;
use fyr_agent_core::storage::Storage;
use fyr_agent_files::assess::{Assessed, Pass, assess};
use fyr_agent_files::plan::{ObstacleWords, Plan, plan};
use fyr_schemas::bundle::Bundle;
use fyr_schemas::report::{
    Event, EventKind, FailureReason, PeriodsInForce, Place, Product, RefusalReason, Report,
    StatePart,
};
use fyr_trust::{
    ClockState, DeviceTime, Identity, Keep, Refresh, Refreshed, Step, Verified, VerifyError, reload,
};
use jiff::{SignedDuration, Timestamp};
use tracing::{error, info, warn};

use crate::belief::Belief;
use crate::fetch::FetchError;
use crate::hosts::Hosts;
use crate::key::{DeviceKey, KeyLoss};
use crate::lock::{Lock, LockError};
use crate::root::Root;
use crate::spool::Spool;
use crate::store::lists::Lists;
use crate::store::{Enrolment, Remembered, Store, StoreError};
use crate::{clock, execute, observe, presence, system};

/// How long a program that writes the hosts file in place may take.
const SETTLE: Duration = Duration::from_millis(100);

/// The agent of an enrolled device. While it exists, no other manages the same root.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) root: Root,
    pub(crate) enrolment: Enrolment,
    /// What it signs its reports with. Without a key it enforces its policy and cannot report.
    pub(crate) key: Result<DeviceKey, KeyLoss>,
    pub(crate) spool: Spool,
    pub(crate) events: EventLog,
    pub(crate) remembered: Remembered,
    /// The last report that was kept, to tell news from repetition.
    pub(crate) reported: Option<Report>,
    /// What the last pass left undone.
    pub(crate) rest: Plan,
    /// Whether another attempt at it may succeed although nothing is noticed to change.
    retry: bool,
    /// Whether the agent can store its own state.
    storage: Storage,
    pub(crate) bundle: Option<Verified<Bundle>>,
    /// The periods of its timetable that the last pass put in force.
    pub(crate) periods: Option<PeriodsInForce>,
    pub(crate) present: BTreeSet<Product>,
    belief: Belief,
    /// When the metadata of the bundle expires.
    expires: Option<Timestamp>,
    hosts: Hosts,
    clock: ClockState,
    pub(crate) store: Store,
    _lock: Lock,
}

/// Why the agent cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl Agent {
    /// Opens what is stored of an enrolled device and believes its last good bundle again.
    pub(crate) fn open(root: Root) -> Result<Self, OpenError> {
        let store = Store::open(&root)?;
        let lock = Lock::take(&root, store.directory())?;
        keep("the state", store.repair());
        let enrolment = store.enrolment()?;
        let key = DeviceKey::load_for(&store, &enrolment.device);
        if let Err(loss) = &key {
            let state = root.join("var/lib/fyr");
            error!(
                "this device cannot sign reports: {loss}; it goes on enforcing its policy; to \
                 report again, remove `{}` and enrol it again",
                state.display()
            );
        }
        let belief = Belief::load(&store);
        let (bundle, expires) = match reload(belief.state(), belief.seen(), &enrolment.identity()) {
            Ok(reloaded) => (Some(reloaded.document), Some(reloaded.expires)),
            Err(VerifyError::NothingStored { .. }) => (None, None),
            Err(error) => {
                let error = crate::chain_in_words(&error);
                warn!("the stored policy cannot be verified and is fetched again: {error}");
                (None, None)
            }
        };
        let remembered = store.remembered();
        let mut hosts = Hosts::new(Lists::of(&store)?, &enrolment.server);
        if let Some(bundle) = &bundle {
            let now = clock::read().device_time(belief.seen()).now;
            hosts.aim_at(InForce::at(bundle, now).bundle());
        }
        Ok(Self {
            spool: Spool::open(&store, remembered.sequence),
            events: EventLog::default(),
            remembered,
            reported: None,
            rest: Plan::default(),
            retry: false,
            storage: Storage::default(),
            bundle,
            periods: None,
            present: BTreeSet::new(),
            belief,
            expires,
            hosts,
            clock: ClockState::Plausible,
            root,
            enrolment,
            key,
            store,
            _lock: lock,
        })
    }

    /// The times of the device, at a look that changes nothing.
    pub(crate) fn read_time(&self) -> DeviceTime {
        clock::read().device_time(self.belief.seen())
    }

    /// The time of the timetable and of reports; see [`Agent::time`].
    pub(crate) fn now(&mut self) -> Timestamp {
        self.time().now
    }

    /// The times of the device. What is wrong with its clock is reported once, and what is remembered
    /// as later than now is corrected.
    pub(crate) fn time(&mut self) -> DeviceTime {
        let time = self.read_time();
        self.remembered.contact.note_time(&time, clock::uptime());
        let is_new = std::mem::discriminant(&time.clock) != std::mem::discriminant(&self.clock);
        self.clock = time.clock;
        if is_new {
            let event = match time.clock {
                ClockState::Plausible => None,
                ClockState::BeforeBuild => {
                    warn!("the system clock is before the time at which this program was built");
                    Some(EventKind::ClockJumped)
                }
                ClockState::BeforeSlice => {
                    warn!("the system clock is before the time slice that was last in force");
                    Some(EventKind::ClockJumped)
                }
                ClockState::SignedAhead { by } => {
                    warn!(
                        "the signed time is ahead of the system clock by {} minutes; check both",
                        by.as_mins()
                    );
                    let by_s = u64::try_from(by.as_secs()).unwrap_or(0);
                    Some(EventKind::SignedTimeAhead { by_s })
                }
            };
            if let Some(event) = event {
                self.events.push(time.now, event);
            }
        }
        time
    }

    /// A number that is this device's own, to spread a fleet's attempts by.
    pub(crate) fn seed(&self) -> u64 {
        let first = self.enrolment.device.as_str().get(..16);
        first.map_or(0, |hex| u64::from_str_radix(hex, 16).unwrap_or(0))
    }

    /// A refresh from what is stored on.
    pub(crate) fn begin_refresh(&mut self) -> Refresh<Identity> {
        let identity = self.enrolment.identity();
        let held = self.hosts.lists().held(clock::read().system);
        let (state, seen) = (self.belief.state(), self.belief.seen());
        Refresh::begin(state, seen, &identity, clock::read()).holding(held)
    }

    /// Takes one step of a refresh: stores what it verified, and says what is to be fetched next.
    pub(crate) fn advance(&mut self, step: Result<Step<Identity>, FetchError>) -> Advance {
        let mut step = step;
        loop {
            step = match step {
                Ok(Step::Keep(kept, next)) => match self.keep(kept) {
                    Ok(()) => (*next).map_err(FetchError::Refused),
                    Err(error) => Err(error),
                },
                Ok(Step::Needs(refresh)) => return Advance::Fetch(Box::new(refresh)),
                Ok(Step::Done(refreshed)) => return Advance::Ended(self.take_in(Ok(refreshed))),
                Err(error) => return Advance::Ended(self.take_in(Err(error))),
            }
        }
    }

    fn keep(&mut self, kept: Keep) -> Result<(), FetchError> {
        match kept {
            Keep::Trust(state, seen) => {
                self.belief.keep(&self.store, *state, seen, clock::read());
                self.note_belief();
                Ok(())
            }
            Keep::List(list) => self.hosts.lists().keep(&list).map_err(FetchError::Unkept),
        }
    }

    /// Whether the policy closes a list that is missing or damaged here: a refresh brings it again.
    pub(crate) fn lacks_a_list(&self) -> bool {
        self.bundle.is_some() && self.hosts.block().is_none()
    }

    /// Takes in what a refresh found. The last good policy stays whenever it did not end well.
    fn take_in(&mut self, result: Result<Refreshed<Bundle>, FetchError>) -> Fetched {
        match result {
            Ok(refreshed) => {
                self.believe(refreshed);
                Fetched::Believed
            }
            Err(error) => {
                warn!("{}", crate::chain_in_words(&error));
                let kind = match &error {
                    FetchError::OutOfReach(_) => TroubleKind::OutOfReach,
                    FetchError::Unkept(_) => TroubleKind::Unkept,
                    FetchError::Refused(refused) => TroubleKind::Refused(refused.reason()),
                };
                let time = self.time();
                if let Some(event) = self.remembered.contact.failed(&time, kind) {
                    self.events.push(time.now, event);
                }
                match kind {
                    TroubleKind::OutOfReach => Fetched::OutOfReach,
                    TroubleKind::Refused(reason) => Fetched::Refused(reason),
                    TroubleKind::Unkept => Fetched::Unkept,
                }
            }
        }
    }

    fn believe(&mut self, refreshed: Refreshed<Bundle>) {
        let (state, seen) = (refreshed.state, refreshed.seen);
        self.belief.keep(&self.store, state, seen, clock::read());
        self.note_belief();
        self.expires = Some(refreshed.expires);
        let time = self.time();
        let contact = &mut self.remembered.contact;
        let uptime = clock::uptime();
        contact.succeeded(&time, uptime, refreshed.timestamp, refreshed.expires);
        if contact.staleness(&time).is_some() {
            warn!("the metadata of the policy is older than 14 days by the clock of this device");
        }
        let before = self.bundle.as_ref().map(Verified::revision);
        if before != Some(refreshed.document.revision()) {
            info!("revision {} is verified", refreshed.document.revision());
        }
        if self.belief.stored().is_ok() {
            // What the stored policy does not close is closed by none.
            self.hosts.lists().forget_others(&refreshed.document);
        }
        self.bundle = Some(refreshed.document);
    }

    /// Notes whether what is believed could be stored, which is reported and tried again.
    fn note_belief(&mut self) {
        let stored = self.belief.stored();
        self.note_stored(StatePart::Trust, stored);
    }

    /// Stores what is believed, where that failed before.
    pub(crate) fn keep_belief_again(&mut self) {
        if self.belief.stored().is_err() {
            self.belief.store_again(&self.store);
            self.note_belief();
        }
    }

    /// One pass: look, plan, carry out, look again, assess. Without a bundle nothing is touched. Waits for
    /// the disk to have what is believed, after the policy is in force.
    pub(crate) fn converge(&mut self, noticed: Instant) {
        self.enforce(noticed);
        self.belief.flush(&self.store);
        self.note_belief();
    }

    fn enforce(&mut self, noticed: Instant) {
        self.look_for_browsers();
        let time = self.time();
        let Some(bundle) = &self.bundle else {
            return;
        };
        let in_force = InForce::at(bundle, time.now);
        let fresh_until = self.remembered.contact.renewal_due();
        let start = slice::to_store(bundle, &time, [self.expires, fresh_until]);
        let owner = self.store.owner();
        let memory = &self.remembered.memory;
        let hosts = &mut self.hosts;
        hosts.aim_at(in_force.bundle());
        let mut before = observe::observe(&self.root, owner, &self.present, Vec::new(), hosts);
        if before.hosts_stand_empty() {
            std::thread::sleep(SETTLE);
            before = observe::observe(&self.root, owner, &self.present, Vec::new(), hosts);
        }
        let plan = plan(&in_force, hosts.block(), &before, memory);
        let outcomes = execute::execute(&self.root, &plan, hosts);
        let mut tried = outcomes.iter();
        if tried.any(|tried| tried.action.place == Place::Hosts && tried.result.is_err()) {
            hosts.gather();
        }
        let at = clock::read().device_time(self.belief.seen()).now;
        let took = SignedDuration::try_from(noticed.elapsed()).unwrap_or_default();
        let running = system::running(&self.root, &self.present);
        let after = observe::observe(&self.root, owner, &self.present, running, hosts);
        let pass = Pass {
            noticed: at.saturating_sub(took).unwrap_or(at),
            outcomes: &outcomes,
            at,
        };
        let Assessed {
            assessment, rest, ..
        } = assess(&in_force, hosts.block(), &after, &pass, memory);
        for obstacle in &rest.obstacles {
            if !self.rest.obstacles.contains(obstacle) {
                warn!("{}", ObstacleWords(obstacle));
            }
        }
        self.events.extend(assessment.events);
        self.retry = assessment.retry;
        self.rest = rest;
        self.periods = in_force.periods().cloned();
        if let Some(start) = start {
            self.belief.begin_slice(&self.store, start);
        }
        self.remembered.memory = assessment.memory;
    }

    fn look_for_browsers(&mut self) {
        match presence::look(&self.root) {
            Ok(present) => self.present = present,
            Err(error) => warn!("{}", crate::chain_in_words(&error)),
        }
    }

    /// Writes down what is remembered, if it changed or could not be stored before.
    pub(crate) fn remember(&mut self, before: &Remembered) {
        if self.remembered == *before && self.storage.is_stored(StatePart::Memory) {
            return;
        }
        let saved = self.store.save_remembered(&self.remembered);
        let stored = saved
            .as_ref()
            .map_or_else(|error| Err(error.reason()), |()| Ok(()));
        keep("memory", saved);
        self.note_stored(StatePart::Memory, stored);
    }

    /// Takes in whether a part of the agent's state could be stored, and says whether that is news.
    pub(crate) fn note_stored(
        &mut self,
        part: StatePart,
        stored: Result<(), FailureReason>,
    ) -> bool {
        let now = self.now();
        let event = self.storage.note(part, stored);
        let is_news = event.is_some();
        self.events
            .extend(event.map(|what| Event { at: now, what }));
        is_news
    }

    /// Whether something failed here that may succeed at the next attempt, without anything that would
    /// wake the agent.
    pub(crate) fn must_try_again(&self) -> bool {
        self.retry || !self.storage.is_sound()
    }
}

/// Warns when something could not be stored. The policy stays in force.
fn keep(what: &str, saved: Result<(), StoreError>) {
    if let Err(error) = saved {
        warn!("{what} cannot be stored: {}", crate::chain_in_words(&error));
    }
}

/// How a refresh goes on.
#[derive(Debug)]
pub(crate) enum Advance {
    /// It needs another file.
    Fetch(Box<Refresh<Identity>>),
    /// It is over.
    Ended(Fetched),
}

/// What came of a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// The repository was believed; the bundle is the newest.
    Believed,
    /// No answer.
    OutOfReach,
    /// It was refused.
    Refused(RefusalReason),
    /// It could not be stored.
    Unkept,
}
