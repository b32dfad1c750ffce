//! What changes for whom between two policies, from one day on: within the year that devices are told
//! of, when the school year turns, and on days beyond on which rules begin and end.
//!
//! Two policies are compared by what holds for each group, never by how they are written: a
//! rule that moves to another file, or is split in two, changes nothing. What is gone counts
//! like what is new.

mod addresses;
mod bounds;
mod crowd;
mod grounds;
mod later;
mod members;
mod moves;
mod settings;
mod sites;
mod times;
mod vacant;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use fyr_schemas::timetable::Days;
use fyr_schemas::{
    BodyId, CaseNumber, CategoryId, GroupId, PeriodId, RuleId, ServiceId, StageId, UnitPath,
};
use jiff::civil::Date;
use serde::Serialize;
use url::Url;

use self::crowd::Crowds;
use crate::compile::{Parsed, sound_of};
use crate::diagnostic::{Diagnostic, help_for_unknown};
use crate::explain::Ground;
use crate::policy::{Assumptions, Policy, Rule};
use crate::resolve::{Resolution, resolve};
use crate::source::Sources;
use crate::spell::{Spell, Told};

/// What changes between two policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// The day both were read for.
    pub date: Date,
    /// Days beyond a year on which rules begin or end, more than are compared: each can be given
    /// as the day to compare for.
    pub not_compared: BTreeSet<Date>,
    /// The gravest of all that changes.
    pub risk: Risk,
    /// The groups for which anything changes, and those that came or went.
    pub groups: GroupsTouched,
    /// Settings and sites that change, the gravest first.
    pub changes: Vec<Change>,
    /// Addresses of the list that was given whose verdict changes.
    pub addresses: Vec<AddressChange>,
    /// The decisions that the new policy cites for what changes.
    pub decisions: Vec<Ground>,
    /// The decisions that only the old policy cites for it, as they were written.
    pub decisions_before: Vec<Ground>,
}

/// How grave a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// The same holds for everybody.
    Nothing,
    /// The same holds, on another ground or with another strength.
    Ground,
    /// Somebody is restricted more.
    Tighter,
    /// The two cannot be compared: somebody should look.
    Different,
    /// Something is open that was closed, or may be loosened that could not.
    Weaker,
    /// A group is no longer given any policy: its devices keep what they have.
    GroupRemoved,
}

/// The groups that a difference is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct GroupsTouched {
    /// For which something changes.
    pub changed: BTreeSet<GroupId>,
    /// The units that those stand in.
    pub units: BTreeSet<UnitPath>,
    /// Only in the new policy.
    pub added: BTreeMap<GroupId, AddedGroup>,
    /// Only in the old policy.
    pub removed: BTreeSet<GroupId>,
}

/// A group that only the new policy has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AddedGroup {
    /// The unit it stands in.
    pub unit: UnitPath,
    /// Its stage.
    pub stage: StageId,
    /// A group that is gone from the same unit and stage: the two are compared.
    pub replaces: Option<GroupId>,
}

/// One setting or site that changes, for all groups that it changes alike for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// How grave it is.
    pub risk: Risk,
    /// What it is about.
    pub subject: Subject,
    /// What held.
    pub before: Held,
    /// What will hold.
    pub after: Held,
    /// The periods of the timetable while which it is so; none where it is so without one.
    pub during: BTreeSet<PeriodId>,
    /// The days on which it is so: a year ahead, a rule begins or ends on a day by itself.
    pub days: Days,
    /// For whom and when, in words.
    pub whom: String,
    /// For whom.
    pub groups: Vec<GroupId>,
}

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A setting, by its name.
    Setting(String),
    /// What a URL filter matches, or a category.
    Site(String),
    /// Members that a category gained or lost.
    Listed(Listed),
    /// What nobody below may loosen of a setting or a site, whatever holds.
    Floor(String),
    /// When a period runs, by its name; the holidays; or the time zone.
    Time(String),
    /// A field of a document that is rewritten in place, and that holds nothing by itself.
    Written {
        /// The document.
        document: Document,
        /// The field, as the language calls it: `legal-basis`, `dpia.version`.
        field: String,
    },
    /// What a body may decide for.
    Body(BodyId),
}

/// A document of a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Document {
    /// `fyr.yaml`.
    Organisation,
    /// A decision, by its case.
    Decision(CaseNumber),
    /// A service of the catalogue.
    Service(ServiceId),
    /// A category of lists.
    Category(CategoryId),
    /// A rule.
    Rule(RuleId),
    /// A group of `units.yaml`.
    Group(GroupId),
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organisation => f.write_str("fyr.yaml"),
            Self::Decision(case) => case.fmt(f),
            Self::Service(service) => write!(f, "service:{service}"),
            Self::Category(category) => write!(f, "category:{category}"),
            Self::Rule(rule) => write!(f, "rule {rule}"),
            Self::Group(group) => write!(f, "group {group}"),
        }
    }
}

impl Subject {
    /// Whether it is what holds for groups, and not only on what ground.
    fn is_what_holds(&self) -> bool {
        match self {
            Self::Setting(_) | Self::Site(_) | Self::Listed(_) | Self::Floor(_) | Self::Time(_) => {
                true
            }
            Self::Written { .. } | Self::Body(_) => false,
        }
    }
}

/// Members of a category that are in one of two lists only, and change alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Listed {
    /// The category.
    pub category: CategoryId,
    /// In which of the lists they are.
    pub membership: Membership,
    /// How many they are.
    pub count: usize,
    /// The first of them.
    pub sites: Vec<String>,
}

/// What became of the members of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Membership {
    /// They are in the new list only.
    Gained,
    /// They were in the old list only.
    Lost,
    /// They are in both, and something else than the list changes what holds of them.
    Kept,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(name) | Self::Site(name) | Self::Time(name) => f.write_str(name),
            Self::Listed(listed) => listed.fmt(f),
            Self::Floor(of) => write!(f, "{of}, floor"),
            Self::Written { document, field } => write!(f, "{document}, {field}"),
            Self::Body(body) => write!(f, "body {body}"),
        }
    }
}

/// `category:spil gains a.example, b.example, c.example and 9 more`.
impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.membership {
            Membership::Gained => "gains",
            Membership::Lost => "loses",
            Membership::Kept => "has",
        };
        let shown = self.sites.get(..3).unwrap_or(&self.sites);
        write!(f, "category:{} {verb} {}", self.category, shown.join(", "))?;
        match self.count.saturating_sub(shown.len()) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// What holds on one side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Held {
    /// The value or verdict, in the words of the source; the browser's own default where no
    /// rule speaks.
    pub value: String,
    /// The rule; absent where none speaks.
    pub rule: Option<RuleId>,
    /// `locked`, `minimum`, `minimum, but for lessons` or `default`; absent where no rule speaks.
    pub strength: Option<&'static str>,
    /// The unit that the rule stands on.
    pub unit: Option<UnitPath>,
    /// The decision that the rule cites.
    pub decision: Option<CaseNumber>,
}

impl Held {
    /// What no rule says.
    fn by_nobody(value: String) -> Self {
        Self {
            value,
            rule: None,
            strength: None,
            unit: None,
            decision: None,
        }
    }

    /// What a rule says.
    fn by(rule: &Rule, value: String) -> Self {
        Self {
            value,
            rule: Some(rule.id().clone()),
            strength: Some(rule.firmness().words()),
            unit: Some(rule.unit().clone()),
            decision: rule.decision().cloned(),
        }
    }
}

/// An address whose verdict changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AddressChange {
    /// How grave it is.
    pub risk: Risk,
    /// The address.
    pub url: String,
    /// `allow`, `warn` or `block`.
    pub before: &'static str,
    /// `allow`, `warn` or `block`.
    pub after: &'static str,
    /// The periods of the timetable while which it is so; none where it is so without one.
    pub during: BTreeSet<PeriodId>,
    /// The days on which it is so: a year ahead, a rule begins or ends on a day by itself.
    pub days: Days,
    /// For whom and when, in words.
    pub whom: String,
    /// For whom.
    pub groups: Vec<GroupId>,
}

/// Why two policies cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffError {
    /// The old policy has errors, so nobody can say what held.
    #[error("the old policy has errors, so nobody can say what held")]
    OldFaulty(Vec<Diagnostic>),
    /// The new policy has errors, so it would not compile.
    #[error("the new policy has errors, so it would not compile")]
    NewFaulty(Vec<Diagnostic>),
    /// A case that is to be taken for decided is nowhere.
    #[error("unknown decision `{case}`; {help}")]
    UnknownCase {
        /// The case number given.
        case: CaseNumber,
        /// What may have been meant.
        help: String,
    },
}

/// What two policies are compared for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The day both are read for.
    pub date: Date,
    /// The addresses whose verdicts are compared.
    pub addresses: Vec<Url>,
    /// What is taken for granted in the new policy: proposals, as if they were decided.
    pub what_if: Assumptions,
}

/// Compares two policies.
pub fn diff(
    old: &Sources,
    new: &Sources,
    comparison: &Comparison,
) -> Result<Difference, DiffError> {
    let Comparison {
        date,
        addresses,
        what_if,
    } = comparison;
    let date = *date;
    let read = [old, new].map(Parsed::of);
    let [old, new] = &read;
    let none = Assumptions::default();
    let mut old = sound_of(old.clone(), date, &none).map_err(DiffError::OldFaulty)?;
    let mut new = sound_of(new.clone(), date, what_if).map_err(DiffError::NewFaulty)?;
    for case in &what_if.in_force {
        if !new.decisions.contains_key(case) {
            return Err(DiffError::UnknownCase {
                case: case.clone(),
                help: help_for_unknown(case.as_str(), new.decisions.keys().map(CaseNumber::as_str)),
            });
        }
    }
    vacant::fill(&mut old, &mut new);
    let sides = Sides::new(Side::new(&old), Side::new(&new));
    let crowds = Crowds::new(&new);
    let mut changes = what_holds(&sides, &crowds);
    changes.extend(grounds::changes(&sides, &crowds));
    let [of_old, of_new] = &read;
    let later = later::changes([of_old, of_new], comparison, &sides, &changes);
    changes.extend(later.changes);
    let mut addresses = addresses::changes(&sides, &crowds, addresses);
    let told = changes.iter_mut().map(|change| &mut change.groups);
    for groups in told.chain(addresses.iter_mut().map(|change| &mut change.groups)) {
        groups.retain(|group| !vacant::is_vacant(group));
    }
    changes.sort_by(|a, b| (b.risk, a).cmp(&(a.risk, b)));
    let groups = touched(&sides, &changes, &addresses);
    let cited = |held: fn(&Change) -> &Held| -> BTreeSet<CaseNumber> {
        let held = changes.iter().map(held);
        held.filter_map(|held| held.decision.clone()).collect()
    };
    let after = cited(|change| &change.after);
    let only_before = &cited(|change| &change.before) - &after;
    let gravest = changes.iter().map(|change| change.risk);
    let of_addresses = addresses.iter().map(|change| change.risk);
    let of_groups = (!groups.removed.is_empty()).then_some(Risk::GroupRemoved);
    Ok(Difference {
        date,
        not_compared: later.left_out,
        risk: gravest
            .chain(of_addresses)
            .chain(of_groups)
            .max()
            .unwrap_or(Risk::Nothing),
        decisions: decisions(&new, &after),
        decisions_before: decisions(&old, &only_before),
        groups,
        changes,
        addresses,
    })
}

/// Everything that changes of what holds, on the days that both sides tell of.
fn what_holds(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let mut changes = settings::changes(sides, crowds);
    changes.extend(sites::changes(sides, crowds));
    changes.extend(times::changes(sides, crowds));
    changes
}

/// One of the two policies, with what holds.
struct Side<'a> {
    policy: &'a Policy,
    resolution: Resolution<'a>,
}

impl<'a> Side<'a> {
    fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            resolution: resolve(policy),
        }
    }
}

/// Both policies.
struct Sides<'a> {
    old: Side<'a>,
    new: Side<'a>,
    /// Each group of the new policy that has something to be compared with.
    compared: BTreeMap<&'a GroupId, Compared<'a>>,
}

/// What a group is compared with.
struct Compared<'a> {
    /// The group of the old policy: itself, or the one whose place it takes.
    before: &'a GroupId,
    /// When.
    spells: Rc<Vec<Spell>>,
}

fn touched(sides: &Sides<'_>, changes: &[Change], addresses: &[AddressChange]) -> GroupsTouched {
    let what_holds = changes.iter();
    let what_holds = what_holds.filter(|change| change.subject.is_what_holds());
    let of_changes = what_holds.flat_map(|change| &change.groups);
    let of_addresses = addresses.iter().flat_map(|change| &change.groups);
    let differing: BTreeSet<GroupId> = of_changes.chain(of_addresses).cloned().collect();
    let [old, new] = [sides.old.policy, sides.new.policy].map(|policy| &policy.groups);
    let added = new.values().filter(|group| !old.contains_key(&group.id));
    let added = added.map(|group| {
        let compared = sides.compared.get(&group.id);
        let added = AddedGroup {
            unit: group.unit.clone(),
            stage: group.stage.clone(),
            replaces: compared.map(|compared| compared.before.clone()),
        };
        (group.id.clone(), added)
    });
    let removed = old.keys().filter(|group| !new.contains_key(*group));
    GroupsTouched {
        units: differing
            .iter()
            .filter_map(|group| Some(sides.new.policy.groups.get(group)?.unit.clone()))
            .collect(),
        changed: differing,
        added: added.collect(),
        removed: removed.cloned().collect(),
    }
}

/// What a policy says of cases.
fn decisions(policy: &Policy, cases: &BTreeSet<CaseNumber>) -> Vec<Ground> {
    let cases = cases.iter();
    cases.filter_map(|case| Ground::of(policy, case)).collect()
}

/// Changes gathered by what they are and when, with the groups that share each.
#[derive(Default)]
struct Gathered(Told<(GroupId, Subject), (Risk, Steps)>);

/// What held, and what will.
type Steps = (Held, Held);

impl Gathered {
    fn add(
        &mut self,
        (risk, subject): (Risk, Subject),
        held: Steps,
        (group, spell): (&GroupId, &Spell),
    ) {
        if held.0 != held.1 {
            self.0
                .add_news((group.clone(), subject), (risk, held), spell);
        }
    }

    fn into_changes(self, crowds: &Crowds<'_>) -> Vec<Change> {
        let mut alike: BTreeMap<(Risk, Subject, Steps, Spell), Vec<GroupId>> = BTreeMap::new();
        for ((group, subject), spell, (risk, held)) in self.0.into_all() {
            let groups = alike.entry((risk, subject, held, spell)).or_default();
            groups.push(group);
        }
        alike
            .into_iter()
            .map(|((risk, subject, (before, after), spell), groups)| Change {
                risk,
                subject,
                before,
                after,
                whom: crowds.in_words(&groups, &spell),
                during: spell.during,
                days: spell.days,
                groups,
            })
            .collect()
    }
}
