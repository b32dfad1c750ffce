//! What changes for stages of a unit that no group is in today: a class that comes into one finds it
//! as it was left.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::bundle::Audience;
use fyr_schemas::policy::Ownership;
use fyr_schemas::{GroupId, StageId, UnitPath};

use super::{Change, Comparison, Crowds, Held, Side, Sides, Subject, settings, sites};
use crate::compile::read;
use crate::diagnostic::Diagnostics;
use crate::policy::{Assumptions, Group, Policy, Rule};
use crate::source::Sources;
use crate::stage::{self, SchoolDay, Stages};

/// The changes for such stages that are none of those that were `told`.
pub(super) fn changes(
    sources: [&Sources; 2],
    comparison: &Comparison,
    today: [&Policy; 2],
    told: &[Change],
) -> Vec<Change> {
    let vacancies = vacancies(today);
    if vacancies.is_empty() {
        return Vec::new();
    }
    let groups: BTreeMap<GroupId, Group> = vacancies
        .iter()
        .enumerate()
        .filter_map(|(number, vacancy)| {
            let id: GroupId = format!("vacant-{number}").parse().ok()?;
            Some((id.clone(), vacancy.as_a_group(id, today)))
        })
        .collect();
    let of_vacancies = |sources, assumptions: &Assumptions| {
        // Whatever is wrong with it was found before.
        let mut findings = Diagnostics::default();
        let mut policy = read(sources, comparison.date, assumptions, &mut findings)?;
        policy.groups.clone_from(&groups);
        Some(policy)
    };
    let [old, new] = sources;
    let (Some(old), Some(new)) = (
        of_vacancies(old, &Assumptions::default()),
        of_vacancies(new, &comparison.what_if),
    ) else {
        return Vec::new();
    };
    let sides = Sides::new(Side::new(&old), Side::new(&new));
    let crowds = Crowds::new(&new);
    let mut changes = settings::changes(&sides, &crowds);
    changes.extend(sites::changes(&sides, &crowds));
    let known: BTreeSet<(&Subject, &Held, &Held)> = told
        .iter()
        .map(|change| (&change.subject, &change.before, &change.after))
        .collect();
    changes.retain(|change| !known.contains(&(&change.subject, &change.before, &change.after)));
    for change in &mut changes {
        let ids = std::mem::take(&mut change.groups);
        let named = ids.iter().filter_map(|id| groups.get(id));
        let named: Vec<String> = named
            .map(|group| format!("{} in {}", group.stage, group.unit))
            .collect();
        change.whom = match named.as_slice() {
            [] | [_] | [_, _] => named.join(" and "),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        change.whom.push_str(", where nobody is yet");
    }
    changes
}

/// A stage of a unit that rules speak to and no group is in.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Vacancy {
    unit: UnitPath,
    stage: StageId,
    is_brought: bool,
}

/// The vacancies of both policies: units on which a rule of one of them stands.
fn vacancies(both: [&Policy; 2]) -> BTreeSet<Vacancy> {
    let rules = || both.into_iter().flat_map(|policy| policy.rules.values());
    let units: BTreeSet<&UnitPath> = rules().map(Rule::unit).collect();
    let stages: BTreeSet<&StageId> = both
        .into_iter()
        .filter_map(|policy| policy.stages.as_ref())
        .flat_map(Stages::names)
        .collect();
    let asks_for_brought = rules().any(|rule| rule.source.document.scope.ownership.is_some());
    let ownerships = if asks_for_brought {
        [Some(Ownership::Managed), Some(Ownership::Brought)]
    } else {
        [Some(Ownership::Managed), None]
    };
    let is_taken = |unit: &UnitPath, stage: &StageId, ownership: Ownership| {
        both.into_iter().all(|policy| {
            let mut groups = policy.groups.values();
            groups.any(|group| {
                group.stage == *stage && group.ownership == ownership && unit.contains(&group.unit)
            })
        })
    };
    let mut vacancies = BTreeSet::new();
    for unit in units {
        for stage in &stages {
            for ownership in ownerships.into_iter().flatten() {
                if !is_taken(unit, stage, ownership) {
                    vacancies.insert(Vacancy {
                        unit: unit.clone(),
                        stage: (*stage).clone(),
                        is_brought: ownership == Ownership::Brought,
                    });
                }
            }
        }
    }
    vacancies
}

impl Vacancy {
    /// The group that may stand there one day, with pupils of the first grade of the stage.
    fn as_a_group(&self, id: GroupId, [old, new]: [&Policy; 2]) -> Group {
        let mut known = [new, old]
            .into_iter()
            .filter_map(|policy| policy.stages.as_ref());
        let stage = known.find_map(|stages| stages.get(&self.stage));
        let today = SchoolDay {
            country: new.country(),
            date: new.date,
        };
        let grades = stage.and_then(stage::grades);
        Group {
            id,
            unit: self.unit.clone(),
            stage: self.stage.clone(),
            audience: stage.map_or(Audience::Pupils, stage::audience),
            youngest: grades.map(|grades| today.youngest(today.start_of(grades.first))),
            ownership: if self.is_brought {
                Ownership::Brought
            } else {
                Ownership::Managed
            },
            approved: BTreeSet::new(),
            place: new
                .organisation
                .place(&new.organisation.document.organisation),
        }
    }
}
