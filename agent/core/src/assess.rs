//! The verdict after a pass: how every control stands, since when, and what happened.

use std::collections::BTreeMap;

use fyr_schemas::HostName;
use fyr_schemas::bundle::{Bundle, Control, Coverage};
use fyr_schemas::report::{
    BundleInForce, ControlReport, ControlState, Event, EventKind, FailureReason, Found, Place,
    Product,
};
use jiff::{SignedDuration, Timestamp};

use crate::in_force::InForce;
use crate::memory::{Drift, Held, MOST_REPAIRED, Memory, Repaired};
use crate::observed::Observed;
use crate::obstacle::Affected;
use crate::product::{engine, place};

/// When a pass over the device took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moments {
    /// When something was noticed that may be due.
    pub noticed: Timestamp,
    /// When the last action was done; the observation follows.
    pub at: Timestamp,
}

/// How the device stands after a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// One entry per control of the bundle, in its order.
    pub controls: Vec<ControlReport>,
    /// What happened in the pass.
    pub events: Vec<Event>,
    /// Whether another attempt may succeed although nothing is noticed to change.
    pub retry: bool,
    /// What to remember for the next pass.
    pub memory: Memory,
}

/// Assesses a device that was observed after a pass against what is in force.
pub fn assess(
    in_force: &InForce<'_>,
    observed: &Observed,
    moments: Moments,
    memory: &Memory,
) -> Assessment {
    let verdict = Verdict { observed };
    let now = moments.at;
    let controls = verdict.controls(in_force.bundle(), now, memory);
    let Drifts {
        mut events,
        open: drifts,
        repaired,
    } = verdict.drifts(moments, memory);
    let bundle = verdict.bundle(in_force, now, memory);
    let applied = bundle.as_ref().map(|now| now.revision);
    if applied != memory.bundle.as_ref().map(|before| before.revision) {
        events.extend(applied.map(|revision| Event {
            at: now,
            what: EventKind::Applied { revision },
        }));
    }
    let memory = Memory {
        bundle,
        held: verdict.held(memory),
        controls: controls.clone(),
        drifts,
        repaired,
    };
    Assessment {
        controls,
        events,
        retry: observed.is_worth_retrying(),
        memory,
    }
}

/// The drift of a pass.
struct Drifts {
    events: Vec<Event>,
    open: Vec<Drift>,
    repaired: Vec<Repaired>,
}

struct Verdict<'a> {
    observed: &'a Observed,
}

impl Verdict<'_> {
    /// The bundle that is in force now: the offered one once nothing new of it is left to write.
    fn bundle(
        &self,
        offered: &InForce<'_>,
        now: Timestamp,
        memory: &Memory,
    ) -> Option<BundleInForce> {
        let before = memory.bundle.clone();
        let mut due = self.observed.places.values().filter_map(|found| found.due);
        if due.any(|due| due.unwritten) {
            return before;
        }
        let since = before
            .filter(|before| before.digest == *offered.digest())
            .map_or(now, |before| before.since);
        Some(BundleInForce {
            revision: offered.revision(),
            digest: offered.digest().clone(),
            since,
        })
    }

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

    /// The worst of the browsers present decides; without a browser nothing is wrong.
    fn control(&self, control: &Control) -> ControlState {
        let products = self.observed.present.iter();
        products
            .map(|product| self.coverage(control, *product))
            .max()
            .unwrap_or(ControlState::InForce)
    }

    fn coverage(&self, control: &Control, product: Product) -> ControlState {
        match control.coverage.get(&engine(product)) {
            Some(Coverage::Policy(names)) => {
                let state = self.place(place(product), |affected| {
                    affected.touches(names.iter().map(String::as_str))
                });
                if self.observed.awaiting_restart.contains(&product) {
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
        let obstacles = self.observed.obstacles.iter();
        let blocked = obstacles
            .filter(|obstacle| obstacle.place == place && touches(&obstacle.affected))
            .map(|obstacle| obstacle.reason)
            .max();
        if let Some(reason) = blocked {
            return ControlState::Failed(reason);
        }
        match self.observed.places.get(&place).and_then(|it| it.due) {
            None => ControlState::InForce,
            Some(due) => due
                .failure
                .map_or(ControlState::Drifted, ControlState::Failed),
        }
    }

    fn held(&self, memory: &Memory) -> Vec<Held> {
        let places = self.observed.places.iter();
        let held = places.filter_map(|(place, found)| {
            let place = *place;
            let now = found.part.clone().filter(|_| found.due.is_none());
            let now = now.map(|part| Held { place, part });
            let mut before = memory.held.iter();
            now.or_else(|| before.find(|held| held.place == place).cloned())
        });
        held.collect()
    }

    /// Reports the drift that was found and what of it was repaired.
    fn drifts(&self, moments: Moments, memory: &Memory) -> Drifts {
        let Moments { noticed, at } = moments;
        let mut events = Vec::new();
        let mut open = memory.drifts.clone();
        for (place, found) in self.found() {
            if open.iter().all(|drift| drift.place != place) {
                open.push(Drift {
                    place,
                    found,
                    noticed,
                });
                let what = EventKind::Drift { place, found };
                events.push(Event { at: noticed, what });
            }
        }
        let places = self.observed.places.iter();
        for (place, _) in places.filter(|(_, found)| found.outranked) {
            let what = EventKind::Outranked { place: *place };
            events.push(Event { at, what });
        }
        let (open, ended): (Vec<Drift>, Vec<Drift>) = open
            .into_iter()
            .partition(|drift| self.observed.is_left(drift.place));
        let mut repaired = memory.repaired_since_a_week(at);
        for drift in ended {
            let took_ms = milliseconds(at.duration_since(drift.noticed));
            let place = drift.place;
            let what = EventKind::Repaired { place, took_ms };
            events.push(Event { at, what });
            repaired.push(Repaired { drift, at });
        }
        repaired.drain(..repaired.len().saturating_sub(MOST_REPAIRED));
        Drifts {
            events,
            open,
            repaired,
        }
    }

    fn found(&self) -> BTreeMap<Place, Found> {
        let places = self.observed.places.iter();
        let mut found: BTreeMap<_, _> = places
            .filter_map(|(place, found)| Some((*place, found.drift?)))
            .collect();
        // Of several faults of one place, the one that was found first counts.
        for obstacle in &self.observed.obstacles {
            if obstacle.reason == FailureReason::Shadowed {
                found.entry(obstacle.place).or_insert(Found::Shadowed);
            }
        }
        found
    }
}

fn milliseconds(duration: SignedDuration) -> u32 {
    u32::try_from(duration.as_millis().max(0)).unwrap_or(u32::MAX)
}
