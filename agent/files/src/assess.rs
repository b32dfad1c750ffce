//! What is left after a pass, in the form in which every device is assessed.

use std::collections::{BTreeMap, BTreeSet};

use fyr_agent_core::assess::{Assessment, Moments};
use fyr_agent_core::in_force::InForce;
use fyr_agent_core::memory::Memory;
use fyr_agent_core::observed::{Due, Observed, PlaceObserved};
use fyr_agent_core::product::place;
use fyr_schemas::Digest;
use fyr_schemas::report::{Found, Place, Product};
use jiff::Timestamp;

use crate::action::{Because, Step};
use crate::actual::{Actual, FileState};
use crate::desired::chromium;
use crate::desired::hosts::Block;
use crate::outcome::Outcome;
use crate::path::{ManagedPath, OwnName};
use crate::plan::{Plan, own_part, plan};

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
pub struct Assessed {
    /// How the device was found, as the verdict sees it.
    pub observed: Observed,
    /// The verdict.
    pub assessment: Assessment,
    /// What is still to be done. The device is compliant exactly when it is empty.
    pub rest: Plan,
}

/// Assesses a device that was found as `actual` after the pass against what is in force; `block` is that of
/// [`plan`](crate::plan()).
pub fn assess(
    in_force: &InForce<'_>,
    block: Option<&Block>,
    actual: &Actual,
    pass: &Pass<'_>,
    memory: &Memory,
) -> Assessed {
    let rest = plan(in_force, block, actual, memory);
    let left = Left {
        actual,
        rest: &rest,
        outcomes: pass.outcomes,
    };
    let places = actual.places.keys().map(|place| {
        let part = own_part(in_force.bundle(), block, *place);
        (*place, left.place(*place, part))
    });
    let observed = Observed {
        present: actual.present.clone(),
        awaiting_restart: left.awaiting_restart(),
        places: places.collect(),
        obstacles: rest.obstacles.clone(),
    };
    let moments = Moments {
        noticed: pass.noticed,
        at: pass.at,
    };
    let assessment = fyr_agent_core::assess(in_force, &observed, moments, memory);
    Assessed {
        observed,
        assessment,
        rest,
    }
}

/// The unmanaged files of each place that override our policy there, for the person in front of the
/// device: no report carries their names.
pub fn overriding(in_force: &InForce<'_>, actual: &Actual) -> BTreeMap<Place, Vec<String>> {
    let places = actual.places.iter();
    let overriding = places.filter_map(|(place, found)| match place {
        Place::Chromium(_) => {
            let by = chromium::rank(in_force.bundle(), &found.unmanaged).by;
            (!by.is_empty()).then_some((*place, by))
        }
        Place::Firefox(_) | Place::Hosts => None,
    });
    overriding.collect()
}

struct Left<'a> {
    actual: &'a Actual,
    rest: &'a Plan,
    outcomes: &'a [Outcome],
}

impl Left<'_> {
    fn place(&self, place: Place, part: Option<Digest>) -> PlaceObserved {
        PlaceObserved {
            part,
            due: self.due(place),
            drift: self.drift(place),
            outranked: self.outranked(place),
        }
    }

    fn due(&self, place: Place) -> Option<Due> {
        let mut due = None;
        for action in self.rest.actions.iter().filter(|it| it.place == place) {
            let due = due.get_or_insert(Due {
                unwritten: false,
                failure: self.tried(place).find_map(|tried| tried.result.err()),
            });
            due.unwritten |= action.because == Because::Policy;
        }
        due
    }

    /// The first fault that was found there, by the pass or after it.
    fn drift(&self, place: Place) -> Option<Found> {
        let rest = self.rest.actions.iter().filter(|it| it.place == place);
        let tried = self.tried(place).map(|outcome| &outcome.action);
        tried.chain(rest).find_map(|action| match action.because {
            Because::Drift(found) => Some(found),
            Because::Policy | Because::Unneeded => None,
        })
    }

    fn outranked(&self, place: Place) -> bool {
        self.tried(place).any(|outcome| {
            let Step::Write {
                path: ManagedPath::File { name, .. },
                ..
            } = outcome.action.step
            else {
                return false;
            };
            let rose = match outcome.action.because {
                Because::Drift(found) => found == Found::Shadowed,
                Because::Policy => name > OwnName::PLAIN,
                Because::Unneeded => false,
            };
            rose && outcome.result.is_ok()
        })
    }

    fn tried(&self, place: Place) -> impl Iterator<Item = &Outcome> {
        let outcomes = self.outcomes.iter();
        outcomes.filter(move |outcome| outcome.action.place == place)
    }

    /// Firefox reads its policy at start only: one that was started before the file was last
    /// written does not know it. Start times are whole seconds, so a tie counts as before.
    fn awaiting_restart(&self) -> BTreeSet<Product> {
        let running = self.actual.running.iter();
        let stale = running.filter(|browser| {
            let place = place(browser.product);
            let found = self.actual.places.get(&place);
            let file = found.and_then(|found| found.file(OwnName::PLAIN));
            match (place, file) {
                (Place::Firefox(_), Some(FileState::Regular(file))) => {
                    browser.started <= file.modified
                }
                (Place::Firefox(_) | Place::Chromium(_) | Place::Hosts, _) => false,
            }
        });
        stale.map(|browser| browser.product).collect()
    }
}
