//! Members that categories gain and lose between two policies, each judged on both sides.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::{CategoryId, RuleId, UnitPath};

use super::site_risk::{News, floor, held, risk};
use super::{Listed, Membership, Risk, Steps, Subject};
use crate::category::Category;
use crate::policy::{Firmness, SiteSet};
use crate::resolve::Sites;
use crate::url_filter::{UrlFilter, Verdict};

/// The most members that one change names; the rest is counted.
const MOST_NAMED: usize = 20;

/// What became of the members of categories so far: groups share lists.
#[derive(Default)]
pub(super) struct Members<'s>(BTreeMap<&'s CategoryId, [Vec<UrlFilter>; 2]>);

impl<'s> Members<'s> {
    /// What changes over the members that came or went, of the categories that both sides speak
    /// of. Of a category that only one side speaks of, all that it has changes as a whole.
    pub(super) fn changes(&mut self, old: &'s Sites<'_>, new: &'s Sites<'_>) -> Vec<News> {
        let mut changes = Vec::new();
        let spoken_of = categories(new);
        for (id, old_category) in categories(old) {
            let Some(new_category) = spoken_of.get(id) else {
                continue;
            };
            let moved = self.0.entry(id).or_insert_with(|| {
                [
                    missing(old_category, new_category),
                    missing(new_category, old_category),
                ]
            });
            for (members, membership) in moved.iter().zip([Membership::Lost, Membership::Gained]) {
                let mut alike: BTreeMap<(Risk, Steps), Listed> = BTreeMap::new();
                for member in members {
                    if let Some(reported) = of_member(member, old, new) {
                        alike
                            .entry(reported)
                            .or_insert_with(|| Listed::none(id, membership))
                            .add(member);
                    }
                }
                changes.extend(
                    alike
                        .into_iter()
                        .map(|((risk, held), listed)| (risk, Subject::Listed(listed), held)),
                );
            }
        }
        changes
    }
}

/// Everything that rules say of something.
type Claims<'s> = BTreeSet<(&'s RuleId, Verdict, Firmness, &'s UnitPath)>;

/// What changes over sites that have two names, of one of which something else is said than before: a
/// site of two lists, or of a list or a filter that another filter crosses; except what was `reported` for
/// one of these names as a whole.
pub(super) fn of_overlaps(old: &Sites<'_>, new: &Sites<'_>, reported: &[News]) -> Vec<News> {
    let [was, is] = [old, new].map(claims);
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let changed = names.into_iter().filter(|name| {
        let before = was.get(*name).map(|(_, claims)| claims);
        before != is.get(*name).map(|(_, claims)| claims)
    });
    let reported: BTreeSet<(&str, &Steps)> = reported
        .iter()
        .filter_map(|(_, subject, steps)| match subject {
            Subject::Site(name) | Subject::Floor(name) => Some((name.as_str(), steps)),
            Subject::Setting(_)
            | Subject::Listed(_)
            | Subject::Period(_)
            | Subject::Holidays
            | Subject::TimeZone
            | Subject::Written { .. }
            | Subject::Age(_)
            | Subject::Body(_) => None,
        })
        .collect();
    let mut listed: BTreeMap<(CategoryId, Risk, Steps), Listed> = BTreeMap::new();
    let mut news = Vec::new();
    let mut seen: BTreeSet<UrlFilter> = BTreeSet::new();
    for name in changed {
        let Some((sites, _)) = is.get(name).or_else(|| was.get(name)) else {
            continue;
        };
        let anything = UrlFilter::wildcard();
        let filter = sites.filter().unwrap_or(&anything);
        for other in old.near(filter).chain(new.near(filter)) {
            let other = &other.says.sites;
            let other_name = other.to_string();
            if other_name == *name {
                continue;
            }
            for site in sites.common(other) {
                let is_named = |sites: &SiteSet| sites.filter() == Some(&site);
                if is_named(sites) || is_named(other) || !seen.insert(site.clone()) {
                    continue;
                }
                let Some((risk, steps)) = of_member(&site, old, new) else {
                    continue;
                };
                let is_reported = |name: &str| reported.contains(&(name, &steps));
                if is_reported(name) || is_reported(&other_name) {
                    continue;
                }
                let category = other.category().or(sites.category());
                match category {
                    Some(category) => {
                        let id = &category.id;
                        let kept = || Listed::none(id, Membership::Kept);
                        let alike = listed.entry((id.clone(), risk, steps));
                        alike.or_insert_with(kept).add(&site);
                    }
                    None => news.push((risk, Subject::Site(site.to_string()), steps)),
                }
            }
        }
    }
    let listed = listed.into_iter();
    let listed = listed.map(|((_, risk, steps), listed)| (risk, Subject::Listed(listed), steps));
    news.extend(listed);
    news
}

/// What rules say of everything that they name.
fn claims<'s>(sites: &'s Sites<'_>) -> BTreeMap<String, (&'s SiteSet, Claims<'s>)> {
    let mut claims: BTreeMap<String, (&SiteSet, Claims<'_>)> = BTreeMap::new();
    for claim in &sites.claims {
        let named = &claim.says.sites;
        let (_, of_name) = claims
            .entry(named.to_string())
            .or_insert_with(|| (named, BTreeSet::new()));
        let rule = claim.rule;
        of_name.insert((rule.id(), claim.says.verdict, rule.firmness(), rule.unit()));
    }
    claims
}

/// What changes over one site that a category lists: what holds, or what no lower unit may loosen.
fn of_member(member: &UrlFilter, old: &Sites<'_>, new: &Sites<'_>) -> Option<(Risk, Steps)> {
    let verdicts = (
        old.verdict_over_filter(member),
        new.verdict_over_filter(member),
    );
    let sites = SiteSet::Filter(member.clone());
    let floor = floor((old, &sites), (new, &sites));
    let held = (held(verdicts.0), held(verdicts.1));
    if held.0 == held.1 {
        return floor;
    }
    Some((risk(verdicts, floor.as_ref()), held))
}

impl Listed {
    fn none(category: &CategoryId, membership: Membership) -> Self {
        Self {
            category: category.clone(),
            membership,
            count: 0,
            sites: Vec::new(),
        }
    }

    fn add(&mut self, member: &UrlFilter) {
        self.count += 1;
        if self.sites.len() < MOST_NAMED {
            self.sites.push(member.to_string());
        }
    }
}

fn categories<'s>(sites: &'s Sites<'_>) -> BTreeMap<&'s CategoryId, &'s Category> {
    let spoken_of = sites.claims.iter();
    let spoken_of = spoken_of.filter_map(|claim| claim.says.sites.category());
    spoken_of
        .map(|category| (&category.id, &**category))
        .collect()
}

/// The members of one that are not written in the other.
fn missing(one: &Category, other: &Category) -> Vec<UrlFilter> {
    if one.domains == other.domains && one.parts == other.parts {
        return Vec::new();
    }
    let parts: BTreeSet<&UrlFilter> = other.parts.iter().collect();
    let domains = one.domains.iter();
    let domains = domains.filter(|name| other.domains.covering(name) != Some(*name));
    domains
        .map(UrlFilter::of_domain)
        .chain(
            one.parts
                .iter()
                .filter(|part| !parts.contains(part))
                .cloned(),
        )
        .collect()
}
