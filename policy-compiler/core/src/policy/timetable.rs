//! The timetable with its days and hours typed: when each period runs, and for whom.

mod reading;
mod week;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Scope;
use fyr_schemas::timetable::{self as lowered, Days, ZoneRule};
use fyr_schemas::{CaseNumber, PeriodId};
use jiff::ToSpan;
use jiff::civil::Date;

pub(super) use self::reading::{backwards, read};
pub(super) use self::zone::read as read_zone;
use super::{Group, Rule, selects};
use crate::source::Place;

/// The kind of the periods that are a lesson.
pub(crate) const LESSON: &str = "lesson";

/// The periods and the holidays of an organisation.
#[derive(Debug, Default)]
pub struct Timetable {
    /// The time zone as devices are given it; absent where it could not be read.
    pub zone: Option<ZoneRule>,
    /// Every period by its name.
    pub periods: BTreeMap<PeriodId, Period>,
    /// Days on which no period by weekday runs.
    pub holidays: Vec<Holiday>,
}

/// The case that something of the timetable cites, directly or through its parent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cited {
    /// The case.
    pub case: CaseNumber,
    /// Where it is cited.
    pub place: Place,
}

/// A period, with all that is exceptional about it.
#[derive(Debug)]
pub struct Period {
    /// Where it is named.
    pub place: Place,
    /// The case that decided when it runs.
    pub decided: Option<Cited>,
    /// The groups for which it runs; all groups without one.
    pub scope: Option<Scope>,
    /// When it runs.
    pub usual: lowered::Period,
    /// When it runs for some instead.
    pub exceptions: Vec<Exception>,
}

/// Other hours for some.
#[derive(Debug)]
pub struct Exception {
    /// Where it says for whom.
    pub place: Place,
    /// The case that decided it.
    pub decided: Option<Cited>,
    /// Whether it cites that case itself, and not through its period.
    pub cites_itself: bool,
    /// For whom.
    pub scope: Scope,
    /// When the period runs for them.
    pub runs: lowered::Period,
}

/// Days on which no period by weekday runs.
#[derive(Debug)]
pub struct Holiday {
    /// What people call it.
    pub name: String,
    /// Where it is named.
    pub place: Place,
    /// The case that decided it.
    pub decided: Option<Cited>,
    /// Whether it cites that case itself, and not through the timetable.
    pub cites_itself: bool,
    /// The groups that have them; all groups without one.
    pub scope: Option<Scope>,
    /// The days.
    pub days: Vec<Days>,
}

impl Period {
    /// When it runs for a group; `None` where it does not.
    ///
    /// Of several exceptions the one of the lowest unit counts, and of those the narrowest.
    pub fn for_group(&self, group: &Group) -> Option<&lowered::Period> {
        self.is_for(group).then(|| {
            let exception = self.exception_for(group, |_| true);
            exception.map_or(&self.usual, |exception| &exception.runs)
        })
    }

    /// Whether it runs for a group, at any hours.
    pub(crate) fn is_for(&self, group: &Group) -> bool {
        let scope = self.scope.as_ref();
        scope.is_none_or(|scope| selects(scope, group))
    }

    /// The exception that counts for a group, of those that count at all.
    pub(crate) fn exception_for(
        &self,
        group: &Group,
        counts: impl Fn(&Exception) -> bool,
    ) -> Option<&Exception> {
        self.exceptions
            .iter()
            .filter(|exception| exception.is_for(group) && counts(exception))
            .max_by_key(|exception| exception.rank())
    }

    /// The case that decided when it runs for a group.
    pub(crate) fn decided_for(&self, group: &Group) -> Option<&Cited> {
        let exception = self.exception_for(group, |_| true);
        exception
            .map_or(&self.decided, |exception| &exception.decided)
            .as_ref()
    }

    /// Every way in which it runs for some group.
    pub(crate) fn ways(&self) -> impl Iterator<Item = &lowered::Period> {
        let exceptions = self.exceptions.iter().map(|exception| &exception.runs);
        std::iter::once(&self.usual).chain(exceptions)
    }
}

impl Holiday {
    /// Whether a day is one of it.
    pub(crate) fn contains(&self, day: Date) -> bool {
        self.days.iter().any(|days| days.contains(day))
    }

    /// Whether a group has it.
    pub(crate) fn is_for(&self, group: &Group) -> bool {
        let scope = self.scope.as_ref();
        scope.is_none_or(|scope| selects(scope, group))
    }
}

impl Exception {
    /// Whether it is for a group.
    pub(crate) fn is_for(&self, group: &Group) -> bool {
        selects(&self.scope, group)
    }

    /// What counts among exceptions for one group, the highest most.
    pub(crate) fn rank(&self) -> (usize, usize) {
        let narrowed = [
            self.scope.who.is_some(),
            !self.scope.stage.is_empty(),
            self.scope.ownership.is_some(),
        ];
        let narrowed = narrowed.into_iter().filter(|narrowed| *narrowed).count();
        (self.scope.unit.depth(), narrowed)
    }
}

/// The last day on which a period can run; `None` where it has none.
pub(crate) fn last_day(period: &lowered::Period) -> Option<Date> {
    match period {
        lowered::Period::Weekly { within, .. } => within.until,
        lowered::Period::On { days, .. } => days.last().copied(),
        lowered::Period::Throughout(days) => days.until,
    }
}

/// The first day on which a period can run; `None` where it has none.
fn first_day(period: &lowered::Period) -> Option<Date> {
    match period {
        lowered::Period::Weekly { within, .. } => within.from,
        lowered::Period::On { days, .. } => days.first().copied(),
        lowered::Period::Throughout(days) => days.from,
    }
}

/// The days behind a single one on which a gap between it and the next shows: more than the longest
/// holidays have.
const DAYS_BEHIND: i32 = 80;

/// The days that tell several hours apart: a year from today, from their first days and from behind
/// their last ones, and every single day with those behind it. In between the weeks are alike, except
/// in holidays.
pub(crate) fn deciding_days<'p>(
    ways: impl IntoIterator<Item = &'p lowered::Period>,
    today: Date,
) -> BTreeSet<Date> {
    let from = |day: Date| Days {
        from: Some(day),
        until: None,
    };
    let mut deciding_days: BTreeSet<Date> = a_year_of(from(today), today).collect();
    for runs in ways {
        if let lowered::Period::On { days, .. } = runs {
            let ahead = days.range(today..);
            deciding_days.extend(ahead.flat_map(|day| {
                let last = day.checked_add(DAYS_BEHIND.days()).unwrap_or(Date::MAX);
                day.series(1.day()).take_while(move |day| *day <= last)
            }));
        }
        let behind = last_day(runs).and_then(|last| last.tomorrow().ok());
        let turns = first_day(runs).into_iter().chain(behind);
        deciding_days.extend(turns.flat_map(|day| a_year_of(from(day), today)));
    }
    deciding_days
}

/// The days of a stretch from today on, but no more than a year of them.
pub(crate) fn a_year_of(days: Days, today: Date) -> impl Iterator<Item = Date> {
    let first = days.from.map_or(today, |first| first.max(today));
    let a_year_on = first.checked_add(1.year()).unwrap_or(Date::MAX);
    let last = days.until.map_or(a_year_on, |last| last.min(a_year_on));
    first.series(1.day()).take_while(move |day| *day <= last)
}

impl Timetable {
    /// What the devices of a group are given: the periods that its rules depend on, as they run for
    /// the group. `None` where all its rules always hold.
    pub(crate) fn calendar(
        &self,
        group: &Group,
        rules: &[&Rule],
        today: Date,
    ) -> Option<lowered::Timetable> {
        let is_ahead =
            |period: &&lowered::Period| last_day(period).is_none_or(|last| today <= last);
        let mut periods = BTreeMap::new();
        for time_scope in rules.iter().map(|rule| &rule.time_scope) {
            let named = time_scope.during.iter().filter_map(|name| {
                let period = self.periods.get(name)?.for_group(group)?;
                Some((name.clone(), period.clone()))
            });
            let named: Vec<_> = named.filter(|(_, period)| is_ahead(&period)).collect();
            if named.is_empty() && !time_scope.during.is_empty() {
                continue;
            }
            periods.extend(named);
            let turns = time_scope.turns().map(|name| {
                let from = name.day();
                (
                    name.clone(),
                    lowered::Period::Throughout(Days { from, until: None }),
                )
            });
            periods.extend(turns);
        }
        let is_weekly = |period: &lowered::Period| matches!(period, lowered::Period::Weekly { .. });
        let holidays = if periods.values().any(is_weekly) {
            self.holidays_of(group)
        } else {
            Vec::new()
        };
        (!periods.is_empty()).then_some(())?;
        Some(lowered::Timetable {
            time_zone: self.zone.clone()?,
            periods,
            holidays,
        })
    }

    fn holidays_of(&self, group: &Group) -> Vec<Days> {
        let mut days: Vec<Days> = self
            .holidays
            .iter()
            .filter(|holiday| holiday.is_for(group))
            .flat_map(|holiday| holiday.days.iter().copied())
            .collect();
        days.sort();
        days.dedup();
        days
    }
}
