//! One device's agent: what it believes, what it remembers, and one pass over the device.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use fyr_agent_core::contact::TroubleKind;
use fyr_agent_core::events::EventLog;
use fyr_agent_core::in_force::InForce;
use fyr_agent_core::storage::{Part, Storage};
use fyr_agent_files::assess::{Assessed, Pass, assess};
use fyr_agent_files::plan::{ObstacleWords, Plan, plan};
use fyr_schemas::bundle::Bundle;
use fyr_schemas::report::{
    Event, EventKind, FailureReason, PeriodsInForce, Place, Product, RefusalReason, Report,
};
use fyr_trust::floor::Slot;
use fyr_trust::{ClockState, Floor, Refreshed, TrustedState, Verified, VerifyError, reload};
use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use crate::fetch::{Believed, FetchError};
use crate::hosts::Hosts;
use crate::key::{DeviceKey, KeyError};
use crate::lock::{Lock, LockError};
use crate::root::Root;
use crate::spool::{Spool, SpoolError};
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
    pub(crate) key: DeviceKey,
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
    trusted: TrustedState,
    floor: Slot,
    hosts: Hosts,
    /// Whether what is believed is on disk; what is not is kept at the next refresh.
    kept: bool,
    clock: ClockState,
    store: Store,
    _lock: Lock,
}

/// Why the agent cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the key of this device is missing; remove `{state}` and enrol it again")]
    NoKey { state: String },
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

impl Agent {
    /// Opens what is stored of an enrolled device and believes its last good bundle again.
    pub(crate) fn open(root: Root) -> Result<Self, OpenError> {
        let store = Store::open(&root)?;
        let lock = Lock::take(&root, store.directory())?;
        keep("a damaged copy", store.repair());
        let enrolment = store.enrolment()?;
        let key = DeviceKey::load(&store)?.ok_or_else(|| OpenError::NoKey {
            state: root.join("var/lib/fyr").display().to_string(),
        })?;
        let trusted = store.trusted();
        let floor = store.floor();
        let bundle = match reload(&trusted, &floor.floor, &enrolment.identity()) {
            Ok(reloaded) => Some(reloaded.document),
            Err(VerifyError::NothingStored { .. }) => None,
            Err(error) => {
                warn!("the stored policy cannot be believed and is fetched anew: {error}");
                None
            }
        };
        let remembered = store.remembered();
        let mut hosts = Hosts::new(Lists::of(&store)?, &enrolment.server);
        if let Some(bundle) = &bundle {
            let now = clock::read().trusted(&floor.floor).now;
            hosts.aim_at(InForce::at(bundle, now).bundle());
        }
        Ok(Self {
            spool: Spool::open(&store, remembered.sequence)?,
            events: EventLog::default(),
            remembered,
            reported: None,
            rest: Plan::default(),
            retry: false,
            storage: Storage::default(),
            bundle,
            periods: None,
            present: BTreeSet::new(),
            trusted,
            floor,
            hosts,
            kept: true,
            clock: ClockState::Plausible,
            root,
            enrolment,
            key,
            store,
            _lock: lock,
        })
    }

    /// The time to believe now. A clock that cannot be right is reported once.
    pub(crate) fn now(&mut self) -> Timestamp {
        let trusted = clock::read().trusted(&self.floor.floor);
        if trusted.clock != self.clock {
            self.clock = trusted.clock;
            if trusted.clock == ClockState::Behind {
                warn!("the system clock stands before a signed time");
                self.events.push(trusted.now, EventKind::ClockJumped);
            }
        }
        trusted.now
    }

    /// What a refresh starts from.
    pub(crate) fn believed(&self) -> Result<Believed, StoreError> {
        Ok(Believed {
            state: self.trusted.clone(),
            floor: self.floor.floor.clone(),
            lists: self.hosts.lists().again()?,
        })
    }

    /// Whether the policy closes a list that is missing or damaged here: a refresh brings it again.
    pub(crate) fn lacks_a_list(&self) -> bool {
        self.bundle.is_some() && self.hosts.block().is_none()
    }

    /// Takes in what a refresh found. The last good policy stays whenever it did not end well.
    pub(crate) fn take_in(&mut self, result: Result<Refreshed<Bundle>, FetchError>) -> Fetched {
        let now = self.now();
        match result {
            Ok(refreshed) => {
                self.believe(refreshed, now);
                Fetched::Believed
            }
            Err(error) => {
                warn!("{}", crate::chain_in_words(&error));
                let kind = match &error {
                    FetchError::OutOfReach(_) => TroubleKind::OutOfReach,
                    FetchError::Unkept(_) => TroubleKind::Unkept,
                    FetchError::Refused(refused) => TroubleKind::Refused(refused.reason()),
                };
                if let Some(event) = self.remembered.contact.failed(now, kind) {
                    self.events.push(now, event);
                }
                match kind {
                    TroubleKind::OutOfReach => Fetched::OutOfReach,
                    TroubleKind::Refused(reason) => Fetched::Refused(reason),
                    TroubleKind::Unkept => Fetched::Unkept,
                }
            }
        }
    }

    fn believe(&mut self, refreshed: Refreshed<Bundle>, now: Timestamp) {
        let is_news = self.trusted != refreshed.state || self.floor.floor != refreshed.floor;
        if is_news || !self.kept {
            self.keep_belief(refreshed.state, refreshed.floor);
        }
        self.remembered.contact.succeeded(now, refreshed.expires);
        let before = self.bundle.as_ref().map(Verified::revision);
        if before != Some(refreshed.document.revision()) {
            info!("revision {} is verified", refreshed.document.revision());
        }
        if self.kept {
            // What the stored policy does not close is closed by none.
            self.hosts.lists().forget_others(&refreshed.document);
        }
        self.bundle = Some(refreshed.document);
    }

    /// Keeps what is believed from here on.
    ///
    /// The state goes before the floor, and the floor only above a state that is on disk: a
    /// floor above what is stored would refuse the last good policy at the next start.
    fn keep_belief(&mut self, state: TrustedState, floor: Floor) {
        let saved = self
            .store
            .save_trusted(&state)
            .and_then(|()| self.store.save_floor(&self.floor, floor.clone()));
        self.trusted = state;
        self.kept = saved.is_ok();
        let stored = saved
            .as_ref()
            .map_or_else(|error| Err(error.reason()), |_| Ok(()));
        self.note_stored(Part::Trust, stored);
        self.floor = saved.unwrap_or_else(|error| {
            warn!("trust is not kept: {}", crate::chain_in_words(&error));
            self.floor.next(floor)
        });
    }

    /// Keeps what is believed, where that failed before.
    pub(crate) fn keep_belief_again(&mut self) {
        if !self.kept {
            self.keep_belief(self.trusted.clone(), self.floor.floor.clone());
        }
    }

    /// One pass: look, plan, carry out, look again, assess. Without a bundle nothing is touched.
    pub(crate) fn converge(&mut self, noticed: Instant) {
        self.look_for_browsers();
        let begun = self.now();
        let Some(bundle) = &self.bundle else {
            return;
        };
        let in_force = InForce::at(bundle, begun);
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
        let at = clock::read().trusted(&self.floor.floor).now;
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
        if self.remembered == *before && self.storage.is_stored(Part::Memory) {
            return;
        }
        let saved = self.store.save_remembered(&self.remembered);
        let stored = saved
            .as_ref()
            .map_or_else(|error| Err(error.reason()), |()| Ok(()));
        keep("memory", saved);
        self.note_stored(Part::Memory, stored);
    }

    /// Takes in whether a part of the agent's state could be stored, and says whether that is news.
    pub(crate) fn note_stored(&mut self, part: Part, stored: Result<(), FailureReason>) -> bool {
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

/// Tells when something could not be written down. The policy holds all the same.
fn keep(what: &str, saved: Result<(), StoreError>) {
    if let Err(error) = saved {
        warn!("{what} is not kept: {}", crate::chain_in_words(&error));
    }
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
