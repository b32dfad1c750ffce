//! The timetable of a bundle: named periods in the organisation's own time, and which of them run
//! at a moment.
//!
//! The compiler and every device ask it the same questions and get the same answers: the time zone
//! travels as a rule, so that a device needs neither a database of zones nor the right zone itself.

mod hours;
mod moments;
mod together;
mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

pub use self::hours::{Hours, Minute};
pub use self::zone::ZoneRule;
use crate::id::PeriodId;

/// When which periods run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Timetable {
    /// The time that hours and days are meant in.
    pub time_zone: ZoneRule,
    /// Every period that something depends on.
    pub periods: BTreeMap<PeriodId, Period>,
    /// The days on which no period by weekday runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Days>,
}

/// When a period runs: while the clock on the wall shows one of its hours on one of its days.
///
/// An hour that daylight saving skips does not run; one that comes twice runs twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Period {
    /// By weekday, outside the holidays.
    Weekly {
        /// The hours of each weekday on which it runs, sorted and apart.
        hours: BTreeMap<Weekday, Vec<Hours>>,
        /// The days between which it does.
        #[serde(default, skip_serializing_if = "Days::is_always")]
        within: Days,
    },
    /// On single days, holidays or not.
    On {
        /// The days.
        days: BTreeSet<Date>,
        /// The hours of each of them, sorted and apart.
        hours: Vec<Hours>,
    },
    /// Every day of a stretch, holidays or not, and all day long.
    Throughout(Days),
}

/// A stretch of days, both ends included; without an end it has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Days {
    /// The first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Days {
    /// Whether a day is one of them.
    pub fn contains(self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// The days that are in both; none at all where the first of them comes after the last.
    #[must_use]
    pub fn overlap(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            until: [self.until, other.until].into_iter().flatten().min(),
        }
    }

    /// Whether its last day comes before its first.
    pub fn is_empty(self) -> bool {
        self.from
            .zip(self.until)
            .is_some_and(|(from, until)| until < from)
    }

    fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// The first day of each stretch that this one makes of the calendar, but the first.
    fn edges(self) -> impl Iterator<Item = Date> {
        let after = self.until.and_then(|until| until.tomorrow().ok());
        self.from.into_iter().chain(after)
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "a weekday needs no words")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    /// The week, from Monday on.
    pub const ALL: [Self; 7] = [
        Self::Mon,
        Self::Tue,
        Self::Wed,
        Self::Thu,
        Self::Fri,
        Self::Sat,
        Self::Sun,
    ];

    /// The word of the documents: `mon`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }

    /// The weekday of a date.
    pub fn of(day: Date) -> Self {
        match day.weekday() {
            jiff::civil::Weekday::Monday => Self::Mon,
            jiff::civil::Weekday::Tuesday => Self::Tue,
            jiff::civil::Weekday::Wednesday => Self::Wed,
            jiff::civil::Weekday::Thursday => Self::Thu,
            jiff::civil::Weekday::Friday => Self::Fri,
            jiff::civil::Weekday::Saturday => Self::Sat,
            jiff::civil::Weekday::Sunday => Self::Sun,
        }
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Timetable {
    /// The periods that run at a moment.
    pub fn running(&self, now: Timestamp) -> BTreeSet<PeriodId> {
        self.running_at(self.time_zone.local(now))
    }

    /// The periods that run while the clock on the wall shows this.
    pub fn running_at(&self, local: DateTime) -> BTreeSet<PeriodId> {
        let minute = Minute::of(local.time());
        self.on(local.date())
            .filter(|(_, hours)| hours.iter().any(|hours| hours.contains(minute)))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The periods that run on a day, with their hours.
    pub fn on(&self, day: Date) -> impl Iterator<Item = (&PeriodId, &[Hours])> {
        let is_holiday = self.holidays.iter().any(|days| days.contains(day));
        self.on_a(day, is_holiday)
    }

    /// The same, of a day that is known to be a holiday or not.
    fn on_a(&self, day: Date, is_holiday: bool) -> impl Iterator<Item = (&PeriodId, &[Hours])> {
        self.periods
            .iter()
            .map(move |(name, period)| (name, period.hours_on(day, is_holiday)))
            .filter(|(_, hours)| !hours.is_empty())
    }

    /// The days from which weekdays count differently than before.
    fn turning_days(&self) -> BTreeSet<Date> {
        let holidays = self.holidays.iter().flat_map(|days| days.edges());
        let periods = self.periods.values().flat_map(|period| match period {
            Period::Weekly { within, .. } => within.edges().collect::<Vec<_>>(),
            Period::On { days, .. } => days
                .iter()
                .flat_map(|day| std::iter::once(*day).chain(day.tomorrow().ok()))
                .collect(),
            Period::Throughout(days) => days.edges().collect(),
        });
        holidays.chain(periods).collect()
    }
}

impl Period {
    /// Its hours on a day; none where it does not run.
    pub fn hours_on(&self, day: Date, is_holiday: bool) -> &[Hours] {
        let hours = match self {
            Self::Weekly { hours, within } => hours
                .get(&Weekday::of(day))
                .filter(|_| within.contains(day) && !is_holiday)
                .map(Vec::as_slice),
            Self::On { days, hours } => days.contains(&day).then_some(hours.as_slice()),
            Self::Throughout(days) => days.contains(day).then_some(Hours::WHOLE_DAY.as_slice()),
        };
        hours.unwrap_or(&[])
    }
}
