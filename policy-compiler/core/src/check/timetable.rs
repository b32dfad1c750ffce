//! Periods that do nothing, rules that are never in force, and hours that devices cannot follow.

mod lessons;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Strength;
use fyr_schemas::PeriodId;
use fyr_schemas::timetable::{Days, Period as Runs, Weekday};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::finding::{Diagnostic, Hours as Found, PerGroup, Role};
use crate::parse::DocumentKind;
use crate::policy::Policy;
use crate::policy::timetable::{Exception, Period};
use crate::resolve::{MOST_VARIANTS, Resolution};
use crate::source::Place;

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (name, period) in &policy.timetable.periods {
        if !policy.runs_again(period) {
            findings.push(over(policy, name, period));
        } else if policy.unread.has_all(&[DocumentKind::Rule]) {
            findings.extend(unused(policy, name, period));
        }
    }
    findings.extend(rules::check(policy));
    findings.extend(other_hours_twice(policy));
    findings.extend(lessons::check(policy));
    findings.extend(crowded(policy, resolution));
    findings.extend(not_included(policy, resolution));
    findings
}

impl Policy {
    /// Whether a period runs on some day from today on.
    fn runs_again(&self, period: &Period) -> bool {
        let for_all = self.timetable.holidays.iter();
        let mut holidays: Vec<Days> = for_all
            .filter(|holiday| holiday.scope.is_none())
            .flat_map(|holiday| holiday.days.iter().copied())
            .collect();
        holidays.sort();
        let mut ways = period.ways();
        ways.any(|runs| runs_from(runs, self.date, &holidays))
    }
}

/// Whether a period runs on some day from today on, outside these holidays, which are sorted.
fn runs_from(runs: &Runs, today: Date, holidays: &[Days]) -> bool {
    match runs {
        Runs::On { days, .. } => days.last().is_some_and(|last| today <= *last),
        Runs::Throughout(days) => days.until.is_none_or(|last| today <= last),
        Runs::Weekly { hours, within } => {
            let Some(last) = within.until else {
                return true;
            };
            let first = within.from.map_or(today, |first| first.max(today));
            let mut runs_on = |day| hours.contains_key(&Weekday::of(day));
            gaps(first, last, holidays)
                .into_iter()
                .any(|(from, until)| {
                    let days = from.series(1.day()).take_while(|day| *day <= until);
                    // A week shows every weekday, however long the days go on.
                    days.take(Weekday::ALL.len()).any(&mut runs_on)
                })
        }
    }
}

/// What holidays, which are sorted, leave of the days from the first to the last.
fn gaps(first: Date, last: Date, holidays: &[Days]) -> Vec<(Date, Date)> {
    let (mut gaps, mut next) = (Vec::new(), first);
    for days in holidays {
        if let Some(before) = days.from.and_then(|from| from.yesterday().ok())
            && next <= before
        {
            gaps.push((next, before.min(last)));
        }
        match days.until.map(Date::tomorrow) {
            Some(Ok(behind)) => next = next.max(behind),
            None | Some(Err(_)) => return gaps,
        }
        if last < next {
            return gaps;
        }
    }
    gaps.push((next, last));
    gaps
}

fn over(policy: &Policy, name: &PeriodId, period: &Period) -> Diagnostic {
    let mut rules = policy.rules.values();
    let rule = rules.find(|rule| rule.time_scope.during.contains(name));
    let date = policy.date;
    Diagnostic::of(Found::PeriodOver {
        period: name.clone(),
        rule: rule.map(|rule| rule.id().clone()),
    })
    .at(period.place, Role::NeverRuns { date })
    .at_each(rule.map(|rule| {
        let id = rule.id().clone();
        (rule.place(), Role::HoldsDuring { rule: id })
    }))
}

fn unused(policy: &Policy, name: &PeriodId, period: &Period) -> Option<Diagnostic> {
    let mut rules = policy.rules.values().chain(policy.dormant.values());
    let is_used = rules.any(|rule| rule.time_scope.during.contains(name));
    (!is_used).then(|| {
        let period_id = name.clone();
        Diagnostic::of(Found::PeriodUnused { period: period_id })
            .at(period.place, Role::NoRuleDuring)
    })
}

/// Two exceptions between which nothing decides, with the groups they are both for.
///
/// Of several that are equal each is compared with the first: all pairs of a long file would be too
/// many findings.
fn other_hours_twice(policy: &Policy) -> Vec<Diagnostic> {
    let periods = policy.timetable.periods.iter();
    periods
        .flat_map(|(name, period)| {
            let equal = equals(policy, &period.exceptions);
            equal.into_findings(|(one, other), _| {
                let period = name.clone();
                Diagnostic::of(Found::ExceptionsEqual { period })
                    .at(one, Role::EqualException)
                    .at(other, Role::EqualException)
            })
        })
        .collect()
}

/// The places of two exceptions of equal rank that differ, with the groups they are both for.
fn equals<'a>(policy: &'a Policy, exceptions: &[Exception]) -> PerGroup<'a, (Place, Place)> {
    let mut found = PerGroup::default();
    for group in policy.groups.values() {
        let mut firsts: BTreeMap<(usize, usize), &Exception> = BTreeMap::new();
        for exception in exceptions.iter().filter(|other| other.is_for(group)) {
            let first = *firsts.entry(exception.rank()).or_insert(exception);
            if first.runs != exception.runs {
                found.note((first.place, exception.place), &group.id);
            }
        }
    }
    found
}

fn crowded(policy: &Policy, resolution: &Resolution<'_>) -> Option<Diagnostic> {
    let first = policy.groups.get(*resolution.crowded.first()?)?;
    let rules = policy.rules_for(first);
    let periods: BTreeSet<&PeriodId> = rules
        .iter()
        .flat_map(|rule| &rule.time_scope.during)
        .collect();
    let most = MOST_VARIANTS;
    let depends = Role::DependsOnPeriods {
        periods: periods.len(),
    };
    Some(
        Diagnostic::of(Found::TooManyCombinations { most })
            .at(first.place, depends)
            .concerning(resolution.crowded.iter().copied()),
    )
}

/// Days on which rules begin or end, and whose changes are not included in bundles.
fn not_included<'a>(
    policy: &'a Policy,
    resolution: &'a Resolution<'_>,
) -> impl Iterator<Item = Diagnostic> + 'a {
    resolution.not_included.iter().filter_map(|(days, groups)| {
        let first = policy.groups.get(*groups.first()?)?;
        let floors = policy.rules_for(first).into_iter();
        let floors = floors.filter(|rule| rule.strength() != Strength::Default);
        let turning = floors.filter_map(|floor| {
            let turns = floor.time_scope.turns().filter_map(PeriodId::day);
            let day = turns.filter(|day| days.contains(day)).min()?;
            let (rule, strength) = (floor.id().clone(), floor.strength());
            Some((
                floor.place(),
                Role::FloorBeginsOrEnds {
                    rule,
                    strength,
                    day,
                },
            ))
        });
        let most = MOST_VARIANTS;
        let finding = Diagnostic::of(Found::ChangesNotIncluded {
            days: days.iter().copied().collect(),
        });
        Some(
            finding
                .at(first.place, Role::FullOfCombinations { most })
                .at_each(turning)
                .concerning(groups.iter().copied()),
        )
    })
}
