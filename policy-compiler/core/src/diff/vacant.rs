//! Groups that do not exist yet: stages of a unit that rules select and that have no class. A class that
//! comes into one finds it as it was left, so both policies are compared for them too.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{Ownership, Scope, Statuses};
use fyr_schemas::{GroupId, StageId, UnitPath};

use crate::digest::sha256;
use crate::policy::{Group, Policy, Rule};
use crate::stage::{self, SchoolDay, Stages};

/// The beginning and the length of their names, which no group of people has.
const NAME: (&str, usize) = ("vacant-", 63);

/// Whether a group is one of those that do not exist.
pub(super) fn is_vacant(group: &GroupId) -> bool {
    let (begins, length) = NAME;
    group.as_str().starts_with(begins) && group.as_str().len() == length
}

/// Puts a group into every stage of a unit of both policies that rules of one of them speak to and
/// no group stands in.
pub(super) fn fill(old: &mut Policy, new: &mut Policy) {
    let (units, stages) = (units(old, new), stages(old, new));
    let asks_for_personal = [&*old, &*new].into_iter().any(|policy| {
        let of_rules = policy
            .rules
            .values()
            .map(|rule| &rule.source.document.scope);
        let mut scopes = of_rules.chain(scopes(policy));
        scopes.any(|scope| scope.ownership.is_some())
    });
    let ownerships: &[Ownership] = if asks_for_personal {
        &[Ownership::Managed, Ownership::Personal]
    } else {
        &[Ownership::Managed]
    };
    let mut groups: BTreeMap<GroupId, Group> = BTreeMap::new();
    for unit in &units {
        for stage in &stages {
            for ownership in ownerships {
                let is_taken = [&*old, &*new].into_iter().all(|policy| {
                    let mut groups = policy.groups.values();
                    groups.any(|group| {
                        (&group.stage, group.ownership) == (stage, *ownership)
                            && gets_the_same(group, unit, &units)
                    })
                });
                if !is_taken && let Some(group) = vacancy(new, unit, stage, *ownership) {
                    groups.insert(group.id.clone(), group);
                }
            }
        }
    }
    old.groups.extend(groups.clone());
    new.groups.extend(groups);
}

/// The units for which a rule, hours, a holiday or a status of either policy are, as far as the new
/// one has them.
fn units(old: &Policy, new: &Policy) -> BTreeSet<UnitPath> {
    let both = [old, new].into_iter();
    let units = both.flat_map(|policy| {
        let rules = policy.rules.values().map(Rule::unit);
        rules.chain(scopes(policy).map(|scope| &scope.unit.value))
    });
    let known = units.filter(|unit| new.units.contains(unit));
    known.cloned().collect()
}

/// For whom hours, holidays and statuses are.
fn scopes(policy: &Policy) -> impl Iterator<Item = &Scope> {
    let periods = policy.timetable.periods.values().flat_map(|period| {
        let excepted = period.exceptions.iter().map(|exception| &exception.scope);
        period.scope.iter().chain(excepted)
    });
    let holidays = policy.timetable.holidays.iter();
    let holidays = holidays.filter_map(|holiday| holiday.scope.as_ref());
    let statuses = policy.services.values().flat_map(|service| {
        let parts = match &service.source.document.status {
            Statuses::Parts(parts) => parts.as_slice(),
            Statuses::Unwritten | Statuses::AllGroups(_) => &[],
        };
        parts.iter().map(|part| &part.scope)
    });
    periods.chain(holidays).chain(statuses)
}

/// The stages that both policies know.
fn stages(old: &Policy, new: &Policy) -> BTreeSet<StageId> {
    let of = |policy: &Policy| -> BTreeSet<StageId> {
        let stages = policy.stages.as_ref();
        stages
            .into_iter()
            .flat_map(Stages::names)
            .cloned()
            .collect()
    };
    &of(old) & &of(new)
}

/// Whether a group hears the rules that one on a unit would, and no others: none stand between.
fn gets_the_same(group: &Group, unit: &UnitPath, units: &BTreeSet<UnitPath>) -> bool {
    let mut between = std::iter::successors(Some(group.unit.clone()), UnitPath::parent);
    unit.contains(&group.unit)
        && between
            .find(|above| above == unit || units.contains(above))
            .is_some_and(|nearest| nearest == *unit)
}

/// The group that may stand there one day, with pupils of the first grade of the stage.
fn vacancy(
    policy: &Policy,
    unit: &UnitPath,
    stage: &StageId,
    ownership: Ownership,
) -> Option<Group> {
    let who = policy.stages.as_ref()?.get(stage)?;
    let today = SchoolDay {
        country: policy.country(),
        date: policy.date,
    };
    let (begins, length) = NAME;
    let place = format!("{unit} {stage} {ownership:?}");
    let digest = sha256([place.as_bytes()]).to_string();
    let digest: String = digest.chars().filter(char::is_ascii_hexdigit).collect();
    let name = format!("{begins}{digest}");
    Some(Group {
        id: name.get(..length)?.parse().ok()?,
        unit: unit.clone(),
        unit_name: None,
        stage: stage.clone(),
        audience: stage::audience(who),
        youngest: stage::grades(who).map(|grades| today.youngest(today.start_of(grades.first))),
        ownership,
        approved: BTreeSet::new(),
        place: policy
            .organisation
            .place(&policy.organisation.document.organisation),
    })
}
