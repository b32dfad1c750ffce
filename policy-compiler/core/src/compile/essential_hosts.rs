//! Helplines, and what people and devices need to be helped, that the browsers' lists leave out: what
//! a full list does not open is blocked.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Ownership;

use super::lowering::{Lowerings, wish};
use crate::finding::{self, Diagnostic, Reach, Role};
use crate::lower::{LossReason, Placement};
use crate::policy::{EssentialHost, EssentialHosts, Need, Policy};
use crate::resolve::{Resolution, SiteClaim};

/// Finds every essential host that rules open and a browser closes, since its list has no room for it.
pub(super) fn check<'p, 'r>(
    policy: &'p Policy,
    resolution: &'r Resolution<'r>,
    lowerings: &mut Lowerings<'p, 'r>,
) -> Vec<Diagnostic> {
    let essential_hosts = EssentialHosts::of(policy);
    let (mut seen, mut found) = (BTreeSet::new(), BTreeMap::new());
    let managed = resolution
        .at_all_times()
        .filter(|resolved| resolved.group.ownership == Ownership::Managed);
    for resolved in managed {
        if !seen.insert(wish(resolved)) {
            continue;
        }
        let Some(engines) = lowerings.placements_if_full(resolved) else {
            continue;
        };
        for essential_host in essential_hosts.iter() {
            let Some(claim) = resolved.sites.verdict_over_filter(&essential_host.filter) else {
                continue;
            };
            let verdict = claim.says.verdict;
            let is_cut = verdict.is_open()
                && engines.iter().any(|engine| {
                    let place = engine.of(verdict, &essential_host.filter);
                    place == Placement::Nowhere(LossReason::ListFull)
                });
            if is_cut {
                let at = (
                    essential_host.place,
                    claim.says.place,
                    &essential_host.filter,
                );
                found
                    .entry(at)
                    .or_insert_with(|| report(essential_host, &claim));
            }
        }
    }
    found.into_values().collect()
}

fn report(essential_host: &EssentialHost<'_>, claim: &SiteClaim<'_>) -> Diagnostic {
    let EssentialHost {
        need,
        filter,
        place,
    } = essential_host;
    let (need, name) = match need {
        Need::Helpline(name) => (finding::Need::Helpline, Some(*name)),
        Need::Recovery => (finding::Need::Recovery, None),
        Need::SignIn(name) => (finding::Need::SignIn, Some(*name)),
    };
    let (rule, site) = (claim.rule.id().clone(), filter.to_string());
    let name = name.map(str::to_owned);
    let essential = Role::Essential {
        need,
        name: name.clone(),
        site: site.clone(),
    };
    Diagnostic::of(Reach::ListFull {
        need,
        name,
        site,
        rule: rule.clone(),
    })
    .at(claim.says.place, Role::OpensBeyondLimit { rule })
    .at(*place, essential)
}
