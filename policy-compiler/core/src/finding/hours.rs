//! Findings about the timetable: periods, exceptions, holidays and lessons.

use fyr_schemas::{CaseNumber, PeriodId, RuleId};
use jiff::civil::Date;
use serde::Serialize;

use crate::code::Code;

/// A finding about the timetable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Hours {
    /// A period never runs again.
    PeriodOver {
        /// The period.
        period: PeriodId,
        /// The first rule that is in force during it.
        rule: Option<RuleId>,
    },
    /// No rule is in force during a period.
    PeriodUnused {
        /// The period.
        period: PeriodId,
    },
    /// Two exceptions of equal rank are for one group.
    ExceptionsEqual {
        /// The period.
        period: PeriodId,
    },
    /// More combinations of periods can run at one time than a device carries.
    TooManyCombinations {
        /// The most that a device carries.
        most: usize,
    },
    /// Changes on later days are not included in bundles.
    ChangesNotIncluded {
        /// Those days.
        days: Vec<Date>,
    },
    /// A lesson does not end within a year.
    LessonWithoutEnd {
        /// The period.
        period: PeriodId,
    },
    /// A group has two lessons at one time.
    LessonsOverlap {
        /// The period.
        period: PeriodId,
        /// The other lesson.
        other: PeriodId,
    },
    /// The lessons of one day are longer than a school day.
    LessonsTooLong {
        /// The day.
        day: Date,
        /// How long they are.
        minutes: u16,
        /// The most that is allowed, in minutes.
        most: u16,
    },
    /// Hours or holidays cite a decision that is not in force.
    DecisionNotInForce {
        /// The decision.
        case: CaseNumber,
        /// The day of the policy.
        date: Date,
    },
    /// A period cites no decision, and decided rules depend on it.
    Undecided {
        /// The period.
        period: PeriodId,
        /// Those rules.
        rules: Vec<RuleId>,
    },
    /// A part of the timetable shortens the hours of rules above.
    FloorShortened {
        /// Which part.
        by: Shortening,
        /// The decision that it cites.
        case: Option<CaseNumber>,
    },
}

/// What shortens the hours of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shortening {
    /// The period itself.
    Period(PeriodId),
    /// Exceptions from a period.
    Exception(PeriodId),
    /// Holidays.
    Holidays,
}

impl Hours {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::PeriodOver { .. } => Code::PeriodOver,
            Self::PeriodUnused { .. } => Code::PeriodUnused,
            Self::ExceptionsEqual { .. } => Code::OtherHoursTwice,
            Self::TooManyCombinations { .. } => Code::TooManyCombinations,
            Self::ChangesNotIncluded { .. } => Code::DaysNotIncluded,
            Self::LessonWithoutEnd { .. } => Code::LessonWithoutEnd,
            Self::LessonsOverlap { .. } => Code::OverlappingLessons,
            Self::LessonsTooLong { .. } => Code::LessonsTooLong,
            Self::DecisionNotInForce { .. } => Code::HoursNotInForce,
            Self::Undecided { .. } => Code::HoursUndecided,
            Self::FloorShortened { .. } => Code::HoursTaken,
        }
    }
}
