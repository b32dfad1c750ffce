//! Helplines are never blocked, and neither is what a device needs to be helped.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::closed::{self, Block, BySettings};
use super::once::OncePerSites;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::policy::Policy;
use crate::resolve::Resolution;
use crate::source::Place;
use crate::url_filter::UrlFilter;

pub(super) fn check(policy: &Policy, resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let essential_hosts: Vec<EssentialHost<'_>> =
        helplines(policy).chain(recovery(policy)).collect();
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
                    .entry((essential_host.need.code(), block.place))
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
        .filter_map(|closed| report(&closed.into_values().collect::<Vec<_>>()))
        .collect()
}

/// A lifeline that is closed.
struct Closed<'p, 'a> {
    essential_host: &'p EssentialHost<'a>,
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

    /// What closes it, and from when on.
    fn by(&self) -> String {
        let since = self.since.map(|day| format!(" from {day} on"));
        format!(
            "`{}` blocks it{}",
            self.block.rule,
            since.unwrap_or_default()
        )
    }
}

/// One finding for all that one entry of a rule closes.
fn report(closed: &[Closed<'_, '_>]) -> Option<Diagnostic> {
    let [first, rest @ ..] = closed else {
        return None;
    };
    let Closed {
        essential_host,
        block,
        ..
    } = first;
    if rest.is_empty() {
        return Some(essential_host.report(first));
    }
    let names = closed.iter().map(|closed| closed.essential_host.name());
    let mut names: Vec<String> = names.collect();
    names.dedup();
    let needed: Vec<String> = closed.iter().map(Closed::needed).collect();
    let (whose, stays) = match essential_host.need {
        Need::Helpline(_) => ("with it", "a helpline stays open"),
        Need::Recovery => (
            "with it what must stay reachable:",
            "without these hosts a device cannot be helped",
        ),
    };
    let message = format!(
        "{} is blocked, and {whose} {}",
        block.what(),
        names.join(", ")
    );
    let others = rest.iter().map(|closed| closed.essential_host);
    let finding = Diagnostic::new(essential_host.need.code(), message)
        .at(block.place, first.by())
        .at(essential_host.place, essential_host.why());
    let finding = others.fold(finding, |finding, essential_host| {
        finding.at(essential_host.place, essential_host.why())
    });
    Some(finding.help(format!(
        "narrow the block, or add `allow: [{}]` to `{}`; {stays}",
        needed.join(", "),
        block.rule
    )))
}

/// A filter that must stay open.
struct EssentialHost<'a> {
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

fn helplines(policy: &Policy) -> impl Iterator<Item = EssentialHost<'_>> {
    policy
        .helplines()
        .map(|(name, filter, place)| EssentialHost {
            need: Need::Helpline(name),
            filter,
            place,
        })
}

fn recovery(policy: &Policy) -> impl Iterator<Item = EssentialHost<'_>> {
    policy
        .always_reachable
        .iter()
        .map(|(filter, place)| EssentialHost {
            need: Need::Recovery,
            filter,
            place: *place,
        })
}

impl EssentialHost<'_> {
    fn name(&self) -> String {
        match self.need {
            Need::Helpline(name) => format!("the helpline {name}"),
            Need::Recovery => format!("`{}`", self.filter),
        }
    }

    fn why(&self) -> &'static str {
        match self.need {
            Need::Helpline(_) => "helps children directly",
            Need::Recovery => "listed as always reachable",
        }
    }

    fn report(&self, closed: &Closed<'_, '_>) -> Diagnostic {
        let block = &closed.block;
        let (whose, stays) = match self.need {
            Need::Helpline(name) => (
                if block.is_around(self.filter) {
                    format!("and with it the helpline {name}")
                } else {
                    format!("and is a part of the helpline {name}")
                },
                "a helpline stays open",
            ),
            Need::Recovery => (
                format!("and `{}` must stay reachable", self.filter),
                "without this host a device cannot be helped",
            ),
        };
        let message = format!("{} is blocked, {whose}", block.what());
        Diagnostic::new(self.need.code(), message)
            .at(block.place, closed.by())
            .at(self.place, self.why())
            .help(format!("{}; {stays}", block.narrower(self.filter)))
    }
}
