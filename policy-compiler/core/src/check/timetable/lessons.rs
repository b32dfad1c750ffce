//! Lessons: each ends within a year, no two run at one time, and together they leave most of a day
//! to the floors that are open to lessons.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::PeriodId;
use fyr_schemas::timetable::{Days, Hours, Minute, Period as Runs};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::finding::{Diagnostic, Hours as Found, PerGroup, Role};
use crate::policy::timetable::{LESSON, Period, deciding_days, last_day};
use crate::policy::{Group, Policy};
use crate::source::Place;

/// The most minutes of a day that are lessons of one group.
const MOST_MINUTES: u16 = 8 * 60;

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let lessons = policy.timetable.periods.iter();
    let lessons = lessons.filter(|(name, _)| name.kind() == Some(LESSON));
    let endless = lessons.filter_map(|(name, period)| endless(policy, name, period));
    let mut findings: Vec<Diagnostic> = endless.collect();
    findings.extend(overlapping(policy));
    findings.extend(long_days(policy));
    findings
}

/// A lesson that still runs when a year is over.
fn endless(policy: &Policy, name: &PeriodId, period: &Period) -> Option<Diagnostic> {
    let latest = |runs: &Runs| {
        let first = first_day(runs).map_or(policy.date, |first| first.max(policy.date));
        first.checked_add(1.year()).unwrap_or(Date::MAX)
    };
    let is_endless = |runs: &&Runs| last_day(runs).is_none_or(|last| latest(runs) < last);
    let runs = period.ways().find(is_endless)?;
    let last = last_day(runs);
    let finding = Diagnostic::of(Found::LessonWithoutEnd {
        period: name.clone(),
    });
    Some(finding.at(period.place, Role::RunsUntil { last }))
}

fn first_day(runs: &Runs) -> Option<Date> {
    match runs {
        Runs::Weekly { within, .. } => within.from,
        Runs::On { days, .. } => days.first().copied(),
        Runs::Throughout(days) => days.from,
    }
}

/// Two lessons that some groups have at one time.
fn overlapping(policy: &Policy) -> Vec<Diagnostic> {
    let mut found = PerGroup::default();
    for group in policy.groups.values() {
        let lessons: Vec<(&PeriodId, &Runs)> = lessons_of(policy, group).into_iter().collect();
        for (number, (name, runs)) in lessons.iter().enumerate() {
            for (other, other_runs) in lessons.iter().skip(number.saturating_add(1)) {
                if meet(runs, other_runs, policy.date) {
                    found.note((*name, *other), &group.id);
                }
            }
        }
    }
    found.into_findings(|(one, other): (&PeriodId, &PeriodId), _| {
        let periods = &policy.timetable.periods;
        let places = [one, other]
            .into_iter()
            .filter_map(|name| periods.get(name));
        let places = places.map(|period| (period.place, Role::Lesson));
        let mut places: Vec<(Place, Role)> = places.collect();
        places.sort();
        Diagnostic::of(Found::LessonsOverlap {
            period: one.clone(),
            other: other.clone(),
        })
        .at_each(places)
    })
}

/// Lessons, as they run for a group.
type Lessons<'a> = BTreeMap<&'a PeriodId, &'a Runs>;

/// The lessons that rules hold during for a group, as they run for it.
fn lessons_of<'a>(policy: &'a Policy, group: &Group) -> Lessons<'a> {
    let rules = policy.rules_for(group);
    let lessons = rules.iter().filter(|rule| rule.is_lesson());
    let names: BTreeSet<&PeriodId> = lessons.flat_map(|rule| &rule.time_scope.during).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let (name, period) = policy.timetable.periods.get_key_value(name)?;
            Some((name, period.for_group(group)?))
        })
        .collect()
}

/// Whether two periods run at one time from a day on, the holidays aside.
fn meet(one: &Runs, other: &Runs, today: Date) -> bool {
    let overlap = |day: Date| any_overlap(one.hours_on(day, false), other.hours_on(day, false));
    match (one, other) {
        (Runs::On { days, .. }, _) | (_, Runs::On { days, .. }) => {
            days.range(today..).any(|day| overlap(*day))
        }
        (
            Runs::Weekly { hours, within },
            Runs::Weekly {
                hours: others,
                within: limits,
            },
        ) => {
            let from_today = Days {
                from: Some(today),
                until: None,
            };
            !within.overlap(*limits).overlap(from_today).is_empty()
                && hours.iter().any(|(day, hours)| {
                    others
                        .get(day)
                        .is_some_and(|others| any_overlap(hours, others))
                })
        }
        (Runs::Throughout(_), _) | (_, Runs::Throughout(_)) => false,
    }
}

fn any_overlap(hours: &[Hours], others: &[Hours]) -> bool {
    hours
        .iter()
        .any(|hours| others.iter().any(|others| hours.overlaps(*others)))
}

/// Days of which lessons are more than a school day.
fn long_days(policy: &Policy) -> Vec<Diagnostic> {
    // Groups with the same lessons share their days.
    let mut known: BTreeMap<Vec<(&PeriodId, *const Runs)>, Option<LongDay<'_>>> = BTreeMap::new();
    let mut found = PerGroup::default();
    for group in policy.groups.values() {
        let lessons = lessons_of(policy, group);
        let key = lessons.iter();
        let key = key.map(|(name, runs)| (*name, std::ptr::from_ref(*runs)));
        let day = known
            .entry(key.collect())
            .or_insert_with(|| LongDay::of(&lessons, policy.date));
        if let Some(day) = day {
            found.note(day.clone(), &group.id);
        }
    }
    found.into_findings(|day: LongDay<'_>, _| day.finding(policy))
}

/// A day with more lessons than a school day holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct LongDay<'a> {
    day: Date,
    minutes: u16,
    lessons: Vec<&'a PeriodId>,
}

impl<'a> LongDay<'a> {
    /// The first from a day on, if there is one. Of lessons without an end, which is an error, a year
    /// is looked at.
    fn of(lessons: &Lessons<'a>, today: Date) -> Option<Self> {
        let days = deciding_days(lessons.values().copied(), today);
        days.into_iter().find_map(|day| {
            let running = lessons
                .iter()
                .filter(|(_, runs)| !runs.hours_on(day, false).is_empty());
            let hours = running
                .clone()
                .flat_map(|(_, runs)| runs.hours_on(day, false));
            let minutes = minutes_of(hours.copied().collect());
            (MOST_MINUTES < minutes).then(|| Self {
                day,
                minutes,
                lessons: running.map(|(name, _)| *name).collect(),
            })
        })
    }

    fn finding(&self, policy: &Policy) -> Diagnostic {
        let places = self.lessons.iter().filter_map(|name| {
            let period = policy.timetable.periods.get(*name)?;
            Some((period.place, Role::Lesson))
        });
        Diagnostic::of(Found::LessonsTooLong {
            day: self.day,
            minutes: self.minutes,
            most: MOST_MINUTES,
        })
        .at_each(places)
    }
}

/// How many minutes lie in some of the hours.
fn minutes_of(hours: BTreeSet<Hours>) -> u16 {
    let mut reached = Minute::MIDNIGHT;
    hours.into_iter().fold(0, |sum: u16, hours| {
        let new = Hours::between(reached.max(hours.from()), hours.until());
        reached = reached.max(hours.until());
        sum.saturating_add(new.map_or(0, Hours::minutes))
    })
}
