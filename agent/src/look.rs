//! A look at the device that changes nothing, beside a running agent.

use std::collections::{BTreeMap, BTreeSet};

use fyr_agent_core::in_force::InForce;
use fyr_agent_files::assess::{Assessed, Pass, assess, overriding};
use fyr_schemas::bundle::Bundle;
use fyr_schemas::report::{Place, Product};
use fyr_trust::{DeviceTime, Verified, VerifyError, reload};

use crate::atomic::Directory;
use crate::hosts::Hosts;
use crate::key::{DeviceKey, KeyLoss};
use crate::presence::PresenceError;
use crate::root::Root;
use crate::store::lists::Lists;
use crate::store::{Enrolment, Remembered, Store, StoreError};
use crate::{clock, observe, presence, system};

/// What a look found.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) time: DeviceTime,
    pub(crate) key: Result<DeviceKey, KeyLoss>,
    pub(crate) enrolment: Enrolment,
    pub(crate) remembered: Remembered,
    pub(crate) present: BTreeSet<Product>,
    /// The policy that can be believed, and how it stands.
    pub(crate) policy: Result<(Verified<Bundle>, Assessed), VerifyError>,
    /// The unmanaged files of each place that override the policy there.
    pub(crate) overriding: BTreeMap<Place, Vec<String>>,
    /// Whether a disk that the agent writes to is full.
    pub(crate) disk_full: bool,
    pub(crate) store: Store,
}

/// Why nothing can be printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Presence(#[from] PresenceError),
}

/// The free space below which no write of the agent can be expected to succeed: its own state is
/// written twice, each time beside the old copy.
const LEAST_FREE_BYTES: u64 = 64 * 1024;

/// Whether the file system of a directory has no room for what the agent writes.
fn is_full(directory: &Directory) -> bool {
    rustix::fs::fstatvfs(directory).is_ok_and(|found| {
        let free = found.f_bfree.saturating_mul(found.f_frsize);
        found.f_blocks > 0 && free < LEAST_FREE_BYTES
    })
}

impl Look {
    pub(crate) fn take(root: &Root) -> Result<Self, LookError> {
        let store = Store::open(root)?;
        let enrolment = store.enrolment()?;
        store.check_readable()?;
        let mut remembered = store.remembered();
        let key = DeviceKey::load_for(&store, &enrolment.device);
        let present = presence::look(root)?;
        let seen = store.seen().seen;
        let time = clock::read().device_time(&seen);
        remembered.contact.note_time(&time, clock::uptime());
        let at = time.now;
        let reloaded = reload(&store.trusted(), &seen, &enrolment.identity());
        let mut hosts = Hosts::new(Lists::of(&store)?, &enrolment.server);
        let mut overrides = BTreeMap::new();
        let policy = reloaded.map(|reloaded| {
            let running = system::running(root, &present);
            let bundle = reloaded.document;
            let in_force = InForce::at(&bundle, at);
            hosts.aim_at(in_force.bundle());
            let actual = observe::observe(root, store.owner(), &present, running, &mut hosts);
            overrides = overriding(&in_force, &actual);
            let pass = Pass {
                noticed: at,
                outcomes: &[],
                at,
            };
            let block = hosts.block();
            let assessed = assess(&in_force, block, &actual, &pass, &remembered.memory);
            (bundle, assessed)
        });
        Ok(Self {
            time,
            key,
            enrolment,
            remembered,
            present,
            policy,
            overriding: overrides,
            disk_full: is_full(store.directory())
                || root.directory().open("etc").is_ok_and(|etc| is_full(&etc)),
            store,
        })
    }
}
