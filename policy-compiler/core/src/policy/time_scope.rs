//! When a rule holds: always, between days, or during periods of the timetable.
//!
//! Its days are those that are its own and those of the case it cites. A day on which a rule begins
//! or ends is a period that runs from that day on, so that nothing of the kind runs today: what
//! holds while no period runs is what holds on the day of the policy.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{self as source, At, Day};
use fyr_schemas::PeriodId;
use fyr_schemas::timetable::Days;
use jiff::civil::Date;

use super::statement::Names;
use super::timetable::{self, LESSON};
use crate::finding::{Diagnostic, Diagnostics, Name, Role};
use crate::meant::Meant;
use crate::parse::InFile;
use crate::source::Place;

/// When a rule holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeScope {
    /// It holds while one of these runs; at any time where there are none.
    pub during: BTreeSet<PeriodId>,
    /// It holds once this runs; from the first where there is none.
    pub begins: Option<PeriodId>,
    /// It holds until this runs; without an end where there is none within a year.
    pub ends: Option<PeriodId>,
    /// Whether the compiled policy has anything of it.
    pub horizon: Horizon,
}

/// Whether a rule's days are within what a policy of a day tells devices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Horizon {
    /// It holds, or will within a year.
    #[default]
    Within,
    /// Its last day is over.
    Past,
    /// Its first day is more than a year ahead.
    Later,
    /// Its own days and those of its case have none in common.
    Never,
}

/// The turn of a rule among those of its unit: the later one decides, inside the floors of those
/// before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Rules that hold at any time of day.
    Always,
    /// Rules that hold during periods.
    Period,
    /// Rules that hold during lessons.
    Lesson,
}

impl TimeScope {
    /// When a rule holds that is written with these periods and days, seen from `today`
    /// and as far as `reach`.
    ///
    /// A first day that has come bounds nothing any more.
    fn new(during: BTreeSet<PeriodId>, days: Days, (today, reach): (Date, Date)) -> Self {
        let horizon = if days.until.is_some_and(|last| last < today) {
            Horizon::Past
        } else if days.is_empty() {
            Horizon::Never
        } else if days.from.is_some_and(|first| reach < first) {
            Horizon::Later
        } else {
            Horizon::Within
        };
        let first = days.from.filter(|first| today < *first);
        let after = days.until.filter(|last| *last < reach);
        Self {
            during,
            begins: first.and_then(PeriodId::from_day),
            ends: after
                .and_then(|last| last.tomorrow().ok())
                .and_then(PeriodId::from_day),
            horizon,
        }
    }

    /// Whether the rule holds while exactly these periods run.
    pub fn holds_while(&self, running: &BTreeSet<PeriodId>) -> bool {
        let runs = |day: &PeriodId| running.contains(day);
        (self.during.is_empty() || !self.during.is_disjoint(running))
            && self.begins.as_ref().is_none_or(runs)
            && !self.ends.as_ref().is_some_and(runs)
    }

    /// The periods that stand for the days on which the rule begins and ends.
    pub fn turns(&self) -> impl Iterator<Item = &PeriodId> {
        self.begins.iter().chain(&self.ends)
    }

    /// The first day of a rule that has not begun.
    pub fn first_day(&self) -> Option<Date> {
        self.begins.as_ref()?.day()
    }

    /// Whether the rule holds only for lessons.
    pub fn is_lesson(&self) -> bool {
        !self.during.is_empty() && self.during.iter().all(|name| name.kind() == Some(LESSON))
    }

    /// The rule's turn among those of its unit.
    pub fn turn(&self) -> Turn {
        if self.is_lesson() {
            Turn::Lesson
        } else if self.during.is_empty() {
            Turn::Always
        } else {
            Turn::Period
        }
    }
}

/// Reads when a rule holds whose case holds on these days.
pub(super) fn read(
    rule: &InFile<source::Rule>,
    names: &Names<'_>,
    (of_case, seen): (Days, (Date, Date)),
    findings: &mut Diagnostics,
) -> TimeScope {
    let written = &rule.document;
    for name in &*written.during {
        if let Some(periods) = names
            .periods
            .filter(|periods| !periods.contains_key(&name.value))
        {
            findings.push(unknown_period(rule.place(name), name, periods));
        }
    }
    let [first, last] = [&written.from, &written.until];
    if let (Some(first), Some(last)) = (first, last)
        && last.value < first.value
    {
        findings.push(timetable::backwards(rule, first, last));
    }
    let during = written.during.iter().map(|name| name.value.clone());
    let day = |day: &Option<At<Day>>| day.as_ref().map(|day| day.value.0);
    let days = Days {
        from: day(first),
        until: day(last),
    };
    TimeScope::new(during.collect(), days.overlap(of_case), seen)
}

fn unknown_period(
    place: Place,
    name: &PeriodId,
    periods: &BTreeMap<PeriodId, timetable::Period>,
) -> Diagnostic {
    let known = periods.keys().map(PeriodId::as_str);
    Diagnostic::of(Name::UnknownPeriod {
        period: name.clone(),
        meant: Meant::among(name.as_str(), known),
    })
    .at(place, Role::NotInTimetable)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_bundle_includes_an_end_that_falls_on_the_last_day_of_the_year_ahead() {
        let (today, reach) = (date(2026, 11, 23), date(2027, 11, 23));
        let ends = |until| {
            let days = Days {
                from: None,
                until: Some(until),
            };
            TimeScope::new(BTreeSet::new(), days, (today, reach)).ends
        };
        assert_eq!(ends(date(2027, 11, 22)), PeriodId::from_day(reach));
        assert_eq!(ends(reach), None);
    }
}
