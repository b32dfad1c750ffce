//! The one verdict that holds for the domains of a category, and the domains that it does not
//! hold for.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::closure::Closure;
use super::overlaps::Overlaps;
use super::{CategoryRegion, Inexpressible, MOST_REGIONS};
use crate::category::Category;
use crate::policy::{Reach, SiteStatement};
use crate::resolve::{SiteClaim, Sites};
use crate::url_filter::{UrlFilter, Verdict};

impl<'a> Sites<'a> {
    /// Every category that something is said of, without the domains that something else was said
    /// of around them or across them.
    pub(super) fn whole(
        &self,
        closure: &Closure<'a>,
        overlaps: &mut Overlaps<'a>,
        inexpressible: &mut Vec<Inexpressible>,
    ) -> Vec<CategoryRegion<'a>> {
        let mut regions = Vec::new();
        for category in self.categories() {
            let Some(claim) = self.verdict_on(category, &UrlFilter::wildcard()) else {
                continue;
            };
            let mut region = CategoryRegion {
                category,
                claim,
                except: BTreeSet::new(),
            };
            inexpressible.extend(self.across(&region, closure));
            region.except = self.set_apart(&region, closure, overlaps);
            if region.except.len() > MOST_REGIONS {
                let sites = &claim.says.sites;
                inexpressible.push(Inexpressible::one_too_many_apart(sites, &claim));
                region.except.clear();
            }
            regions.push(region);
        }
        regions
    }

    /// What is said of categories.
    fn claims_on_categories(&self) -> impl Iterator<Item = &'a SiteStatement> {
        let on_categories = self.of_categories.iter();
        on_categories.filter_map(|number| Some(self.claims.get(*number)?.says))
    }

    /// Every category that something is said of, each once.
    pub(super) fn categories(&self) -> impl Iterator<Item = &'a Arc<Category>> {
        let mut seen = BTreeSet::new();
        let on_categories = self.of_categories.iter();
        let on_categories =
            on_categories.filter_map(|number| self.claims.get(*number)?.says.sites.category());
        on_categories.filter(move |category| seen.insert(&category.id))
    }

    /// The voice that decides over what a domain of a category has in common with `filter`, as
    /// long as nothing else is said of that domain: the filter lies above it.
    fn verdict_on(&self, category: &Category, filter: &UrlFilter) -> Option<SiteClaim<'a>> {
        let around = self.of_filters.around(filter);
        self.decide(around, |claim| match claim.says.sites.category() {
            Some(own) if own.id == category.id => Some(Reach::Narrowest),
            Some(_) | None => claim.says.sites.reach_over(filter),
        })
    }

    /// Filters without a host that decide over a part of every domain, which no list can say.
    fn across(&self, region: &CategoryRegion<'a>, closure: &Closure<'a>) -> Vec<Inexpressible> {
        let wildcard = self.verdict_over_filter(&UrlFilter::wildcard());
        let is_listed = region.is_listed(wildcard) && !region.repeats(wildcard);
        let some_domain = UrlFilter::of_domain("fyr.example");
        closure
            .regions()
            .filter(|(filter, _)| {
                !filter.is_wildcard()
                    && filter.is_of_any_host()
                    && some_domain.intersection(filter).is_some()
            })
            .filter_map(|(filter, claim)| {
                let decides = self.verdict_on(region.category, filter)?;
                let instead = if is_listed { region.claim } else { claim };
                let agree = decides.says.verdict.is_open() == instead.says.verdict.is_open();
                let sites = &region.claim.says.sites;
                (!agree).then(|| Inexpressible::new(sites, &decides, &instead))
            })
            .collect()
    }

    /// The domains that something else was said of around them or across them.
    fn set_apart(
        &self,
        region: &CategoryRegion<'a>,
        closure: &Closure<'a>,
        overlaps: &mut Overlaps<'a>,
    ) -> BTreeSet<&'a str> {
        let wildcard = self.verdict_over_filter(&UrlFilter::wildcard());
        let apart = Apart {
            sites: self,
            closure,
            region,
            repeats: region.repeats(wildcard),
            on_categories: overlaps.number(self.claims_on_categories()),
        };
        let mut except = BTreeSet::new();
        for (filter, claim) in closure.regions() {
            apart.by_filter(filter, claim.says.verdict, &mut except);
        }
        for other in self.categories() {
            if other.id != region.category.id && self.may_differ(other, region.verdict()) {
                for (own, above) in overlaps.of(region.category, other).iter() {
                    if apart.by_domain(own, above, overlaps) {
                        except.insert(own);
                    }
                }
            }
        }
        except
    }

    /// Whether anybody says something else of a category. A voice of the same verdict changes
    /// nothing: it neither outranks another verdict nor lets another voice do so.
    pub(super) fn may_differ(&self, category: &Category, verdict: Verdict) -> bool {
        self.claims.iter().any(|claim| {
            let spoken_of = claim.says.sites.category();
            claim.says.verdict != verdict
                && spoken_of.is_some_and(|spoken_of| spoken_of.id == category.id)
        })
    }
}

/// What it takes for a domain of a category to become a filter of its own.
struct Apart<'s, 'a> {
    sites: &'s Sites<'a>,
    closure: &'s Closure<'a>,
    region: &'s CategoryRegion<'a>,
    /// Whether browsers need no entry for the category, since all around it has its verdict.
    repeats: bool,
    /// The number of what is said of categories.
    on_categories: usize,
}

impl<'a> Apart<'_, 'a> {
    /// The domains that a filter of this verdict sets apart: its own and those below.
    fn by_filter(&self, filter: &UrlFilter, verdict: Verdict, except: &mut BTreeSet<&'a str>) {
        let Some(host) = filter.host_name() else {
            return;
        };
        let domains = &self.region.category.domains;
        let own = domains.covering(host).filter(|own| *own == host);
        let is_apart = |own: &str| {
            let domain = UrlFilter::of_domain(own);
            self.is_apart(&domain, self.sites.verdict_over_filter(&domain), verdict)
        };
        if let Some(own) = own.filter(|own| is_apart(own)) {
            except.insert(own);
        }
        let below = || domains.below(host).filter(|own| *own != host);
        if below().next().is_none() {
            return;
        }
        let decides = self.sites.verdict_on(self.region.category, filter);
        let changes = decides.is_some_and(|claim| claim.says.verdict != self.region.verdict());
        if changes || self.hides(verdict) {
            for own in below() {
                if except.len() > MOST_REGIONS {
                    return;
                }
                if is_apart(own) {
                    except.insert(own);
                }
            }
        }
    }

    /// Whether a domain is set apart that lies in one of another category.
    fn by_domain(&self, own: &'a str, other: &'a str, overlaps: &mut Overlaps<'a>) -> bool {
        let around = self.decided(other, overlaps);
        around.is_some_and(|around| {
            let claim = self.decided(own, overlaps);
            self.is_apart(&UrlFilter::of_domain(own), claim, around.says.verdict)
        })
    }

    /// What is decided over a domain: groups of which only categories are said around it share it.
    fn decided(&self, domain: &'a str, overlaps: &mut Overlaps<'a>) -> Option<SiteClaim<'a>> {
        let filter = UrlFilter::of_domain(domain);
        let decide = || self.sites.verdict_over_filter(&filter);
        if self.sites.of_filters.around(&filter).next().is_some() {
            return decide();
        }
        overlaps.decided(self.on_categories, domain, decide)
    }

    /// Whether something is decided otherwise over a domain, of which this voice decides, or over a
    /// part of it that lies across it, or a browser would decide otherwise by what is around it.
    fn is_apart(&self, domain: &UrlFilter, claim: Option<SiteClaim<'_>>, around: Verdict) -> bool {
        let differs = |claim: Option<SiteClaim<'_>>| {
            claim.is_none_or(|claim| claim.says.verdict != self.region.verdict())
        };
        self.hides(around)
            || differs(claim)
            || self.closure.across(domain).any(|wider| {
                let common = domain.intersection(wider);
                let common = common.filter(|common| common != wider);
                common.is_some_and(|common| differs(self.sites.verdict_over_filter(&common)))
            })
    }

    /// Whether something of this verdict around a domain would decide over it in a browser that
    /// needs no entry for the category.
    fn hides(&self, around: Verdict) -> bool {
        let own = self.region.verdict();
        around.is_open() != own.is_open() && (own.is_open() || self.repeats)
    }
}
