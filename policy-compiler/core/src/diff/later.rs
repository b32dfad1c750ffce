//! What changes on later days, and at no time that bundles cover: once every class has moved up,
//! and on the days beyond a year on which rules begin and end.

use std::collections::BTreeSet;

use fyr_schemas::GroupId;
use fyr_schemas::timetable::Days;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{
    Change, Comparison, Crowds, Effective, Risk, Side, Sides, Subject, vacant, what_holds,
};
use crate::compile::Parsed;
use crate::finding::Diagnostics;
use crate::policy::{Assumptions, BoundaryDate, LookAhead, Rule, organise};

/// The most days that are looked at.
const MOST_DAYS: usize = 8;

/// What later days change.
pub(super) struct Later {
    pub(super) changes: Vec<Change>,
    /// The days that were not checked.
    pub(super) left_out: BTreeSet<Date>,
}

/// The changes of those days which are none of those that were `reported`.
pub(super) fn changes(
    both: [&Parsed; 2],
    comparison: &Comparison,
    today: &Sides<'_>,
    reported: &[Change],
) -> Later {
    let mut all = reported.to_vec();
    let (days, left_out) = days([&today.old, &today.new]);
    for day in days {
        let news = on(day, both, comparison, &all);
        all.extend(news);
    }
    Later {
        changes: all.split_off(reported.len()),
        left_out,
    }
}

/// The day of the next school year, and those on which a rule begins or is over that devices are not
/// reported yet: first those that one policy alone has, of floors before others, of higher units
/// before lower ones, so that no lower unit hides the day of a floor behind days of their own. And
/// the days that are too many.
fn days([old, new]: [&Side<'_>; 2]) -> (BTreeSet<Date>, BTreeSet<Date>) {
    let today = new.policy.date;
    let reach = today.checked_add(1.year()).unwrap_or(Date::MAX);
    let not_included: BTreeSet<Date> = [old, new]
        .iter()
        .flat_map(|side| side.resolution.not_included.keys().flatten().copied())
        .collect();
    let beyond = |side: &Side<'_>| -> BTreeSet<BoundaryDate> {
        let turns = side.policy.boundary_dates();
        let turns = turns.filter(|turn| reach < turn.day || not_included.contains(&turn.day));
        turns.collect()
    };
    let (was, is) = (beyond(old), beyond(new));
    let is_rewritten = |turn: &BoundaryDate| {
        let [before, after] = [old, new].map(|side| side.policy.rules.get(&turn.rule));
        let written = |rule: Option<&Rule>| rule.map(|rule| format!("{:?}", rule.source.document));
        written(before) != written(after)
    };
    let (alone, shared): (Vec<BoundaryDate>, Vec<_>) = (&was | &is)
        .into_iter()
        .partition(|turn| !(was.contains(turn) && is.contains(turn)) || is_rewritten(turn));
    let in_order = alone.into_iter().chain(shared).map(|turn| turn.day);
    let (mut days, mut left_out) = (BTreeSet::new(), BTreeSet::new());
    for day in in_order {
        if days.len() < MOST_DAYS {
            days.insert(day);
        } else {
            left_out.insert(day);
        }
    }
    days.extend(new.policy.country().next_school_year(today));
    let left_out = &left_out - &days;
    (days, left_out)
}

/// What changes on a day and was not reported.
fn on(
    day: Date,
    [old, new]: [&Parsed; 2],
    comparison: &Comparison,
    reported: &[Change],
) -> Vec<Change> {
    let on_that_day = |parsed: &Parsed, assumptions: &Assumptions| {
        let alone = Assumptions {
            look_ahead: LookAhead::DayAlone,
            ..assumptions.clone()
        };
        // A check reports what is wrong on that day.
        let mut unheard = Diagnostics::default();
        organise(parsed.documents.clone(), day, &alone, &mut unheard)
    };
    let (Some(mut old), Some(mut new)) = (
        on_that_day(old, &Assumptions::default()),
        on_that_day(new, &comparison.what_if),
    ) else {
        return Vec::new();
    };
    vacant::fill(&mut old, &mut new);
    let sides = Sides::new(Side::new(&old), Side::new(&new));
    let crowds = Crowds::new(&new);
    let changes = what_holds(&sides, &crowds);
    let known = Known::of(reported, day);
    changes
        .into_iter()
        .filter_map(|change| {
            let groups = known.news_for(&change);
            (!groups.is_empty()).then(|| from_then_on(change, groups, (day, &crowds)))
        })
        .collect()
}

/// What changes, for whomever, and how grave it is.
type What<'c> = (Risk, &'c Subject, &'c Effective, &'c Effective);

/// What was reported.
struct Known<'c> {
    of_anybody: BTreeSet<What<'c>>,
    of_each: BTreeSet<(&'c GroupId, What<'c>)>,
}

impl<'c> Known<'c> {
    /// Of what is so on a day: what is over by then says nothing of it, nor what is so while a period
    /// runs.
    fn of(reported: &'c [Change], day: Date) -> Self {
        let lasts = |change: &&Change| change.days.until.is_none_or(|last| day <= last);
        let reported: Vec<&Change> = reported.iter().filter(lasts).collect();
        let of_each = reported.iter().flat_map(|change| {
            let groups = change.groups.iter();
            groups.map(move |group| (group, what(change)))
        });
        Self {
            of_anybody: reported.iter().map(|change| what(change)).collect(),
            of_each: of_each.collect(),
        }
    }

    /// The groups for whom a change is news. Where it takes nothing from anybody, a class that moves
    /// into a stage has there what was reported for the stage.
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
    (change.risk, &change.subject, &change.before, &change.after)
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
    Change {
        whom: crowds.whom(&groups),
        days,
        groups,
        ..change
    }
}
