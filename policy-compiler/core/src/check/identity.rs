//! R04: a service that can be watched and joined with the school account by those who are too
//! young for it.

use fyr_policy_source::{MinimumAge, Ownership};

use super::once::OncePerSites;
use super::opened::{LeftOpen, openings};
use crate::finding::{Diagnostic, PerGroup, Role, Service as Found};
use crate::policy::{Policy, Service};
use crate::resolve::{Resolution, Resolved};
use crate::settings::{self, Setting};

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let limited = policy.services.values().filter_map(Exposure::of);
    limited
        .flat_map(|exposure| {
            let mut found = PerGroup::default();
            let mut known = OncePerSites::default();
            for resolved in resolution.at_all_times() {
                let Some(by) = exposure.left_open(resolved) else {
                    continue;
                };
                let can_be_watched = *known.answer(&resolved.sites, |sites| {
                    !openings(policy, exposure.service, sites).is_empty()
                });
                if can_be_watched {
                    found.note(by, &resolved.group.id);
                }
            }
            found.into_findings(|by, _| exposure.finding(by))
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
        // Nothing on a personal device can be closed.
        if !is_below || group.ownership == Ownership::Personal {
            return None;
        }
        let effective = resolved.settings.get(self.identity.name);
        let holds = effective.map(|effective| effective.holds);
        let is_open =
            holds.is_none_or(|holds| self.identity.default_value().as_ref() == Some(holds.value));
        is_open.then(|| holds.map_or(LeftOpen::ByNoRule, |holds| LeftOpen::ByRule(holds.place)))
    }

    fn finding(&self, by: LeftOpen) -> Diagnostic {
        let (written, age) = (&self.service.source.document, self.limit.age.value);
        let opens = match by {
            LeftOpen::ByRule(place) => Some((place, Role::LeavesAccountOpen)),
            LeftOpen::ByNoRule => None,
        };
        let minimum = self.service.source.place(&self.limit.age);
        Diagnostic::of(Found::IdentityBelowAge {
            name: written.name.clone(),
            age,
            setting: self.identity.name.to_owned(),
        })
        .at_each(opens)
        .at(minimum, Role::MinimumAge { age })
    }
}
