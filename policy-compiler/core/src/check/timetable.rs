//! Periods that do nothing, rules that never hold, and hours that nobody can follow.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::timetable::{Days, Hours, Period as Runs, Weekday};
use fyr_schemas::{GroupId, PeriodId};
use jiff::civil::Date;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
use crate::parse::DocumentKind;
use crate::policy::timetable::{Exception, Period};
use crate::policy::{Group, Policy};
use crate::resolve::{MOST_VARIANTS, Resolution};

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
    findings.extend(overlapping_lessons(policy));
    findings.extend(crowded(policy, resolution));
    findings.extend(untold(policy, resolution));
    findings
}

impl Policy {
    /// Whether a period runs on some day from today on.
    fn runs_again(&self, period: &Period) -> bool {
        let everybodys = self.timetable.holidays.iter();
        let holidays: Vec<Days> = everybodys
            .filter(|holiday| holiday.scope.is_none())
            .flat_map(|holiday| holiday.days.iter().copied())
            .collect();
        let mut ways = period.ways();
        ways.any(|runs| runs_from(runs, self.date, &holidays))
    }
}

fn runs_from(runs: &Runs, today: Date, holidays: &[Days]) -> bool {
    match runs {
        Runs::On { days, .. } => days.last().is_some_and(|last| today <= *last),
        Runs::Throughout(days) => days.until.is_none_or(|last| today <= last),
        Runs::Weekly { hours, within } => {
            let Some(last) = within.until else {
                return true;
            };
            let first = within.from.map_or(today, |first| first.max(today));
            let days = first.series(jiff::Span::new().days(1));
            let mut days = days.take_while(|day| *day <= last);
            days.any(|day| {
                hours.contains_key(&Weekday::of(day))
                    && !holidays.iter().any(|holiday| holiday.contains(day))
            })
        }
    }
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
        .find(|rule| rule.occasion.during.contains(name))
    {
        Some(rule) => finding
            .at(rule.place(), format!("`{}` holds during it", rule.id()))
            .help("remove both, or give the period new days"),
        None => finding.help("remove it, or give it new days"),
    }
}

fn unused(policy: &Policy, name: &PeriodId, period: &Period) -> Option<Diagnostic> {
    let mut rules = policy.rules.values().chain(policy.dormant.values());
    let is_used = rules.any(|rule| rule.occasion.during.contains(name));
    (!is_used).then(|| {
        Diagnostic::new(Code::PeriodUnused, format!("no rule holds during `{name}`"))
            .at(period.place, "changes nothing")
            .help(format!(
                "add `during: {name}` to a rule, or remove the period"
            ))
    })
}

/// Two exceptions between which nothing decides, with the groups they are both for.
fn other_hours_twice(policy: &Policy) -> Vec<Diagnostic> {
    let periods = policy.timetable.periods.iter();
    let pairs = periods.flat_map(|(name, period)| {
        let pairs = pairs(&period.exceptions);
        pairs.map(move |(one, other)| (name, one, other))
    });
    pairs
        .filter_map(|(name, one, other)| {
            let both = |group: &&Group| one.is_for(group) && other.is_for(group);
            let groups: Vec<&GroupId> =
                policy.groups.values().filter(both).map(|g| &g.id).collect();
            let disagree = one.rank() == other.rank() && one.runs != other.runs;
            (disagree && !groups.is_empty()).then(|| {
                let whom = groups_in_words(&groups);
                Diagnostic::new(
                    Code::OtherHoursTwice,
                    format!("two exceptions of `{name}` are for {whom}"),
                )
                .at(one.place, "one of them")
                .at(other.place, "and the other")
                .help("let one of them name a lower unit, or a stage")
            })
        })
        .collect()
}

fn pairs(exceptions: &[Exception]) -> impl Iterator<Item = (&Exception, &Exception)> {
    let numbered = exceptions.iter().enumerate();
    numbered.flat_map(|(number, one)| {
        let others = exceptions.iter().skip(number.saturating_add(1));
        others.map(move |other| (one, other))
    })
}

/// Two lessons that some groups have at one time.
fn overlapping_lessons(policy: &Policy) -> Vec<Diagnostic> {
    let mut found: BTreeMap<(&PeriodId, &PeriodId), Vec<&GroupId>> = BTreeMap::new();
    for group in policy.groups.values() {
        let lessons: Vec<(&PeriodId, &Runs)> = lessons_of(policy, group).into_iter().collect();
        for (number, (name, runs)) in lessons.iter().enumerate() {
            for (other, other_runs) in lessons.iter().skip(number.saturating_add(1)) {
                if meet(runs, other_runs, policy.date) {
                    found.entry((name, other)).or_default().push(&group.id);
                }
            }
        }
    }
    let place = |name: &PeriodId| {
        policy
            .timetable
            .periods
            .get(name)
            .map(|period| period.place)
    };
    found
        .into_iter()
        .filter_map(|((one, other), groups)| {
            let finding = Diagnostic::new(
                Code::OverlappingLessons,
                format!(
                    "{} would have two lessons at one time",
                    groups_in_words(&groups)
                ),
            )
            .at(place(one)?.min(place(other)?), "this one")
            .at(place(one)?.max(place(other)?), "and this one")
            .help("correct the day or the hours of one, or narrow whom it is for");
            Some(finding)
        })
        .collect()
}

/// The lessons that rules hold during for a group, as they run for it.
fn lessons_of<'a>(policy: &'a Policy, group: &Group) -> BTreeMap<&'a PeriodId, &'a Runs> {
    let rules = policy.rules_for(group);
    let lessons = rules.iter().filter(|rule| rule.is_lesson());
    let names: BTreeSet<&PeriodId> = lessons.flat_map(|rule| &rule.occasion.during).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let (name, period) = policy.timetable.periods.get_key_value(name)?;
            Some((name, period.for_group(group)?))
        })
        .collect()
}

/// Whether two periods run at one time from a day on, the holidays aside.
fn meet(one: &Runs, other: &Runs, today: Date) -> bool {
    let overlap = |day: Date| any_overlap(on(one, day), on(other, day));
    match (one, other) {
        (Runs::On { days, .. }, _) | (_, Runs::On { days, .. }) => {
            days.range(today..).any(|day| overlap(*day))
        }
        (
            Runs::Weekly { hours, within },
            Runs::Weekly {
                hours: others,
                within: limits,
            },
        ) => {
            let from_today = Days {
                from: Some(today),
                until: None,
            };
            !within.overlap(*limits).overlap(from_today).is_empty()
                && hours.iter().any(|(day, hours)| {
                    others
                        .get(day)
                        .is_some_and(|others| any_overlap(hours, others))
                })
        }
        (Runs::Throughout(_), _) | (_, Runs::Throughout(_)) => false,
    }
}

/// The hours of a period on a day, the holidays aside.
pub(super) fn on(runs: &Runs, day: Date) -> &[Hours] {
    match runs {
        Runs::On { days, hours } if days.contains(&day) => hours,
        Runs::Weekly { hours, within } if within.contains(day) => {
            hours.get(&Weekday::of(day)).map_or(&[], Vec::as_slice)
        }
        Runs::On { .. } | Runs::Weekly { .. } | Runs::Throughout(_) => &[],
    }
}

fn any_overlap(hours: &[Hours], others: &[Hours]) -> bool {
    hours
        .iter()
        .any(|hours| others.iter().any(|others| hours.overlaps(*others)))
}

fn crowded(policy: &Policy, resolution: &Resolution<'_>) -> Option<Diagnostic> {
    let first = policy.groups.get(*resolution.crowded.first()?)?;
    let rules = policy.rules_for(first);
    let periods: BTreeSet<&PeriodId> = rules
        .iter()
        .flat_map(|rule| &rule.occasion.during)
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

/// Days on which rules begin or end, and of which devices are not told: those that come later.
fn untold<'a>(
    policy: &'a Policy,
    resolution: &'a Resolution<'_>,
) -> impl Iterator<Item = Diagnostic> + 'a {
    resolution.untold.iter().filter_map(|(day, groups)| {
        let first = policy.groups.get(*groups.first()?)?;
        let whom = groups_in_words(groups);
        let finding = Diagnostic::new(
            Code::DaysUntold,
            format!("the devices of {whom} are not told what changes on {day} and after"),
        )
        .at(
            first.place,
            format!("the days before come to {MOST_VARIANTS} combinations already"),
        )
        .help(format!(
            "publish the policy again before {day}; fewer periods that overlap leave room for \
             more days"
        ));
        Some(finding)
    })
}
