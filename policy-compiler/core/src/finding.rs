//! What the compiler finds, as data: typed facts, the places they show at, and the groups they
//! concern. No text is built here; [`crate::wording`] words a finding for a language.
//!
//! To add a finding:
//! 1. Give it a variant in the file of its area below `finding/`. A variant holds ids, dates, units
//!    and values; never a sentence, and never a place.
//! 2. Give each place a [`Role`]: why the finding shows there. What differs between places that are
//!    one finding belongs in their roles: equal findings are merged, with all their places and groups.
//! 3. Add the variant to `code()` of the area, and its words to the same area below
//!    `wording/english/`; the words of a role go to `wording/english/role.rs`.
//! 4. In the check: `Diagnostic::of(Decision::NotCited { rule }).at(place, Role::Uncited)`, and
//!    `.concerning(groups)` where it concerns groups. Loops over groups collect in `PerGroup`.
//! 5. Tests compare the data: `Decision::NotCited { .. }`, the places, the groups.

mod ahead;
mod decision;
mod document;
mod floor;
mod gather;
mod group;
mod hours;
mod list;
mod name;
mod reach;
mod role;
mod rule;
mod service;
mod setting;
mod site;

use std::collections::BTreeSet;

use fyr_schemas::GroupId;
use serde::Serialize;

use crate::code::{Code, Severity};
use crate::source::Place;

pub use self::ahead::Ahead;
pub use self::decision::{Competent, Decision, DecisionDay, NotInForce, TimetableLine};
pub use self::document::{Correction, Document, Expected, Grammar, Others};
pub use self::floor::{Floor, Lessons, Obstacle, Owner};
pub use self::gather::Diagnostics;
pub(crate) use self::gather::PerGroup;
pub use self::group::{Group, LowestGrade, NoStage};
pub use self::hours::{Hours, Shortening};
pub use self::list::{EmptyList, FileMeant, List, Mostly};
pub use self::name::{GroupEntry, Name, OneName, StageMeant, UnitMeant};
pub use self::reach::{Blocked, Need, PlatformUse, Reach};
pub use self::role::Role;
pub use self::rule::{Rule, Whom};
pub use self::service::{Limit, Service, StatusExtent};
pub use self::setting::{Setting, SettingMeant};
pub use self::site::{Site, SiteFault};
pub use crate::meant::Meant;

/// What was found, without its places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Finding {
    /// About a decision, or about what cites one.
    Decision(Decision),
    /// About a day to come.
    Ahead(Ahead),
    /// About rules that go against a rule above, or against a decision.
    Floor(Floor),
    /// About a file or a document.
    Document(Document),
    /// About groups and their stages.
    Group(Group),
    /// About a list.
    List(List),
    /// About a setting as it is written.
    Setting(Setting),
    /// About a site as it is written.
    Site(Site),
    /// About the timetable.
    Hours(Hours),
    /// About a name.
    Name(Name),
    /// About what devices reach, or about what their browsers support.
    Reach(Reach),
    /// About a rule.
    Rule(Rule),
    /// About a service.
    Service(Service),
}

impl Finding {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Decision(found) => found.code(),
            Self::Ahead(found) => found.code(),
            Self::Floor(found) => found.code(),
            Self::Document(found) => found.code(),
            Self::Group(found) => found.code(),
            Self::List(found) => found.code(),
            Self::Setting(found) => found.code(),
            Self::Site(found) => found.code(),
            Self::Hours(found) => found.code(),
            Self::Name(found) => found.code(),
            Self::Reach(found) => found.code(),
            Self::Rule(found) => found.code(),
            Self::Service(found) => found.code(),
        }
    }
}

macro_rules! from_areas {
    ($($area:ident)*) => {
        $(impl From<$area> for Finding {
            fn from(found: $area) -> Self {
                Self::$area(found)
            }
        })*
    };
}

from_areas! { Ahead Decision Document Floor Group Hours List Name Reach Rule Service Setting Site }

/// A finding with the places it shows at and the groups it concerns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Where it shows: first the place that is wrong, then what it conflicts with.
    pub places: Vec<Mark>,
    /// What was found.
    pub finding: Finding,
    /// The groups whose devices it concerns; empty where it does not depend on groups.
    pub groups: BTreeSet<GroupId>,
}

/// A place of a finding, and why the finding shows there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The place.
    pub place: Place,
    /// Why it is shown.
    pub role: Role,
}

impl Diagnostic {
    /// A finding without a place yet.
    pub fn of(finding: impl Into<Finding>) -> Self {
        Self {
            places: Vec::new(),
            finding: finding.into(),
            groups: BTreeSet::new(),
        }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, place: Place, role: Role) -> Self {
        self.places.push(Mark { place, role });
        self
    }

    /// Adds places that have one role.
    #[must_use]
    pub(crate) fn at_each(mut self, places: impl IntoIterator<Item = (Place, Role)>) -> Self {
        let marks = places.into_iter();
        self.places
            .extend(marks.map(|(place, role)| Mark { place, role }));
        self
    }

    /// Adds the groups it concerns.
    #[must_use]
    pub(crate) fn concerning<'a>(mut self, groups: impl IntoIterator<Item = &'a GroupId>) -> Self {
        self.groups.extend(groups.into_iter().cloned());
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.finding.code()
    }

    /// How serious it is.
    pub fn severity(&self) -> Severity {
        self.code().severity()
    }

    /// Whether it keeps the policy from compiling.
    pub fn is_error(&self) -> bool {
        self.severity() == Severity::Error
    }
}
