//! What periods lose and gain of their hours between two timetables.

use std::collections::BTreeMap;
use std::rc::Rc;

use fyr_schemas::PeriodId;
use fyr_schemas::timetable::{Days, Hours, Period, Timetable};
use jiff::civil::Date;

use crate::policy::timetable::{a_year_of, deciding_days};

/// What became of the hours of a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Moved {
    /// It runs at some time no longer.
    pub(super) has_lost: bool,
    /// It runs at some time at which it did not.
    pub(super) has_gained: bool,
}

/// What became of the periods that two timetables have in common.
#[derive(Debug, Default)]
pub(super) struct Between {
    /// By what is written of each of them.
    pub(super) of_periods: BTreeMap<PeriodId, Moved>,
    /// By the holidays, had nothing else changed.
    pub(super) of_holidays: BTreeMap<PeriodId, Moved>,
}

/// What was worked out so far: groups share timetables.
#[derive(Debug, Default)]
pub(super) struct Moves<'s> {
    known: Vec<([&'s Timetable; 2], Rc<Between>)>,
}

impl<'s> Moves<'s> {
    /// What becomes of the periods of the one timetable in the other, from a day on.
    pub(super) fn between(
        &mut self,
        old: &'s Timetable,
        new: &'s Timetable,
        today: Date,
    ) -> Rc<Between> {
        let both = [old, new];
        if let Some((_, between)) = self.known.iter().find(|(known, _)| *known == both) {
            return Rc::clone(between);
        }
        let between = Rc::new(Between::of(old, new, today));
        self.known.push((both, Rc::clone(&between)));
        between
    }
}

impl Between {
    fn of(old: &Timetable, new: &Timetable, today: Date) -> Self {
        let mut between = Self::default();
        let has_others = old.holidays != new.holidays;
        for (name, before) in &old.periods {
            let Some(after) = new.periods.get(name) else {
                continue;
            };
            if before != after {
                let moved = moved((before, &new.holidays), (after, &new.holidays), today);
                between.of_periods.insert(name.clone(), moved);
            }
            if has_others {
                let moved = moved((before, &old.holidays), (before, &new.holidays), today);
                between.of_holidays.insert(name.clone(), moved);
            }
        }
        between
    }
}

/// Hours, and the days on which those by the week do not run.
type Runs<'s> = (&'s Period, &'s [Days]);

fn moved(before: Runs<'_>, after: Runs<'_>, today: Date) -> Moved {
    let mut days = deciding_days([before.0, after.0], today);
    for (_, holidays) in [before, after] {
        let holidays = holidays.iter();
        days.extend(holidays.flat_map(|days| a_year_of(*days, today)));
    }
    let hours = |(period, holidays): Runs<'_>, day: Date| -> Vec<Hours> {
        let is_free = holidays.iter().any(|days| days.contains(day));
        period.hours_on(day, is_free).to_vec()
    };
    let mut moved = Moved::default();
    for day in days {
        let (before, after) = (hours(before, day), hours(after, day));
        moved.has_lost |= !are_within(&before, &after);
        moved.has_gained |= !are_within(&after, &before);
    }
    moved
}

/// Whether all of some hours lie in others, which are sorted and apart.
fn are_within(hours: &[Hours], others: &[Hours]) -> bool {
    hours.iter().all(|hours| {
        let mut reached = hours.from();
        for other in others {
            if other.from() <= reached {
                reached = reached.max(other.until());
            }
        }
        hours.until() <= reached
    })
}
