//! What holds for a group on days to come: every day on which a rule begins or ends turns its
//! policy, and the turns come one after the other.

use std::collections::BTreeSet;

use fyr_schemas::timetable::{Days, Timetable};
use fyr_schemas::{GroupId, PeriodId};
use jiff::civil::Date;

use super::{MOST_VARIANTS, Resolution, Resolved};

/// The stretches of days between turns, from the day of the policy on.
pub(crate) fn stretches(turns: BTreeSet<Date>) -> Vec<Days> {
    let ends: Vec<Option<Date>> = turns
        .iter()
        .map(|turn| turn.yesterday().ok())
        .chain(std::iter::once(None))
        .collect();
    let starts = std::iter::once(None).chain(turns.into_iter().map(Some));
    let stretches = starts.zip(ends);
    stretches
        .map(|(from, until)| Days { from, until })
        .collect()
}

impl<'a> Resolution<'a> {
    /// What the bundle of a group includes of the timetable; `None` where its rules always hold.
    pub(crate) fn timetable(&self, group: &GroupId) -> Option<&Timetable> {
        Some(&self.timed.get(group)?.timetable)
    }

    /// What holds for a group at every time.
    pub(crate) fn all_of(&self, group: &GroupId) -> impl Iterator<Item = &Resolved<'a>> {
        let base = self.groups.get(group).into_iter();
        let timed = self.timed.get(group).into_iter();
        base.chain(timed.flat_map(|timed| &timed.variants))
    }

    /// The days on which a rule for a group begins or ends.
    pub(crate) fn turns(&self, group: &GroupId) -> impl Iterator<Item = Date> {
        let timetable = self.timetable(group).into_iter();
        timetable.flat_map(|timetable| timetable.periods.keys().filter_map(PeriodId::day))
    }

    /// The combinations of periods that run for a group at some time of these days; first of all
    /// the one without any.
    pub(crate) fn combinations(&self, group: &GroupId, days: Days) -> Vec<BTreeSet<PeriodId>> {
        let together = match self.timetable(group) {
            Some(timetable) => timetable.together(days, MOST_VARIANTS),
            None => BTreeSet::from([BTreeSet::new()]),
        };
        let named = together.into_iter().map(|running| {
            let named = running.into_iter();
            named.filter(|period| period.day().is_none()).collect()
        });
        let named: BTreeSet<BTreeSet<PeriodId>> = named.collect();
        named.into_iter().collect()
    }

    /// Of these periods, those that the group's timetable knows.
    pub(crate) fn known(
        &self,
        group: &GroupId,
        periods: &BTreeSet<PeriodId>,
    ) -> BTreeSet<PeriodId> {
        let known = self.timetable(group).map(|timetable| &timetable.periods);
        let is_known = |name: &&PeriodId| known.is_some_and(|known| known.contains_key(*name));
        periods.iter().filter(is_known).cloned().collect()
    }

    /// What holds for a group on a stretch of days while these periods run, as far as its
    /// timetable knows them.
    pub(crate) fn on(
        &self,
        group: &GroupId,
        days: Days,
        periods: &BTreeSet<PeriodId>,
    ) -> Option<&Resolved<'a>> {
        let mut running = self.turned(group, days);
        running.extend(self.known(group, periods));
        // A combination that is not kept changes nothing.
        self.all_of(group)
            .find(|resolved| resolved.during == running)
            .or_else(|| self.groups.get(group))
    }

    /// The periods that stand for the turns up to a stretch of days.
    fn turned(&self, group: &GroupId, days: Days) -> BTreeSet<PeriodId> {
        let turns = self.turns(group);
        let come = turns.filter(|turn| days.from.is_some_and(|from| *turn <= from));
        come.filter_map(PeriodId::from_day).collect()
    }
}
