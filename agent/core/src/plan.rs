//! The plan: what is to be done so that the device holds its bundle, in order.

mod chromium;
mod draft;
mod firefox;
mod hosts;

use std::collections::BTreeSet;
use std::fmt;

use fyr_schemas::bundle::Bundle;
use fyr_schemas::report::{FailureReason, Place};
use fyr_schemas::{CategoryId, Digest};
use serde::Serialize;

use crate::action::{Action, Content, FileTime, Step};
use crate::actual::Actual;
use crate::desired::hosts::Block;
use crate::in_force::InForce;
use crate::memory::Memory;
use crate::path::{ManagedPath, OwnName};
use crate::products::place;

/// What is to be done, and what cannot be. A device is compliant exactly when both are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The steps, in order. After one fails, the later ones of its place are not tried.
    pub actions: Vec<Action>,
    /// What no step of the agent can mend.
    pub obstacles: Vec<Obstacle>,
}

/// Something that keeps a place from holding what it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// Where.
    pub place: Place,
    /// Why.
    pub reason: FailureReason,
    /// How much of the place's policy it touches.
    pub affected: Affected,
}

/// How much of a place's policy is touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affected {
    /// All of it.
    Everything,
    /// These policies or host names.
    Names(BTreeSet<String>),
    /// These names of a list.
    List(CategoryId, BTreeSet<String>),
}

impl Affected {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Names(mut names), Self::Names(more)) => {
                names.extend(more);
                Self::Names(names)
            }
            // Nothing finer covers both.
            (Self::Everything | Self::Names(_) | Self::List(..), _) => Self::Everything,
        }
    }

    /// Whether any of `names` is touched.
    pub fn touches<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        match self {
            Self::Everything => true,
            Self::Names(affected) => names.any(|name| affected.contains(name)),
            Self::List(..) => false,
        }
    }

    /// Whether the list of `category` is touched.
    pub fn touches_list(&self, category: &CategoryId) -> bool {
        match self {
            Self::Everything => true,
            Self::Names(_) => false,
            Self::List(affected, _) => affected == category,
        }
    }
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
        if matches!(place, Place::Chromium(_)) && found.files.is_empty() && found.foreign.is_empty()
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

/// The digest of what the bundle asks of `place`, whatever else stands there; absent while that
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

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "nothing to do");
        }
        for action in &self.actions {
            writeln!(f, "{action}")?;
        }
        for obstacle in &self.obstacles {
            writeln!(f, "{obstacle}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = file(self.place, OwnName::PLAIN);
        write!(f, "cannot mend {path}: {}", self.reason.words())?;
        match &self.affected {
            Affected::Everything => Ok(()),
            Affected::Names(names) | Affected::List(_, names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                write!(f, ", for {}", names.join(", "))
            }
        }
    }
}
