//! Sites whose verdict never holds, or holds already.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fyr_policy_source::Strength;

use super::{Effect, Ineffective, is_passing, order, sum_up};
use crate::policy::{Policy, Rule, SiteSet};
use crate::resolve::{Resolution, SiteClaim, Sites};
use crate::source::Place;
use crate::url_filter::{ByHost, UrlFilter, Verdict};

/// Every site that changes nothing for any group. A service is one site, however many filters it
/// stands for.
pub(super) fn ineffective<'a>(
    policy: &'a Policy,
    resolution: &'a Resolution<'a>,
) -> Vec<Ineffective<'a>> {
    let written = written(policy);
    let mut found = Vec::new();
    for rule in policy.rules.values() {
        for (place, filters) in sites_of(rule) {
            // Where nothing that contains it is written elsewhere, it decides.
            let is_around = |filter: &UrlFilter| {
                let mut around = written.around(filter);
                around.any(|(other, there)| *there != place && covers(other, filter))
            };
            if !filters.iter().all(|filter| is_around(filter)) {
                continue;
            }
            // What groups and times share has one effect on all of them.
            let mut seen = BTreeSet::new();
            let sites = policy
                .groups_of(rule)
                .flat_map(|group| resolution.whenever(rule, group))
                .map(|resolved| &resolved.sites)
                .filter(|sites| seen.insert(Rc::as_ptr(sites)));
            let effects = sites.map(|sites| effect(policy, rule, (place, &filters), sites));
            found.extend(
                sum_up(rule.strength(), effects).map(|(shade, by, by_place)| Ineffective {
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
        let (Some(decides), Some(verdict)) = (
            sites.verdict_over_filter(filter),
            verdict_of(sites, filter, place),
        ) else {
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

/// The most parts of a site that are looked at one by one: of a site that so much else is said
/// within, it is not reported as ineffective.
const MOST_PARTS: usize = 64;

/// Whether some verdict over a part of `filter` is another without what is written at `place`.
fn changes_within(filter: &UrlFilter, place: Place, sites: &Sites<'_>) -> bool {
    let claims = sites.near(filter);
    let parts = claims.flat_map(|claim| claim.says.sites.within(filter));
    let parts: Vec<UrlFilter> = parts.take(MOST_PARTS + 1).collect();
    if parts.len() > MOST_PARTS {
        return true;
    }
    let verdict = |claim: Option<SiteClaim<'_>>| claim.map(|claim| claim.says.verdict);
    std::iter::once(filter.clone()).chain(parts).any(|part| {
        let without = sites.verdict_over_without(&part, place);
        verdict(sites.verdict_over_filter(&part)) != verdict(without)
    })
}

fn verdict_of(sites: &Sites<'_>, filter: &UrlFilter, place: Place) -> Option<Verdict> {
    let mut claims = sites.around(filter);
    let claim = claims.find(|claim| claim.says.place == place)?;
    Some(claim.says.verdict)
}

fn overruled<'a>(policy: &Policy, decides: &SiteClaim<'a>) -> Effect<'a> {
    if is_passing(policy, decides.rule) || decides.says.condition.is_some() {
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
    let verdict = verdict_of(sites, filter, place);
    let says_the_same = sites.around(filter).filter(|claim| {
        claim.says.place != place
            && Some(claim.says.verdict) == verdict
            && claim.says.sites.filter().is_some_and(|wider| {
                covers(wider, filter)
                    && (wider != filter || order(claim.rule, claim.says.place) < order(rule, place))
            })
            && claim.rule.layer() <= rule.layer()
            && (rule.strength() == Strength::Default || claim.rule.strength() <= rule.strength())
            && !is_passing(policy, claim.rule)
            // It says another thing once a group is older, has an approval or another status.
            && claim.says.condition.is_none()
    });
    says_the_same
        .min_by_key(|claim| order(claim.rule, claim.says.place))
        .map_or(Effect::Changes, |claim| {
            Effect::Repeats(claim.rule, claim.says.place)
        })
}

/// Every filter that the rules of a policy write, with its place.
fn written(policy: &Policy) -> ByHost<(&UrlFilter, Place)> {
    let mut written = ByHost::default();
    for site in policy.rules.values().flat_map(|rule| &rule.sites) {
        if let SiteSet::Filter(filter) = &site.sites {
            written.file(filter, (filter, site.place));
        }
    }
    written
}

/// Whether a rule that speaks of the wider filter speaks of all that the other one does, with any
/// verdict.
fn covers(wider: &UrlFilter, filter: &UrlFilter) -> bool {
    let is_spared = filter
        .scheme
        .as_deref()
        .is_some_and(|scheme| wider.spares(scheme));
    wider.contains(filter) && !is_spared
}
