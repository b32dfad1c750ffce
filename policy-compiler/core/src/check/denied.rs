//! R10: whether a rule opens by name a service that was denied, or whose approval has run out.

use std::collections::BTreeSet;

use fyr_policy_source::ServiceStatus;
use fyr_schemas::RuleId;

use super::once::OncePerSites;
use crate::finding::{Diagnostic, PerGroup, Role, Service as Found};
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

fn opened(service: &Service, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut found = PerGroup::default();
    let mut known = OncePerSites::default();
    for resolved in resolution.at_all_times() {
        let written = service.assessed_for(resolved.group);
        let status = written.map(|written| written.status);
        let Some(status) = status.filter(|status| is_refusal(status.value)) else {
            continue;
        };
        let openings = known.answer(&resolved.sites, |sites| openings(service, sites));
        let status = (service.source.place(status), status.value);
        for opening in openings {
            found.note((*opening, status), &resolved.group.id);
        }
    }
    found.into_findings(|((rule, opens), (place, status)), _| {
        Diagnostic::of(Found::DeniedAllowed {
            service: service.id().clone(),
            rule: rule.clone(),
        })
        .at(opens, Role::Opens)
        .at(place, Role::StatusIs { status })
    })
}

/// Whether use was denied, or is no longer approved. The others may still be tried.
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
