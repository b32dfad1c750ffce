//! Sites whose verdict never holds, or holds already.

use std::collections::BTreeMap;

use fyr_schemas::policy::Strength;

use super::{Effect, Shadowed, is_passing, order, sum_up};
use crate::desired::Verdict;
use crate::policy::{Policy, Rule, SiteSet};
use crate::resolve::{Resolution, SiteVoice, Sites};
use crate::source::Place;
use crate::url_filter::{Host, UrlFilter};

/// Every site that changes nothing for anybody. A service is one site, however many filters it
/// stands for.
pub(super) fn shadowed<'a>(
    policy: &'a Policy,
    resolution: &'a Resolution<'a>,
) -> Vec<Shadowed<'a>> {
    let written = Written::of(policy);
    let mut found = Vec::new();
    for rule in policy.rules.values() {
        for (place, filters) in sites_of(rule) {
            // Nothing that contains it is written anywhere, so it decides.
            if !filters.iter().all(|filter| written.contains(filter, place)) {
                continue;
            }
            let groups = policy
                .groups_of(rule)
                .flat_map(|group| resolution.whenever(rule, group));
            let effects =
                groups.map(|resolved| effect(policy, rule, (place, &filters), &resolved.sites));
            found.extend(
                sum_up(rule.strength(), effects).map(|(shade, by, by_place)| Shadowed {
                    shade,
                    rule,
                    subjects: filters.iter().map(ToString::to_string).collect(),
                    place,
                    by,
                    by_place,
                }),
            );
        }
    }
    found
}

/// The sites of a rule, each with the filters it stands for; what a category lists, and what depends
/// on a group's age or on the status of a service, was not said site by site.
fn sites_of(rule: &Rule) -> BTreeMap<Place, Vec<&UrlFilter>> {
    let mut sites: BTreeMap<Place, Vec<&UrlFilter>> = BTreeMap::new();
    for site in &rule.sites {
        if let (SiteSet::Filter(filter), None) = (&site.sites, &site.condition) {
            sites.entry(site.place).or_default().push(filter);
        }
    }
    sites
}

/// What a rule's site does for one group.
fn effect<'a>(
    policy: &Policy,
    rule: &Rule,
    (place, filters): (Place, &[&UrlFilter]),
    sites: &Sites<'a>,
) -> Effect<'a> {
    if filters
        .iter()
        .any(|filter| changes_within(filter, place, sites))
    {
        return Effect::Changes;
    }
    let effects = filters.iter().map(|filter| {
        let (Some(decides), Some(verdict)) =
            (sites.verdict_over_filter(filter), verdict_of(sites, place))
        else {
            return Effect::Changes;
        };
        if decides.says.verdict != verdict {
            return overruled(policy, &decides);
        }
        repeated(policy, rule, (place, filter), sites)
    });
    let mut of_all = Effect::Changes;
    for effect in effects {
        if matches!(effect, Effect::Changes) {
            return effect;
        }
        of_all = effect;
    }
    of_all
}

/// Whether some verdict over a part of `filter` is another without what is written at `place`.
fn changes_within(filter: &UrlFilter, place: Place, sites: &Sites<'_>) -> bool {
    let parts = sites.voices.iter().flat_map(|voice| {
        let says = &voice.says.sites;
        let own = says.filter().and_then(|own| own.intersection(filter));
        let listed = says.category().into_iter();
        own.into_iter()
            .chain(listed.flat_map(|category| category.within(filter)))
    });
    let verdict = |voice: Option<SiteVoice<'_>>| voice.map(|voice| voice.says.verdict);
    std::iter::once(filter.clone()).chain(parts).any(|part| {
        let without = sites.verdict_over_without(&part, place);
        verdict(sites.verdict_over_filter(&part)) != verdict(without)
    })
}

fn verdict_of(sites: &Sites<'_>, place: Place) -> Option<Verdict> {
    let mut voices = sites.voices.iter();
    let voice = voices.find(|voice| voice.says.place == place)?;
    Some(voice.says.verdict)
}

fn overruled<'a>(policy: &Policy, decides: &SiteVoice<'a>) -> Effect<'a> {
    if is_passing(policy, decides.rule) {
        Effect::Changes
    } else {
        Effect::Overruled(decides.rule, decides.says.place)
    }
}

/// The first rule that says the same of all of `filter`, as strongly.
fn repeated<'a>(
    policy: &Policy,
    rule: &Rule,
    (place, filter): (Place, &UrlFilter),
    sites: &Sites<'a>,
) -> Effect<'a> {
    let verdict = verdict_of(sites, place);
    let says_the_same = sites.voices.iter().filter(|voice| {
        voice.says.place != place
            && Some(voice.says.verdict) == verdict
            && voice.says.sites.filter().is_some_and(|wider| {
                covers(wider, filter)
                    && (wider != filter || order(voice.rule, voice.says.place) < order(rule, place))
            })
            && voice.rule.layer() <= rule.layer()
            && (rule.strength() == Strength::Default || voice.rule.strength() <= rule.strength())
            && !is_passing(policy, voice.rule)
    });
    says_the_same
        .min_by_key(|voice| order(voice.rule, voice.says.place))
        .map_or(Effect::Changes, |voice| {
            Effect::Repeats(voice.rule, voice.says.place)
        })
}

/// Every filter of the policy, by the host it speaks of.
struct Written<'a> {
    by_host: BTreeMap<String, Vec<(&'a UrlFilter, Place)>>,
}

impl<'a> Written<'a> {
    fn of(policy: &'a Policy) -> Self {
        let mut by_host: BTreeMap<String, Vec<(&UrlFilter, Place)>> = BTreeMap::new();
        for site in policy.rules.values().flat_map(|rule| &rule.sites) {
            if let SiteSet::Filter(filter) = &site.sites {
                let host = host_of(filter);
                by_host.entry(host).or_default().push((filter, site.place));
            }
        }
        Self { by_host }
    }

    /// Whether a filter that is written elsewhere contains this one.
    fn contains(&self, filter: &UrlFilter, place: Place) -> bool {
        let host = host_of(filter);
        let mut above = vec![host.as_str(), ANY];
        let mut rest = host.as_str();
        while let Some((_, tree)) = rest.split_once('.') {
            above.push(tree);
            rest = tree;
        }
        above
            .into_iter()
            .filter_map(|host| self.by_host.get(host))
            .flatten()
            .any(|(other, there)| *there != place && covers(other, filter))
    }
}

/// A browser keeps its own pages out of the reach of a bare `*`.
fn covers(wider: &UrlFilter, filter: &UrlFilter) -> bool {
    let is_spared = wider.is_wildcard() && filter.scheme.as_deref() == Some("chrome");
    wider.contains(filter) && !is_spared
}

/// What a filter over every host is found under.
const ANY: &str = "*";

fn host_of(filter: &UrlFilter) -> String {
    match &filter.host {
        Host::Any => ANY.to_owned(),
        Host::Exact(name) | Host::WithSubdomains(name) => name.clone(),
        Host::Address(address) => address.to_string(),
    }
}
