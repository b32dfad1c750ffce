//! The times of a group: which combinations of periods its rules know, and what of the breaches
//! in them is wrong with the policy.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::timetable::{Days, Timetable};
use fyr_schemas::{PeriodId, RuleId};
use jiff::civil::Date;

use super::{Breach, BreachKind};
use crate::policy::{Authority, Group, Policy, Rule};

/// The most combinations of periods that a group's devices carry.
pub(crate) const MOST_VARIANTS: usize = 64;

/// The combinations of the timetables that were asked about: groups share them.
#[derive(Debug, Default)]
pub(super) struct Times {
    known: Vec<(Timetable, BTreeSet<BTreeSet<PeriodId>>)>,
}

/// When a group's rules hold.
#[derive(Debug)]
pub(super) struct TimesOfGroup<'a> {
    /// What its bundle includes of the timetable; nothing if all rules are always in force.
    pub(super) timetable: Option<Timetable>,
    /// The rules that hold in each combination, first of all while no period runs.
    pub(super) combinations: Vec<(BTreeSet<PeriodId>, Vec<&'a Rule>)>,
    /// The days on which rules begin or end and that its bundle does not include.
    pub(super) not_included: BTreeSet<Date>,
}

/// As much of a timetable as devices carry.
#[derive(Debug)]
struct Carried {
    timetable: Timetable,
    together: BTreeSet<BTreeSet<PeriodId>>,
    not_included: BTreeSet<Date>,
}

/// How important a date is: decided floors go before others, and those before what is no floor; of
/// each what stands higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Weight {
    authority: Reverse<Authority>,
    height: Reverse<usize>,
}

impl Weight {
    fn of(rule: &Rule) -> Self {
        Self {
            authority: Reverse(rule.authority()),
            height: Reverse(rule.unit().depth()),
        }
    }
}

/// The weight of each day on which one of these rules begins or ends.
fn weights<'a>(rules: &[&'a Rule]) -> BTreeMap<&'a PeriodId, Weight> {
    let mut weights: BTreeMap<&PeriodId, Weight> = BTreeMap::new();
    for rule in rules {
        let own = Weight::of(rule);
        for day in rule.time_scope.turns() {
            let weight = weights.entry(day).or_insert(own);
            *weight = own.max(*weight);
        }
    }
    weights
}

impl Times {
    /// The times of a group with these rules; `Err` where there are too many.
    pub(super) fn of_group<'a>(
        &mut self,
        policy: &Policy,
        group: &Group,
        rules: &[&'a Rule],
    ) -> Result<TimesOfGroup<'a>, Crowded> {
        let calendar = policy.timetable.calendar(group, rules, policy.date);
        let carried = calendar.map(|calendar| self.carry(calendar, rules));
        let carried = carried.transpose()?;
        let (timetable, together, not_included) = match carried {
            Some(carried) => (
                Some(carried.timetable),
                carried.together,
                carried.not_included,
            ),
            None => (None, BTreeSet::from([BTreeSet::new()]), BTreeSet::new()),
        };
        let mut combinations: Vec<(BTreeSet<PeriodId>, Vec<&'a Rule>)> = Vec::new();
        // The empty combination sorts before all others.
        for running in together {
            let rules = rules.iter().copied();
            let hold: Vec<&'a Rule> = rules
                .filter(|rule| rule.time_scope.holds_while(&running))
                .collect();
            let is_known = combinations
                .first()
                .is_some_and(|(_, base)| are_the_same(base, &hold));
            if !is_known {
                combinations.push((running, hold));
            }
        }
        Ok(TimesOfGroup {
            timetable,
            combinations,
            not_included,
        })
    }

    /// The timetable with as many of the days on which rules begin or end as devices carry. Days on
    /// which the least hangs are left out first, and of those the last.
    fn carry(&mut self, mut timetable: Timetable, rules: &[&Rule]) -> Result<Carried, Crowded> {
        let (weights, mut not_included) = (weights(rules), BTreeSet::new());
        loop {
            let together = self.together(&timetable);
            if together.len() <= MOST_VARIANTS {
                return Ok(Carried {
                    timetable,
                    together,
                    not_included,
                });
            }
            let days = timetable.periods.keys();
            let days = days.filter_map(|name| Some((weights.get(name), Reverse(name.day()?))));
            let (_, Reverse(least)) = days.min().ok_or(Crowded)?;
            timetable
                .periods
                .retain(|name, _| name.day() != Some(least));
            not_included.insert(least);
        }
    }

    fn together(&mut self, timetable: &Timetable) -> BTreeSet<BTreeSet<PeriodId>> {
        let known = self.known.iter().find(|(known, _)| known == timetable);
        if let Some((_, together)) = known {
            return together.clone();
        }
        let together = timetable.together(Days::default(), MOST_VARIANTS);
        self.known.push((timetable.clone(), together.clone()));
        together
    }
}

/// Whether two choices among the rules of a group are one.
fn are_the_same(one: &[&Rule], other: &[&Rule]) -> bool {
    one.iter()
        .map(|rule| rule.id())
        .eq(other.iter().map(|rule| rule.id()))
}

/// A group has more combinations of periods than its devices carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crowded;

/// The breaches of a group, from those of each combination.
#[derive(Debug, Default)]
pub(super) struct Breaches {
    found: Vec<Breach>,
    /// How many combinations each rule holds in.
    held: BTreeMap<RuleId, usize>,
}

impl Breaches {
    /// Takes in what was found while these rules hold.
    pub(super) fn add(&mut self, rules: &[&Rule], mut found: Vec<Breach>) {
        for rule in rules {
            *self.held.entry(rule.id().clone()).or_default() += 1;
        }
        found.sort();
        found.dedup();
        self.found.extend(found);
    }

    /// The breaches that are wrong with the policy, each once.
    ///
    /// Rules that disagree do so whenever they meet. A value below a floor is wrong where it can
    /// never hold; where the floor is there for a time only, the value holds at other times, and
    /// is bounded meanwhile.
    pub(super) fn into_wrong(self) -> Vec<Breach> {
        let mut times: BTreeMap<_, usize> = BTreeMap::new();
        for breach in &self.found {
            *times.entry((&breach.subject, &breach.below)).or_default() += 1;
        }
        let is_wrong = |breach: &&Breach| match breach.kind {
            BreachKind::SameLayer => true,
            BreachKind::WeakerThanFloor
            | BreachKind::ChangesLocked
            | BreachKind::SiteBelowFloor => {
                let breached = times.get(&(&breach.subject, &breach.below));
                breached >= self.held.get(&breach.below.rule)
            }
        };
        let mut wrong: Vec<Breach> = self.found.iter().filter(is_wrong).cloned().collect();
        wrong.sort();
        wrong.dedup();
        wrong
    }
}
