//! The time that is asked about: which periods run for a group then, and which of its variants
//! holds.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::timetable::Days;
use fyr_schemas::{GroupId, PeriodId};
use jiff::civil::{Date, DateTime};

use super::Ground;
use crate::policy::Policy;
use crate::resolve::{Resolution, Resolved, stretches};
use crate::time_slice::{Reported, TimeSlice};

/// When something is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A day, while no period of the timetable runs.
    Day(Date),
    /// What the clock on the wall shows.
    Moment(DateTime),
}

impl When {
    /// The day whose policy is asked about.
    pub fn day(self) -> Date {
        match self {
            Self::Day(day) => day,
            Self::Moment(moment) => moment.date(),
        }
    }
}

/// A moment as a group's timetable has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AtTime {
    /// What the clock on the wall shows.
    pub moment: DateTime,
    /// The periods that run, of those that the group's rules depend on.
    pub during: BTreeSet<PeriodId>,
    /// The decision behind the hours of each of them, where one is cited.
    pub decided: BTreeMap<PeriodId, Ground>,
    /// When others do; absent where that is more than a year away.
    pub until: Option<DateTime>,
}

/// What holds at other times.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Otherwise {
    /// The periods, none between them; absent if it is so in every period.
    pub during: Option<BTreeSet<PeriodId>>,
    /// The days: a year ahead, a rule begins or ends on a future date.
    pub days: Days,
    /// The value or verdict.
    pub holds: String,
}

/// What holds for a group at every time at which that is not `holds`, day after day.
pub(super) fn otherwise<'r, 'a, E>(
    resolution: &'r Resolution<'a>,
    (group, today): (&GroupId, Date),
    holds: &str,
    mut report: impl FnMut(&'r Resolved<'a>) -> Result<String, E>,
) -> Result<Vec<Otherwise>, E> {
    let mut reported = Reported::default();
    for days in stretches(resolution.turns(group).collect()) {
        let from = days.from.or(Some(today));
        let mut all = BTreeMap::new();
        for during in resolution.combinations(group, Days { from, ..days }) {
            if let Some(resolved) = resolution.on(group, days, &during) {
                all.insert(during, report(resolved)?);
            }
        }
        let differ = all.values().collect::<BTreeSet<_>>().len() > 1;
        let during = BTreeSet::new();
        let slice = TimeSlice { days, during };
        if differ {
            for (during, other) in all.into_iter().filter(|(_, other)| other != holds) {
                reported.add(Some(during), other, &slice);
            }
        } else if let Some((_, other)) = all.into_iter().find(|(_, other)| other != holds) {
            reported.add(None, other, &slice);
        }
    }
    let reported = reported.into_all();
    Ok(reported
        .map(|(during, slice, holds)| Otherwise {
            during,
            days: slice.days,
            holds,
        })
        .collect())
}

/// The periods that rules for a group depend on.
pub(super) fn periods(resolution: &Resolution<'_>, group: &GroupId) -> BTreeSet<PeriodId> {
    let timetable = resolution.timetable(group).into_iter();
    let periods = timetable.flat_map(|timetable| timetable.periods.keys());
    let named = periods.filter(|period| period.day().is_none());
    named.cloned().collect()
}

/// What holds for a group at a time, and what the time is for it where a moment was asked about.
pub(super) fn at<'r, 'a>(
    (policy, resolution): (&Policy, &'r Resolution<'a>),
    base: &'r Resolved<'a>,
    when: When,
) -> (&'r Resolved<'a>, Option<AtTime>) {
    let When::Moment(moment) = when else {
        return (base, None);
    };
    let Some(timed) = resolution.timed.get(&base.group.id) else {
        let at = AtTime {
            moment,
            during: BTreeSet::new(),
            decided: BTreeMap::new(),
            until: None,
        };
        return (base, Some(at));
    };
    let (zone, during) = (
        &timed.timetable.time_zone,
        timed.timetable.running_at(moment),
    );
    // A combination without a variant changes nothing.
    let mut variants = timed.variants.iter();
    let resolved = variants.find(|variant| variant.during == during);
    let until = zone
        .moments(moment)
        .next()
        .and_then(|moment| timed.timetable.next_change(moment))
        .map(|change| zone.local(change));
    let decided = during.iter().filter_map(|name| {
        let period = policy.timetable.periods.get(name)?;
        let cited = period.decided_for(base.group)?;
        Some((name.clone(), Ground::of(policy, &cited.case)?))
    });
    let at = AtTime {
        moment,
        decided: decided.collect(),
        during,
        until,
    };
    (resolved.unwrap_or(base), Some(at))
}
