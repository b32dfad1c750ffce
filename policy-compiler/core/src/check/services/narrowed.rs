//! R03 and R21: a status for a part of the organisation takes no service out of a floor, unless a
//! body decided it that may decide the floor. Of a service that was not assessed above, the
//! part's own body may say what it is there: that takes it from what closes everything that was not
//! assessed, and from nothing that was closed by its name.

use std::collections::BTreeSet;

use fyr_policy_source::{ServiceStatus, StatusFor, Statuses, Strength};
use fyr_schemas::{CaseNumber, GroupId, RuleId, UnitPath};

use crate::check::decisions::competence;
use crate::finding::{Diagnostic, PerGroup, Role, Service as Found, StatusExtent};
use crate::policy::{Assessed, CaseState, Group, Policy, Reach, Rule, Service, SiteStatement};
use crate::source::Place;
use crate::url_filter::{UrlFilter, Verdict};

pub(super) fn check(policy: &Policy, service: &Service) -> Vec<Diagnostic> {
    let mut found = PerGroup::default();
    for group in policy.groups.values() {
        for taken in taken(policy, service, group) {
            found.note(taken, &group.id);
        }
    }
    found.into_findings(|taken: Taken<'_>, groups| taken.finding(service, groups))
}

/// A service that a status takes out of a floor.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Taken<'a> {
    status: (Place, ServiceStatus),
    /// What the floor says, where, of which status.
    says: (Verdict, Place, ServiceStatus),
    floor: (&'a RuleId, &'a UnitPath),
}

impl Taken<'_> {
    fn finding(self, service: &Service, groups: &BTreeSet<&GroupId>) -> Diagnostic {
        let ((here, status), (verdict, there, wider)) = (self.status, self.says);
        let (floor, unit) = self.floor;
        let extent = match &service.source.document.status {
            Statuses::Parts(_) => StatusExtent::Part,
            Statuses::Unwritten | Statuses::AllGroups(_) => StatusExtent::Whole,
        };
        let bypasses = Role::StatusFor {
            status,
            groups: groups.iter().copied().cloned().collect(),
        };
        let would_apply = Role::WouldApply {
            rule: floor.clone(),
            verdict,
            status: wider,
        };
        Diagnostic::of(Found::StatusBypasses {
            service: service.id().clone(),
            status,
            extent,
            floor: floor.clone(),
            unit: unit.clone(),
        })
        .at(here, bypasses)
        .at(there, would_apply)
    }
}

/// What the status of a service takes from the floors of a group.
fn taken<'a>(policy: &'a Policy, service: &Service, group: &Group) -> Vec<Taken<'a>> {
    let Some(holds) = service.assessed_for(group) else {
        return Vec::new();
    };
    let mut floors = policy.rules_for(group);
    floors.retain(|rule| rule.strength() != Strength::Default && !rule.sites.is_empty());
    let asks = |says: &SiteStatement| {
        let condition = says.condition.as_ref();
        condition.is_some_and(|asked| asked.service == *service.id() && asked.status.is_some())
    };
    // Where no floor asks for a status, none takes anything from one.
    if !floors.iter().any(|floor| floor.sites.iter().any(asks)) {
        return Vec::new();
    }
    let said: Vec<Vec<(Reach, Says<'a>)>> = service
        .sites
        .iter()
        .map(|(filter, _)| claims_over(&floors, service, filter))
        .collect();
    let of_floor = |floor: &&'a Rule| {
        let above = above(policy, service, group, floor);
        let wider = above.map_or(ServiceStatus::NotAssessed, |above| above.status.value);
        if wider == holds.status.value {
            return None;
        }
        let may_say = above.is_none() && is_decided(policy, holds, &group.unit);
        let (rule, says) = said.iter().find_map(|said| {
            let of = |status| verdict(said, status);
            let now = of(holds.status.value);
            let (rule, says) = of(wider).filter(|(rule, _)| rule.id() == floor.id())?;
            let opens = now.map_or(Verdict::Allow, |(_, says)| says.verdict) < says.verdict;
            let leaves_it = may_say && leaves_to_others((rule, says), now);
            (opens && !leaves_it).then_some((rule, says))
        })?;
        Some(Taken {
            status: (service.source.place(holds.status), holds.status.value),
            says: (says.verdict, says.place, wider),
            floor: (rule.id(), rule.unit()),
        })
    };
    floors.iter().filter_map(of_floor).collect()
}

/// What a floor says.
pub(super) type Says<'a> = (&'a Rule, &'a SiteStatement);

/// Whether a floor leaves to others what they look at: it closes what was not assessed, or
/// everything but what has a status.
pub(super) fn leaves_to_others((rule, says): Says<'_>, now: Option<Says<'_>>) -> bool {
    let asked = |says: &SiteStatement| says.condition.as_ref()?.status;
    let opens_others = |(other, opens): Says<'_>| other.id() == rule.id() && opens.joined.is_some();
    asked(says) == Some(ServiceStatus::NotAssessed)
        || (says.sites.filter() == Some(&UrlFilter::wildcard()) && now.is_some_and(opens_others))
}

/// What is written of a service for a group by those whose word counts for a floor.
fn above<'s>(
    policy: &Policy,
    service: &'s Service,
    group: &Group,
    floor: &Rule,
) -> Option<Assessed<'s>> {
    let considered = |part: &StatusFor| may_narrow(policy, service, part, floor);
    let above = service.assessed_among(group, considered)?;
    let is_considered = match &service.source.document.status {
        Statuses::Parts(_) => true,
        Statuses::Unwritten | Statuses::AllGroups(_) => match above.decision {
            Some(case) => carries(policy, &case.value, floor.unit()),
            None => floor.decision().is_none(),
        },
    };
    is_considered.then_some(above)
}

/// Whether a status may take a service out of a floor: who may decide the floor decided it. Below the
/// floor it cites the case itself; on its unit or above, nothing needs a case where the floor has none.
fn may_narrow(policy: &Policy, service: &Service, part: &StatusFor, floor: &Rule) -> bool {
    let (own, floors) = (&*part.scope.unit, floor.unit());
    let is_below = own != floors && floors.contains(own);
    let of_service = service.source.document.decision.as_ref();
    let case = part.decision.as_ref();
    match case.or(of_service.filter(|_| !is_below)) {
        Some(case) => carries(policy, &case.value, floors),
        None => !is_below && floor.decision().is_none(),
    }
}

/// Whether a status was decided by who may decide for a unit, by a case that it cites itself.
fn is_decided(policy: &Policy, assessed: Assessed<'_>, unit: &UnitPath) -> bool {
    let case = assessed.decision.filter(|_| assessed.is_its_own);
    case.is_some_and(|case| carries(policy, &case.value, unit))
}

/// Whether a case is in force and its body may decide for a unit; one that no file has is a finding of
/// its own.
pub(super) fn carries(policy: &Policy, case: &CaseNumber, unit: &UnitPath) -> bool {
    policy.decisions.get(case).is_none_or(|decision| {
        policy.state(case) == Some(CaseState::InForce)
            && competence::may_decide(policy, decision, unit)
    })
}

/// Everything that floors say over a site of a service, with how far it reaches, for any status that
/// it has.
fn claims_over<'a>(
    floors: &[&'a Rule],
    service: &Service,
    filter: &UrlFilter,
) -> Vec<(Reach, Says<'a>)> {
    let said = floors
        .iter()
        .flat_map(|rule| rule.sites.iter().map(move |says| (*rule, says)));
    said.filter(|(_, says)| {
        let condition = says.condition.as_ref();
        condition.is_none_or(|condition| {
            condition.service == *service.id() && says.hindrance().is_none()
        })
    })
    .filter_map(|(rule, says)| Some((says.sites.reach_over(filter)?, (rule, says))))
    .collect()
}

/// What that comes to where the service has a status, and which floor says it: of those that say the
/// same the highest.
fn verdict<'a>(said: &[(Reach, Says<'a>)], status: ServiceStatus) -> Option<Says<'a>> {
    let asks_for = |says: &SiteStatement| says.condition.as_ref()?.status;
    said.iter()
        .rev()
        .filter(|(_, (_, says))| asks_for(says).is_none_or(|asked| asked == status))
        .max_by_key(|(reach, (_, says))| (*reach, says.verdict))
        .map(|(_, says)| *says)
}
