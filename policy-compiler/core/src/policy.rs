//! The policy as a whole: every document with its names looked up and its values typed.

mod approvals;
mod boundary_dates;
mod essential_hosts;
mod ground;
mod groups;
mod naming;
mod organise;
mod service;
mod site_set;
mod site_statement;
mod site_wording;
mod statement;
mod time_scope;
pub(crate) mod timetable;
mod unknown;
mod validity;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fyr_policy_source::{
    self as source, Decision, Dpia, OrganisationFile, Overridable, Ownership, Scope, Strength,
};
use fyr_schemas::bundle::Audience;
use fyr_schemas::{BodyId, CaseNumber, CategoryId, GroupId, RuleId, ServiceId, StageId, UnitPath};
use jiff::ToSpan as _;
use jiff::civil::Date;

pub(crate) use self::boundary_dates::BoundaryDate;
pub(crate) use self::essential_hosts::{EssentialHost, EssentialHosts, Need};
pub use self::ground::Ground;
pub use self::organise::organise;
pub(crate) use self::service::{Assessed, narrowness};
pub use self::service::{Hindrance, Opens, Service};
pub use self::site_set::{Reach, SiteSet, Written};
pub use self::site_statement::{Access, Condition, SiteStatement};
pub use self::statement::{ForWhom, SettingStatement, ValueFor};
pub use self::time_scope::{Horizon, TimeScope, Turn};
pub use self::timetable::Timetable;
pub(crate) use self::unknown::{Known, in_scope as unknown_in_scope};
use self::validity::Validity;
pub use self::validity::{Assumptions, CaseState, LookAhead};
use crate::category::Category;
use crate::country::Country;
use crate::meant::Meant;
use crate::parse::{DocumentKind, InFile, Unread};
use crate::source::Place;
use crate::stage::Stages;
use crate::url_filter::UrlFilter;

/// A policy on one day.
#[derive(Debug)]
pub struct Policy {
    /// The day.
    pub date: Date,
    /// What was written and is not all here.
    pub unread: Unread,
    /// `fyr.yaml`.
    pub organisation: InFile<OrganisationFile>,
    /// The stages; `None` where they could not be read.
    pub(crate) stages: Option<Stages>,
    /// Every unit; `/` is always among them.
    pub units: BTreeSet<UnitPath>,
    /// Every group that has a stage on the day.
    pub groups: BTreeMap<GroupId, Group>,
    /// Every decision by its case number.
    pub decisions: BTreeMap<CaseNumber, InFile<Decision>>,
    /// The state of each on the day, and its own dates.
    validities: BTreeMap<CaseNumber, Validity>,
    /// Every service by its name.
    pub services: BTreeMap<ServiceId, Service>,
    /// Every category by its name; rules that speak of one share it.
    pub categories: BTreeMap<CategoryId, Arc<Category>>,
    /// Every rule that is in force on the day or on a later date, by its name.
    pub rules: BTreeMap<RuleId, Rule>,
    /// Every other rule: its case is a proposal, has ended, or is void.
    pub dormant: BTreeMap<RuleId, Rule>,
    /// The periods that rules may speak of.
    pub timetable: Timetable,
    /// Hosts that no rule may block.
    pub always_reachable: Vec<(UrlFilter, Place)>,
}

/// A stable pool of devices, on the day of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub id: GroupId,
    /// Its unit.
    pub unit: UnitPath,
    /// The full name of its unit; `None` for a unit that `units.yaml` does not list.
    pub unit_name: Option<String>,
    /// Its stage on the day.
    pub stage: StageId,
    /// Who uses its devices.
    pub audience: Audience,
    /// The age of its youngest pupil on the day; `None` for staff.
    pub youngest: Option<u8>,
    /// Whose its devices are.
    pub ownership: Ownership,
    /// The services that guardians have approved for all of its pupils.
    pub approved: BTreeSet<ServiceId>,
    /// Where it is declared.
    pub place: Place,
}

/// No group has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown group `{group}`")]
pub struct UnknownGroup {
    /// The name given.
    pub group: String,
    /// What was probably meant.
    pub meant: Meant,
}

/// A rule with its names looked up and its values typed.
#[derive(Debug)]
pub struct Rule {
    /// As it is written.
    pub source: InFile<source::Rule>,
    /// When it holds.
    pub time_scope: TimeScope,
    /// What it says of settings.
    pub settings: Vec<SettingStatement>,
    /// What it says of sites.
    pub sites: Vec<SiteStatement>,
}

impl Rule {
    /// Its name.
    pub fn id(&self) -> &RuleId {
        &self.source.document.rule
    }

    /// The case it cites.
    pub fn decision(&self) -> Option<&CaseNumber> {
        self.source
            .document
            .decision
            .as_ref()
            .map(|case| &case.value)
    }

    /// Where it is named.
    pub fn place(&self) -> Place {
        self.source.place(&self.source.document.rule)
    }

    /// Its unit.
    pub fn unit(&self) -> &UnitPath {
        &self.source.document.scope.unit
    }

    /// What lower levels may do about it.
    pub fn strength(&self) -> Strength {
        self.source.document.strength.value
    }

    /// What others have to respect of it.
    pub(crate) fn authority(&self) -> Authority {
        match (self.strength(), self.decision()) {
            (Strength::Default, _) => Authority::NoFloor,
            (Strength::Locked | Strength::Minimum, None) => Authority::Undecided,
            (Strength::Locked | Strength::Minimum, Some(_)) => Authority::Decided,
        }
    }

    /// How firmly it holds what it says.
    pub fn firmness(&self) -> Firmness {
        Firmness {
            strength: self.strength(),
            overridable: self.overridable(),
        }
    }

    /// Where it stands among the rules of a group.
    pub fn layer(&self) -> Layer {
        Layer {
            depth: self.unit().depth(),
            turn: self.time_scope.turn(),
        }
    }

    /// Whether it holds for a lesson only.
    pub fn is_lesson(&self) -> bool {
        self.time_scope.is_lesson()
    }

    /// Whether it bounds what a rule below says: every rule, but a lesson where its floor is
    /// overridable by lessons.
    pub fn bounds(&self, below: &Self) -> bool {
        match self.overridable() {
            Some(Overridable::Lessons) => !below.is_lesson(),
            None => true,
        }
    }

    /// Who may go below it all the same.
    pub fn overridable(&self) -> Option<Overridable> {
        let written = self.source.document.overridable.as_ref();
        written.map(|written| written.value)
    }

    /// Whether it is for this group.
    pub fn selects(&self, group: &Group) -> bool {
        selects(&self.source.document.scope, group)
    }
}

/// What others have to respect of a rule, the most first: whoever decided nothing pushes nothing
/// aside that was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Authority {
    /// A floor that a case stands behind.
    Decided,
    /// A floor that cites none.
    Undecided,
    /// What is below may say something else.
    NoFloor,
}

/// How firmly a rule holds what it says, the firmest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Firmness {
    strength: Strength,
    overridable: Option<Overridable>,
}

/// Where a rule stands among those of a group, from the top of the tree down. A lower layer
/// decides, inside the floors of those above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layer {
    /// How far below the organisation its unit is.
    pub depth: usize,
    /// Its turn among the rules of the unit.
    pub turn: Turn,
}

/// Whether a selection holds a group.
pub(crate) fn selects(scope: &Scope, group: &Group) -> bool {
    scope.unit.contains(&group.unit)
        && scope.who.is_none_or(|who| who.value == group.audience)
        && (scope.stage.is_empty() || scope.stage.iter().any(|stage| **stage == group.stage))
        && scope
            .ownership
            .is_none_or(|ownership| ownership.value == group.ownership)
}

impl Policy {
    /// Whether `units.yaml` was read and has no such unit, which is a finding of its own.
    pub(crate) fn lacks_unit(&self, unit: &UnitPath) -> bool {
        self.unread.has_all(&[DocumentKind::Units]) && !self.units.contains(unit)
    }

    /// The rules for a group that hold at some time within a year, from the top of the tree down,
    /// then by name.
    pub fn rules_for<'a>(&'a self, group: &Group) -> Vec<&'a Rule> {
        let mut rules: Vec<&Rule> = self
            .rules
            .values()
            .filter(|rule| rule.time_scope.horizon == Horizon::Within && rule.selects(group))
            .collect();
        rules.sort_by_key(|rule| rule.layer());
        rules
    }

    /// The body that decided a case, by its name in full.
    pub fn body_of(&self, case: &CaseNumber) -> Option<&str> {
        self.name_in_full(&self.decisions.get(case)?.document.body)
    }

    /// A body as people call it: its name in full, where `fyr.yaml` has it.
    pub(crate) fn body_name(&self, body: &BodyId) -> String {
        let name = self.name_in_full(body);
        name.map_or_else(|| format!("`{body}`"), str::to_owned)
    }

    fn name_in_full(&self, body: &BodyId) -> Option<&str> {
        let mut bodies = self.organisation.document.bodies.iter();
        let (_, body) = bodies.find(|(name, _)| name.value == *body)?;
        Some(&body.name)
    }

    /// The answer about a group that there is none of.
    pub(crate) fn no_group(&self, name: &str) -> UnknownGroup {
        UnknownGroup {
            group: name.to_owned(),
            meant: Meant::among(name, self.groups.keys().map(GroupId::as_str)),
        }
    }

    /// The age from which a child can consent to an online service, on the day.
    pub fn age_of_consent(&self) -> u8 {
        self.country().age_of_consent(self.date)
    }

    /// The country whose law holds for its schools.
    pub(crate) fn country(&self) -> &'static Country {
        Country::of(&self.organisation.document.country)
    }

    /// The last day on which an assessment counts as new enough.
    pub fn assessment_due(&self, dpia: &Dpia) -> Option<Date> {
        let years = i64::from(self.organisation.document.dpia_limit_years);
        dpia.date.checked_add(years.years()).ok()
    }

    /// The groups that a rule is for.
    pub fn groups_of<'a>(&'a self, rule: &Rule) -> impl Iterator<Item = &'a Group> {
        self.groups.values().filter(|group| rule.selects(group))
    }
}
