//! What changes between two policies, as data. [`crate::wording`] words it for a language.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{Overridable, Strength};
use fyr_schemas::timetable::{Days, Period};
use fyr_schemas::{
    BodyId, CaseNumber, CategoryId, GroupId, PeriodId, RuleId, ServiceId, StageId, UnitPath,
};
use jiff::civil::Date;
use serde::Serialize;

use crate::policy::{Ground, Rule};
use crate::url_filter::Verdict;

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
    /// The same holds for all groups.
    Nothing,
    /// The same holds, on another ground or with another strength.
    Ground,
    /// More restrictive for some group.
    Tighter,
    /// The two cannot be compared: a reviewer should look.
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
    /// What was in force.
    pub before: Effective,
    /// What will be.
    pub after: Effective,
    /// The periods of the timetable while which it is so; none where it is so without one.
    pub during: BTreeSet<PeriodId>,
    /// The days on which it is so: a year ahead, a rule begins or ends on a future date.
    pub days: Days,
    /// What its groups have in common.
    pub whom: Whom,
    /// For whom.
    pub groups: Vec<GroupId>,
}

/// Whom a change concerns, by what the groups have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Whom {
    /// Who they are; absent if no class is among them yet.
    pub who: Option<Who>,
    /// The unit that they belong to; absent if it is the whole organisation.
    pub unit: Option<UnitPath>,
    /// Stages of units that have no class yet, as far as the others do not include them.
    pub without_class: BTreeSet<Vacancy>,
}

/// Groups by what they have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// All groups.
    AllGroups,
    /// All groups of pupils.
    Pupils,
    /// All groups of staff.
    Staff,
    /// All groups of these stages.
    Stages(BTreeSet<StageId>),
    /// These groups, which have nothing in common that others do not have.
    Groups(BTreeSet<GroupId>),
}

/// A stage of a unit that has no class yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Vacancy {
    /// The stage.
    pub stage: StageId,
    /// The unit.
    pub unit: UnitPath,
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
    /// What no lower unit may loosen of a setting or a site, at any value.
    Floor(String),
    /// When a period runs.
    Period(PeriodId),
    /// The holidays.
    Holidays,
    /// The time zone.
    TimeZone,
    /// A field of a document that is rewritten in place, and that has no effect of its own.
    Written {
        /// The document.
        document: Document,
        /// The field, as the language calls it: `legal-basis`, `dpia.version`.
        field: String,
    },
    /// The age of the youngest pupils of a group.
    Age(GroupId),
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
}

impl Subject {
    /// Whether it is in force for groups, and not only the ground of what is.
    pub(crate) fn is_in_force(&self) -> bool {
        match self {
            Self::Setting(_)
            | Self::Site(_)
            | Self::Listed(_)
            | Self::Floor(_)
            | Self::Period(_)
            | Self::Holidays
            | Self::TimeZone => true,
            Self::Written { .. } | Self::Age(_) | Self::Body(_) => false,
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

/// What is in force or written on one side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Effective {
    /// The value; the browser's own default if no rule mentions it.
    pub value: Content,
    /// The rule; absent if no rule mentions it.
    pub rule: Option<RuleId>,
    /// What lower units may do about it; absent if no rule mentions it.
    pub strength: Option<Strength>,
    /// Who may go below it all the same.
    pub overridable: Option<Overridable>,
    /// The unit of the rule.
    pub unit: Option<UnitPath>,
    /// The decision that it cites.
    pub decision: Option<CaseNumber>,
}

/// A value of one side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// A value, a verdict or a field, in the words of the source.
    Written(String),
    /// There is none.
    Nothing,
    /// The unit that a body decides for.
    Unit(UnitPath),
    /// An age in years.
    Age(u8),
    /// When a period runs.
    Hours(Period),
    /// Holidays.
    Holidays(Vec<Holiday>),
    /// A time zone.
    Zone(Zone),
}

/// Days without school.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Holiday {
    /// The days.
    pub days: Days,
    /// The case that decided them, where it did not decide all.
    pub decision: Option<CaseNumber>,
}

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Zone {
    /// Its name: `Europe/Copenhagen`.
    pub name: String,
    /// Its rules, as POSIX writes them.
    pub rules: String,
}

impl Effective {
    /// What no rule says.
    pub(crate) fn by_no_rule(value: Content) -> Self {
        Self {
            value,
            rule: None,
            strength: None,
            overridable: None,
            unit: None,
            decision: None,
        }
    }

    /// What a rule says, in the words of the source.
    pub(crate) fn by(rule: &Rule, value: String) -> Self {
        Self {
            value: Content::Written(value),
            rule: Some(rule.id().clone()),
            strength: Some(rule.strength()),
            overridable: rule.overridable(),
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
    /// The verdict that was in force.
    pub before: Verdict,
    /// The verdict that will be.
    pub after: Verdict,
    /// The periods of the timetable while which it is so; none where it is so without one.
    pub during: BTreeSet<PeriodId>,
    /// The days on which it is so: a year ahead, a rule begins or ends on a future date.
    pub days: Days,
    /// What its groups have in common.
    pub whom: Whom,
    /// For whom.
    pub groups: Vec<GroupId>,
}
