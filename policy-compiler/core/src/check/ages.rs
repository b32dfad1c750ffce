//! R05 and R06: whether what the catalogue says of an age, or of a guardian's approval, holds.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Ownership;
use fyr_schemas::GroupId;

use super::once::OncePerSites;
use super::opened::{LeftOpen, Opening, openings};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
use crate::policy::{Hindrance, Opens, Policy, Service};
use crate::resolve::{Resolution, Resolved};
use crate::settings::{self, Setting};

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for service in policy.services.values() {
        let mut found: BTreeMap<(Unmet, Opening), BTreeSet<&GroupId>> = BTreeMap::new();
        let mut known = OncePerSites::default();
        for resolved in resolution.at_all_times() {
            let Some(unmet) = unmet(service, resolved, policy.age_of_consent()) else {
                continue;
            };
            let openings = known.answer(&resolved.sites, |sites| openings(policy, service, sites));
            for opening in openings {
                let groups = found.entry((unmet, opening.clone())).or_default();
                groups.insert(&resolved.group.id);
            }
        }
        let reported = found
            .into_iter()
            .map(|((unmet, opening), groups)| report(policy, service, (unmet, &opening), &groups));
        findings.extend(reported);
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
    /// It is open in full, which this setting could mend.
    RestrictedBy(&'static str),
}

/// What does not hold for a group to which any of the service is open. Nothing on a brought device
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

fn report(
    policy: &Policy,
    service: &Service,
    (unmet, opening): (Unmet, &Opening),
    groups: &BTreeSet<&GroupId>,
) -> Diagnostic {
    let written = &service.source.document;
    let id = service.id();
    let name = match &opening.part {
        Some(part) => format!("`{part}` of {}", written.name),
        None => written.name.clone(),
    };
    let whom = groups_in_words(&groups.iter().copied().collect::<Vec<_>>());
    let age = written.minimum_age.as_ref().map(|limit| limit.age.value);
    let below = age.map_or_else(String::new, |age| format!("below {age}, "));
    let through_the_rule = || match opening.part {
        Some(_) => format!(
            "let a rule for them `allow: [service:{id}]` instead, or list what is fit for them \
             under `services/` as a service of its own"
        ),
        None => format!(
            "let a rule for them `allow: [service:{id}]`: it opens {name} to those who may use it \
             and closes it to the others"
        ),
    };
    let (message, help) = match unmet {
        Unmet::Closed(Hindrance::Age) => {
            (format!("{below}{whom} can use {name}"), through_the_rule())
        }
        Unmet::Closed(Hindrance::Approval) => (
            format!(
                "below {}, {whom} can use {name} without a guardian's approval",
                policy.age_of_consent()
            ),
            through_the_rule(),
        ),
        Unmet::SignedOut => (
            format!("{below}{whom} can sign in to {name}"),
            "no setting keeps the school account out of it: write `below: block`".to_owned(),
        ),
        Unmet::Restricted => (
            format!("{below}{whom} can use {name} in full"),
            "no setting knows a restricted form of it: write `below: block`".to_owned(),
        ),
        Unmet::RestrictedBy(setting) => (
            format!("{below}{whom} can use {name} in full"),
            format!("set `{setting}` for them"),
        ),
    };
    let limit = written.minimum_age.as_ref().map(|limit| &limit.below);
    let place = match (unmet, limit, &written.approval) {
        (Unmet::Closed(Hindrance::Approval), _, Some(approval)) => service.source.place(approval),
        (_, Some(limit), _) => service.source.place(limit),
        (_, None, _) => service.source.place(&written.service),
    };
    let finding = Diagnostic::new(Code::LimitNotMet, message);
    let finding = match opening.by {
        LeftOpen::ByRule(place) => finding.at(place, "opens it"),
        LeftOpen::ByNoRule => finding,
    };
    finding.at(place, "the catalogue says otherwise").help(help)
}
