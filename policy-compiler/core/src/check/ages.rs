//! R05 and R06: whether what the catalogue says of an age, or of a guardian's approval, holds.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::GroupId;
use fyr_schemas::policy::Ownership;

use super::identity::LeftOpen;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
use crate::policy::{Hindrance, Opens, Policy, Service};
use crate::resolve::{Resolution, Resolved};
use crate::settings::{self, Setting};

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for service in policy.services.values() {
        let mut found: BTreeMap<(Unheld, LeftOpen), BTreeSet<&GroupId>> = BTreeMap::new();
        for resolved in resolution.at_all_times() {
            if let Some(unheld) = unheld(service, resolved, policy.age_of_consent()) {
                found.entry(unheld).or_default().insert(&resolved.group.id);
            }
        }
        let told = found
            .into_iter()
            .map(|((unheld, by), groups)| tell(policy, service, (unheld, by), &groups));
        findings.extend(told);
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
    /// It is open in full, which this setting could mend.
    RestrictedBy(&'static str),
}

/// What does not hold, and who leaves the service open. Nothing on a brought device can be closed.
fn unheld(
    service: &Service,
    resolved: &Resolved<'_>,
    age_of_consent: u8,
) -> Option<(Unheld, LeftOpen)> {
    if resolved.group.ownership == Ownership::Brought {
        return None;
    }
    let opens = service.opens_to(resolved.group, age_of_consent);
    let by = opened_by(service, resolved)?;
    let means = |known: fn(&_) -> Option<&'static Setting>| {
        let mut sites = service.sites.iter();
        sites.find_map(|(filter, _)| known(filter))
    };
    let unheld = match opens {
        Opens::Whole => return None,
        Opens::Nothing(hindrance) => Unheld::Closed(hindrance),
        Opens::SignedOut => match means(settings::identity_over) {
            // Where it is left open, that is a finding of its own.
            Some(_) => return None,
            None => Unheld::SignedOut,
        },
        Opens::Restricted => match means(settings::restricted_form_of) {
            Some(setting) if is_set(setting, resolved) => return None,
            Some(setting) => Unheld::RestrictedBy(setting.name),
            None => Unheld::Restricted,
        },
    };
    Some((unheld, by))
}

/// The place that opens a part of the service, which may be nowhere; `None` where all is closed.
fn opened_by(service: &Service, resolved: &Resolved<'_>) -> Option<LeftOpen> {
    let mut sites = service.sites.iter();
    sites.find_map(
        |(filter, _)| match resolved.sites.verdict_over_filter(filter) {
            Some(voice) => {
                let is_open = voice.says.verdict.is_open();
                is_open.then_some(LeftOpen::ByRule(voice.says.place))
            }
            None => Some(LeftOpen::ByNobody),
        },
    )
}

fn is_set(setting: &Setting, resolved: &Resolved<'_>) -> bool {
    let settled = resolved.settings.get(setting.name);
    settled.is_some_and(|settled| setting.default_value().as_ref() != Some(settled.holds.value))
}

fn tell(
    policy: &Policy,
    service: &Service,
    (unheld, by): (Unheld, LeftOpen),
    groups: &BTreeSet<&GroupId>,
) -> Diagnostic {
    let written = &service.source.document;
    let (name, id) = (&written.name, service.id());
    let whom = groups_in_words(&groups.iter().copied().collect::<Vec<_>>());
    let age = written.minimum_age.as_ref().map(|limit| limit.age.value);
    let below = age.map_or_else(String::new, |age| format!("below {age}, "));
    let through_the_rule = || {
        format!(
            "let a rule for them `allow: [service:{id}]`: it opens {name} to those who may use it \
             and closes it to the others"
        )
    };
    let (message, help) = match unheld {
        Unheld::Closed(Hindrance::Age) => {
            (format!("{below}{whom} can use {name}"), through_the_rule())
        }
        Unheld::Closed(Hindrance::Approval) => (
            format!(
                "below {}, {whom} can use {name} without a guardian's approval",
                policy.age_of_consent()
            ),
            through_the_rule(),
        ),
        Unheld::SignedOut => (
            format!("{below}{whom} can sign in to {name}"),
            "no setting keeps the school account out of it: write `below: block`".to_owned(),
        ),
        Unheld::Restricted => (
            format!("{below}{whom} can use {name} in full"),
            "no setting knows a restricted form of it: write `below: block`".to_owned(),
        ),
        Unheld::RestrictedBy(setting) => (
            format!("{below}{whom} can use {name} in full"),
            format!("set `{setting}` for them"),
        ),
    };
    let limit = written.minimum_age.as_ref().map(|limit| &limit.below);
    let place = match (unheld, limit, &written.approval) {
        (Unheld::Closed(Hindrance::Approval), _, Some(approval)) => service.source.place(approval),
        (_, Some(limit), _) => service.source.place(limit),
        (_, None, _) => service.source.place(&written.service),
    };
    let finding = Diagnostic::new(Code::LimitUnheld, message);
    let finding = match by {
        LeftOpen::ByRule(place) => finding.at(place, "opens it"),
        LeftOpen::ByNobody => finding,
    };
    finding.at(place, "the catalogue says otherwise").help(help)
}
