//! Builds the [`Policy`] from its documents: looks names up, and reports those that lead nowhere.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{Grades, OrganisationFile, Stage, TimetableFile, UnitsFile};
use fyr_schemas::{CaseNumber, GroupId, StageId, UnitPath};
use jiff::civil::Date;

use super::approvals::note_approvals;
use super::groups::place_groups;
use super::naming::{name_categories, name_decisions, name_rules, name_services};
use super::site_statement;
use super::statement::{Names, report_scope};
use super::timetable::{self, Timetable};
use super::validity::{self, Assumptions, CaseState, Validity};
use super::{Group, Policy, Rule};
use crate::country::Country;
use crate::finding::{Diagnostic, Diagnostics, Document, Group as Found, Name, Role};
use crate::parse::DocumentKind::{self, Organisation, Units};
use crate::parse::{Documents, InFile, Unread};
use crate::source::Place;
use crate::stage::{SchoolDay, Stages};

/// Builds the policy of a day; `None` without `fyr.yaml`. What a document says is looked up as
/// far as the others could be read.
pub fn organise(
    documents: Documents,
    date: Date,
    assumptions: &Assumptions,
    findings: &mut Diagnostics,
) -> Option<Policy> {
    let mut unread = documents.unread;
    let is_absent = documents.organisation.is_none();
    report_missing(is_absent, "fyr.yaml", Organisation, &mut unread, findings);
    let is_absent = documents.units.is_none();
    report_missing(is_absent, "units.yaml", Units, &mut unread, findings);
    let organisation = documents.organisation;
    let stages = organisation
        .as_ref()
        .and_then(|organisation| read_stages(organisation, findings));
    if stages.is_none() {
        unread.add(Units);
    }
    let (units, mut groups) = watch(Units, &mut unread, findings, |findings| {
        let today = organisation.as_ref().map(|organisation| SchoolDay {
            country: Country::of(&organisation.document.country),
            date,
        });
        place_units(
            documents.units.as_ref(),
            stages.as_ref().zip(today),
            findings,
        )
    });
    let services = watch(DocumentKind::Service, &mut unread, findings, |findings| {
        name_services(documents.services, findings)
    });
    let known_services = unread
        .has_all(&[DocumentKind::Service])
        .then_some(&services);
    if let Some(units) = &documents.units {
        watch(Units, &mut unread, findings, |findings| {
            note_approvals(units, known_services, &mut groups, findings);
        });
    }
    let has_all_lists = unread.has_all(&[DocumentKind::List]);
    let categories = watch(DocumentKind::List, &mut unread, findings, |findings| {
        name_categories(documents.lists, &services, findings)
    });
    let mut names = Names {
        stages: stages.as_ref().map(|stages| stages.names().collect()),
        services: known_services,
        units: unread.has_all(&[Units]).then_some(&units),
        groups: &groups,
        categories: &categories,
        has_all_categories: has_all_lists,
        periods: None,
    };
    let timetable = watch(DocumentKind::Timetable, &mut unread, findings, |findings| {
        let file = documents.timetable.as_ref();
        read_timetable(file, organisation.as_ref(), date, &names, findings)
    });
    if unread.has_all(&[DocumentKind::Timetable]) {
        names.periods = Some(&timetable.periods);
    }
    let decisions = watch(DocumentKind::Decision, &mut unread, findings, |findings| {
        name_decisions(documents.decisions, organisation.as_ref(), findings)
    });
    let validities = validity::validities(&decisions, date, assumptions);
    let rules = watch(DocumentKind::Rule, &mut unread, findings, |findings| {
        name_rules(
            documents.rules,
            &names,
            (&validities, (date, assumptions.look_ahead.reach(date))),
            findings,
        )
    });
    let (rules, dormant) = rules
        .into_iter()
        .partition(|(_, rule)| is_carried(rule, &validities));
    let organisation = organisation?;
    Some(Policy {
        date,
        unread,
        always_reachable: read_always_reachable(&organisation, findings),
        organisation,
        stages,
        units,
        groups,
        decisions,
        validities,
        services,
        categories,
        rules,
        dormant,
        timetable,
    })
}

fn read_timetable(
    file: Option<&InFile<TimetableFile>>,
    organisation: Option<&InFile<OrganisationFile>>,
    date: Date,
    names: &Names<'_>,
    findings: &mut Diagnostics,
) -> Timetable {
    let read = file.map(|file| {
        timetable::read(
            file,
            |scope, findings| report_scope(file, scope, names, findings),
            findings,
        )
    });
    let zone = organisation.and_then(|organisation| {
        let name = &organisation.document.time_zone;
        timetable::read_zone(name, organisation.place(name), date)
            .map_err(|finding| findings.push(*finding))
            .ok()
    });
    Timetable {
        zone,
        ..read.unwrap_or_default()
    }
}

/// Whether a case supports a rule, now or on a later date. One that cites nothing, or nothing known,
/// holds: that is a finding.
fn is_carried(rule: &Rule, validities: &BTreeMap<CaseNumber, Validity>) -> bool {
    let validity = rule.decision().and_then(|case| validities.get(case));
    validity.is_none_or(|validity| match validity.state {
        CaseState::InForce | CaseState::Coming(_) => true,
        CaseState::Proposed | CaseState::Ended(_) | CaseState::Void => false,
    })
}

/// Does a piece of work on documents of a kind, and remembers where something of that kind
/// could not be made out.
fn watch<T>(
    kind: DocumentKind,
    unread: &mut Unread,
    findings: &mut Diagnostics,
    work: impl FnOnce(&mut Diagnostics) -> T,
) -> T {
    let mut found = Diagnostics::default();
    let done = work(&mut found);
    if found.any_error() {
        unread.add(kind);
    }
    findings.append(found);
    done
}

/// A file that is there and cannot be read is a finding of its own.
fn report_missing(
    is_absent: bool,
    name: &str,
    kind: DocumentKind,
    unread: &mut Unread,
    findings: &mut Diagnostics,
) {
    if is_absent && unread.has_all(&[kind]) {
        unread.add(kind);
        findings.push(Diagnostic::of(Document::MissingFile {
            path: name.to_owned(),
        }));
    }
}

/// The stages of the organisation; a country without a table of its own needs one written.
fn read_stages(
    organisation: &InFile<OrganisationFile>,
    findings: &mut Diagnostics,
) -> Option<Stages> {
    check_stages(organisation, findings);
    let stages = Stages::of(&organisation.document);
    if stages.is_none() {
        let country = &organisation.document.country;
        findings.push(
            Diagnostic::of(Found::NoStages).at(organisation.place(country), Role::UnknownCountry),
        );
    }
    stages
}

fn check_stages(organisation: &InFile<OrganisationFile>, findings: &mut Diagnostics) {
    let mut seen: Vec<(&StageId, Grades, Place)> = Vec::new();
    for (name, stage) in &organisation.document.stages {
        let Stage::Pupils(grades) = stage.value else {
            continue;
        };
        let place = organisation.place(stage);
        for (other, other_grades, other_place) in &seen {
            if grades.first <= other_grades.last && other_grades.first <= grades.last {
                findings.push(
                    Diagnostic::of(Found::StagesOverlap {
                        stage: name.value.clone(),
                        other: (*other).clone(),
                    })
                    .at(place, Role::GradesOverlap)
                    .at(*other_place, Role::GradesOverlap),
                );
            }
        }
        seen.push((&name.value, grades, place));
    }
}

type Placed = (BTreeSet<UnitPath>, BTreeMap<GroupId, Group>);

fn place_units(
    file: Option<&InFile<UnitsFile>>,
    schools: Option<(&Stages, SchoolDay)>,
    findings: &mut Diagnostics,
) -> Placed {
    let Some(file) = file else {
        return (BTreeSet::from([UnitPath::root()]), BTreeMap::new());
    };
    let units = check_units(file, findings);
    let groups = schools.map_or_else(BTreeMap::new, |(stages, today)| {
        place_groups(file, &units, stages, today, findings)
    });
    (units, groups)
}

fn check_units(file: &InFile<UnitsFile>, findings: &mut Diagnostics) -> BTreeSet<UnitPath> {
    let written = file.document.units.keys();
    let mut units: BTreeSet<UnitPath> = written.clone().map(|unit| unit.value.clone()).collect();
    units.insert(UnitPath::root());
    for unit in written {
        if let Some(parent) = unit.parent().filter(|parent| !units.contains(parent)) {
            findings.push(
                Diagnostic::of(Name::UnknownParent { parent })
                    .at(file.place(unit), Role::BelowMissingUnit),
            );
        }
    }
    units
}

fn read_always_reachable(
    organisation: &InFile<OrganisationFile>,
    findings: &mut Diagnostics,
) -> Vec<(crate::url_filter::UrlFilter, Place)> {
    let mut hosts = Vec::new();
    for host in &organisation.document.always_reachable {
        let place = organisation.place(host);
        hosts.extend(
            site_statement::read_filter(host, place, findings).map(|filter| (filter, place)),
        );
    }
    hosts
}
