//! Lessons: each ends within a year, no two run at one time, and together they leave most of a day
//! to the floors that are open to lessons.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::timetable::{Days, Hours, Minute, Period as Runs};
use fyr_schemas::{GroupId, PeriodId};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
use crate::policy::timetable::{LESSON, Period, deciding_days, last_day};
use crate::policy::{Group, Policy};

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
    let says = match last_day(runs) {
        Some(last) => format!("runs until {last}"),
        None => "has no last day".to_owned(),
    };
    let finding = Diagnostic::new(
        Code::LessonWithoutEnd,
        format!("`{name}` does not end within a year"),
    );
    Some(finding.at(period.place, says).help(
        "give it `until:` with the last day of the term, or `on:` with its dates: a lesson may go \
         below floors that are open to lessons, and ends by itself",
    ))
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
    let mut found: BTreeMap<(&PeriodId, &PeriodId), Vec<&GroupId>> = BTreeMap::new();
    for group in policy.groups.values() {
        let lessons: Vec<(&PeriodId, &Runs)> = lessons_of(policy, group).into_iter().collect();
        for (number, (name, runs)) in lessons.iter().enumerate() {
            for (other, other_runs) in lessons.iter().skip(number.saturating_add(1)) {
                if meet(runs, other_runs, policy.date) {
                    found.entry((name, other)).or_default().push(&group.id);
                }
            }
        }
    }
    let place = |name: &PeriodId| {
        policy
            .timetable
            .periods
            .get(name)
            .map(|period| period.place)
    };
    found
        .into_iter()
        .filter_map(|((one, other), groups)| {
            let finding = Diagnostic::new(
                Code::OverlappingLessons,
                format!(
                    "{} would have two lessons at one time",
                    groups_in_words(&groups)
                ),
            )
            .at(place(one)?.min(place(other)?), "this one")
            .at(place(one)?.max(place(other)?), "and this one")
            .help("correct the day or the hours of one, or narrow whom it is for");
            Some(finding)
        })
        .collect()
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
    let mut found: BTreeMap<LongDay<'_>, Vec<&GroupId>> = BTreeMap::new();
    for group in policy.groups.values() {
        let lessons = lessons_of(policy, group);
        let key = lessons.iter();
        let key = key.map(|(name, runs)| (*name, std::ptr::from_ref(*runs)));
        let day = known
            .entry(key.collect())
            .or_insert_with(|| LongDay::of(&lessons, policy.date));
        if let Some(day) = day {
            found.entry(day.clone()).or_default().push(&group.id);
        }
    }
    found
        .into_iter()
        .map(|(day, groups)| day.report(policy, &groups))
        .collect()
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

    fn report(&self, policy: &Policy, groups: &[&GroupId]) -> Diagnostic {
        let hours = match (self.minutes / 60, self.minutes % 60) {
            (hours, 0) => format!("{hours} h"),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        };
        let finding = Diagnostic::new(
            Code::LessonsTooLong,
            format!(
                "{} would have {hours} of lessons on {}",
                groups_in_words(groups),
                self.day
            ),
        );
        let places = self.lessons.iter().filter_map(|name| {
            let period = policy.timetable.periods.get(*name)?;
            Some(period.place)
        });
        places
            .fold(finding, |finding, place| finding.at(place, "runs that day"))
            .help(format!(
                "give the lessons their own hours: at most {} h of a day may go below floors that \
                 are open to lessons",
                MOST_MINUTES / 60
            ))
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
