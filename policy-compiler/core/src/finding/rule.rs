//! Findings about single rules: what they select, set, say and when they are in force.

use fyr_policy_source::Strength;
use fyr_schemas::bundle::Audience;
use fyr_schemas::{CaseNumber, PeriodId, RuleId, StageId};
use jiff::civil::Date;
use serde::Serialize;

use crate::code::Code;

/// A finding about a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Rule {
    /// It has no setting and no site.
    SaysNothing {
        /// The rule.
        rule: RuleId,
    },
    /// It gives no reason in the first language of the organisation.
    NoReason {
        /// The rule.
        rule: RuleId,
        /// That language.
        language: String,
    },
    /// It applies to no group.
    SelectsNoGroup {
        /// The rule.
        rule: RuleId,
    },
    /// One of its values applies to no group.
    ValueForNoGroup {
        /// The rule.
        rule: RuleId,
        /// The setting.
        setting: String,
        /// Which of the groups the value is for.
        whom: Whom,
    },
    /// It warns, and gives no guidance in the first language of the organisation.
    NoGuidance {
        /// The rule.
        rule: RuleId,
        /// That language.
        language: String,
    },
    /// It has guidance and no site under `warn`.
    GuidanceUnused {
        /// The rule.
        rule: RuleId,
    },
    /// What it says has no effect, because another rule overrides it everywhere.
    Ineffective {
        /// The rule.
        rule: RuleId,
        /// The settings or sites.
        subjects: Vec<String>,
        /// The rule that overrides it.
        by: RuleId,
    },
    /// A value has no effect, because narrower values of the same rule apply everywhere.
    Narrowed {
        /// The rule.
        rule: RuleId,
        /// The setting.
        setting: String,
    },
    /// It says what another rule says for the same groups.
    Duplicate {
        /// The rule.
        rule: RuleId,
        /// The settings or sites.
        subjects: Vec<String>,
        /// The other rule, or the same one.
        by: RuleId,
        /// The strength of the other rule.
        strength: Strength,
    },
    /// Its last day is over.
    Ended {
        /// The rule.
        rule: RuleId,
        /// That day.
        last: Date,
    },
    /// Its days and those of its decision do not meet.
    OutsideDecision {
        /// The rule.
        rule: RuleId,
        /// The decision.
        case: CaseNumber,
    },
    /// The periods it is in force during run for none of its groups.
    PeriodForOthers {
        /// The rule.
        rule: RuleId,
        /// The periods.
        periods: Vec<PeriodId>,
    },
    /// It is overridable, and no minimum.
    NothingToOverride {
        /// The rule.
        rule: RuleId,
        /// Its strength.
        strength: Strength,
    },
}

/// Which of the groups of a rule a value is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whom {
    /// All of them.
    All,
    /// Those of pupils, or of staff.
    Audience(Audience),
    /// Those of one stage.
    Stage(StageId),
}

impl Rule {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::SaysNothing { .. } => Code::SaysNothing,
            Self::NoReason { .. } => Code::NoReason,
            Self::SelectsNoGroup { .. } | Self::ValueForNoGroup { .. } => Code::SelectsNoGroup,
            Self::NoGuidance { .. } => Code::NoGuidance,
            Self::GuidanceUnused { .. } => Code::GuidanceUnread,
            Self::Ineffective { .. } | Self::Narrowed { .. } => Code::NeverHolds,
            Self::Duplicate { .. } => Code::Repeats,
            Self::Ended { .. } | Self::OutsideDecision { .. } | Self::PeriodForOthers { .. } => {
                Code::NoTime
            }
            Self::NothingToOverride { .. } => Code::NothingToOverride,
        }
    }
}
