//! Turns layered verdicts into flat lists: browsers rank filters and know no layers.
//!
//! The filters are closed under intersection, as far as an intersection may be decided otherwise,
//! and each gets the layered verdict over all that it matches. An intersection ranks at least as
//! high as what it was made of, so of all that match a URL the narrowest decides, and its verdict is
//! the layered one. Filters that change nothing are then left out.
//!
//! The domains of a category stay together: one verdict holds for all of them except those that
//! something else was said of, which become filters of their own. Its parts of sites are filters,
//! unless they are too many for any browser, or cross too much: those are kept apart, so that they can
//! be reported.

mod category_region;
mod closure;
mod entries;
mod families;
mod kept;
mod overlaps;
mod whole;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fyr_schemas::RuleId;

pub use self::category_region::CategoryRegion;
use self::closure::Closure;
use self::entries::goes_before;
pub use self::kept::PartsRegion;
use self::overlaps::Overlaps;
use crate::resolve::{SiteClaim, Sites};
use crate::source::Place;
use crate::url_filter::{ByHost, UrlFilter, Verdict};

/// The most filters that the rules of one group may come to before those that change nothing
/// are left out.
pub(crate) const MOST_REGIONS: usize = 20_000;

/// What browsers are given for a group's sites.
#[derive(Debug, Default)]
pub struct Flat<'a> {
    /// Single filters.
    pub filters: Vec<Region<'a>>,
    /// Categories, each without the domains that are among the filters.
    pub categories: Vec<CategoryRegion<'a>>,
    /// Parts of categories that are too many for any list, where nothing in the lists decides
    /// alike.
    pub kept: Vec<PartsRegion<'a>>,
    /// Verdicts that no flat list can give.
    pub inexpressible: Vec<Inexpressible>,
}

/// A filter of the flat lists, and the voice whose verdict it gives.
#[derive(Debug, Clone)]
pub struct Region<'a> {
    /// The filter.
    pub filter: UrlFilter,
    /// What decides over all that it matches and no narrower filter does.
    pub claim: SiteClaim<'a>,
}

/// A layered verdict that no flat list can give.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inexpressible {
    /// The sites over which the browser would decide otherwise.
    pub sites: String,
    /// What should decide.
    pub decides: Place,
    /// What gets in its way.
    pub obstacle: Obstacle,
}

/// What keeps a browser from giving a verdict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// It would follow this.
    Instead(Place),
    /// The rules of a group speak of too many single sites.
    TooMany,
    /// Too many sites of categories are decided over otherwise than their category.
    TooManyApart,
    /// The sites of these rules cross in too many places: one of them is that the other site, which
    /// stands here, crosses the one that decides.
    Crossing {
        /// The rules of the two.
        rules: BTreeSet<RuleId>,
        /// The other site.
        other: Place,
    },
}

impl Inexpressible {
    fn new(sites: &impl ToString, decides: &SiteClaim<'_>, instead: &SiteClaim<'_>) -> Self {
        Self {
            sites: sites.to_string(),
            decides: decides.says.place,
            obstacle: Obstacle::Instead(instead.says.place),
        }
    }

    /// One filter too many.
    fn one_too_many(sites: &impl ToString, decides: &SiteClaim<'_>) -> Self {
        Self {
            sites: sites.to_string(),
            decides: decides.says.place,
            obstacle: Obstacle::TooMany,
        }
    }

    /// One site of a category too many with a verdict of its own.
    fn one_too_many_apart(sites: &impl ToString, decides: &SiteClaim<'_>) -> Self {
        Self {
            obstacle: Obstacle::TooManyApart,
            ..Self::one_too_many(sites, decides)
        }
    }

    /// One crossing of two sites too many.
    fn crossing(sites: &impl ToString, decides: &SiteClaim<'_>, other: &SiteClaim<'_>) -> Self {
        let rules = [decides, other].map(|claim| claim.rule.id().clone());
        Self {
            sites: sites.to_string(),
            decides: decides.says.place,
            obstacle: Obstacle::Crossing {
                rules: rules.into(),
                other: other.says.place,
            },
        }
    }
}

/// The flat lists of the groups of one policy, made once for all groups that share their sites.
#[derive(Debug, Default)]
pub struct FlatLists<'a> {
    made: RefCell<Made<'a>>,
}

#[derive(Debug, Default)]
struct Made<'a> {
    // INVARIANT: each holds its sites, so no others are ever at their address.
    by_sites: BTreeMap<*const Sites<'a>, (Rc<Sites<'a>>, Rc<Flat<'a>>)>,
    overlaps: Overlaps<'a>,
}

impl<'a> FlatLists<'a> {
    /// The flat lists of the sites of a group.
    pub fn of(&self, sites: &Rc<Sites<'a>>) -> Rc<Flat<'a>> {
        let Made { by_sites, overlaps } = &mut *self.made.borrow_mut();
        let (_, flat) = by_sites.entry(Rc::as_ptr(sites)).or_insert_with(|| {
            let flat = Rc::new(sites.flatten(overlaps));
            (Rc::clone(sites), flat)
        });
        Rc::clone(flat)
    }
}

impl<'a> Sites<'a> {
    /// What browsers are to be given.
    fn flatten(&self, overlaps: &mut Overlaps<'a>) -> Flat<'a> {
        let mut inexpressible = Vec::new();
        let mut closure = Closure::of(self, &mut inexpressible);
        let mut categories = self.whole(&closure, overlaps, &mut inexpressible);
        closure.add_apart(&mut categories, self, &mut inexpressible);
        let wildcard = self.verdict_over_filter(&UrlFilter::wildcard());
        categories.retain(|region| !region.repeats(wildcard));
        // Narrower filters rank higher, so every filter comes after all that contain it.
        let mut regions: Vec<_> = closure.regions().collect();
        regions.sort_by_key(|(filter, _)| filter.specificity());
        let mut kept = Kept::default();
        for (filter, claim) in regions {
            let is_written = closure.is_written(filter);
            let around = kept.around(filter, &categories, wildcard);
            let filter = filter.clone();
            let region = Region { filter, claim };
            let is_needed = closure.represents_others(&region.filter) && kept.is_crossed(&region);
            if !is_needed && around.makes_idle(&region, is_written) {
                continue;
            }
            inexpressible.extend(around.misrule(&region, is_written));
            kept.push(region);
        }
        Flat {
            kept: self.kept_parts(&closure, &kept, &categories, wildcard),
            filters: kept.regions,
            categories,
            inexpressible,
        }
    }
}

/// The filters that are kept so far.
#[derive(Debug, Default)]
struct Kept<'a> {
    regions: Vec<Region<'a>>,
    by_host: ByHost<usize>,
    by_verdict: BTreeMap<Verdict, ByHost<UrlFilter>>,
}

impl<'a> Kept<'a> {
    fn push(&mut self, region: Region<'a>) {
        let Region { filter, claim } = &region;
        self.by_host.file(filter, self.regions.len());
        let alike = self.by_verdict.entry(claim.says.verdict).or_default();
        alike.file(filter, filter.clone());
        self.regions.push(region);
    }

    /// Whether a browser would decide otherwise over a part of a region, without it.
    fn is_crossed(&self, region: &Region<'_>) -> bool {
        let others = self.by_verdict.iter();
        let others = others.filter(|(verdict, _)| **verdict != region.claim.says.verdict);
        let mut others = others.flat_map(|(_, others)| others.across(&region.filter));
        others.any(|other| region.filter.crosses(other))
    }

    /// What a browser may decide by over all of `filter`, without it.
    fn around<'k>(
        &'k self,
        filter: &UrlFilter,
        categories: &[CategoryRegion<'a>],
        wildcard: Option<SiteClaim<'a>>,
    ) -> Around<'k, 'a> {
        let numbers = self.by_host.around(filter);
        let single = numbers
            .filter_map(|number| self.regions.get(*number))
            .filter(|wider| wider.filter.contains(filter))
            .max_by_key(|wider| {
                let verdict = wider.claim.says.verdict;
                (
                    wider.filter.specificity(),
                    Reverse(verdict == Verdict::Block),
                )
            });
        let rank = single.map(|single| single.filter.specificity());
        let members = categories
            .iter()
            .filter(|region| region.is_listed(wildcard))
            .filter_map(|region| region.around(filter))
            .filter(|member| rank.is_none_or(|rank| member.filter.specificity() > rank))
            .collect();
        Around { single, members }
    }
}

/// What a browser may decide by over all of a filter: a single filter, or a member of a category
/// where the category is in its list.
#[derive(Debug)]
struct Around<'k, 'a> {
    single: Option<&'k Region<'a>>,
    members: Vec<Region<'a>>,
}

impl<'a> Around<'_, 'a> {
    fn all(&self) -> impl Iterator<Item = &Region<'a>> {
        self.single.into_iter().chain(&self.members)
    }

    /// Whether the lists give the same verdicts without a region. An allow that a reader
    /// wrote is kept even where nothing around it is closed: it is a promise to show. So is what
    /// goes before what is around it, which a full list may have to leave out.
    fn makes_idle(&self, region: &Region<'_>, is_written: bool) -> bool {
        let verdict = region.claim.says.verdict;
        let is_first = |single: &Region<'_>| goes_before(&region.claim, &single.claim);
        let is_claimed = self.single.is_some_and(|single| !is_first(single));
        let is_open_anyhow = is_claimed || (verdict.is_open() && !is_written);
        is_open_anyhow
            && self
                .all()
                .all(|around| around.claim.says.verdict == verdict)
    }

    /// How a browser would decide otherwise over a region, and nothing in its lists could change
    /// that.
    fn misrule(&self, region: &Region<'_>, is_written: bool) -> Option<Inexpressible> {
        let Region { filter, claim } = region;
        let is_closed = claim.says.verdict == Verdict::Block;
        // Scheme and port do not rank, and among equals the browser prefers what opens.
        let outranks = |wider: &UrlFilter| is_closed && wider.specificity() == filter.specificity();
        // An allow with a query wants every occurrence of the key to fit, so one that no rule
        // wrote would match less than what it stands for.
        let is_too_narrow = !is_closed && filter.has_query() && !is_written;
        self.all()
            .filter(|around| around.claim.says.verdict.is_open() == is_closed)
            .find(|around| is_too_narrow || outranks(&around.filter))
            .map(|around| Inexpressible::new(filter, claim, &around.claim))
    }
}
