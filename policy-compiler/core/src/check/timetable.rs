//! Periods that do nothing, rules that never hold, and hours that nobody can follow.

mod lessons;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Strength;
use fyr_schemas::timetable::{Days, Period as Runs, Weekday};
use fyr_schemas::{GroupId, PeriodId};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
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
    let finding = Diagnostic::new(Code::PeriodOver, format!("`{name}` never runs again")).at(
        period.place,
        format!(
            "all its days are before {}, or in the holidays",
            policy.date
        ),
    );
    match policy
        .rules
        .values()
        .find(|rule| rule.time_scope.during.contains(name))
    {
        Some(rule) => finding
            .at(rule.place(), format!("`{}` holds during it", rule.id()))
            .help("remove both, or give the period new days"),
        None => finding.help("remove it, or give it new days"),
    }
}

fn unused(policy: &Policy, name: &PeriodId, period: &Period) -> Option<Diagnostic> {
    let mut rules = policy.rules.values().chain(policy.dormant.values());
    let is_used = rules.any(|rule| rule.time_scope.during.contains(name));
    (!is_used).then(|| {
        Diagnostic::new(Code::PeriodUnused, format!("no rule holds during `{name}`"))
            .at(period.place, "changes nothing")
            .help(format!(
                "add `during: {name}` to a rule, or remove the period"
            ))
    })
}

/// Two exceptions between which nothing decides, with the groups they are both for.
///
/// Of several that are equal each is held against the first: were all pairs told, a long file
/// would have more findings than anybody reads.
fn other_hours_twice(policy: &Policy) -> Vec<Diagnostic> {
    let periods = policy.timetable.periods.iter();
    periods
        .flat_map(|(name, period)| {
            let twice = equals(policy, &period.exceptions).into_iter();
            twice.map(move |((one, other), groups)| {
                let whom = groups_in_words(&groups);
                Diagnostic::new(
                    Code::OtherHoursTwice,
                    format!("two exceptions of `{name}` are for {whom}"),
                )
                .at(one, "one of them")
                .at(other, "and the other")
                .help("let one of them name a lower unit, or a stage")
            })
        })
        .collect()
}

/// The places of two exceptions of equal rank that differ, with the groups they are both for.
fn equals<'a>(
    policy: &'a Policy,
    exceptions: &[Exception],
) -> BTreeMap<(Place, Place), Vec<&'a GroupId>> {
    let mut found: BTreeMap<_, Vec<&GroupId>> = BTreeMap::new();
    for group in policy.groups.values() {
        let mut firsts: BTreeMap<(usize, usize), &Exception> = BTreeMap::new();
        for exception in exceptions.iter().filter(|other| other.is_for(group)) {
            let first = *firsts.entry(exception.rank()).or_insert(exception);
            if first.runs != exception.runs {
                let places = (first.place, exception.place);
                found.entry(places).or_default().push(&group.id);
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
    let whom = groups_in_words(&resolution.crowded);
    Some(
        Diagnostic::new(
            Code::TooManyCombinations,
            format!("more than {MOST_VARIANTS} combinations of periods for {whom}"),
        )
        .at(
            first.place,
            format!("its rules hang on {} periods", periods.len()),
        )
        .help("let one period have several days and hours, and remove those that are over"),
    )
}

/// Days on which rules begin or end, and of which devices are not told.
fn not_included<'a>(
    policy: &'a Policy,
    resolution: &'a Resolution<'_>,
) -> impl Iterator<Item = Diagnostic> + 'a {
    resolution.not_included.iter().filter_map(|(days, groups)| {
        let (first, day) = (policy.groups.get(*groups.first()?)?, days.first()?);
        let whom = groups_in_words(groups);
        let on = match days.len() {
            1 => day.to_string(),
            several => format!("{day} and on {} days more", several - 1),
        };
        let finding = Diagnostic::new(
            Code::DaysNotIncluded,
            format!("the devices of {whom} are not told what changes on {on}"),
        )
        .at(
            first.place,
            format!("the other days come to {MOST_VARIANTS} combinations already"),
        )
        .help(format!(
            "publish the policy again before {day}; fewer periods that overlap, and fewer days \
             on which rules begin and end, leave room for more"
        ));
        let floors = policy.rules_for(first).into_iter();
        let floors = floors.filter(|rule| rule.strength() != Strength::Default);
        Some(floors.fold(finding, |finding, floor| {
            let turns = floor.time_scope.turns().filter_map(PeriodId::day);
            match turns.filter(|day| days.contains(day)).min() {
                Some(day) => finding.at(
                    floor.place(),
                    format!("`{}`, a floor, begins or ends on {day}", floor.id()),
                ),
                None => finding,
            }
        }))
    })
}
