//! Filters closed under intersection, each with the voice that decides over all it matches.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::CategoryId;

use super::families::{Alike, Families, Family};
use super::{CategoryRegion, Inexpressible, MOST_REGIONS};
use crate::category::Category;
use crate::resolve::{SiteClaim, Sites};
use crate::url_filter::{ByHost, Specificity, UrlFilter};

/// The filters so far.
#[derive(Debug, Default)]
pub(super) struct Closure<'a> {
    families: Families<'a>,
    regions: BTreeMap<UrlFilter, SiteClaim<'a>>,
    by_host: ByHost<UrlFilter>,
    /// The filters that cross others, and of which they have in common nothing was made of its own,
    /// since they give the right verdict over it.
    representing: BTreeSet<UrlFilter>,
    /// The categories whose parts are too many to be given to a browser.
    kept: BTreeSet<&'a CategoryId>,
}

/// A filter, and how specifically each family is known to speak of all that it matches.
struct Found {
    filter: UrlFilter,
    considered: BTreeMap<Family, Specificity>,
}

/// The filters are too many: the first that there is no room for.
struct Full<'a> {
    filter: UrlFilter,
    claim: SiteClaim<'a>,
}

impl<'a> Closure<'a> {
    /// Closes everything that is written as a filter. What a category lists never makes it too
    /// much: its parts are kept from browsers before that.
    pub(super) fn of(sites: &Sites<'a>, inexpressible: &mut Vec<Inexpressible>) -> Self {
        let keeping = sites.categories().filter(|category| category.keeps_parts());
        let mut kept: BTreeSet<_> = keeping.map(|category| &category.id).collect();
        loop {
            let mut closure = Self {
                families: Families::of(sites, &kept),
                kept,
                ..Self::default()
            };
            let Err(full) = closure.add_written(sites) else {
                return closure;
            };
            let Some(next) = closure.most_parts(sites) else {
                inexpressible.push(closure.inexpressible(&full, sites));
                return closure;
            };
            kept = closure.kept;
            kept.insert(next);
        }
    }

    /// The category with the most entries that cross other things.
    fn most_parts(&self, sites: &Sites<'a>) -> Option<&'a CategoryId> {
        let reported = sites.categories().filter(|category| !self.keeps(category));
        let count = |category: &Category| {
            let parts = category.parts.iter();
            let crossing = parts.filter(|part| part.has_query()).count();
            (crossing, category.parts.len())
        };
        let most = reported.max_by_key(|category| count(category));
        most.filter(|category| !category.parts.is_empty())
            .map(|category| &category.id)
    }

    fn add_written(&mut self, sites: &Sites<'a>) -> Result<(), Box<Full<'a>>> {
        let written = self.families.written().map(|(filter, family)| Found {
            filter: filter.clone(),
            considered: BTreeMap::from([(family, filter.specificity())]),
        });
        // If they are too many, the first is reported.
        self.add(written.rev().collect(), sites)
    }

    /// Adds the domains that are no longer among their categories, and all else that is closed
    /// with them where a device resolves no names of a category.
    pub(super) fn add_apart(
        &mut self,
        categories: &mut [CategoryRegion<'a>],
        sites: &Sites<'a>,
        inexpressible: &mut Vec<Inexpressible>,
    ) {
        let mut apart: Vec<&str> = categories
            .iter()
            .flat_map(|region| region.except.iter().copied())
            .collect();
        let kept_open = sites.kept_open_hosts(self);
        loop {
            let domains = apart.drain(..).map(|domain| Found {
                filter: UrlFilter::of_domain(domain),
                considered: BTreeMap::new(),
            });
            if let Err(full) = self.add(domains.collect(), sites) {
                inexpressible.push(Inexpressible::one_too_many_apart(&full.filter, &full.claim));
            }
            for region in categories.iter_mut() {
                let open = self.open_in(region, &kept_open);
                region.except.extend(&open);
                apart.extend(open);
            }
            if apart.is_empty() {
                break;
            }
        }
    }

    /// The domains of a closed category that a device could not close by name, since something is
    /// open at that name or at `www.` before it.
    fn open_in(&self, category: &CategoryRegion<'a>, kept_open: &BTreeSet<&str>) -> Vec<&'a str> {
        if category.verdict().is_open() {
            return Vec::new();
        }
        let open = self
            .regions
            .iter()
            .filter(|(_, claim)| claim.says.verdict.is_open());
        let hosts = open.filter_map(|(filter, _)| filter.host_name());
        hosts
            .chain(kept_open.iter().copied())
            .flat_map(|host| [Some(host), host.strip_prefix("www.")])
            .flatten()
            .filter_map(|host| {
                let domain = category.category.domains.covering(host);
                domain.filter(|domain| *domain == host && !category.except.contains(domain))
            })
            .collect()
    }

    /// Adds filters, and what they have in common with everything that is written.
    fn add(&mut self, filters: Vec<Found>, sites: &Sites<'a>) -> Result<(), Box<Full<'a>>> {
        let mut unseen = Vec::new();
        for found in filters {
            unseen.extend(self.discover(found, sites)?);
        }
        while let Some((found, claim)) = unseen.pop() {
            for narrower in self.narrower(&found, &claim, sites) {
                unseen.extend(self.discover(narrower, sites)?);
            }
        }
        Ok(())
    }

    /// Takes up a filter that is none of the regions yet, and gives it with what decides over it.
    fn discover(
        &mut self,
        found: Found,
        sites: &Sites<'a>,
    ) -> Result<Option<(Found, SiteClaim<'a>)>, Box<Full<'a>>> {
        let filter = &found.filter;
        if self.regions.contains_key(filter) {
            return Ok(None);
        }
        let Some(claim) = sites.verdict_over_filter(filter) else {
            return Ok(None);
        };
        if self.regions.len() == MOST_REGIONS {
            let filter = filter.clone();
            return Err(Box::new(Full { filter, claim }));
        }
        self.by_host.file(filter, filter.clone());
        self.regions.insert(filter.clone(), claim);
        Ok(Some((found, claim)))
    }

    /// What a filter has in common with those that it crosses, unless it decides over that itself.
    ///
    /// A family says nothing new of a filter by what is no more specific than what it says of all of
    /// it. Where one family alone says something new, and it would not change the verdict however
    /// specific it were, the filter decides over it all. What is of hosts below its own comes upon it
    /// in its own turn.
    // INVARIANT: for every region that matches a URL, there is one that ranks at least as high and has the
    // verdict of the layers over that URL. It lies within the first, or it stands for others.
    fn narrower(&mut self, found: &Found, claim: &SiteClaim<'a>, sites: &Sites<'a>) -> Vec<Found> {
        let Found { filter, considered } = found;
        let across = self.families.across(filter);
        let crossing = across.filter_map(|alike| {
            let mut filters = alike.filters.iter().copied();
            Some((alike, filters.find(|other| filter.crosses(other))?))
        });
        let (new, old): (Vec<_>, Vec<_>) = crossing.partition(|(alike, _)| {
            let known = considered.get(&alike.family);
            known.is_none_or(|known| *known < alike.specificity)
        });
        let changes = sites.changes_over(filter, claim, &new);
        if !old.is_empty() || !(new.is_empty() || changes) {
            self.representing.insert(filter.clone());
        }
        if !changes {
            return Vec::new();
        }
        let narrower = new.into_iter().flat_map(|(alike, _)| {
            let filters = alike.filters.iter();
            let crossing = filters.filter(|other| filter.crosses(other));
            crossing.filter_map(|other| {
                let mut considered = considered.clone();
                considered.insert(alike.family, alike.specificity);
                let filter = filter.intersection(other)?;
                Some(Found { filter, considered })
            })
        });
        narrower.collect()
    }

    /// Every filter with what decides over it.
    pub(super) fn regions(&self) -> impl Iterator<Item = (&UrlFilter, SiteClaim<'a>)> {
        self.regions.iter().map(|(filter, claim)| (filter, *claim))
    }

    /// The filters that may have something in common with `filter`, except those whose hosts lie
    /// below its own.
    pub(super) fn across(&self, filter: &UrlFilter) -> impl Iterator<Item = &UrlFilter> {
        self.by_host.across(filter)
    }

    /// Whether a rule or a category says this filter in so many words.
    pub(super) fn is_written(&self, filter: &UrlFilter) -> bool {
        self.families.is_written(filter)
    }

    /// Whether a filter crosses others without regions of their own for what they have in common.
    pub(super) fn represents_others(&self, filter: &UrlFilter) -> bool {
        self.representing.contains(filter)
    }

    /// Whether the parts of a category are kept from browsers.
    pub(super) fn keeps(&self, category: &Category) -> bool {
        self.kept.contains(&category.id)
    }

    /// A filter that there is no room for, as a verdict that no list can give.
    fn inexpressible(&self, full: &Full<'a>, sites: &Sites<'a>) -> Inexpressible {
        let Full { filter, claim } = full;
        let speaks = |other: &&SiteClaim<'_>| {
            let written = other.says.sites.filter();
            written.is_some_and(|written| written.contains(filter))
                && other.says.place != claim.says.place
        };
        let other = sites.claims.iter().filter(speaks).max_by_key(|other| {
            let written = other.says.sites.filter();
            (
                other.says.verdict != claim.says.verdict,
                written.map(UrlFilter::specificity),
            )
        });
        match other.filter(|_| !self.is_written(filter)) {
            Some(other) => Inexpressible::crossing(filter, claim, other),
            None => Inexpressible::one_too_many(filter, claim),
        }
    }
}

impl<'a> Sites<'a> {
    /// Whether something that crosses a filter may change the verdict over what they have in common,
    /// given one filter for all that are alike.
    fn changes_over(
        &self,
        filter: &UrlFilter,
        claim: &SiteClaim<'a>,
        crossing: &[(&Alike<'a>, &'a UrlFilter)],
    ) -> bool {
        let examples: BTreeMap<(Family, Specificity), &UrlFilter> = crossing
            .iter()
            .map(|(alike, other)| ((alike.family, alike.specificity), *other))
            .collect();
        let mut families = examples.keys().map(|(family, _)| family);
        let first = families.next();
        let is_one = families.all(|family| Some(family) == first);
        !is_one
            || examples.values().any(|other| {
                let decides = self.verdict_over_both(filter, other);
                decides.is_none_or(|decides| decides.says.verdict != claim.says.verdict)
            })
    }
}
