//! What of a service is open to a group, and who leaves it so.

use std::collections::BTreeSet;

use crate::policy::{Policy, Service};
use crate::resolve::Sites;
use crate::source::Place;
use crate::url_filter::UrlFilter;

/// What of a service is open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Opening {
    pub(super) by: LeftOpen,
    /// The part that is; `None` where it is the service.
    pub(super) part: Option<UrlFilter>,
}

/// Who leaves open what should not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOpen {
    /// A rule, here.
    ByRule(Place),
    /// No rule names it.
    ByNoRule,
}

/// Everything of a service that is open, one for each place that opens a part of it; nothing where
/// all is closed. A part that the catalogue or the organisation names on its own is none of it.
pub(super) fn openings(policy: &Policy, service: &Service, sites: &Sites<'_>) -> Vec<Opening> {
    let whole = service.sites.iter().find_map(|(filter, _)| {
        let by = left_open(sites, filter)?;
        Some(Opening { by, part: None })
    });
    if let Some(whole) = whole {
        return vec![whole];
    }
    let mut seen = BTreeSet::new();
    parts_of(service, sites)
        .into_iter()
        .filter(|part| !is_its_own(policy, service, part))
        .filter_map(|part| {
            let by = left_open(sites, &part)?;
            let part = Some(part);
            seen.insert(by).then_some(Opening { by, part })
        })
        .collect()
}

/// Who leaves open all that a filter matches.
fn left_open(sites: &Sites<'_>, filter: &UrlFilter) -> Option<LeftOpen> {
    match sites.verdict_over_filter(filter) {
        Some(claim) => {
            let is_open = claim.says.verdict.is_open();
            is_open.then_some(LeftOpen::ByRule(claim.says.place))
        }
        None => Some(LeftOpen::ByNoRule),
    }
}

/// What a service has in common with anything that a rule opens.
fn parts_of(service: &Service, sites: &Sites<'_>) -> BTreeSet<UrlFilter> {
    let opening = sites.claims.iter();
    let opening = opening.filter(|claim| claim.says.verdict.is_open());
    opening
        .flat_map(|claim| {
            let own = service.sites.iter().map(|(filter, _)| filter);
            own.flat_map(|filter| claim.says.sites.within(filter))
        })
        .collect()
}

/// Whether a part of a service is another one, with limits of its own, or must stay reachable.
fn is_its_own(policy: &Policy, service: &Service, part: &UrlFilter) -> bool {
    let is_narrower = |filter: &UrlFilter| {
        let mut own = service.sites.iter();
        own.any(|(own, _)| own != filter && own.contains(filter))
    };
    let others = policy.services.values().flat_map(|other| &other.sites);
    let mut narrower = others
        .chain(&policy.always_reachable)
        .map(|(filter, _)| filter)
        .filter(|filter| is_narrower(filter));
    narrower.any(|filter| filter.contains(part))
}
