//! What one group wants once every rule is resolved, each value with the rule that won it.

use std::collections::BTreeMap;

use fyr_schemas::bundle::{Audience, DecisionNote, Engine};
use fyr_schemas::policy::BrowserVersion;
use fyr_schemas::{CaseNumber, ControlId, GroupId, OrganisationId, RuleId, StageId, UnitPath};

use crate::settings::Value;
use crate::url_filter::UrlFilter;

/// What one group's devices are to enforce.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// Whose policy it is.
    pub organisation: OrganisationId,
    /// The group.
    pub group: GroupId,
    /// Where the group stands in the tree.
    pub unit: UnitPath,
    /// Who uses the devices.
    pub audience: Audience,
    /// The stage on the day of compilation.
    pub stage: StageId,
    /// One value a setting, under the setting's name.
    pub settings: BTreeMap<ControlId, Decided<Value>>,
    /// Verdicts over sites, as a browser's flat lists are to give them, the most important
    /// first: where a browser's list is full, the last ones are left out and reported.
    pub sites: Vec<Decided<SiteRule>>,
    /// The oldest version of each browser that has to obey; none where nobody said.
    pub oldest_browsers: BTreeMap<Engine, BrowserVersion>,
    /// The decisions that the values cite, as people may be told of them.
    pub decisions: BTreeMap<CaseNumber, DecisionNote>,
}

/// A value, and what decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided<T> {
    /// The value.
    pub value: T,
    /// The rule that won.
    pub rule: RuleId,
    /// The case that rule cites.
    pub decision: Option<CaseNumber>,
}

/// A verdict over the URLs that a filter matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRule {
    /// Open or closed.
    pub verdict: Verdict,
    /// Which URLs.
    pub filter: UrlFilter,
}

/// What happens to a URL, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It opens.
    Allow,
    /// It opens once its guidance was read.
    Warn,
    /// It does not open.
    Block,
}

impl Verdict {
    /// Every verdict, the weakest first.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Warn, Self::Block];

    /// The word of the source.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }

    /// Whether the site can be reached.
    pub fn is_open(self) -> bool {
        match self {
            Self::Allow | Self::Warn => true,
            Self::Block => false,
        }
    }
}
