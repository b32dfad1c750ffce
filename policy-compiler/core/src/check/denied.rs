//! R10: whether a rule opens by name a service that was denied, or whose approval has run out.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::ServiceStatus;
use fyr_schemas::{GroupId, RuleId};

use super::once::OncePerSites;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
use crate::policy::{Policy, Rule, Service};
use crate::resolve::{Resolution, Sites};
use crate::source::Place;

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let services = policy.services.values();
    services
        .filter(|service| !service.is_helpline())
        .flat_map(|service| opened(service, resolution))
        .collect()
}

/// What one rule opens of one service: where, to whom, and against which statuses.
#[derive(Default)]
struct Opened<'a> {
    places: BTreeSet<Place>,
    groups: BTreeSet<&'a GroupId>,
    statuses: BTreeMap<Place, ServiceStatus>,
}

fn opened(service: &Service, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut found: BTreeMap<&RuleId, Opened<'_>> = BTreeMap::new();
    let mut known = OncePerSites::default();
    for resolved in resolution.at_all_times() {
        let written = service.assessed_for(resolved.group);
        let status = written.map(|written| written.status);
        let Some(status) = status.filter(|status| is_refusal(status.value)) else {
            continue;
        };
        let openings = known.answer(&resolved.sites, |sites| openings(service, sites));
        for (rule, place) in openings {
            let opened = found.entry(rule).or_default();
            opened.places.insert(*place);
            opened.groups.insert(&resolved.group.id);
            let place = service.source.place(status);
            opened.statuses.insert(place, status.value);
        }
    }
    found
        .into_iter()
        .map(|(rule, opened)| report(service, rule, opened))
        .collect()
}

/// Whether somebody has said no, or no longer says yes. The others may still be tried.
fn is_refusal(status: ServiceStatus) -> bool {
    match status {
        ServiceStatus::Denied | ServiceStatus::Expired => true,
        ServiceStatus::Approved | ServiceStatus::UnderReview | ServiceStatus::NotAssessed => false,
    }
}

/// Where rules open any of a service by its name, and nothing below them closes it again.
fn openings<'a>(service: &Service, sites: &Sites<'a>) -> BTreeSet<(&'a RuleId, Place)> {
    let filters = service.sites.iter().map(|(filter, _)| filter);
    filters
        .filter_map(|filter| sites.verdict_over_filter(filter))
        .filter(|claim| claim.says.verdict.is_open())
        .filter(|claim| names(claim.rule, service, claim.says.place))
        .map(|claim| (claim.rule.id(), claim.says.place))
        .collect()
}

/// Whether what a rule says at a place is the name of a service.
fn names(rule: &Rule, service: &Service, place: Place) -> bool {
    let written = &rule.source.document.sites;
    let mut opened = written.allow.iter().chain(&written.warn);
    opened.any(|site| {
        rule.source.place(site) == place
            && site.strip_prefix("service:") == Some(service.id().as_str())
    })
}

fn report(service: &Service, rule: &RuleId, opened: Opened<'_>) -> Diagnostic {
    let words: BTreeSet<ServiceStatus> = opened.statuses.values().copied().collect();
    let words: Vec<&str> = words.into_iter().map(ServiceStatus::word).collect();
    let groups: Vec<&GroupId> = opened.groups.into_iter().collect();
    let mut finding = Diagnostic::new(
        Code::DeniedOpened,
        format!(
            "`{rule}` opens `{}`, which is {} for {}",
            service.id(),
            words.join(" or "),
            groups_in_words(&groups)
        ),
    )
    .help("take it out of the rule for them, or write the status that it has by now");
    for place in opened.places {
        finding = finding.at(place, "opens it");
    }
    for (place, status) in opened.statuses {
        finding = finding.at(place, format!("{} here", status.word()));
    }
    finding
}
