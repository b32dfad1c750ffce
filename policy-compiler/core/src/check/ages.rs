//! R05 and R06: whether what the catalogue says of an age, or of a guardian's approval, holds.

use fyr_schemas::policy::Ownership;

use super::once::OncePerSites;
use super::opened::{LeftOpen, Opening, openings};
use crate::finding::{Diagnostic, Limit, PerGroup, Role, Service as Found};
use crate::policy::{Hindrance, Opens, Policy, Service};
use crate::resolve::{Resolution, Resolved};
use crate::settings::{self, Setting};

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for service in policy.services.values() {
        let mut found = PerGroup::default();
        let mut known = OncePerSites::default();
        for resolved in resolution.at_all_times() {
            let Some(unheld) = unheld(service, resolved, policy.age_of_consent()) else {
                continue;
            };
            let openings = known.answer(&resolved.sites, |sites| openings(policy, service, sites));
            for opening in openings {
                found.note((unheld, opening.clone()), &resolved.group.id);
            }
        }
        findings.extend(
            found.into_findings(|(unheld, opening): (Unheld, Opening), _| {
                finding(policy, service, (unheld, &opening))
            }),
        );
    }
    findings
}

/// What does not hold of a service for a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unheld {
    /// It is open in spite of this.
    Closed(Hindrance),
    /// It is open to the school account, which no setting can keep out.
    SignedOut,
    /// It is open in full, and no setting knows a restricted form of it.
    Restricted,
    /// It is open in full, which this setting could prevent.
    RestrictedBy(&'static str),
}

/// What does not hold for a group to which any of the service is open. Nothing on a personal device
/// can be closed.
fn unheld(service: &Service, resolved: &Resolved<'_>, age_of_consent: u8) -> Option<Unheld> {
    if resolved.group.ownership == Ownership::Personal {
        return None;
    }
    let means = |known: fn(&_) -> Option<&'static Setting>| {
        let mut sites = service.sites.iter();
        sites.find_map(|(filter, _)| known(filter))
    };
    match service.opens_to(resolved.group, age_of_consent) {
        Opens::Whole => None,
        Opens::Nothing(hindrance) => Some(Unheld::Closed(hindrance)),
        Opens::SignedOut => match means(settings::identity_over) {
            // Where it is left open, that is a finding of its own.
            Some(_) => None,
            None => Some(Unheld::SignedOut),
        },
        Opens::Restricted => match means(settings::restricted_form_of) {
            Some(setting) if is_set(setting, resolved) => None,
            Some(setting) => Some(Unheld::RestrictedBy(setting.name)),
            None => Some(Unheld::Restricted),
        },
    }
}

fn is_set(setting: &Setting, resolved: &Resolved<'_>) -> bool {
    let settled = resolved.settings.get(setting.name);
    settled.is_some_and(|settled| setting.default_value().as_ref() != Some(settled.holds.value))
}

fn finding(
    policy: &Policy,
    service: &Service,
    (unheld, opening): (Unheld, &Opening),
) -> Diagnostic {
    let written = &service.source.document;
    let age = written.minimum_age.as_ref().map(|limit| limit.age.value);
    let limit = match unheld {
        Unheld::Closed(Hindrance::Age) => Limit::Age { age },
        Unheld::Closed(Hindrance::Approval) => Limit::Approval {
            age_of_consent: policy.age_of_consent(),
        },
        Unheld::SignedOut => Limit::SignedOut { age },
        Unheld::Restricted => Limit::Restricted { age, setting: None },
        Unheld::RestrictedBy(setting) => Limit::Restricted {
            age,
            setting: Some(setting.to_owned()),
        },
    };
    let below = written.minimum_age.as_ref().map(|limit| &limit.below);
    let place = match (unheld, below, &written.approval) {
        (Unheld::Closed(Hindrance::Approval), _, Some(approval)) => service.source.place(approval),
        (_, Some(below), _) => service.source.place(below),
        (_, None, _) => service.source.place(&written.service),
    };
    let opens = match opening.by {
        LeftOpen::ByRule(place) => Some((place, Role::Opens)),
        LeftOpen::ByNobody => None,
    };
    Diagnostic::of(Found::LimitIneffective {
        service: service.id().clone(),
        name: written.name.clone(),
        part: opening.part.as_ref().map(ToString::to_string),
        limit,
    })
    .at_each(opens)
    .at(place, Role::CatalogueLimit)
}
