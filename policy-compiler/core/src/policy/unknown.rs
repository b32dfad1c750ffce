//! The findings for names that do not exist: units, stages and services.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Scope;
use fyr_schemas::{GroupId, ServiceId, StageId, UnitPath};

use super::Group;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, audience_meant, did_you_mean, help_for_unknown, number_meant};
use crate::parse::InFile;
use crate::source::Place;

/// What a selection may name; `None` where one of them could not be read.
pub(crate) struct Known<'a> {
    pub(crate) units: Option<&'a BTreeSet<UnitPath>>,
    pub(crate) stages: Option<Vec<&'a StageId>>,
    pub(crate) groups: &'a BTreeMap<GroupId, Group>,
}

/// Unknown names in a selection.
pub(crate) fn in_scope<T>(file: &InFile<T>, scope: &Scope, known: &Known<'_>) -> Vec<Diagnostic> {
    let place = file.place(&scope.unit);
    let unit = known.units.and_then(|units| {
        let finding = unit(place, &scope.unit, units)?;
        Some(finding.help_if(group_meant(&scope.unit, known.groups)))
    });
    let stages = known.stages.iter().flat_map(|stages| {
        let unknown = scope
            .stage
            .iter()
            .filter(|stage| !stages.contains(&&stage.value));
        unknown.map(|written| {
            let names = stages.iter().map(|stage| stage.as_str());
            let audience = audience_meant(written.as_str());
            let who = audience.map(|audience| format!("write `who: {audience}`"));
            stage(file.place(written), written.as_str(), names).help_if(who)
        })
    });
    unit.into_iter().chain(stages).collect()
}

/// The finding for a unit that is none of these.
pub(super) fn unit(
    place: Place,
    unit: &UnitPath,
    units: &BTreeSet<UnitPath>,
) -> Option<Diagnostic> {
    (!units.contains(unit)).then(|| {
        Diagnostic::new(Code::UnknownUnit, format!("unknown unit `{unit}`"))
            .at(place, "`units.yaml` has no such unit")
            .help(match unit_meant(unit, units) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("add `{unit}` to `units.yaml`, or remove what is for it"),
            })
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

/// What to write for a group where a unit belongs.
fn group_meant(unit: &UnitPath, groups: &BTreeMap<GroupId, Group>) -> Option<String> {
    let (_, last) = unit.as_str().rsplit_once('/')?;
    let group = groups.get(&last.parse::<GroupId>().ok()?)?;
    Some(format!(
        "`{}` is a group, and `for` names units: write `{}`",
        group.id, group.unit
    ))
}

/// The finding for a stage that is none of these.
pub(super) fn stage<'a>(
    place: Place,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let finding = Diagnostic::new(Code::UnknownStage, format!("unknown stage `{name}`"))
        .at(place, "`fyr.yaml` has no stage of this name");
    // `2026a`: two classes of one year, of which a unit lists the year alone.
    let year = name
        .get(..4)
        .filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
    finding.help(match year {
        Some(year) => format!(
            "a unit lists a class by the year it began, `{year}`; another name stands under `groups`, \
             with its `unit` and `start: {year}`"
        ),
        None => help_for_unknown(name, known),
    })
}

/// The finding for a service that is none of these.
pub(super) fn service<'a>(
    place: Place,
    name: &str,
    known: impl ExactSizeIterator<Item = &'a ServiceId>,
) -> Diagnostic {
    Diagnostic::new(Code::UnknownService, format!("unknown service `{name}`"))
        .at(place, "no file under `services/` has it")
        .help(if known.len() == 0 {
            format!("declare it in `services/{name}.yaml`: `service: {name}`")
        } else {
            help_for_unknown(name, known.map(ServiceId::as_str))
        })
}
