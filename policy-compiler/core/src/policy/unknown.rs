//! The findings for unknown names: units, stages and services.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Scope;
use fyr_schemas::{GroupId, ServiceId, StageId, UnitPath};

use super::Group;
use crate::finding::{Diagnostic, Name, Role, StageMeant, UnitMeant};
use crate::meant::{Meant, audience_meant, did_you_mean, number_meant};
use crate::parse::InFile;
use crate::source::Place;

/// What a selection may name; `None` where one of them could not be read.
pub(crate) struct Known<'a> {
    pub(crate) units: Option<&'a BTreeSet<UnitPath>>,
    pub(crate) stages: Option<Vec<&'a StageId>>,
    pub(crate) groups: &'a BTreeMap<GroupId, Group>,
}

/// What a selection names and what does not exist.
pub(crate) fn in_scope<T>(file: &InFile<T>, scope: &Scope, known: &Known<'_>) -> Vec<Diagnostic> {
    let place = file.place(&scope.unit);
    let unit = known.units.and_then(|units| {
        let meant = group_meant(&scope.unit, known.groups);
        unit(place, &scope.unit, (units, meant))
    });
    let stages = known.stages.iter().flat_map(|stages| {
        let unknown = scope
            .stage
            .iter()
            .filter(|stage| !stages.contains(&&stage.value));
        unknown.map(|written| {
            let names = stages.iter().map(|stage| stage.as_str());
            let audience = audience_meant(written.as_str());
            let meant = audience.map(|audience| StageMeant::Audience(audience.to_owned()));
            let meant = meant.unwrap_or_else(|| stage_meant(written.as_str(), names));
            unknown_stage(file.place(written), written.as_str(), meant)
        })
    });
    unit.into_iter().chain(stages).collect()
}

/// The finding for a unit that is none of these.
pub(super) fn unit(
    place: Place,
    unit: &UnitPath,
    (units, meant): (&BTreeSet<UnitPath>, Option<UnitMeant>),
) -> Option<Diagnostic> {
    (!units.contains(unit)).then(|| {
        let near = || match unit_meant(unit, units) {
            Some(meant) => UnitMeant::Near(meant.to_owned()),
            None => UnitMeant::Unclear,
        };
        Diagnostic::of(Name::UnknownUnit {
            unit: unit.clone(),
            meant: meant.unwrap_or_else(near),
        })
        .at(place, Role::NotInUnits)
    })
}

/// The unit beside an unknown one that has nearly its name, or one whose whole path is a slip away.
fn unit_meant<'a>(unit: &UnitPath, units: &'a BTreeSet<UnitPath>) -> Option<&'a str> {
    let name = |path: &'a UnitPath| path.as_str().rsplit_once('/').map(|(_, name)| name);
    let beside: BTreeMap<&str, &str> = units
        .iter()
        .filter(|other| other.parent() == unit.parent())
        .filter_map(|other| Some((name(other)?, other.as_str())))
        .collect();
    let (_, given) = unit.as_str().rsplit_once('/')?;
    let sibling = did_you_mean(given, beside.keys().copied());
    sibling
        .and_then(|name| beside.get(name).copied())
        .or_else(|| number_meant(unit.as_str(), units.iter().map(UnitPath::as_str)))
}

/// The unit of a group that was named where a unit belongs.
fn group_meant(unit: &UnitPath, groups: &BTreeMap<GroupId, Group>) -> Option<UnitMeant> {
    let (_, last) = unit.as_str().rsplit_once('/')?;
    let group = groups.get(&last.parse::<GroupId>().ok()?)?;
    Some(UnitMeant::Group {
        group: group.id.clone(),
        unit: group.unit.clone(),
    })
}

/// The finding for a stage that is none of these.
pub(super) fn stage<'a>(
    place: Place,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    unknown_stage(place, name, stage_meant(name, known))
}

fn unknown_stage(place: Place, name: &str, meant: StageMeant) -> Diagnostic {
    let name = name.to_owned();
    Diagnostic::of(Name::UnknownStage { name, meant }).at(place, Role::NotInOrganisation)
}

fn stage_meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> StageMeant {
    // `2026a`: two classes of one year, of which a unit lists the year alone.
    let year = name
        .get(..4)
        .filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
    match year {
        Some(year) => StageMeant::Class(year.to_owned()),
        None => StageMeant::Stage(Meant::among(name, known)),
    }
}

/// The finding for a service that is none of these.
pub(super) fn service<'a>(
    place: Place,
    name: &str,
    known: impl Iterator<Item = &'a ServiceId>,
) -> Diagnostic {
    Diagnostic::of(Name::UnknownService {
        name: name.to_owned(),
        meant: Meant::among(name, known.map(ServiceId::as_str)),
    })
    .at(place, Role::NotInServices)
}
