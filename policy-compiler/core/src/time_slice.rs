//! When something is so: on which days, and while which periods run; recorded once for the days that
//! follow one another.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::PeriodId;
use fyr_schemas::timetable::Days;

/// A time: days, and what of the timetable runs on them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimeSlice {
    /// The days; from the day of the policy on where there is no first.
    pub(crate) days: Days,
    /// The periods of the timetable that run.
    pub(crate) during: BTreeSet<PeriodId>,
}

impl TimeSlice {
    /// Whether these days follow right after others.
    fn follows(&self, other: &Self) -> bool {
        let next = other.days.until.and_then(|last| last.tomorrow().ok());
        next.is_some() && next == self.days.from
    }
}

/// What was recorded for each thing so far.
pub(crate) struct Reported<K, T>(BTreeMap<K, Vec<(TimeSlice, T)>>);

impl<K, T> Default for Reported<K, T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, T: PartialEq> Reported<K, T> {
    /// Takes in that something is so, if it was not recorded for fewer periods on the same days:
    /// what is so while those run is so while more do. Times come day after day, and on the same
    /// days those with fewer periods first.
    pub(crate) fn add_news(&mut self, key: K, so: T, slice: &TimeSlice) {
        let reported = self.0.entry(key).or_default();
        let is_reported = reported.iter().any(|(earlier, same)| {
            *same == so
                && earlier.days.until == slice.days.until
                && earlier.during.is_subset(&slice.during)
        });
        if !is_reported {
            continue_or_add(reported, so, slice);
        }
    }

    /// Takes in that something is so. Times come day after day.
    pub(crate) fn add(&mut self, key: K, so: T, slice: &TimeSlice) {
        continue_or_add(self.0.entry(key).or_default(), so, slice);
    }

    /// Everything that was recorded.
    pub(crate) fn into_all(self) -> impl Iterator<Item = (K, TimeSlice, T)>
    where
        K: Clone,
    {
        self.0.into_iter().flat_map(|(key, reported)| {
            let reported = reported.into_iter();
            reported.map(move |(slice, so)| (key.clone(), slice, so))
        })
    }
}

fn continue_or_add<T: PartialEq>(reported: &mut Vec<(TimeSlice, T)>, so: T, slice: &TimeSlice) {
    let mut before = reported.iter_mut();
    let continued = before.find(|(earlier, same)| {
        *same == so && earlier.during == slice.during && slice.follows(earlier)
    });
    match continued {
        Some((earlier, _)) => earlier.days.until = slice.days.until,
        None => reported.push((slice.clone(), so)),
    }
}
