//! Helplines are never blocked, and neither is what a device needs to be helped.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::closed::{self, Block, BySettings};
use super::once::OncePerSites;
use crate::finding::{Diagnostic, Need, Reach, Role};
use crate::policy::Policy;
use crate::resolve::Resolution;
use crate::source::Place;
use crate::url_filter::UrlFilter;

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let essential_hosts: Vec<Essential<'_>> = helplines(policy).chain(recovery(policy)).collect();
    let mut found: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    let (mut known, mut settings) = (OncePerSites::default(), BySettings::default());
    for resolved in resolution.at_all_times() {
        let by_rules = known.answer(&resolved.sites, |sites| {
            let filters = essential_hosts
                .iter()
                .map(|essential_host| essential_host.filter);
            let blocks = filters.map(|filter| closed::by_rules(sites, filter));
            blocks.collect::<Vec<_>>()
        });
        for (essential_host, by_rules) in essential_hosts.iter().zip(by_rules) {
            let by_settings = settings.closing(resolved, essential_host.filter);
            for block in by_rules.iter().chain(&by_settings) {
                let closed = found
                    .entry((essential_host.need, block.place))
                    .or_default()
                    .entry(essential_host.place)
                    .or_insert_with(|| Closed {
                        essential_host,
                        block: block.clone(),
                        since: resolved.since(),
                    });
                closed.since = closed.since.min(resolved.since());
            }
        }
    }
    found
        .into_values()
        .filter_map(|closed| finding(&closed.into_values().collect::<Vec<_>>()))
        .collect()
}

/// An essential site that is closed.
struct Closed<'p, 'a> {
    essential_host: &'p Essential<'a>,
    block: Block<'a>,
    /// The first day it is, unless it is on the day of the policy.
    since: Option<Date>,
}

impl Closed<'_, '_> {
    /// What to keep open.
    fn needed(&self) -> String {
        let filter = self.essential_host.filter;
        if self.block.is_around(filter) {
            filter.to_string()
        } else {
            self.block.filter.to_string()
        }
    }
}

/// One finding for all that one entry of a rule closes.
fn finding(closed: &[Closed<'_, '_>]) -> Option<Diagnostic> {
    let first = closed.first()?;
    let need = first.essential_host.need;
    let blocks = Role::Blocks {
        rule: first.block.rule.clone(),
        since: first.since,
    };
    let needed = closed.iter().map(|closed| {
        let Essential { name, place, .. } = closed.essential_host;
        let role = Role::Essential {
            need,
            name: name.map(str::to_owned),
            site: closed.needed(),
        };
        (*place, role)
    });
    let blocked = first.block.blocked();
    let finding = Diagnostic::of(Reach::EssentialBlocked { need, blocked });
    Some(finding.at(first.block.place, blocks).at_each(needed))
}

/// A filter that must stay open.
struct Essential<'a> {
    need: Need,
    /// The name of the helpline.
    name: Option<&'a str>,
    filter: &'a UrlFilter,
    place: Place,
}

fn helplines(policy: &Policy) -> impl Iterator<Item = Essential<'_>> {
    policy.helplines().map(|(name, filter, place)| Essential {
        need: Need::Helpline,
        name: Some(name),
        filter,
        place,
    })
}

fn recovery(policy: &Policy) -> impl Iterator<Item = Essential<'_>> {
    policy
        .always_reachable
        .iter()
        .map(|(filter, place)| Essential {
            need: Need::Recovery,
            name: None,
            filter,
            place: *place,
        })
}
