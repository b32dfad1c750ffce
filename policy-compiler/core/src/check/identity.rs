//! R04: a service that can be watched and joined with the school account by those who are too
//! young for it.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{MinimumAge, Ownership};
use fyr_schemas::GroupId;

use super::once::OncePerSites;
use super::opened::{LeftOpen, openings};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
use crate::policy::{Policy, Service};
use crate::resolve::{Resolution, Resolved};
use crate::settings::{self, Setting};

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let limited = policy.services.values().filter_map(Exposure::of);
    limited
        .flat_map(|exposure| {
            let mut found: BTreeMap<LeftOpen, BTreeSet<&GroupId>> = BTreeMap::new();
            let mut known = OncePerSites::default();
            for resolved in resolution.at_all_times() {
                let Some(by) = exposure.left_open(resolved) else {
                    continue;
                };
                let can_be_watched = *known.answer(&resolved.sites, |sites| {
                    !openings(policy, exposure.service, sites).is_empty()
                });
                if can_be_watched {
                    found.entry(by).or_default().insert(&resolved.group.id);
                }
            }
            found
                .into_iter()
                .map(|(by, groups)| exposure.report(by, &groups))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// A service with a minimum age, and the setting that keeps the school account from appearing there.
struct Exposure<'a> {
    service: &'a Service,
    limit: &'a MinimumAge,
    identity: &'static Setting,
}

impl<'a> Exposure<'a> {
    /// A service that no setting knows cannot be judged.
    fn of(service: &'a Service) -> Option<Self> {
        let mut sites = service.sites.iter();
        Some(Self {
            service,
            limit: service.source.document.minimum_age.as_ref()?,
            identity: sites.find_map(|(filter, _)| settings::identity_over(filter))?,
        })
    }

    /// Who leaves it open to a group below the age to appear there; `None` where it is closed.
    fn left_open(&self, resolved: &Resolved<'_>) -> Option<LeftOpen> {
        let group = resolved.group;
        let is_below = group.youngest.is_some_and(|age| age < self.limit.age.value);
        // Nothing on a brought device can be closed.
        if !is_below || group.ownership == Ownership::Personal {
            return None;
        }
        let effective = resolved.settings.get(self.identity.name);
        let holds = effective.map(|effective| effective.holds);
        let is_open =
            holds.is_none_or(|holds| self.identity.default_value().as_ref() == Some(holds.value));
        is_open.then(|| holds.map_or(LeftOpen::ByNoRule, |holds| LeftOpen::ByRule(holds.place)))
    }

    fn report(&self, by: LeftOpen, groups: &BTreeSet<&GroupId>) -> Diagnostic {
        let written = &self.service.source.document;
        let (name, age) = (&written.name, self.limit.age.value);
        let whom = groups_in_words(&groups.iter().copied().collect::<Vec<_>>());
        let identity = self.identity.name;
        let finding = Diagnostic::new(
            Code::IdentityBelowAge,
            format!("below {age}, {whom} can watch {name} and appear there"),
        );
        let finding = match by {
            LeftOpen::ByRule(place) => finding.at(place, "leaves the school account open there"),
            LeftOpen::ByNoRule => finding,
        };
        finding
            .at(
                self.service.source.place(&self.limit.age),
                format!("{name} is made for those who are {age}"),
            )
            .help(format!(
                "set `{identity}: closed` for them: what can be watched stays open"
            ))
    }
}
