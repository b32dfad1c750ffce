//! R20 and R21: whether the timetable cites decisions of competent bodies: the hours of a floor decide
//! when it is in force.

mod floors;

use std::collections::BTreeMap;

use fyr_policy_source::{Decision, Scope, Strength};
use fyr_schemas::{PeriodId, UnitPath};

use super::decisions::{competence, not_decided, unknown};
use crate::finding::{Diagnostic, Hours as Found, NotInForce, Role, TimetableLine};
use crate::parse::{DocumentKind, InFile};
use crate::policy::timetable::{Cited, Period};
use crate::policy::{CaseState, Horizon, Policy, Rule};
use crate::source::Place;

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let mut by_citation: BTreeMap<&Cited, Vec<Line<'_>>> = BTreeMap::new();
    for (cited, line) in lines(policy) {
        by_citation.entry(cited).or_default().push(line);
    }
    let mut findings: Vec<Diagnostic> = by_citation
        .iter()
        .flat_map(|(cited, lines)| check_citation(policy, cited, lines))
        .collect();
    if policy.unread.has_all(&[DocumentKind::Rule]) {
        let periods = policy.timetable.periods.iter();
        findings.extend(periods.filter_map(|(name, period)| undecided(policy, name, period)));
    }
    findings.extend(floors::check(policy));
    findings
}

/// Something of the timetable: for which unit, and where and how it says so.
struct Line<'a> {
    unit: Option<&'a UnitPath>,
    place: Place,
    part: TimetableLine,
}

impl<'a> Line<'a> {
    fn new(scope: Option<&'a Scope>, place: Place, part: TimetableLine) -> Self {
        Self {
            unit: scope.map(|scope| &scope.unit.value),
            place,
            part,
        }
    }

    fn concerns(&self) -> (Place, Role) {
        let role = Role::TimetableFor {
            line: self.part.clone(),
            unit: self.unit.cloned(),
        };
        (self.place, role)
    }
}

/// Everything of the timetable that cites a case, on its own or through what it belongs to.
fn lines(policy: &Policy) -> Vec<(&Cited, Line<'_>)> {
    let mut lines = Vec::new();
    for (name, period) in &policy.timetable.periods {
        let runs = Line::new(
            period.scope.as_ref(),
            period.place,
            TimetableLine::Period(name.clone()),
        );
        lines.extend(period.decided.as_ref().map(|cited| (cited, runs)));
        for exception in &period.exceptions {
            let scope = Some(&exception.scope);
            let line = TimetableLine::Exception(name.clone());
            let line = Line::new(scope, exception.place, line);
            lines.extend(exception.decided.as_ref().map(|cited| (cited, line)));
        }
    }
    for holiday in &policy.timetable.holidays {
        let line = TimetableLine::Holiday(holiday.name.clone());
        let line = Line::new(holiday.scope.as_ref(), holiday.place, line);
        lines.extend(holiday.decided.as_ref().map(|cited| (cited, line)));
    }
    lines
}

/// What is wrong with a case that hours are cited from.
fn check_citation(policy: &Policy, cited: &Cited, lines: &[Line<'_>]) -> Vec<Diagnostic> {
    let Cited { case, place } = cited;
    let known = policy.decisions.get(case).zip(policy.state(case));
    let Some((decision, state)) = known else {
        return unknown(policy, case, *place).into_iter().collect();
    };
    let not_in_force = match state {
        // Hours do not wait, as rules do: they are followed as they are written.
        CaseState::Void | CaseState::Proposed => return vec![not_decided(decision, *place)],
        CaseState::InForce => None,
        CaseState::Coming(day) => Some(NotInForce::Begins(day)),
        CaseState::Ended(day) => Some(NotInForce::Ended(day)),
    };
    let not_in_force = not_in_force.map(|why| {
        let status = decision.place(&decision.document.status);
        Diagnostic::of(Found::DecisionNotInForce {
            case: case.clone(),
            date: policy.date,
        })
        .at(*place, Role::CitesNotInForce { why })
        .at(status, Role::StatusOfDecision)
    });
    not_in_force
        .into_iter()
        .chain(beyond(policy, decision, lines))
        .collect()
}

/// The lines that are for more than the body that decided may decide for, as one finding.
fn beyond(policy: &Policy, decision: &InFile<Decision>, lines: &[Line<'_>]) -> Option<Diagnostic> {
    let root = UnitPath::root();
    let mut beyond = lines.iter().filter_map(|line| {
        let unit = line.unit.unwrap_or(&root);
        let finding = competence::for_unit(policy, decision, unit, line.concerns())?;
        Some((line, finding))
    });
    let (_, first) = beyond.next()?;
    Some(first.at_each(beyond.map(|(line, _)| line.concerns())))
}

/// The rules that bound others while a period runs.
fn floors<'a>(policy: &'a Policy, name: &PeriodId) -> impl Iterator<Item = &'a Rule> {
    let rules = policy.rules.values();
    rules.filter(move |rule| {
        rule.strength() != Strength::Default
            && rule.time_scope.horizon == Horizon::Within
            && rule.time_scope.during.contains(name)
    })
}

/// A period that cites no decision, where a decided rule depends on it.
fn undecided(policy: &Policy, name: &PeriodId, period: &Period) -> Option<Diagnostic> {
    if period.decided.is_some() {
        return None;
    }
    let floors = floors(policy, name).filter(|rule| rule.decision().is_some());
    let floors: Vec<&Rule> = floors.collect();
    let first = floors.first()?;
    let case = first.decision()?;
    let finding = Diagnostic::of(Found::Undecided {
        period: name.clone(),
        rules: floors.iter().map(|rule| rule.id().clone()).collect(),
    });
    let decided = Role::DecidedIn {
        rule: first.id().clone(),
        case: case.clone(),
    };
    Some(
        finding
            .at(period.place, Role::UndecidedHours)
            .at(first.place(), decided),
    )
}
