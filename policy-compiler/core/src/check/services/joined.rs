//! R03 and R21: what joins a rule by its category or its status opens nothing that a decided floor
//! closes otherwise, unless a body decided on the service that may decide the floor.

use std::collections::BTreeSet;

use fyr_policy_source::Statuses;
use fyr_schemas::{GroupId, RuleId, ServiceId, UnitPath};

use super::narrowed::{carries, leaves_to_others};
use crate::check::closing::Closing;
use crate::check::once::OncePerSites;
use crate::finding::{Diagnostic, PerGroup, Role, Service as Found};
use crate::policy::{Authority, Group, Policy, selects};
use crate::resolve::{Resolution, SiteClaim, Sites};
use crate::source::Place;
use crate::url_filter::UrlFilter;

pub(in crate::check) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut found = PerGroup::default();
    let mut known = OncePerSites::default();
    for resolved in resolution.at_all_times() {
        let (sites, group) = (&resolved.sites, resolved.group);
        for meeting in known.answer(sites, meetings) {
            if let Some(joined) = meeting.opened(policy, sites, group) {
                found.note(joined, &group.id);
            }
        }
    }
    found.into_findings(|joined: Joined<'_>, groups| joined.finding(policy, groups))
}

/// Where something that joins what a rule opens meets what a decided floor closes.
struct Meeting<'a> {
    region: UrlFilter,
    /// The unit of the floor.
    unit: &'a UnitPath,
}

/// A site of a service that is open because the service joins what a rule opens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Joined<'a> {
    service: &'a ServiceId,
    site: String,
    /// The rule that it joins, and where.
    opens: (&'a RuleId, Place),
    /// The floor that closes it otherwise, its unit, what it says and where.
    closes: (&'a RuleId, &'a UnitPath, String, Place),
}

/// Everything that joins what is open, wherever a decided floor closes a part of it.
fn meetings<'a>(sites: &Sites<'a>) -> Vec<Meeting<'a>> {
    let claims = sites.claims.iter();
    let is_opening =
        |claim: &&SiteClaim<'_>| claim.says.verdict.is_open() && claim.says.joined.is_some();
    let mut opening = claims.filter(is_opening).peekable();
    if opening.peek().is_none() {
        return Vec::new();
    }
    let floors = sites.claims.iter();
    let floors: Vec<&SiteClaim<'a>> = floors
        .filter(|claim| claim.rule.authority() == Authority::Decided)
        .collect();
    let closing = Closing::of(&floors);
    let mut seen = BTreeSet::new();
    let mut meetings = Vec::new();
    for claim in opening {
        for floor in closing.near(&claim.says.sites) {
            if floor.says.verdict <= claim.says.verdict {
                continue;
            }
            for region in claim.says.sites.common(&floor.says.sites) {
                let unit = floor.rule.unit();
                if seen.insert((region.clone(), unit)) {
                    meetings.push(Meeting { region, unit });
                }
            }
        }
    }
    meetings
}

impl<'a> Meeting<'a> {
    /// What is open there for a group, and would not be if only decisions counted, and of what joins
    /// only what a body decided on that may decide the floor. One that says the same as another
    /// takes nothing from that.
    fn opened(&self, policy: &Policy, sites: &Sites<'a>, group: &Group) -> Option<Joined<'a>> {
        let Self { region, unit } = self;
        let holds = sites.verdict_over_filter(region)?;
        let service = holds.says.joined.as_ref()?;
        let is_considered = |claim: &SiteClaim<'_>| {
            let joins = claim.says.joined.as_ref();
            let joins = joins.filter(|_| claim.says.verdict.is_open());
            claim.rule.decision().is_some()
                && joins.is_none_or(|service| is_decided(policy, service, group, unit))
        };
        let without = sites.verdict_among_over(region, is_considered)?;
        let is_opened = holds.says.verdict < without.says.verdict
            && without.rule.authority() == Authority::Decided
            && !leaves_to_others((without.rule, without.says), Some((holds.rule, holds.says)));
        is_opened.then(|| Joined {
            service,
            site: holds.says.sites.to_string(),
            opens: (holds.rule.id(), holds.says.place),
            closes: (
                without.rule.id(),
                without.rule.unit(),
                without.to_string(),
                without.says.place,
            ),
        })
    }
}

/// Whether who may decide for a unit decided on a service for a group: in its status, in one for more
/// than the group, or in its own decision.
fn is_decided(policy: &Policy, service: &ServiceId, group: &Group, unit: &UnitPath) -> bool {
    let Some(service) = policy.services.get(service) else {
        return false;
    };
    let parts = match &service.source.document.status {
        Statuses::Parts(parts) => parts.as_slice(),
        Statuses::Unwritten | Statuses::AllGroups(_) => &[],
    };
    let of_parts = parts.iter().filter(|part| selects(&part.scope, group));
    let cases = of_parts.filter_map(|part| part.decision.as_ref());
    let mut cases = cases.chain(service.source.document.decision.as_ref());
    cases.any(|case| carries(policy, &case.value, unit))
}

impl Joined<'_> {
    fn finding(self, policy: &Policy, groups: &BTreeSet<&GroupId>) -> Diagnostic {
        let ((rule, here), (floor, unit, says, there)) = (self.opens, self.closes);
        let listed = policy.services.get(self.service).and_then(|service| {
            let mut sites = service.sites.iter();
            let (_, place) = sites.find(|(filter, _)| filter.to_string() == self.site)?;
            Some(*place)
        });
        let open = Role::OpenFor {
            groups: groups.iter().copied().cloned().collect(),
        };
        let closes = Role::Says {
            rule: floor.clone(),
            value: says,
        };
        Diagnostic::of(Found::JoinBypasses {
            service: self.service.clone(),
            rule: rule.clone(),
            site: self.site,
            floor: floor.clone(),
            unit: unit.clone(),
        })
        .at(listed.unwrap_or(here), open)
        .at(there, closes)
    }
}
