//! Findings about the timetable: periods, exceptions, holidays and lessons.

use fyr_schemas::timetable::{self, Weekday};
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
    /// A word that is no day of the week.
    UnknownDay {
        /// The word; `None` of a list.
        day: String,
        /// The day that was probably meant.
        meant: Option<String>,
    },
    /// A list or a table where days of the week are expected.
    DaysNotText,
    /// A range of days that runs over the end of the week.
    OverWeekend {
        /// The range.
        days: String,
        /// The same days in two ranges.
        split: [String; 2],
    },
    /// The hours of a day are written twice.
    DayTwice {
        /// The day.
        day: Weekday,
    },
    /// A text that is not the hours of a day.
    WrongHours {
        /// The text.
        hours: String,
        /// The hours that were probably meant.
        meant: Option<String>,
    },
    /// A list or a table where hours are expected.
    HoursNotText,
    /// Hours that end when they begin.
    HoursEmpty {
        /// They.
        hours: String,
    },
    /// Hours that end before they begin.
    HoursBackwards {
        /// Their begin.
        from: String,
        /// Their end.
        until: String,
    },
    /// Hours of one day overlap.
    HoursOverlap {
        /// Some hours.
        one: timetable::Hours,
        /// Others.
        other: timetable::Hours,
    },
    /// A period with a name that stands for the days of rules.
    ReservedKind {
        /// The period.
        period: PeriodId,
    },
    /// A period on single days has a first or a last day.
    BoundedSingleDays,
    /// A period does not say on which days it runs.
    NoDays {
        /// The period.
        period: PeriodId,
    },
    /// An exception without days and hours.
    ExceptionSaysNothing,
    /// An exception without hours, from a period whose hours differ from day to day.
    ExceptionWithoutHours,
    /// A holiday does not say when it begins and ends.
    HolidayWithoutDays {
        /// Its name.
        name: String,
    },
    /// A holiday says twice when it is.
    HolidayTwice {
        /// Its name.
        name: String,
    },
    /// Days of the week and single days.
    BothDays,
    /// The days are written twice.
    DaysTwice {
        /// The field that repeats them.
        field: String,
    },
    /// A last day that comes before the first.
    DaysBackwards {
        /// The first day.
        first: Date,
        /// The last day.
        last: Date,
    },
    /// A time zone whose clocks follow no rule.
    ZoneWithoutRule {
        /// Its name.
        zone: String,
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
            Self::UnknownDay { .. }
            | Self::DaysNotText
            | Self::OverWeekend { .. }
            | Self::DayTwice { .. } => Code::WrongDays,
            Self::WrongHours { .. }
            | Self::HoursNotText
            | Self::HoursEmpty { .. }
            | Self::HoursBackwards { .. }
            | Self::HoursOverlap { .. } => Code::WrongHours,
            Self::ReservedKind { .. }
            | Self::BoundedSingleDays
            | Self::NoDays { .. }
            | Self::ExceptionSaysNothing
            | Self::ExceptionWithoutHours
            | Self::HolidayWithoutDays { .. }
            | Self::HolidayTwice { .. }
            | Self::BothDays
            | Self::DaysTwice { .. }
            | Self::DaysBackwards { .. } => Code::WrongPeriod,
            Self::ZoneWithoutRule { .. } => Code::UnknownTimeZone,
        }
    }
}
