//! R03: nobody takes time from a floor who may not decide for the unit it stands on.
//!
//! A floor holds while its period runs. Other hours and holidays of a body that is competent for
//! the floor's unit are part of what was decided; those of any other body may add time, and are
//! held against what is left without them. What is for a part below that unit cites the case
//! itself: what its period or the timetable cites was decided for all of them.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Strength;
use fyr_schemas::timetable::{Days, Hours, Period as Runs};
use fyr_schemas::{BodyId, CaseNumber, GroupId, PeriodId, UnitPath};
use jiff::civil::Date;

use super::super::decisions::competence;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words, in_words};
use crate::policy::timetable::{Cited, Exception, Holiday, Period, a_year_of, deciding_days};
use crate::policy::{Group, Policy, Rule};
use crate::source::Place;

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let mut taken: BTreeMap<Alike<'_>, Taken<'_>> = BTreeMap::new();
    for group in policy.groups.values() {
        for rule in policy.rules_for(group) {
            if rule.strength() == Strength::Default {
                continue;
            }
            for taking in of_floor(policy, group, rule) {
                let alike = (taking.kind, taking.decided.map(|cited| &cited.case));
                let taken = taken.entry(alike).or_default();
                taken.add(&taking, &group.id);
                taken.floors.insert(rule.id().as_str(), rule);
            }
        }
    }
    taken
        .iter()
        .map(|((kind, _), taken)| taken.report(policy, *kind))
        .collect()
}

/// Something of the timetable that takes time from a floor.
#[derive(Debug)]
struct Taking<'a> {
    kind: Kind<'a>,
    decided: Option<&'a Cited>,
    place: Place,
    name: &'a str,
    /// The first of it.
    lost: Option<Lost>,
}

/// What is one finding, wherever it stands.
type Alike<'a> = (Kind<'a>, Option<&'a CaseNumber>);

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

/// From which floors time is taken, and where.
#[derive(Default)]
struct Taken<'a> {
    floors: BTreeMap<&'a str, &'a Rule>,
    places: BTreeMap<Place, Loss<'a>>,
    /// Where the decision is first cited, where one is.
    decided: Option<&'a Cited>,
}

/// What is taken in one place, and from whom.
struct Loss<'a> {
    name: &'a str,
    groups: BTreeSet<&'a GroupId>,
    first: Option<Lost>,
}

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

    /// The case that something stands on: below the floor its own alone.
    fn cited_case<'c>(&self, stated: Stated<'c>) -> Option<&'c Cited> {
        let is_its_own = stated.cites_itself || !self.is_below(stated);
        stated.decided.filter(|_| is_its_own)
    }

    /// Whether something is for a part of the unit that the floor stands on.
    fn is_below(&self, stated: Stated<'_>) -> bool {
        let floor = self.floor.unit();
        stated
            .unit
            .is_some_and(|unit| unit != floor && floor.contains(unit))
    }

    /// Whether a case is of a body that may decide for the floor's unit. What nobody decided counts
    /// where nobody decided the period either: that is a finding of its own.
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
        // holidays take from hours by the week is told of the holidays.
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

impl<'a> Taken<'a> {
    fn add(&mut self, taking: &Taking<'a>, group: &'a GroupId) {
        let loss = self.places.entry(taking.place).or_insert_with(|| Loss {
            name: taking.name,
            groups: BTreeSet::new(),
            first: taking.lost,
        });
        loss.groups.insert(group);
        self.decided = self.decided.into_iter().chain(taking.decided).min();
    }

    fn report(&self, policy: &Policy, kind: Kind<'_>) -> Diagnostic {
        let names: Vec<&str> = self.floors.keys().copied().collect();
        let floors = in_words(&names, "rules");
        let message = match kind {
            Kind::Period(name) => {
                format!("`{name}` is decided by those who may not say when {floors} may hold")
            }
            Kind::Exception(name) => format!("other hours of `{name}` take time from {floors}"),
            Kind::Holiday => {
                let names: Vec<&str> = self.places.values().map(|loss| loss.name).collect();
                let take = if names.len() == 1 { "takes" } else { "take" };
                format!("{} {take} time from {floors}", in_words(&names, "holidays"))
            }
        };
        let finding = Diagnostic::new(Code::HoursTaken, message).help(self.way_out(policy, kind));
        let finding = self.places.iter().fold(finding, |finding, (place, loss)| {
            finding.at(*place, loss.in_words(self.decided))
        });
        let finding = match self.decided.zip(self.unit()) {
            Some((cited, unit)) => finding.at(cited.place, decided_by(policy, cited, unit)),
            None => finding,
        };
        let floors = self.floors.values();
        floors.fold(finding, |finding, floor| {
            finding.at(floor.place(), authority_of(policy, floor))
        })
    }

    /// The highest unit that one of the floors stands on.
    fn unit(&self) -> Option<&'a UnitPath> {
        let units = self.floors.values().map(|floor| floor.unit());
        units.min_by_key(|unit| unit.depth())
    }

    fn way_out(&self, policy: &Policy, kind: Kind<'_>) -> String {
        let body = self
            .unit()
            .and_then(|unit| competence::nearest(policy, unit));
        let decide = match body {
            Some((_, body)) => format!("cite a decision of {}", body.name),
            None => "cite a decision of a body that may decide there".to_owned(),
        };
        match kind {
            Kind::Period(_) => format!(
                "{decide} for the period; those below it may still give themselves longer hours, \
                 under `except`"
            ),
            Kind::Exception(_) => format!(
                "let them be at least as long as they are without the exception, or {decide}"
            ),
            Kind::Holiday => format!("remove the days, or {decide}"),
        }
    }
}

impl Loss<'_> {
    /// `oest-2021` would be without it on 2026-11-23, 13:00-15:00.
    fn in_words(&self, decided: Option<&Cited>) -> String {
        let groups: Vec<&GroupId> = self.groups.iter().copied().collect();
        let whom = groups_in_words(&groups);
        let lost = match self.first {
            Some((day, hours)) => format!("{whom} would be without it on {day}, {hours}"),
            None => format!("for {whom}"),
        };
        match decided {
            Some(_) => lost,
            None => format!("cites no decision of its own: {lost}"),
        }
    }
}

/// ``decided by Skolebestyrelsen på Øst, which may not decide for `/skoler` ``.
fn decided_by(policy: &Policy, cited: &Cited, unit: &UnitPath) -> String {
    let body = policy.decisions.get(&cited.case);
    let body = body.map(|decision| decision.document.body.value.clone());
    let name = body.map_or_else(String::new, |body: BodyId| policy.body_name(&body));
    format!("decided by {name}, which may not decide for `{unit}`")
}

/// `` `ro` is `minimum` from `/skoler`, decided by Skoleudvalget in `SK-2025-7` ``.
fn authority_of(policy: &Policy, floor: &Rule) -> String {
    let (id, strength, unit) = (floor.id(), floor.strength().word(), floor.unit());
    let authority_of = format!("`{id}` is `{strength}` from `{unit}`");
    let case = floor.decision();
    match case.and_then(|case| Some((case, policy.body_of(case)?))) {
        Some((case, body)) => format!("{authority_of}, decided by {body} in `{case}`"),
        None => authority_of,
    }
}
