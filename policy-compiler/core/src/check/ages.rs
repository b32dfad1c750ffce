//! R05 and R06: whether what the catalogue says of an age, or of a guardian's approval, holds.

use fyr_policy_source::Ownership;

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
            let Some(unmet) = unmet(service, resolved, policy.age_of_consent()) else {
                continue;
            };
            let openings = known.answer(&resolved.sites, |sites| openings(policy, service, sites));
            for opening in openings {
                found.note((unmet, opening.clone()), &resolved.group.id);
            }
        }
        findings.extend(
            found.into_findings(|(unmet, opening): (Unmet, Opening), _| {
                finding(policy, service, (unmet, &opening))
            }),
        );
    }
    findings
}

/// What does not hold of a service for a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unmet {
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
fn unmet(service: &Service, resolved: &Resolved<'_>, age_of_consent: u8) -> Option<Unmet> {
    if resolved.group.ownership == Ownership::Personal {
        return None;
    }
    let setting_of = |known: fn(&_) -> Option<&'static Setting>| {
        let mut sites = service.sites.iter();
        sites.find_map(|(filter, _)| known(filter))
    };
    match service.opens_to(resolved.group, age_of_consent) {
        Opens::Whole => None,
        Opens::Nothing(hindrance) => Some(Unmet::Closed(hindrance)),
        Opens::SignedOut => match setting_of(settings::identity_over) {
            // Where it is left open, that is a finding of its own.
            Some(_) => None,
            None => Some(Unmet::SignedOut),
        },
        Opens::Restricted => match setting_of(settings::restricted_form_of) {
            Some(setting) if is_set(setting, resolved) => None,
            Some(setting) => Some(Unmet::RestrictedBy(setting.name)),
            None => Some(Unmet::Restricted),
        },
    }
}

fn is_set(setting: &Setting, resolved: &Resolved<'_>) -> bool {
    let effective = resolved.settings.get(setting.name);
    effective
        .is_some_and(|effective| setting.default_value().as_ref() != Some(effective.holds.value))
}

fn finding(policy: &Policy, service: &Service, (unmet, opening): (Unmet, &Opening)) -> Diagnostic {
    let written = &service.source.document;
    let age = written.minimum_age.as_ref().map(|limit| limit.age.value);
    let limit = match unmet {
        Unmet::Closed(Hindrance::Age) => Limit::Age { age },
        Unmet::Closed(Hindrance::Approval) => Limit::Approval {
            age_of_consent: policy.age_of_consent(),
        },
        Unmet::SignedOut => Limit::SignedOut { age },
        Unmet::Restricted => Limit::Restricted { age, setting: None },
        Unmet::RestrictedBy(setting) => Limit::Restricted {
            age,
            setting: Some(setting.to_owned()),
        },
    };
    let below = written.minimum_age.as_ref().map(|limit| &limit.below);
    let place = match (unmet, below, &written.approval) {
        (Unmet::Closed(Hindrance::Approval), _, Some(approval)) => service.source.place(approval),
        (_, Some(below), _) => service.source.place(below),
        (_, None, _) => service.source.place(&written.service),
    };
    let opens = match opening.by {
        LeftOpen::ByRule(place) => Some((place, Role::Opens)),
        LeftOpen::ByNoRule => None,
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
