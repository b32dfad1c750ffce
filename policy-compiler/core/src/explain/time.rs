//! The time that is asked about: which periods run for a group then, and which of its variants
//! holds.

use std::collections::BTreeSet;

use fyr_schemas::PeriodId;
use jiff::civil::{Date, DateTime};

use crate::resolve::{Resolution, Resolved};

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
    /// The periods that run, of those that the group's rules hang on.
    pub during: BTreeSet<PeriodId>,
    /// When others do; absent where that is more than a year away.
    pub until: Option<DateTime>,
}

/// What holds while other periods run.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Otherwise {
    /// The periods; none between them.
    pub during: BTreeSet<PeriodId>,
    /// The value or verdict.
    pub holds: String,
}

/// What holds for a group at a time, and what the time is for it where a moment was asked about.
pub(super) fn at<'r, 'a>(
    resolution: &'r Resolution<'a>,
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
    let at = AtTime {
        moment,
        during,
        until,
    };
    (resolved.unwrap_or(base), Some(at))
}
