//! The filters that rules and the parts of categories are written as, in families: what speaks for
//! them is alike in all but how specific it is.
//!
//! Of the filters of one family that match a URL, only the most specific has a say.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Overridable;
use fyr_schemas::CategoryId;

use crate::policy::{SiteSet, Written};
use crate::resolve::{Rank, SiteClaim, Sites};
use crate::url_filter::{ByHost, Specificity, UrlFilter, Verdict};

/// Everything that is written as a filter.
#[derive(Debug, Default)]
pub(super) struct Families<'a> {
    written: BTreeMap<&'a UrlFilter, Family>,
    by_host: ByHost<Alike<'a>>,
}

/// The number of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Family(usize);

/// Filters of one family that are equally specific, of one host and path.
#[derive(Debug)]
pub(super) struct Alike<'a> {
    pub(super) family: Family,
    pub(super) specificity: Specificity,
    pub(super) filters: Vec<&'a UrlFilter>,
}

/// All of a claim that layers look at, except how specific it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Manner {
    rank: Rank,
    overridable: Option<Overridable>,
    is_lesson: bool,
    verdict: Verdict,
    is_hindered: bool,
    written: Written,
}

impl Manner {
    fn of(claim: &SiteClaim<'_>, written: Written) -> Self {
        Self {
            rank: claim.rank(),
            overridable: claim.rule.overridable(),
            is_lesson: claim.rule.is_lesson(),
            verdict: claim.says.verdict,
            is_hindered: claim.says.hindrance().is_some(),
            written,
        }
    }
}

impl<'a> Families<'a> {
    /// Of everything that is said, except the parts of categories that are kept from browsers.
    pub(super) fn of(sites: &Sites<'a>, kept: &BTreeSet<&CategoryId>) -> Self {
        let mut spoken_of: BTreeMap<&UrlFilter, Vec<Manner>> = BTreeMap::new();
        for claim in &sites.claims {
            let (parts, written) = match &claim.says.sites {
                SiteSet::Filter(filter) => (std::slice::from_ref(filter), Written::Alone),
                SiteSet::Category(category) if kept.contains(&category.id) => continue,
                SiteSet::Category(category) => (category.parts.as_slice(), Written::Listed),
            };
            let manner = Manner::of(claim, written);
            for filter in parts {
                spoken_of.entry(filter).or_default().push(manner);
            }
        }
        let mut numbers = BTreeMap::new();
        let number = |(filter, mut manners): (_, Vec<Manner>)| {
            manners.sort_unstable();
            manners.dedup();
            let next = numbers.len();
            (filter, Family(*numbers.entry(manners).or_insert(next)))
        };
        let written: BTreeMap<_, _> = spoken_of.into_iter().map(number).collect();
        Self {
            by_host: by_host(&written),
            written,
        }
    }

    /// Every filter with its family.
    pub(super) fn written(&self) -> impl DoubleEndedIterator<Item = (&'a UrlFilter, Family)> {
        self.written
            .iter()
            .map(|(filter, family)| (*filter, *family))
    }

    /// Whether a filter is written in so many words.
    pub(super) fn is_written(&self, filter: &UrlFilter) -> bool {
        self.written.contains_key(filter)
    }

    /// Everything that may have something in common with `filter`, except what is of hosts below
    /// its own.
    pub(super) fn across(&self, filter: &UrlFilter) -> impl Iterator<Item = &Alike<'a>> {
        self.by_host.across(filter)
    }
}

fn by_host<'a>(written: &BTreeMap<&'a UrlFilter, Family>) -> ByHost<Alike<'a>> {
    let mut by_host = ByHost::default();
    let written: Vec<(&UrlFilter, Family)> = written.iter().map(|(a, b)| (*a, *b)).collect();
    let alike = written.chunk_by(|(one, family), (other, of_other)| {
        family == of_other
            && one.equals_except_query(other)
            && one.specificity() == other.specificity()
    });
    for alike in alike {
        let Some((first, family)) = alike.first() else {
            continue;
        };
        let filters = Alike {
            family: *family,
            specificity: first.specificity(),
            filters: alike.iter().map(|(filter, _)| *filter).collect(),
        };
        by_host.file(first, filters);
    }
    by_host
}
