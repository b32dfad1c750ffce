//! Documents under the names that rules call them by; the second of one name is a finding.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use fyr_policy_source::{self as source, Decision, OrganisationFile};
use fyr_schemas::timetable::Days;
use fyr_schemas::{CaseNumber, CategoryId, RuleId, ServiceId};
use jiff::civil::Date;

use super::statement::{self, Names, report_scope};
use super::validity::Validity;
use super::{Rule, Service, site_statement, time_scope};
use crate::category::Category;
use crate::finding::{Diagnostic, Diagnostics, EmptyList, List, Name, OneName, Role};
use crate::meant::Meant;
use crate::parse::{InFile, Listed};
use crate::source::Place;

pub(super) fn name_decisions(
    documents: Vec<InFile<Decision>>,
    organisation: Option<&InFile<OrganisationFile>>,
    findings: &mut Diagnostics,
) -> BTreeMap<CaseNumber, InFile<Decision>> {
    let mut decisions = BTreeMap::new();
    for decision in documents {
        findings.extend(organisation.and_then(|file| unknown_body(&decision, &file.document)));
        let case = decision.document.decision.clone();
        let place = decision.place(&case);
        insert_once(&mut decisions, case.value, (decision, place), findings);
    }
    without_places(decisions)
}

fn unknown_body(
    decision: &InFile<Decision>,
    organisation: &OrganisationFile,
) -> Option<Diagnostic> {
    let body = &decision.document.body;
    let bodies = || organisation.bodies.keys().map(|name| name.as_str());
    bodies().all(|known| known != body.as_str()).then(|| {
        Diagnostic::of(Name::UnknownBody {
            body: body.value.clone(),
            meant: Meant::among(body.as_str(), bodies()),
        })
        .at(decision.place(body), Role::NotInOrganisation)
    })
}

pub(super) fn name_services(
    documents: Vec<InFile<source::Service>>,
    findings: &mut Diagnostics,
) -> BTreeMap<ServiceId, Service> {
    let mut services = BTreeMap::new();
    for source in documents {
        let mut sites = Vec::new();
        for site in &source.document.sites {
            let place = source.place(site);
            sites.extend(
                site_statement::read_filter(site, place, findings).map(|filter| (filter, place)),
            );
        }
        let name = source.document.service.clone();
        let place = source.place(&name);
        let service = Service { source, sites };
        insert_once(&mut services, name.value, (service, place), findings);
    }
    without_places(services)
}

pub(super) fn name_categories(
    lists: Vec<Listed>,
    services: &BTreeMap<ServiceId, Service>,
    findings: &mut Diagnostics,
) -> BTreeMap<CategoryId, Arc<Category>> {
    let mut categories = BTreeMap::new();
    for listed in lists {
        let name = listed.source.document.category.clone();
        let place = listed.source.place(&name);
        let category = Category::new(listed);
        let mut services = services.values();
        // A missing file is a finding of its own.
        let lacks_files =
            category.origin.files.is_empty() && !category.origin.source.document.files.is_empty();
        let has_services = services.any(|service| service.category() == Some(&category.id));
        if category.is_empty() && !has_services && !lacks_files {
            findings.push(lists_nothing(&category, place));
        }
        insert_once(
            &mut categories,
            name.value,
            (Arc::new(category), place),
            findings,
        );
    }
    without_places(categories)
}

fn lists_nothing(category: &Category, place: Place) -> Diagnostic {
    let entries = category.origin.account.entries;
    let why = match (category.origin.files.is_empty(), entries) {
        (true, _) => EmptyList::NoFiles,
        (false, 0) => EmptyList::EmptyFiles,
        (false, entries) => EmptyList::AllDropped { entries },
    };
    Diagnostic::of(List::Empty {
        category: category.id.clone(),
        why: why.clone(),
    })
    .at(place, Role::EmptyCategory { why })
}

pub(super) fn name_rules(
    documents: Vec<InFile<source::Rule>>,
    names: &Names<'_>,
    (validities, seen): (&BTreeMap<CaseNumber, Validity>, (Date, Date)),
    findings: &mut Diagnostics,
) -> BTreeMap<RuleId, Rule> {
    let mut rules = BTreeMap::new();
    for source in documents {
        report_scope(&source, &source.document.scope, names, findings);
        let id = source.document.rule.clone();
        let place = source.place(&id);
        let cited = source.document.decision.as_ref();
        let validity = cited.and_then(|case| validities.get(&case.value));
        let of_case = validity.map_or_else(Days::default, |validity| validity.days);
        let rule = Rule {
            time_scope: time_scope::read(&source, names, (of_case, seen), findings),
            settings: statement::type_settings(&source, names, findings),
            sites: site_statement::read_sites(&source, names, findings),
            source,
        };
        insert_once(&mut rules, id.value, (rule, place), findings);
    }
    without_places(rules)
}

/// Adds a document under its name; the second of one name is a finding.
fn insert_once<K: Ord + Display, T>(
    named: &mut BTreeMap<K, (T, Place)>,
    name: K,
    (document, place): (T, Place),
    findings: &mut Diagnostics,
) {
    match named.get(&name) {
        Some((_, first)) => findings.push(used_twice(&name, None, (place, *first))),
        None => {
            named.insert(name, (document, place));
        }
    }
}

/// The finding for the second of one name.
pub(super) fn used_twice(
    name: &impl Display,
    instead: Option<OneName>,
    (second, first): (Place, Place),
) -> Diagnostic {
    let name = name.to_string();
    Diagnostic::of(Name::UsedTwice { name, instead })
        .at(second, Role::NameTwice)
        .at(first, Role::NameOnce)
}

fn without_places<K: Ord, T>(named: BTreeMap<K, (T, Place)>) -> BTreeMap<K, T> {
    named
        .into_iter()
        .map(|(name, (document, _))| (name, document))
        .collect()
}
