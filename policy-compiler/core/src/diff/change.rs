//! The words that a difference is reported in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use fyr_schemas::timetable::Days;
use fyr_schemas::{
    BodyId, CaseNumber, CategoryId, GroupId, PeriodId, RuleId, ServiceId, StageId, UnitPath,
};
use jiff::civil::Date;
use serde::Serialize;

use crate::explain::Ground;
use crate::policy::Rule;

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
    /// What held.
    pub before: Held,
    /// What will hold.
    pub after: Held,
    /// The periods of the timetable while which it is so; none where it is so without one.
    pub during: BTreeSet<PeriodId>,
    /// The days on which it is so: a year ahead, a rule begins or ends on a future date.
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
    /// What no lower unit may loosen of a setting or a site, at any value.
    Floor(String),
    /// When a period runs, by its name; the holidays; or the time zone.
    Time(String),
    /// A field of a document that is rewritten in place, and that has no effect of its own.
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
    pub(super) fn is_what_holds(&self) -> bool {
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
    /// `locked`, `minimum`, `minimum, except lessons` or `default`; absent where no rule speaks.
    pub strength: Option<&'static str>,
    /// The unit of the rule.
    pub unit: Option<UnitPath>,
    /// The decision that the rule cites.
    pub decision: Option<CaseNumber>,
}

impl Held {
    /// What no rule says.
    pub(super) fn by_no_rule(value: String) -> Self {
        Self {
            value,
            rule: None,
            strength: None,
            unit: None,
            decision: None,
        }
    }

    /// What a rule says.
    pub(super) fn by(rule: &Rule, value: String) -> Self {
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
    /// The days on which it is so: a year ahead, a rule begins or ends on a future date.
    pub days: Days,
    /// For whom and when, in words.
    pub whom: String,
    /// For whom.
    pub groups: Vec<GroupId>,
}
