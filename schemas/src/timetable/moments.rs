//! When the periods that run change next.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Minute, Timetable};

/// The days that are looked ahead: more than a year, so that nothing yearly is missed.
const DAYS_AHEAD: usize = 400;

impl Timetable {
    /// The next moment at which other periods run than now; `None` where that is more than a
    /// year away.
    ///
    /// The moment is exact: until then the same periods run.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let running = self.running(now);
        // A clock that is set back may show a day that was over: look from the day before on.
        let first = self.time_zone.local(now).date().yesterday().ok()?;
        let days: Vec<Date> = first
            .series(jiff::Span::new().days(1))
            .take(DAYS_AHEAD)
            .collect();
        // Where a clock is set back over midnight, a day ends after the next one has begun.
        days.windows(2).find_map(|two| {
            let mut moments: Vec<Timestamp> = two
                .iter()
                .flat_map(|day| self.moments_on(*day))
                .chain(self.clock_changes(now, two))
                .filter(|moment| *moment > now)
                .collect();
            moments.sort();
            moments
                .into_iter()
                .find(|moment| self.running(*moment) != running)
        })
    }

    /// The moments of a day at which some period may begin or end.
    fn moments_on(&self, day: Date) -> impl Iterator<Item = Timestamp> {
        let hours = self.on(day).flat_map(|(_, hours)| hours);
        let edges: BTreeSet<Minute> = hours
            .flat_map(|hours| [hours.from, hours.until])
            .chain([Minute::MIDNIGHT])
            .collect();
        // The end of a day is the midnight of the next one.
        let times = edges.into_iter().filter_map(Minute::time);
        times.flat_map(move |time| self.time_zone.moments(day.to_datetime(time)))
    }

    /// The moments of these days at which the clock on the wall jumps, over an edge or back.
    fn clock_changes(&self, now: Timestamp, days: &[Date]) -> impl Iterator<Item = Timestamp> {
        let last = days.last().copied();
        let day = |moment: &Timestamp| self.time_zone.local(*moment).date();
        self.time_zone
            .changes_after(now)
            .take_while(move |moment| last.is_some_and(|last| day(moment) <= last))
            .filter(move |moment| days.contains(&day(moment)))
    }
}
