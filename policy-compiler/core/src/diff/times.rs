//! The times at which two policies are compared for a group, and what changes of the times
//! themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fyr_schemas::timetable::{Days, Period, Timetable};
use fyr_schemas::{CaseNumber, GroupId, PeriodId};

use super::moves::{Moved, Moves};
use super::{
    Change, Compared, Content, Crowds, Effective, Gathered, Holiday, Risk, Side, Sides, Steps,
    Subject, Zone,
};
use crate::policy::{Group, Policy};
use crate::resolve::{Resolved, stretches};
use crate::time_slice::TimeSlice;

/// What holds for a group on both sides at a time.
pub(super) struct Time<'s> {
    pub(super) group: &'s GroupId,
    pub(super) slice: &'s TimeSlice,
    pub(super) old: &'s Resolved<'s>,
    pub(super) new: &'s Resolved<'s>,
}

impl Time<'_> {
    /// For whom, and when.
    pub(super) fn when(&self) -> (&GroupId, &TimeSlice) {
        (self.group, self.slice)
    }
}

/// What both timetables of a group are, and the times at which they are compared.
type Known<'s> = ([Option<&'s Timetable>; 2], Rc<Vec<TimeSlice>>);

impl<'a> Sides<'a> {
    pub(super) fn new(old: Side<'a>, new: Side<'a>) -> Self {
        // Groups share timetables.
        let mut known: Vec<Known<'_>> = Vec::new();
        let mut compared = BTreeMap::new();
        for (group, before) in counterparts(old.policy, new.policy) {
            let pair = [(&old, before), (&new, group)];
            let timetables = pair.map(|(side, group)| side.resolution.timetable(group));
            let earlier = known.iter().find(|(known, _)| *known == timetables);
            let slices = if let Some((_, slices)) = earlier {
                Rc::clone(slices)
            } else {
                let slices = Rc::new(slices_of(pair));
                known.push((timetables, Rc::clone(&slices)));
                slices
            };
            compared.insert(group, Compared { before, slices });
        }
        drop(known);
        Self { old, new, compared }
    }

    /// Every time at which something may change, group by group: the days as they come, and on
    /// the same days first while no period runs, and fewer periods before more.
    pub(super) fn times(&self) -> impl Iterator<Item = Time<'_>> {
        self.compared.iter().flat_map(move |(group, compared)| {
            let before = compared.before;
            compared.slices.iter().filter_map(move |slice| {
                let TimeSlice { days, during } = slice;
                Some(Time {
                    group,
                    slice,
                    old: self.old.resolution.on(before, *days, during)?,
                    new: self.new.resolution.on(group, *days, during)?,
                })
            })
        })
    }
}

/// Each group of the new policy with the one it is compared with: itself, or one that is gone from
/// the same unit and stage.
fn counterparts<'a>(old: &'a Policy, new: &'a Policy) -> Vec<(&'a GroupId, &'a GroupId)> {
    let gone = old.groups.values();
    let mut gone: Vec<&Group> = gone
        .filter(|group| !new.groups.contains_key(&group.id))
        .collect();
    let mut pairs = Vec::new();
    for group in new.groups.values() {
        if let Some((before, _)) = old.groups.get_key_value(&group.id) {
            pairs.push((&group.id, before));
            continue;
        }
        let place = |group: &Group| (group.unit.clone(), group.stage.clone(), group.ownership);
        let at = gone.iter().position(|gone| place(gone) == place(group));
        pairs.extend(at.map(|at| (&group.id, &gone.remove(at).id)));
    }
    pairs
}

/// The times at which a group is compared: on each stretch of days the combinations of periods
/// that one side runs then, and the other as far as it knows them.
fn slices_of(sides: [(&Side<'_>, &GroupId); 2]) -> Vec<TimeSlice> {
    let turns = sides
        .iter()
        .flat_map(|(side, group)| side.resolution.turns(group))
        .collect();
    let [_, (new, _)] = sides;
    let mut slices = Vec::new();
    for days in stretches(turns) {
        let from = days.from.or(Some(new.policy.date));
        let within = Days { from, ..days };
        let runs = sides.map(|(side, group)| side.resolution.combinations(group, within));
        let mut all: Vec<&BTreeSet<PeriodId>> = runs.iter().flatten().collect();
        all.sort_by_key(|during| (during.len(), *during));
        all.dedup();
        let on_both = all.into_iter().filter(|during| {
            let mut each = sides.iter().zip(&runs);
            each.all(|((side, group), runs)| runs.contains(&side.resolution.known(group, during)))
        });
        slices.extend(on_both.map(|during| TimeSlice {
            days,
            during: during.clone(),
        }));
    }
    slices
}

/// Periods that run at other times than before or by another decision, other holidays, and another
/// time zone.
pub(super) fn changes(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let mut gathered = Gathered::default();
    let mut known = Moves::default();
    for (group, compared) in &sides.compared {
        let pair = [(&sides.old, compared.before), (&sides.new, *group)];
        let [Some(old), Some(new)] = pair.map(|(side, group)| side.resolution.timetable(group))
        else {
            continue;
        };
        let between = known.between(old, new, sides.new.policy.date);
        let mut compare = |subject: Subject, risk: Risk, held: Steps| {
            gathered.add((risk, subject), held, (group, &TimeSlice::default()));
        };
        let gravest = |moved: &BTreeMap<PeriodId, Moved>| {
            let risks = moved.iter();
            let risks = risks.map(|(name, moved)| risk_of(pair, name, *moved));
            risks.max().unwrap_or(Risk::Ground)
        };
        for (name, before) in &old.periods {
            if let Some(after) = new.periods.get(name) {
                let moved = between.of_periods.get(name).copied().unwrap_or_default();
                let risk = risk_of(pair, name, moved);
                let [was, is] = pair.map(|(side, group)| decided(side, group, name));
                let hours = |period: &Period| Content::Hours(period.clone());
                let held = (held(hours(before), was), held(hours(after), is));
                compare(Subject::Period(name.clone()), risk, held);
            }
        }
        let [was, is] = pair.map(|(side, group)| holidays_of(side, group));
        if old.holidays != new.holidays || !(old.holidays.is_empty() || was == is) {
            let held = (holidays(&was - &is), holidays(&is - &was));
            compare(Subject::Holidays, gravest(&between.of_holidays), held);
        }
        let zone = |timetable: &Timetable, side: &Side<'_>| {
            let name = &side.policy.organisation.document.time_zone.value;
            Effective::by_no_rule(Content::Zone(Zone {
                name: name.to_string(),
                rules: timetable.time_zone.as_str().to_owned(),
            }))
        };
        if old.time_zone != new.time_zone {
            let everywhere = old.periods.keys().map(|name| {
                let elsewhere = Moved {
                    has_lost: true,
                    has_gained: true,
                };
                risk_of(pair, name, elsewhere)
            });
            let risk = everywhere.max().unwrap_or(Risk::Ground);
            compare(
                Subject::TimeZone,
                risk,
                (zone(old, &sides.old), zone(new, &sides.new)),
            );
        }
    }
    gathered.into_changes(crowds)
}

/// The case that decided when a period runs for a group.
fn decided(side: &Side<'_>, group: &GroupId, name: &PeriodId) -> Option<CaseNumber> {
    let group = side.policy.groups.get(group)?;
    let period = side.policy.timetable.periods.get(name)?;
    Some(period.decided_for(group)?.case.clone())
}

/// The holidays of a group, each with the case that decided it.
fn holidays_of(side: &Side<'_>, group: &GroupId) -> BTreeSet<Holiday> {
    let group = side.policy.groups.get(group);
    let holidays = side.policy.timetable.holidays.iter();
    let of_group = holidays.filter(|holiday| group.is_some_and(|group| holiday.is_for(group)));
    of_group
        .flat_map(|holiday| {
            let case = holiday.decided.as_ref().map(|cited| cited.case.clone());
            holiday.days.iter().map(move |days| Holiday {
                days: *days,
                decision: case.clone(),
            })
        })
        .collect()
}

/// How grave it is for a group that a period has lost or gained hours: what holds while it runs no
/// longer does, or does more often, beside any other period.
fn risk_of([old, new]: [(&Side<'_>, &GroupId); 2], name: &PeriodId, moved: Moved) -> Risk {
    let step = |(side, group): (&Side<'_>, &GroupId),
                turn: fn(&Resolved<'_>, &Resolved<'_>) -> Risk| {
        let beside = beside(side, group, name);
        // A rule may begin or end within the year.
        let days = stretches(side.resolution.turns(group).collect());
        let risks = days.iter().flat_map(|days| {
            beside.iter().filter_map(|(without, with)| {
                let on = |during| side.resolution.on(group, *days, during);
                Some(turn(on(without)?, on(with)?))
            })
        });
        risks.max().unwrap_or(Risk::Different)
    };
    let lost = moved
        .has_lost
        .then(|| step(old, |without, with| risk_between(with, without)));
    let gained = moved.has_gained.then(|| step(new, risk_between));
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

fn held(value: Content, decision: Option<CaseNumber>) -> Effective {
    Effective {
        decision,
        ..Effective::by_no_rule(value)
    }
}

/// Holidays, each with the case that decided it; the case of all of them where one decided them.
fn holidays(holidays: BTreeSet<Holiday>) -> Effective {
    let cases: BTreeSet<Option<CaseNumber>> = holidays
        .iter()
        .map(|holiday| holiday.decision.clone())
        .collect();
    if cases.len() != 1 {
        return held(Content::Holidays(holidays.into_iter().collect()), None);
    }
    let days = holidays.into_iter().map(|holiday| Holiday {
        decision: None,
        ..holiday
    });
    let days = Content::Holidays(days.collect());
    held(days, cases.into_iter().next().flatten())
}
