//! What changes on later days, and at no time that devices are told of: once every class has moved up,
//! and on the days beyond a year on which rules begin and end.

use std::collections::BTreeSet;

use fyr_schemas::GroupId;
use fyr_schemas::timetable::Days;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{Change, Comparison, Crowds, Held, Risk, Side, Sides, Subject, settings, sites};
use crate::compile::read;
use crate::diagnostic::Diagnostics;
use crate::policy::{Assumptions, Policy, Told, TurningDay};
use crate::source::Sources;
use crate::spell::Spell;

/// The most days that are looked at.
const MOST_DAYS: usize = 8;

/// What later days change.
pub(super) struct Later {
    pub(super) changes: Vec<Change>,
    /// The days that nobody looked at.
    pub(super) left_out: BTreeSet<Date>,
}

/// The changes of those days which are none of those that were `told`.
pub(super) fn changes(
    sources: [&Sources; 2],
    comparison: &Comparison,
    today: [&Policy; 2],
    told: &[Change],
) -> Later {
    let mut all = told.to_vec();
    let (days, left_out) = days(today);
    for day in days {
        let news = on(day, sources, comparison, &all);
        all.extend(news);
    }
    Later {
        changes: all.split_off(told.len()),
        left_out,
    }
}

/// The day of the next school year, and those on which a rule begins or is over that devices are not
/// told of yet: first of all those that one policy alone has, of floors before others, of higher units
/// before lower ones, so that nobody below hides the day of a floor behind days of their own. And
/// the days that are too many.
fn days([old, new]: [&Policy; 2]) -> (BTreeSet<Date>, BTreeSet<Date>) {
    let reach = new.date.checked_add(1.year()).unwrap_or(Date::MAX);
    let beyond = |policy: &Policy| -> BTreeSet<TurningDay> {
        let turns = policy.turning_days().filter(|turn| reach < turn.day);
        turns.collect()
    };
    let (was, is) = (beyond(old), beyond(new));
    let (alone, shared) = (&was ^ &is, &was & &is);
    let in_order = alone.into_iter().chain(shared).map(|turn| turn.day);
    let (mut days, mut left_out) = (BTreeSet::new(), BTreeSet::new());
    for day in in_order {
        if days.len() < MOST_DAYS {
            days.insert(day);
        } else {
            left_out.insert(day);
        }
    }
    days.extend(new.country().next_school_year(new.date));
    let left_out = &left_out - &days;
    (days, left_out)
}

/// What changes on a day and was not told.
fn on(
    day: Date,
    [old, new]: [&Sources; 2],
    comparison: &Comparison,
    told: &[Change],
) -> Vec<Change> {
    let on_that_day = |sources, assumptions: &Assumptions| {
        let alone = Assumptions {
            told: Told::DayAlone,
            ..assumptions.clone()
        };
        // Whatever is wrong on that day is for a check to tell.
        read(sources, day, &alone, &mut Diagnostics::default())
    };
    let (Some(old), Some(new)) = (
        on_that_day(old, &Assumptions::default()),
        on_that_day(new, &comparison.what_if),
    ) else {
        return Vec::new();
    };
    let sides = Sides::new(Side::new(&old), Side::new(&new));
    let crowds = Crowds::new(&new);
    let mut changes = settings::changes(&sides, &crowds);
    changes.extend(sites::changes(&sides, &crowds));
    let known = Known::of(told);
    changes
        .into_iter()
        .filter_map(|change| {
            let groups = known.news_for(&change);
            (!groups.is_empty()).then(|| from_then_on(change, groups, (day, &crowds)))
        })
        .collect()
}

/// What changes, for whomever.
type What<'c> = (&'c Subject, &'c Held, &'c Held);

/// What was told.
struct Known<'c> {
    of_anybody: BTreeSet<What<'c>>,
    of_each: BTreeSet<(&'c GroupId, What<'c>)>,
}

impl<'c> Known<'c> {
    fn of(told: &'c [Change]) -> Self {
        let of_each = told.iter().flat_map(|change| {
            let groups = change.groups.iter();
            groups.map(move |group| (group, what(change)))
        });
        Self {
            of_anybody: told.iter().map(what).collect(),
            of_each: of_each.collect(),
        }
    }

    /// The groups for whom a change is news. Where it takes nothing from anybody, a class that moves
    /// into a stage finds there what was told of the stage.
    fn news_for(&self, change: &Change) -> Vec<GroupId> {
        let what = what(change);
        let takes = match change.risk {
            Risk::Weaker | Risk::Different | Risk::GroupRemoved => true,
            Risk::Nothing | Risk::Ground | Risk::Tighter => false,
        };
        if !takes && self.of_anybody.contains(&what) {
            return Vec::new();
        }
        let groups = change.groups.iter();
        let news = groups.filter(|group| !self.of_each.contains(&(*group, what)));
        news.cloned().collect()
    }
}

fn what(change: &Change) -> What<'_> {
    (&change.subject, &change.before, &change.after)
}

/// A change for some of its groups, from a day on.
fn from_then_on(
    change: Change,
    groups: Vec<GroupId>,
    (day, crowds): (Date, &Crowds<'_>),
) -> Change {
    let days = Days {
        from: Some(day),
        until: None,
    };
    let during = change.during.clone();
    Change {
        whom: crowds.in_words(&groups, &Spell { days, during }),
        days,
        groups,
        ..change
    }
}
