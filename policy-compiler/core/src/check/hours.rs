//! R20 and R21: whether the timetable stands on decisions, of bodies that may make them. Who says
//! when a floor holds says whether it does.

mod floors;

use std::collections::BTreeMap;

use fyr_policy_source::{Decision, Scope, Strength};
use fyr_schemas::{PeriodId, UnitPath};

use super::decisions::{carries_nothing, competence, unknown};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, in_words};
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
    what: String,
}

impl<'a> Line<'a> {
    fn new(scope: Option<&'a Scope>, place: Place, what: String) -> Self {
        Self {
            unit: scope.map(|scope| &scope.unit.value),
            place,
            what,
        }
    }

    fn concerns(&self) -> (Place, String) {
        let whom = match self.unit {
            Some(unit) => format!("`{unit}`"),
            None => "everybody".to_owned(),
        };
        (self.place, format!("{} for {whom}", self.what))
    }
}

/// Everything of the timetable that cites a case, by itself or by what it belongs to.
fn lines(policy: &Policy) -> Vec<(&Cited, Line<'_>)> {
    let mut lines = Vec::new();
    for (name, period) in &policy.timetable.periods {
        let runs = Line::new(
            period.scope.as_ref(),
            period.place,
            format!("`{name}` runs"),
        );
        lines.extend(period.decided.as_ref().map(|cited| (cited, runs)));
        for exception in &period.exceptions {
            let scope = Some(&exception.scope);
            let line = Line::new(scope, exception.place, format!("other hours of `{name}`"));
            lines.extend(exception.decided.as_ref().map(|cited| (cited, line)));
        }
    }
    for holiday in &policy.timetable.holidays {
        let what = format!("`{}` is", holiday.name);
        let line = Line::new(holiday.scope.as_ref(), holiday.place, what);
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
        CaseState::Void | CaseState::Proposed => return vec![carries_nothing(decision, *place)],
        CaseState::InForce => None,
        CaseState::Coming(day) => Some(format!("it begins on {day}")),
        CaseState::Ended(day) => Some(format!("it ended on {day}")),
    };
    let not_in_force = not_in_force.map(|why| {
        Diagnostic::new(
            Code::HoursNotInForce,
            format!(
                "`{case}` is not in force on {}, and its hours are followed",
                policy.date
            ),
        )
        .at(*place, why)
        .at(decision.place(&decision.document.status), "its status")
        .help("cite the decision that holds, or write these hours when it does")
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
    let others = beyond.map(|(line, _)| line.concerns());
    Some(others.fold(first, |finding, (place, concerns)| {
        finding.at(place, concerns)
    }))
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

/// A period that nobody decided, where what was decided hangs on it.
fn undecided(policy: &Policy, name: &PeriodId, period: &Period) -> Option<Diagnostic> {
    if period.decided.is_some() {
        return None;
    }
    let floors = floors(policy, name).filter(|rule| rule.decision().is_some());
    let floors: Vec<&Rule> = floors.collect();
    let first = floors.first()?;
    let case = first.decision()?;
    let names: Vec<&str> = floors.iter().map(|rule| rule.id().as_str()).collect();
    let hold = if names.len() == 1 { "holds" } else { "hold" };
    Some(
        Diagnostic::new(
            Code::HoursUndecided,
            format!(
                "{} {hold} during `{name}`, which cites no decision",
                in_words(&names, "rules")
            ),
        )
        .at(period.place, "nobody says who decided these hours")
        .at(
            first.place(),
            format!("`{}` was decided in `{case}`", first.id()),
        )
        .help(
            "add `decision:` with the case number to the period; above `periods` it is for all \
             of the timetable",
        ),
    )
}
