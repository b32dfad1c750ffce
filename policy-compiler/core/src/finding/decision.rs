//! Findings about decisions: what cites them, their days, and who may make them.

use fyr_policy_source::Status;
use fyr_schemas::{BodyId, CaseNumber, PeriodId, RuleId, UnitPath};
use jiff::civil::Date;
use serde::Serialize;

use crate::code::Code;

/// A finding about a decision, or about what cites one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Decision {
    /// A rule cites no decision.
    NotCited {
        /// The rule.
        rule: RuleId,
    },
    /// No file has the case number.
    Unknown {
        /// The case number.
        case: CaseNumber,
        /// The case number that was probably meant.
        meant: Option<String>,
    },
    /// A decision is cited whose status puts nothing in force.
    NotDecided {
        /// Its case number.
        case: CaseNumber,
        /// Its status.
        status: Status,
    },
    /// A decision has the status `in-force` before its first day.
    NotYetInForce {
        /// Its case number.
        case: CaseNumber,
        /// The day of the policy.
        date: Date,
    },
    /// The last of two days of a decision comes before the first.
    DaysBackwards {
        /// Its case number.
        case: CaseNumber,
        /// The day that must come first.
        first: DecisionDay,
        /// The day that must not come before it.
        last: DecisionDay,
    },
    /// A decision replaces one that does not begin earlier.
    ReplacesLater {
        /// Its case number.
        case: CaseNumber,
        /// The one that it replaces.
        replaced: CaseNumber,
    },
    /// The day of its review is over.
    ReviewOverdue {
        /// Its case number.
        case: CaseNumber,
        /// Who reviews it.
        owner: String,
    },
    /// An emergency without the day on which its decision must follow.
    NoDeadline {
        /// Its case number.
        case: CaseNumber,
    },
    /// An emergency whose decision is too far away.
    FarDeadline {
        /// Its case number.
        case: CaseNumber,
        /// The most months that are allowed.
        months: i32,
    },
    /// An emergency whose decision did not follow in time.
    DeadlinePassed {
        /// Its case number.
        case: CaseNumber,
        /// The body that decides, by its name.
        body: String,
    },
    /// An impact assessment is older than the organisation allows.
    AssessmentOld {
        /// Where it is filed.
        reference: String,
        /// Its version.
        version: u32,
        /// The most years that are allowed.
        years: u8,
    },
    /// A body decides for a unit that it is not competent for.
    BeyondCompetence {
        /// The case number.
        case: CaseNumber,
        /// The body, by its name.
        body: String,
        /// The unit.
        unit: UnitPath,
        /// Who may decide there.
        competent: Competent,
    },
}

/// A day of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionDay {
    /// Its date.
    Dated,
    /// Its first day in force.
    Begins,
    /// Its last day in force.
    Ends,
    /// The day of its review.
    Reviewed,
    /// The day by which an emergency is decided.
    Decided,
}

/// Who may decide for a unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Competent {
    /// A body that may make this very decision.
    Body {
        /// Its id.
        id: BodyId,
        /// Its name.
        name: String,
    },
    /// A body that may decide there, but not everything that this decision is cited for.
    OwnDecision {
        /// Its name.
        name: String,
    },
    /// No body has authority for the unit.
    NoneCompetent,
}

/// A line of the timetable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimetableLine {
    /// A period.
    Period(PeriodId),
    /// Other hours of a period.
    Exception(PeriodId),
    /// A holiday, by its name.
    Holiday(String),
}

/// Why a decision is not in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotInForce {
    /// It is a proposal with this status.
    Proposed(Status),
    /// It begins on this day.
    Begins(Date),
    /// It ended on this day.
    Ended(Date),
}

impl Decision {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::NotCited { .. } => Code::NoDecision,
            Self::Unknown { .. } => Code::UnknownDecision,
            Self::NotDecided { .. } => Code::NotDecided,
            Self::NotYetInForce { .. } => Code::NotYetInForce,
            Self::DaysBackwards { .. } | Self::ReplacesLater { .. } => Code::DaysBackwards,
            Self::ReviewOverdue { .. } => Code::ReviewOverdue,
            Self::NoDeadline { .. } => Code::NoDeadline,
            Self::FarDeadline { .. } => Code::FarDeadline,
            Self::DeadlinePassed { .. } => Code::DeadlinePassed,
            Self::AssessmentOld { .. } => Code::AssessmentOld,
            Self::BeyondCompetence { .. } => Code::NotCompetent,
        }
    }
}
