//! The times at which two policies are compared for a group, and what changes of the times
//! themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fyr_schemas::timetable::{Days, Hours, Period, Timetable, Weekday};
use fyr_schemas::{GroupId, PeriodId};

use super::moves::{Moved, Moves};
use super::{Change, Crowds, Gathered, Held, Risk, Side, Sides, Subject};
use crate::resolve::{Resolved, stretches};
use crate::spell::Spell;

/// What holds for a group on both sides at a time.
pub(super) struct Time<'s> {
    pub(super) group: &'s GroupId,
    pub(super) spell: &'s Spell,
    pub(super) old: &'s Resolved<'s>,
    pub(super) new: &'s Resolved<'s>,
}

impl Time<'_> {
    /// For whom, and when.
    pub(super) fn when(&self) -> (&GroupId, &Spell) {
        (self.group, self.spell)
    }
}

/// What both timetables of a group are, and the times at which they are compared.
type Known<'s> = ([Option<&'s Timetable>; 2], Rc<Vec<Spell>>);

impl<'a> Sides<'a> {
    pub(super) fn new(old: Side<'a>, new: Side<'a>) -> Self {
        let groups = new.resolution.groups.keys().copied();
        let shared = groups.filter(|group| old.resolution.groups.contains_key(group));
        // Groups share timetables.
        let mut known: Vec<Known<'_>> = Vec::new();
        let mut spells = BTreeMap::new();
        for group in shared {
            let timetables = [&old, &new].map(|side| side.resolution.timetable(group));
            let before = known.iter().find(|(known, _)| *known == timetables);
            let of_group = if let Some((_, spells)) = before {
                Rc::clone(spells)
            } else {
                let spells = Rc::new(spells_of(&old, &new, group));
                known.push((timetables, Rc::clone(&spells)));
                spells
            };
            spells.insert(group, of_group);
        }
        drop(known);
        Self { old, new, spells }
    }

    /// Every time at which something may change, group by group: the days as they come, and on
    /// the same days first while no period runs, and fewer periods before more.
    pub(super) fn times(&self) -> impl Iterator<Item = Time<'_>> {
        self.spells.iter().flat_map(move |(group, spells)| {
            spells.iter().filter_map(move |spell| {
                let Spell { days, during } = spell;
                Some(Time {
                    group,
                    spell,
                    old: self.old.resolution.on(group, *days, during)?,
                    new: self.new.resolution.on(group, *days, during)?,
                })
            })
        })
    }
}

/// The times at which a group is compared: on each stretch of days the combinations of periods
/// that one side runs then, and the other as far as it knows them.
fn spells_of(old: &Side<'_>, new: &Side<'_>, group: &GroupId) -> Vec<Spell> {
    let sides = [old, new];
    let turns = sides
        .iter()
        .flat_map(|side| side.resolution.turns(group))
        .collect();
    let mut spells = Vec::new();
    for days in stretches(turns) {
        let from = days.from.or(Some(new.policy.date));
        let within = Days { from, ..days };
        let runs = sides.map(|side| side.resolution.combinations(group, within));
        let mut all: Vec<&BTreeSet<PeriodId>> = runs.iter().flatten().collect();
        all.sort_by_key(|during| (during.len(), *during));
        all.dedup();
        let on_both = all.into_iter().filter(|during| {
            let mut each = sides.iter().zip(&runs);
            each.all(|(side, runs)| runs.contains(&side.resolution.known(group, during)))
        });
        spells.extend(on_both.map(|during| Spell {
            days,
            during: during.clone(),
        }));
    }
    spells
}

/// Periods that run at other times than before, and other holidays.
pub(super) fn changes(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let mut gathered = Gathered::default();
    let mut known = Moves::default();
    for group in sides.spells.keys() {
        let (Some(old), Some(new)) = (
            sides.old.resolution.timetable(group),
            sides.new.resolution.timetable(group),
        ) else {
            continue;
        };
        let between = known.between(old, new, sides.new.policy.date);
        let mut compare = |name: &str, risk: Risk, before: String, after: String| {
            let subject = Subject::Time(name.to_owned());
            let held = (held(before), held(after));
            gathered.add((risk, subject), held, (group, &Spell::default()));
        };
        let risk = |moved: &BTreeMap<PeriodId, Moved>| {
            let risks = moved.iter();
            let risks = risks.map(|(name, moved)| risk_of(sides, group, name, *moved));
            risks.max().unwrap_or(Risk::Ground)
        };
        for (name, before) in &old.periods {
            if let Some(after) = new.periods.get(name) {
                let moved = between.of_periods.get(name).copied().unwrap_or_default();
                let risk = risk_of(sides, group, name, moved);
                compare(name.as_str(), risk, in_words(before), in_words(after));
            }
        }
        let only = |one: &Timetable, other: &Timetable| {
            let days = one.holidays.iter().copied();
            let days = days.filter(|days| !other.holidays.contains(days));
            let words: Vec<String> = days.map(days_in_words).collect();
            words.join(", ")
        };
        let risk = risk(&between.of_holidays);
        compare("holidays", risk, only(old, new), only(new, old));
    }
    gathered.into_changes(crowds)
}

/// How grave it is for a group that a period has lost or gained hours: what holds while it runs no
/// longer does, or does more often, whatever runs beside it.
fn risk_of(sides: &Sides<'_>, group: &GroupId, name: &PeriodId, moved: Moved) -> Risk {
    let step = |side: &Side<'_>, turn: fn(&Resolved<'_>, &Resolved<'_>) -> Risk| {
        let beside = beside(side, group, name);
        let risks = beside.into_iter().filter_map(|(without, with)| {
            let on = |during| side.resolution.on(group, Days::default(), during);
            Some(turn(on(&without)?, on(&with)?))
        });
        risks.max().unwrap_or(Risk::Different)
    };
    let lost = moved
        .has_lost
        .then(|| step(&sides.old, |without, with| risk_between(with, without)));
    let gained = moved.has_gained.then(|| step(&sides.new, risk_between));
    lost.max(gained).unwrap_or(Risk::Ground)
}

/// Everything that runs beside a period at some time, without it and with it.
fn beside(
    side: &Side<'_>,
    group: &GroupId,
    name: &PeriodId,
) -> BTreeSet<(BTreeSet<PeriodId>, BTreeSet<PeriodId>)> {
    let known = side
        .resolution
        .all_of(group)
        .map(|resolved| &resolved.during);
    known
        .filter(|during| during.contains(name))
        .map(|during| {
            let named = during.iter().filter(|period| period.day().is_none());
            let with: BTreeSet<PeriodId> = named.cloned().collect();
            let mut without = with.clone();
            without.remove(name);
            (without, with)
        })
        .collect()
}

/// How grave it is that the one no longer holds and the other does instead.
fn risk_between(before: &Resolved<'_>, after: &Resolved<'_>) -> Risk {
    super::settings::risk_between(before, after).max(super::sites::risk_between(before, after))
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
