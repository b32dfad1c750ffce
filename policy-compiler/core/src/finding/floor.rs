//! Findings about rules that go against a rule above, or against a decision.

use fyr_schemas::{CaseNumber, RuleId, UnitPath};
use serde::Serialize;

use crate::code::Code;

/// A finding about rules that go against a rule above, or against a decision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Floor {
    /// A value is less restrictive than a minimum above.
    Weaker {
        /// The setting.
        setting: String,
        /// The value.
        value: String,
        /// The rule above.
        floor: RuleId,
        /// Its value.
        least: String,
        /// Who may change it.
        owner: Owner,
    },
    /// A value differs from what is locked above.
    ChangesLocked {
        /// The setting.
        setting: String,
        /// The value.
        value: String,
        /// The rule above.
        floor: RuleId,
        /// Who may change it.
        owner: Owner,
    },
    /// Verdicts go against a verdict that is bounded above.
    SiteBelow {
        /// The rule above.
        floor: RuleId,
        /// What the rule above says.
        verdict: String,
        /// Who may change it.
        owner: Owner,
    },
    /// Two rules of one unit set different values for one group.
    SameUnit {
        /// The setting or the site.
        subject: String,
        /// One of the rules.
        rule: RuleId,
        /// The other one.
        other: RuleId,
    },
    /// A rule names exceptions from what a rule above closes.
    Exception {
        /// The setting that names them.
        setting: String,
        /// The exceptions.
        names: Vec<String>,
        /// The setting that they are exceptions from.
        closed: String,
        /// Its value.
        value: String,
        /// The rule above.
        floor: RuleId,
    },
    /// A rule without a decision names exceptions from what was decided.
    UndecidedException {
        /// The rule.
        rule: RuleId,
        /// The exceptions.
        names: Vec<String>,
        /// The decision.
        case: CaseNumber,
    },
    /// A rule without a decision loosens what was decided.
    UndecidedLoosening {
        /// The rule.
        rule: RuleId,
        /// The decision.
        case: CaseNumber,
    },
    /// A browser's own policy undoes a setting.
    PolicyUndoes {
        /// The browser's own policy.
        policy: String,
        /// The setting.
        setting: String,
        /// Its value.
        value: String,
        /// The rule that decides the setting.
        decides: RuleId,
    },
    /// A browser's own policy is set for a unit, and only the organisation may set it.
    OnlyForOrganisation {
        /// The browser's own policy.
        policy: String,
        /// The unit.
        unit: UnitPath,
    },
    /// The list of a browser cannot express the verdicts over some sites.
    Inexpressible {
        /// The sites, or one of them.
        sites: String,
        /// Why not.
        obstacle: Obstacle,
    },
}

/// Who may change a rule above, and what else those below may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Owner {
    /// The decision and the body that made it, by its name.
    pub decided: Option<(CaseNumber, String)>,
    /// Whether lessons may go below it.
    pub lessons: Lessons,
}

/// Whether lessons may go below a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lessons {
    /// They may.
    Allowed,
    /// They may if its owner makes it overridable, and the rule below is for a lesson.
    PossibleForThis,
    /// They may if its owner makes it overridable.
    Possible,
    /// They may not.
    Never,
}

/// Why the list of a browser cannot express a verdict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// Another entry would decide instead.
    OtherEntry,
    /// The rules of one group need too many single sites.
    TooManySites,
    /// Too many sites of categories are decided differently from their category.
    TooManyExceptions {
        /// The most that are possible.
        most: usize,
    },
    /// Filters with query conditions cross in too many places.
    TooManyCrossings {
        /// The rules that cross.
        rules: Vec<RuleId>,
        /// The most that are possible.
        most: usize,
    },
}

impl Floor {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Weaker { .. } => Code::WeakerThanFloor,
            Self::ChangesLocked { .. } | Self::Exception { .. } => Code::LockedAbove,
            Self::SiteBelow { .. } => Code::SiteBelowFloor,
            Self::SameUnit { .. } => Code::SameLayer,
            Self::UndecidedException { .. } | Self::UndecidedLoosening { .. } => Code::NotCompetent,
            Self::PolicyUndoes { .. } => Code::UndoesSetting,
            Self::OnlyForOrganisation { .. } => Code::ForTheOrganisation,
            Self::Inexpressible { .. } => Code::InexpressibleSites,
        }
    }
}
