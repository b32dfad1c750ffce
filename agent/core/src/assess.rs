//! What came of a pass: how every control stands, since when, and what happened.

use std::collections::BTreeMap;

use fyr_schemas::bundle::{Bundle, Control, Coverage};
use fyr_schemas::report::{
    BundleInForce, ControlReport, ControlState, Event, EventKind, FailureReason, Found, Place,
    Product,
};
use fyr_schemas::{Digest, HostName, Revision};
use jiff::{SignedDuration, Timestamp};

use crate::action::{Because, Step};
use crate::actual::{Actual, FileState};
use crate::desired::hosts::Block;
use crate::in_force::InForce;
use crate::memory::{Drift, Held, Memory};
use crate::outcome::Outcome;
use crate::path::{ManagedPath, OwnName};
use crate::plan::{Affected, Plan, draft, own_part};
use crate::products::{facts, place};

/// One pass over the device: from noticing that something may be due to the look afterwards.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// When it began.
    pub noticed: Timestamp,
    /// What was tried.
    pub outcomes: &'a [Outcome],
    /// When the last of it was done; the look afterwards follows.
    pub at: Timestamp,
}

/// How the device stands after a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// One entry per control of the bundle, in its order.
    pub controls: Vec<ControlReport>,
    /// What happened in the pass.
    pub events: Vec<Event>,
    /// What is still to be done. The device is compliant exactly when it is empty.
    pub rest: Plan,
    /// What to remember for the next pass.
    pub memory: Memory,
}

/// Assesses a device that was found as `actual` after the pass against what is in force; `block` is that of
/// [`plan`](crate::plan()).
pub fn assess(
    in_force: &InForce<'_>,
    block: Option<&Block>,
    actual: &Actual,
    pass: &Pass<'_>,
    memory: &Memory,
) -> Assessment {
    let offered = Offered {
        bundle: in_force.bundle(),
        block,
        revision: in_force.revision(),
        digest: in_force.digest(),
    };
    weigh(&offered, actual, pass, memory)
}

/// A bundle with what its verification found out about it.
pub(crate) struct Offered<'a> {
    pub(crate) bundle: &'a Bundle,
    pub(crate) block: Option<&'a Block>,
    pub(crate) revision: Revision,
    pub(crate) digest: &'a Digest,
}

pub(crate) fn weigh(
    offered: &Offered<'_>,
    actual: &Actual,
    pass: &Pass<'_>,
    memory: &Memory,
) -> Assessment {
    let rest = draft(offered.bundle, offered.block, actual, memory);
    let standing = Standing {
        actual,
        rest: &rest,
        outcomes: pass.outcomes,
    };
    let controls = standing.controls(offered.bundle, pass.at, memory);
    let (mut events, drifts) = standing.drifts(pass, memory);
    let in_force = bundle_in_force(offered, &rest, pass.at, memory);
    let applied = in_force.as_ref().map(|now| now.revision);
    if applied != memory.bundle.as_ref().map(|before| before.revision) {
        events.extend(applied.map(|revision| Event {
            at: pass.at,
            what: EventKind::Applied { revision },
        }));
    }
    let memory = Memory {
        bundle: in_force,
        held: standing.held(offered, memory),
        controls: controls.clone(),
        drifts,
    };
    Assessment {
        controls,
        events,
        rest,
        memory,
    }
}

/// The bundle that is in force now: the offered one once nothing new of it is left to write.
fn bundle_in_force(
    offered: &Offered<'_>,
    rest: &Plan,
    now: Timestamp,
    memory: &Memory,
) -> Option<BundleInForce> {
    let before = memory.bundle.clone();
    let unwritten = rest.actions.iter().any(|a| a.because == Because::Policy);
    if unwritten {
        return before;
    }
    let since = before
        .filter(|before| before.digest == *offered.digest)
        .map_or(now, |before| before.since);
    Some(BundleInForce {
        revision: offered.revision,
        digest: offered.digest.clone(),
        since,
    })
}

struct Standing<'a> {
    actual: &'a Actual,
    rest: &'a Plan,
    outcomes: &'a [Outcome],
}

impl Standing<'_> {
    fn controls(&self, bundle: &Bundle, now: Timestamp, memory: &Memory) -> Vec<ControlReport> {
        let before: BTreeMap<_, _> = memory.controls.iter().map(|c| (&c.control, c)).collect();
        let report = |control: &Control| {
            let state = self.control(control);
            let since = before
                .get(&control.id)
                .filter(|before| before.state == state)
                .map_or(now, |before| before.since);
            ControlReport {
                control: control.id.clone(),
                state,
                since,
            }
        };
        bundle.controls.iter().map(report).collect()
    }

    /// The worst of the browsers present decides; without one nothing is amiss.
    fn control(&self, control: &Control) -> ControlState {
        let products = self.actual.present.iter();
        products
            .map(|product| self.coverage(control, *product))
            .max()
            .unwrap_or(ControlState::InForce)
    }

    fn coverage(&self, control: &Control, product: Product) -> ControlState {
        match control.coverage.get(&facts(product).engine) {
            Some(Coverage::Policy(names)) => {
                let state = self.place(place(product), |affected| {
                    affected.touches(names.iter().map(String::as_str))
                });
                if self.awaits_restart(product) {
                    state.max(ControlState::PendingRestart)
                } else {
                    state
                }
            }
            Some(Coverage::Hosts(names)) => self.place(Place::Hosts, |affected| {
                affected.touches(names.iter().map(HostName::as_str))
            }),
            Some(Coverage::Lists(categories)) => self.place(Place::Hosts, |affected| {
                let mut categories = categories.iter();
                categories.any(|category| affected.touches_list(category))
            }),
            Some(Coverage::Gap(_)) | None => ControlState::Gap,
            Some(Coverage::Inherent) => ControlState::InForce,
        }
    }

    fn place(&self, place: Place, touches: impl Fn(&Affected) -> bool) -> ControlState {
        let blocked = self
            .rest
            .obstacles
            .iter()
            .filter(|o| o.place == place && touches(&o.affected))
            .map(|o| o.reason)
            .max();
        if let Some(reason) = blocked {
            return ControlState::Failed(reason);
        }
        if self.rest.actions.iter().all(|action| action.place != place) {
            return ControlState::InForce;
        }
        self.failure(place)
            .map_or(ControlState::Drifted, ControlState::Failed)
    }

    fn failure(&self, place: Place) -> Option<FailureReason> {
        let mut tried = self.outcomes.iter().filter(|o| o.action.place == place);
        tried.find_map(|outcome| outcome.result.err())
    }

    /// Firefox reads its policy at start only: one that was started before the file was last
    /// written does not know it. Start times are whole seconds, so a tie counts as before.
    fn awaits_restart(&self, product: Product) -> bool {
        let Place::Firefox(_) = place(product) else {
            return false;
        };
        let found = self.actual.places.get(&place(product));
        let Some(FileState::Regular(file)) = found.and_then(|found| found.file(OwnName::PLAIN))
        else {
            return false;
        };
        let mut running = self.actual.running.iter();
        running.any(|browser| browser.product == product && browser.started <= file.modified)
    }

    fn held(&self, offered: &Offered<'_>, memory: &Memory) -> Vec<Held> {
        let unfinished = |place| self.rest.actions.iter().any(|action| action.place == place);
        let held = |place: &Place| {
            let part = own_part(offered.bundle, offered.block, *place);
            let place = *place;
            let now = part.filter(|_| !unfinished(place));
            let now = now.map(|part| Held { place, part });
            let mut before = memory.held.iter();
            now.or_else(|| before.find(|held| held.place == place).cloned())
        };
        self.actual.places.keys().filter_map(held).collect()
    }

    /// Tells the drift that was found and what of it was repaired.
    fn drifts(&self, pass: &Pass<'_>, memory: &Memory) -> (Vec<Event>, Vec<Drift>) {
        let mut events = Vec::new();
        let mut open = memory.drifts.clone();
        for (place, found) in self.found() {
            if open.iter().all(|drift| drift.place != place) {
                let noticed = pass.noticed;
                open.push(Drift {
                    place,
                    found,
                    noticed,
                });
                let what = EventKind::Drift { place, found };
                events.push(Event { at: noticed, what });
            }
        }
        for place in self.outranked() {
            let what = EventKind::Outranked { place };
            events.push(Event { at: pass.at, what });
        }
        let (standing, repaired): (Vec<Drift>, Vec<Drift>) = open
            .into_iter()
            .partition(|drift| self.is_left(drift.place));
        for Drift { place, noticed, .. } in repaired {
            let took_ms = milliseconds(pass.at.duration_since(noticed));
            let what = EventKind::Repaired { place, took_ms };
            events.push(Event { at: pass.at, what });
        }
        (events, standing)
    }

    fn found(&self) -> BTreeMap<Place, Found> {
        let tried = self.outcomes.iter().map(|outcome| &outcome.action);
        let drifted = tried
            .chain(&self.rest.actions)
            .filter_map(|action| match action.because {
                Because::Drift(found) => Some((action.place, found)),
                Because::Policy | Because::Unneeded => None,
            });
        let overruled = self.rest.obstacles.iter().filter_map(|obstacle| {
            let shadowed = obstacle.reason == FailureReason::Shadowed;
            shadowed.then_some((obstacle.place, Found::Shadowed))
        });
        // Of several faults of one place, the one that was found first counts.
        let mut found = BTreeMap::new();
        for (place, fault) in drifted.chain(overruled) {
            found.entry(place).or_insert(fault);
        }
        found
    }

    fn outranked(&self) -> impl Iterator<Item = Place> {
        self.outcomes.iter().filter_map(|outcome| {
            let Step::Write {
                path: ManagedPath::File { place, name },
                ..
            } = outcome.action.step
            else {
                return None;
            };
            let rose = match outcome.action.because {
                Because::Drift(found) => found == Found::Shadowed,
                Because::Policy => name > OwnName::PLAIN,
                Because::Unneeded => false,
            };
            (rose && outcome.result.is_ok()).then_some(place)
        })
    }

    fn is_left(&self, place: Place) -> bool {
        self.rest.actions.iter().any(|action| action.place == place)
            || self.rest.obstacles.iter().any(|o| o.place == place)
    }
}

fn milliseconds(duration: SignedDuration) -> u32 {
    u32::try_from(duration.as_millis().max(0)).unwrap_or(u32::MAX)
}
