//! The times at which two policies are compared for a group, and what changes of the times
//! themselves.

use std::collections::BTreeSet;

use fyr_schemas::timetable::{Days, Hours, Period, Timetable, Weekday};
use fyr_schemas::{GroupId, PeriodId};

use super::{Change, Crowds, Gathered, Held, Risk, Side, Sides, Subject};
use crate::resolve::Resolved;

/// What holds for a group on both sides while certain periods run.
pub(super) struct Time<'s> {
    pub(super) group: &'s GroupId,
    pub(super) during: BTreeSet<PeriodId>,
    pub(super) old: &'s Resolved<'s>,
    pub(super) new: &'s Resolved<'s>,
}

impl Sides<'_> {
    /// Every time at which something may change, group by group: first while no period runs, and
    /// fewer periods before more.
    pub(super) fn times(&self) -> impl Iterator<Item = Time<'_>> {
        self.shared().flat_map(move |group| {
            let mut combinations: Vec<&BTreeSet<PeriodId>> = [&self.old, &self.new]
                .into_iter()
                .flat_map(|side| side.all_of(group))
                .map(|resolved| &resolved.during)
                .collect();
            combinations.sort_by_key(|during| (during.len(), *during));
            combinations.dedup();
            combinations.into_iter().filter_map(move |during| {
                Some(Time {
                    group,
                    during: during.clone(),
                    old: self.old.during(group, during)?,
                    new: self.new.during(group, during)?,
                })
            })
        })
    }
}

impl<'a> Side<'a> {
    fn timetable(&self, group: &GroupId) -> Option<&Timetable> {
        Some(&self.resolution.timed.get(group)?.timetable)
    }

    fn all_of(&self, group: &GroupId) -> impl Iterator<Item = &Resolved<'a>> {
        let base = self.resolution.groups.get(group).into_iter();
        let timed = self.resolution.timed.get(group).into_iter();
        base.chain(timed.flat_map(|timed| &timed.variants))
    }

    /// What holds while these periods run, as far as this side knows them.
    fn during(&self, group: &GroupId, periods: &BTreeSet<PeriodId>) -> Option<&Resolved<'a>> {
        let known = self.timetable(group).map(|timetable| &timetable.periods);
        let is_known = |name: &&PeriodId| known.is_some_and(|known| known.contains_key(*name));
        let running: BTreeSet<PeriodId> = periods.iter().filter(is_known).cloned().collect();
        self.all_of(group)
            .find(|resolved| resolved.during == running)
            .or_else(|| self.resolution.groups.get(group))
    }
}

/// Periods that run at other times than before, and other holidays.
pub(super) fn changes(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let mut gathered = Gathered::default();
    for time in sides.times().filter(|time| time.during.is_empty()) {
        let group = time.group;
        let (Some(old), Some(new)) = (sides.old.timetable(group), sides.new.timetable(group))
        else {
            continue;
        };
        let mut compare = |name: &str, before: String, after: String| {
            let subject = Subject::Time(name.to_owned());
            let held = (held(before), held(after));
            gathered.add(Risk::Different, subject, held, &time);
        };
        for (name, before) in &old.periods {
            if let Some(after) = new.periods.get(name) {
                compare(name.as_str(), in_words(before), in_words(after));
            }
        }
        let only = |one: &Timetable, other: &Timetable| {
            let days = one.holidays.iter().copied();
            let days = days.filter(|days| !other.holidays.contains(days));
            let words: Vec<String> = days.map(days_in_words).collect();
            words.join(", ")
        };
        compare("holidays", only(old, new), only(new, old));
    }
    gathered.into_changes(crowds)
}

fn held(value: String) -> Held {
    let value = if value.is_empty() {
        "school".to_owned()
    } else {
        value
    };
    Held {
        value,
        rule: None,
        strength: None,
        decision: None,
    }
}

/// `mon-thu 08:00-15:00, fri 08:00-14:00`, or the days and their hours.
fn in_words(period: &Period) -> String {
    match period {
        Period::Throughout(days) => days_in_words(*days),
        Period::On { days, hours } => {
            let days: Vec<String> = days.iter().map(ToString::to_string).collect();
            format!("{} {}", days.join(", "), hours_in_words(hours))
        }
        Period::Weekly { hours, within } => {
            let days: Vec<(Weekday, &[Hours])> = Weekday::ALL
                .into_iter()
                .map(|day| (day, hours.get(&day).map_or(&[][..], Vec::as_slice)))
                .collect();
            let stretches = days.chunk_by(|(_, one), (_, other)| one == other);
            let words: Vec<String> = stretches.filter_map(stretch_in_words).collect();
            let bounds = days_in_words(*within);
            format!("{} {bounds}", words.join(", "))
                .trim_end()
                .to_owned()
        }
    }
}

fn stretch_in_words(days: &[(Weekday, &[Hours])]) -> Option<String> {
    let ((first, hours), (last, _)) = (days.first()?, days.last()?);
    if hours.is_empty() {
        return None;
    }
    let hours = hours_in_words(hours);
    Some(if first == last {
        format!("{first} {hours}")
    } else {
        format!("{first}-{last} {hours}")
    })
}

fn hours_in_words(hours: &[Hours]) -> String {
    let hours: Vec<String> = hours.iter().map(ToString::to_string).collect();
    hours.join(" and ")
}

fn days_in_words(days: Days) -> String {
    match (days.from, days.until) {
        (Some(from), Some(until)) if from == until => from.to_string(),
        (Some(from), Some(until)) => format!("{from} until {until}"),
        (Some(from), None) => format!("from {from}"),
        (None, Some(until)) => format!("until {until}"),
        (None, None) => String::new(),
    }
}
