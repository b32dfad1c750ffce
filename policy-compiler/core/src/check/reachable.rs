//! Helplines are never blocked, and neither is what a device needs to be helped.

use std::collections::BTreeMap;

use fyr_schemas::RuleId;
use fyr_schemas::bundle::Engine;
use fyr_schemas::policy::ServiceKind;

use crate::code::Code;
use crate::desired::Verdict;
use crate::diagnostic::Diagnostic;
use crate::policy::Policy;
use crate::resolve::{Resolution, Resolved, Sites};
use crate::source::Place;
use crate::target;
use crate::url_filter::UrlFilter;

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let lifelines: Vec<Lifeline<'_>> = helplines(policy).chain(recovery(policy)).collect();
    let mut found = BTreeMap::new();
    for resolved in resolution.at_all_times() {
        for lifeline in &lifelines {
            let by_rules = blocked_by_rules(&resolved.sites, lifeline.filter);
            let by_settings = blocked_by_settings(resolved, lifeline.filter);
            for block in by_rules.chain(by_settings) {
                found
                    .entry((block.place, lifeline.place))
                    .or_insert_with(|| lifeline.tell(&block));
            }
        }
    }
    found.into_values().collect()
}

/// A filter that must stay open.
struct Lifeline<'a> {
    need: Need<'a>,
    filter: &'a UrlFilter,
    place: Place,
}

/// Why it must.
#[derive(Debug, Clone, Copy)]
enum Need<'a> {
    /// It is this helpline's.
    Helpline(&'a str),
    /// Devices are signed in to or repaired from it.
    Recovery,
}

impl Need<'_> {
    fn code(self) -> Code {
        match self {
            Self::Helpline(_) => Code::HelplineBlocked,
            Self::Recovery => Code::RecoveryBlocked,
        }
    }
}

fn helplines(policy: &Policy) -> impl Iterator<Item = Lifeline<'_>> {
    policy
        .services
        .values()
        .filter(|service| service.source.document.kind == ServiceKind::Helpline)
        .flat_map(|service| {
            service.sites.iter().map(|(filter, place)| Lifeline {
                need: Need::Helpline(&service.source.document.name),
                filter,
                place: *place,
            })
        })
}

fn recovery(policy: &Policy) -> impl Iterator<Item = Lifeline<'_>> {
    policy
        .always_reachable
        .iter()
        .map(|(filter, place)| Lifeline {
            need: Need::Recovery,
            filter,
            place: *place,
        })
}

/// What closes a part of a lifeline.
struct Block<'a> {
    /// The filter that is closed.
    filter: UrlFilter,
    rule: &'a RuleId,
    place: Place,
}

/// The rules about sites that close a part of what `filter` matches.
fn blocked_by_rules<'a>(sites: &Sites<'a>, filter: &UrlFilter) -> impl Iterator<Item = Block<'a>> {
    let mut parts = vec![filter.clone()];
    parts.extend(
        sites
            .voices
            .iter()
            .filter_map(|voice| voice.says.filter.intersection(filter)),
    );
    parts
        .into_iter()
        .filter_map(|part| sites.verdict_over(&part))
        .filter(|voice| voice.says.verdict == Verdict::Block)
        .map(|voice| Block {
            filter: voice.says.filter.clone(),
            rule: voice.rule.id(),
            place: voice.says.place,
        })
}

/// The settings that close all of what `filter` matches to put themselves in force. Single
/// pages that they close on every host of a vendor are no part of signing in or of helping.
fn blocked_by_settings<'a>(
    resolved: &Resolved<'a>,
    filter: &UrlFilter,
) -> impl Iterator<Item = Block<'a>> {
    resolved.settings.values().flat_map(move |settled| {
        let holds = settled.holds;
        Engine::ALL
            .into_iter()
            .flat_map(move |engine| target::sites_of(engine, settled.setting, holds.value))
            .filter(|site| site.verdict == Verdict::Block && site.filter.contains(filter))
            .map(move |site| Block {
                filter: site.filter,
                rule: holds.rule.id(),
                place: holds.place,
            })
    })
}

impl Lifeline<'_> {
    fn tell(&self, block: &Block<'_>) -> Diagnostic {
        let (whose, why, help) = match self.need {
            Need::Helpline(name) => (
                format!("a part of {name}"),
                "helps children directly",
                "narrow the block; a helpline stays open",
            ),
            Need::Recovery => (
                format!("and `{}` must stay reachable", self.filter),
                "listed as always reachable",
                "narrow the block; without this host a device cannot be helped",
            ),
        };
        let message = format!("`{}` is blocked, {whose}", block.filter);
        Diagnostic::new(self.need.code(), message)
            .at(block.place, format!("`{}` blocks it", block.rule))
            .at(self.place, why)
            .help(help)
    }
}
