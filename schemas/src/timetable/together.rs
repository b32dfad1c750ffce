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
    /// stretch shows all of it. At any setting, a clock shows a time of such a day.
    pub fn together(&self, within: Days, most: usize) -> BTreeSet<BTreeSet<PeriodId>> {
        let mut found = BTreeSet::from([BTreeSet::new()]);
        let turning = self.turning_days();
        let before = || turning.first().unwrap_or(&ANY_DAY);
        let first = within
            .from
            .unwrap_or_else(|| before().saturating_sub(jiff::Span::new().weeks(1)));
        let turning = turning.iter().copied().filter(|day| first < *day);
        let starts: Vec<Date> = std::iter::once(first).chain(turning).collect();
        let (mut holidays, mut seen) = (Holidays::of(&self.holidays), BTreeSet::new());
        for (number, start) in starts.iter().enumerate() {
            let end = starts.get(number.saturating_add(1));
            let days = start.series(jiff::Span::new().days(1)).take(WEEK);
            let days = days.take_while(|day| end.is_none_or(|end| day < end));
            for day in days.filter(|day| within.contains(*day)) {
                let today: Vec<_> = self.on_a(day, holidays.have(day)).collect();
                if seen.contains(&today) {
                    continue;
                }
                found.extend(together_on(&today));
                seen.insert(today);
                if found.len() > most {
                    return found;
                }
            }
        }
        found
    }
}

/// The combinations that run on a day with these periods.
fn together_on(today: &[(&PeriodId, &[Hours])]) -> impl Iterator<Item = BTreeSet<PeriodId>> {
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

/// Holidays that are asked about one day after the other.
struct Holidays {
    /// Those to come, the next one last.
    coming: Vec<Days>,
    /// The last day of those that have begun; `None` where one of them has no end.
    until: Option<Date>,
}

impl Holidays {
    fn of(holidays: &[Days]) -> Self {
        let mut coming = holidays.to_vec();
        coming.sort_by(|one, other| other.cmp(one));
        Self {
            coming,
            until: Some(Date::MIN),
        }
    }

    /// Whether a day is a holiday, which comes after all days that were asked about.
    fn have(&mut self, day: Date) -> bool {
        let begun = |days: &mut Days| days.from.is_none_or(|from| from <= day);
        while let Some(days) = self.coming.pop_if(begun) {
            let both = self.until.zip(days.until);
            self.until = both.map(|(one, other)| one.max(other));
        }
        self.until.is_none_or(|until| day <= until)
    }
}
