//! Helplines are never blocked, and neither is what a device needs to be helped.

use std::collections::BTreeMap;

use fyr_schemas::policy::ServiceKind;

use crate::code::Code;
use crate::desired::Verdict;
use crate::diagnostic::Diagnostic;
use crate::policy::Policy;
use crate::resolve::{Resolution, SiteVoice, Sites};
use crate::source::Place;
use crate::url_filter::UrlFilter;

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let lifelines: Vec<Lifeline<'_>> = helplines(policy).chain(recovery(policy)).collect();
    let mut found = BTreeMap::new();
    for resolved in resolution.groups.values() {
        for lifeline in &lifelines {
            for voice in blocking(&resolved.sites, lifeline.filter) {
                found
                    .entry((voice.says.place, lifeline.place))
                    .or_insert_with(|| lifeline.blocked_by(&voice));
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

/// The voices that close a part of what `filter` matches.
fn blocking<'a>(sites: &Sites<'a>, filter: &UrlFilter) -> Vec<SiteVoice<'a>> {
    let mut parts = vec![filter.clone()];
    parts.extend(
        sites
            .voices
            .iter()
            .filter_map(|voice| voice.says.filter.intersection(filter)),
    );
    parts
        .iter()
        .filter_map(|part| sites.verdict_over(part))
        .filter(|voice| voice.says.verdict == Verdict::Block)
        .collect()
}

impl Lifeline<'_> {
    fn blocked_by(&self, voice: &SiteVoice<'_>) -> Diagnostic {
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
        let message = format!("`{}` is blocked, {whose}", voice.says.filter);
        Diagnostic::new(self.need.code(), message)
            .at(voice.says.place, format!("`{}` blocks it", voice.rule.id()))
            .at(self.place, why)
            .help(help)
    }
}
