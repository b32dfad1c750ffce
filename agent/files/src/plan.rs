//! The plan: what is to be done so that the device holds its bundle, in order.

mod chromium;
mod draft;
mod firefox;
mod hosts;

use std::fmt;

use fyr_agent_core::in_force::InForce;
use fyr_agent_core::memory::Memory;
use fyr_agent_core::obstacle::{Affected, Obstacle};
use fyr_agent_core::product::place;
use fyr_schemas::Digest;
use fyr_schemas::bundle::Bundle;
use fyr_schemas::report::Place;
use serde::Serialize;

use crate::action::{Action, Content, FileTime, Step};
use crate::actual::Actual;
use crate::desired::hosts::Block;
use crate::path::{ManagedPath, OwnName};

/// What is to be done, and what cannot be. A device is compliant exactly when both are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The steps, in order. After one fails, the later ones of its place are not tried.
    pub actions: Vec<Action>,
    /// What no step of the agent can repair.
    pub obstacles: Vec<Obstacle>,
}

impl Plan {
    /// Whether nothing is to be done and nothing stands in the way.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.obstacles.is_empty()
    }
}

/// Plans how a device that was found as `actual` comes to hold what is in force.
///
/// `block` is what the hosts file is to say of it, absent while a list is missing or damaged.
/// `memory` only tells drift from a new policy; it never changes what is done.
pub fn plan(
    in_force: &InForce<'_>,
    block: Option<&Block>,
    actual: &Actual,
    memory: &Memory,
) -> Plan {
    draft(in_force.bundle(), block, actual, memory)
}

/// Plans the empty policy file that every present Chromium product gets on enrolment.
///
/// The first file in an empty directory costs a running browser 5 s, every later change only
/// milliseconds; so the slow one happens before there is any policy.
pub fn prepare(actual: &Actual) -> Plan {
    let mut plan = Plan::default();
    for product in &actual.present {
        let place = place(*product);
        let Some(found) = actual.places.get(&place) else {
            continue;
        };
        if matches!(place, Place::Chromium(_))
            && found.files.is_empty()
            && found.unmanaged.is_empty()
        {
            let content = Content::from(b"{}\n".to_vec());
            plan.append(chromium::establish(place, found, content));
        }
    }
    plan
}

pub(crate) fn draft(
    bundle: &Bundle,
    block: Option<&Block>,
    actual: &Actual,
    memory: &Memory,
) -> Plan {
    let mut plan = Plan::default();
    for (place, found) in &actual.places {
        let part = own_part(bundle, block, *place);
        let known = part.is_some_and(|part| memory.holds(*place, &part));
        let subject = Subject {
            bundle,
            block,
            found,
            owner: actual.owner,
        };
        let draft = match place {
            Place::Chromium(_) => chromium::draft(*place, subject),
            Place::Firefox(_) => firefox::draft(*place, subject),
            Place::Hosts => hosts::draft(subject),
        };
        plan.append(draft.finish(known));
    }
    plan
}

/// What a place's module plans from.
#[derive(Clone, Copy)]
struct Subject<'a> {
    bundle: &'a Bundle,
    block: Option<&'a Block>,
    found: &'a crate::actual::ActualPlace,
    owner: u32,
}

/// The digest of what the bundle asks of `place`, beside anything else there; absent while that
/// is not known.
pub(crate) fn own_part(bundle: &Bundle, block: Option<&Block>, place: Place) -> Option<Digest> {
    use crate::desired::{chromium, firefox};
    match place {
        Place::Chromium(_) => Some(fyr_trust::digest(&chromium::render(bundle))),
        Place::Firefox(_) => Some(fyr_trust::digest(&firefox::own_part(bundle))),
        Place::Hosts => block.map(Block::digest),
    }
}

impl Plan {
    fn append(&mut self, other: Self) {
        self.actions.extend(other.actions);
        self.obstacles.extend(other.obstacles);
    }
}

fn file(place: Place, name: OwnName) -> ManagedPath {
    ManagedPath::File { place, name }
}

fn write(path: ManagedPath, content: Content) -> Step {
    let time = match path.place() {
        Place::Chromium(_) => FileTime::Fixed,
        Place::Firefox(_) | Place::Hosts => FileTime::Natural,
    };
    Step::Write {
        path,
        content,
        time,
    }
}

/// A plan that is not carried out, as an operator reads it: a line for each step and obstacle.
#[derive(Debug, Clone, Copy)]
pub struct PlanWords<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What comes before each step: `would` or `not done:`.
    pub lead: &'a str,
}

impl fmt::Display for PlanWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for action in &self.plan.actions {
            writeln!(f, "{} {action}", self.lead)?;
        }
        for obstacle in &self.plan.obstacles {
            writeln!(f, "{}", ObstacleWords(obstacle))?;
        }
        Ok(())
    }
}

/// An obstacle as an operator reads it, with its path.
#[derive(Debug, Clone, Copy)]
pub struct ObstacleWords<'a>(pub &'a Obstacle);

impl fmt::Display for ObstacleWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(obstacle) = self;
        let path = file(obstacle.place, OwnName::PLAIN);
        write!(f, "cannot repair {path}: {}", obstacle.reason.words())?;
        match &obstacle.affected {
            Affected::Everything => Ok(()),
            Affected::Names(names) | Affected::List(_, names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                write!(f, ", for {}", names.join(", "))
            }
        }
    }
}
