//! R03: only a body that may decide for the unit of a floor shortens its hours.
//!
//! A floor holds while its period runs. Other hours and holidays of a body that is competent for
//! the floor's unit are part of what was decided; those of any other body may add time, and are
//! held against what is left without them. What is for a part below that unit cites the case
//! itself: what its period or the timetable cites was decided for all of them.

use std::collections::BTreeSet;

use fyr_policy_source::Strength;
use fyr_schemas::timetable::{Days, Hours, Period as Runs};
use fyr_schemas::{GroupId, PeriodId, UnitPath};
use jiff::civil::Date;

use super::super::decisions::competence;
use crate::finding::{Diagnostic, Hours as Found, PerGroup, Role, Shortening};
use crate::policy::timetable::{Cited, Exception, Holiday, Period, a_year_of, deciding_days};
use crate::policy::{Group, Policy, Rule};
use crate::source::Place;

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let mut taken = PerGroup::default();
    for group in policy.groups.values() {
        for rule in policy.rules_for(group) {
            if rule.strength() == Strength::Default {
                continue;
            }
            for taking in of_floor(policy, group, rule) {
                taken.note((taking, rule.id()), &group.id);
            }
        }
    }
    taken.into_findings(|(taking, floor), groups| {
        let floor = policy.rules.get(floor);
        taking.finding(policy, floor, groups)
    })
}

/// Something of the timetable that takes time from a floor.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Taking<'a> {
    kind: Kind<'a>,
    decided: Option<&'a Cited>,
    place: Place,
    name: &'a str,
    /// The first of it.
    lost: Option<Lost>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind<'a> {
    /// The period itself.
    Period(&'a PeriodId),
    /// Other hours of it.
    Exception(&'a PeriodId),
    /// Days on which it does not run.
    Holiday,
}

/// A day on which a floor would not hold at these hours.
type Lost = (Date, Hours);

/// Everything that takes time from a floor for a group.
fn of_floor<'a>(policy: &'a Policy, group: &Group, floor: &Rule) -> Vec<Taking<'a>> {
    let mut found = Vec::new();
    let periods = floor.time_scope.during.iter();
    let periods = periods.filter_map(|name| policy.timetable.periods.get_key_value(name));
    for (name, period) in periods.filter(|(_, period)| period.is_for(group)) {
        let sight = Sight {
            policy,
            floor,
            period,
        };
        if !sight.is_theirs(period.decided.as_ref()) {
            found.push(Taking {
                kind: Kind::Period(name),
                decided: period.decided.as_ref(),
                place: period.place,
                name: name.as_str(),
                lost: None,
            });
            continue;
        }
        let theirs = period.exception_for(group, |each| sight.counts(Stated::of_exception(each)));
        let decided = theirs.map_or(&period.usual, |each| &each.runs);
        let others = period.exception_for(group, |_| true);
        let taking = others.and_then(|each| Some((each, sight.taken_by(group, each, decided)?)));
        if let Some((exception, lost)) = taking {
            found.push(Taking {
                kind: Kind::Exception(name),
                decided: sight.cited_case(Stated::of_exception(exception)),
                place: exception.place,
                name: name.as_str(),
                lost: Some(lost),
            });
        }
        found.extend(sight.holidays_that_take(group, decided));
    }
    found
}

/// A period, as it is seen from a floor that holds during it.
struct Sight<'a, 'f> {
    policy: &'a Policy,
    floor: &'f Rule,
    period: &'a Period,
}

/// Other hours or a holiday: the case behind it, whether it cites that itself, and for which unit.
#[derive(Clone, Copy)]
struct Stated<'a> {
    decided: Option<&'a Cited>,
    cites_itself: bool,
    unit: Option<&'a UnitPath>,
}

impl<'a> Stated<'a> {
    fn of_exception(exception: &'a Exception) -> Self {
        Self {
            decided: exception.decided.as_ref(),
            cites_itself: exception.cites_itself,
            unit: Some(&exception.scope.unit.value),
        }
    }

    fn of_holiday(holiday: &'a Holiday) -> Self {
        Self {
            decided: holiday.decided.as_ref(),
            cites_itself: holiday.cites_itself,
            unit: holiday.scope.as_ref().map(|scope| &scope.unit.value),
        }
    }
}

impl<'a> Sight<'a, '_> {
    /// Whether other hours or a holiday are part of what was decided for the floor's unit.
    fn counts(&self, stated: Stated<'_>) -> bool {
        if stated.cites_itself || !self.is_below(stated) {
            self.is_theirs(stated.decided)
        } else {
            false
        }
    }

    /// The case that something cites: below the floor its own alone.
    fn cited_case<'c>(&self, stated: Stated<'c>) -> Option<&'c Cited> {
        let is_its_own = stated.cites_itself || !self.is_below(stated);
        stated.decided.filter(|_| is_its_own)
    }

    /// Whether something is for a part of the unit of the floor.
    fn is_below(&self, stated: Stated<'_>) -> bool {
        let floor = self.floor.unit();
        stated
            .unit
            .is_some_and(|unit| unit != floor && floor.contains(unit))
    }

    /// Whether a case is of a body that may decide for the floor's unit. What cites no decision counts
    /// where the period cites none either: that is a finding of its own.
    fn is_theirs(&self, cited: Option<&Cited>) -> bool {
        let Some(cited) = cited else {
            return self.period.decided.is_none();
        };
        let decision = self.policy.decisions.get(&cited.case);
        decision
            .is_none_or(|decision| competence::may_decide(self.policy, decision, self.floor.unit()))
    }

    /// What other hours take from those that were decided.
    fn taken_by(&self, group: &Group, exception: &Exception, decided: &Runs) -> Option<Lost> {
        if self.counts(Stated::of_exception(exception)) {
            return None;
        }
        let all = self.policy.timetable.holidays.iter();
        let (theirs, others): (Vec<&Holiday>, Vec<_>) = all
            .filter(|holiday| holiday.is_for(group))
            .partition(|holiday| self.counts(Stated::of_holiday(holiday)));
        // Single days do not ask about holidays, so hours by the week lose to all of them. What
        // holidays take from hours by the week is reported for the holidays.
        let is_single = matches!(decided, Runs::On { .. });
        let days = deciding_days([decided, &exception.runs], self.policy.date);
        days.into_iter().find_map(|day| {
            let of_theirs = theirs.iter().any(|holiday| holiday.contains(day));
            let of_others = is_single && others.iter().any(|holiday| holiday.contains(day));
            let kept = exception.runs.hours_on(day, of_theirs || of_others);
            let mut hours = decided.hours_on(day, of_theirs).iter();
            Some((day, hours.find_map(|hours| first_missing(*hours, kept))?))
        })
    }

    /// The holidays of a group that take days from those that were decided.
    fn holidays_that_take(&self, group: &Group, decided: &Runs) -> Vec<Taking<'a>> {
        let Runs::Weekly { within, .. } = decided else {
            return Vec::new();
        };
        let all = self.policy.timetable.holidays.iter();
        let (theirs, others): (Vec<&'a Holiday>, Vec<_>) = all
            .filter(|holiday| holiday.is_for(group))
            .partition(|holiday| self.counts(Stated::of_holiday(holiday)));
        let taking = others.into_iter().filter_map(|holiday| {
            let days = days_in(holiday, *within, self.policy.date);
            let mut days = days.filter(|day| !theirs.iter().any(|theirs| theirs.contains(*day)));
            let lost = days.find_map(|day| Some((day, *decided.hours_on(day, false).first()?)))?;
            Some(Taking {
                kind: Kind::Holiday,
                decided: self.cited_case(Stated::of_holiday(holiday)),
                place: holiday.place,
                name: &holiday.name,
                lost: Some(lost),
            })
        });
        taking.collect()
    }
}

/// The days of a holiday between others that tell what it takes: of each stretch a year, for in that
/// every day of the week comes.
fn days_in(holiday: &Holiday, within: Days, today: Date) -> impl Iterator<Item = Date> {
    let stretches = holiday.days.iter();
    stretches.flat_map(move |days| a_year_of(days.overlap(within), today))
}

/// The first part of hours that others, which are sorted, leave out.
fn first_missing(hours: Hours, others: &[Hours]) -> Option<Hours> {
    let mut reached = hours.from();
    for other in others {
        if reached < other.from() {
            return Hours::between(reached, other.from().min(hours.until()));
        }
        reached = reached.max(other.until());
    }
    Hours::between(reached, hours.until())
}

impl Taking<'_> {
    /// Those that have the kind and the decision in common are one finding for all floors and places.
    fn finding(
        self,
        policy: &Policy,
        floor: Option<&Rule>,
        groups: &BTreeSet<&GroupId>,
    ) -> Diagnostic {
        let by = match self.kind {
            Kind::Period(name) => Shortening::Period(name.clone()),
            Kind::Exception(name) => Shortening::Exception(name.clone()),
            Kind::Holiday => Shortening::Holidays,
        };
        let shortens = Role::Shortens {
            name: self.name.to_owned(),
            groups: groups.iter().copied().cloned().collect(),
            first: self.lost,
            cites: self.decided.is_some(),
        };
        let decided = self.decided.map(|cited| {
            let decision = policy.decisions.get(&cited.case);
            let body = decision.map(|decision| policy.body_name(&decision.document.body));
            let body = body.unwrap_or_default();
            (cited.place, Role::DecidedByOther { body })
        });
        Diagnostic::of(Found::FloorShortened {
            by,
            case: self.decided.map(|cited| cited.case.clone()),
        })
        .at(self.place, shortens)
        .at_each(decided)
        .at_each(floor.map(|floor| (floor.place(), floor_from(policy, floor))))
    }
}

fn floor_from(policy: &Policy, floor: &Rule) -> Role {
    let decided = floor.decision().and_then(|case| {
        let body = policy.body_of(case)?;
        Some((case.clone(), body.to_owned()))
    });
    let competent = competence::nearest(policy, floor.unit());
    Role::FloorFrom {
        rule: floor.id().clone(),
        strength: floor.strength(),
        unit: floor.unit().clone(),
        decided,
        competent: competent.map(|(_, body)| body.name.clone()),
    }
}
