//! Which periods ever run at one time.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use super::{Days, Hours, Minute, Timetable};
use crate::id::PeriodId;

/// The days after which the days of the week come again.
const WEEK: usize = 7;

/// A week in which nothing happens that is not weekly, where a timetable names no day.
const ANY_DAY: Date = date(2000, 1, 3);

impl Timetable {
    /// Every combination of periods that runs at some time of a stretch of days, the empty one
    /// among them; at most `most` and one.
    ///
    /// Between two turning days nothing differs but the day of the week, so a week of each
    /// stretch shows all of it. Whatever the clocks are set to, they show a time of such a day.
    pub fn together(&self, within: Days, most: usize) -> BTreeSet<BTreeSet<PeriodId>> {
        let mut found = BTreeSet::from([BTreeSet::new()]);
        let turning = self.turning_days();
        let before = || turning.first().unwrap_or(&ANY_DAY);
        let first = within
            .from
            .unwrap_or_else(|| before().saturating_sub(jiff::Span::new().weeks(1)));
        let turning = turning.iter().copied().filter(|day| first < *day);
        let starts: Vec<Date> = std::iter::once(first).chain(turning).collect();
        for (number, start) in starts.iter().enumerate() {
            let end = starts.get(number.saturating_add(1));
            let days = start.series(jiff::Span::new().days(1)).take(WEEK);
            let days = days.take_while(|day| end.is_none_or(|end| day < end));
            for day in days.filter(|day| within.contains(*day)) {
                found.extend(self.together_on(day));
                if found.len() > most {
                    return found;
                }
            }
        }
        found
    }

    /// The combinations that run on a day.
    fn together_on(&self, day: Date) -> impl Iterator<Item = BTreeSet<PeriodId>> {
        let today: Vec<(&PeriodId, &[Hours])> = self.on(day).collect();
        let begins: BTreeSet<Minute> = today
            .iter()
            .flat_map(|(_, hours)| *hours)
            .flat_map(|hours| [hours.from, hours.until])
            .chain([Minute::MIDNIGHT])
            .filter(|minute| *minute < Minute::END_OF_DAY)
            .collect();
        begins.into_iter().map(move |minute| {
            let running = today
                .iter()
                .filter(|(_, hours)| hours.iter().any(|hours| hours.contains(minute)));
            running.map(|(name, _)| (*name).clone()).collect()
        })
    }
}
