//! What decisions close, looked up by what it has in common with something.

use crate::policy::SiteSet;
use crate::resolve::SiteClaim;
use crate::url_filter::{ByHost, UrlFilter, Verdict};

/// What decisions close, by host.
pub(super) struct Closing<'s, 'a> {
    filters: ByHost<&'s SiteClaim<'a>>,
    categories: Vec<&'s SiteClaim<'a>>,
}

impl<'s, 'a> Closing<'s, 'a> {
    pub(super) fn of(decided: &[&'s SiteClaim<'a>]) -> Self {
        let mut closing = Self {
            filters: ByHost::default(),
            categories: Vec::new(),
        };
        let closes = |claim: &&&'s SiteClaim<'a>| claim.says.verdict != Verdict::Allow;
        for claim in decided.iter().filter(closes) {
            match &claim.says.sites {
                SiteSet::Filter(filter) => closing.filters.file(filter, *claim),
                SiteSet::Category(_) => closing.categories.push(claim),
            }
        }
        closing
    }

    /// Everything that may have something in common with `sites`.
    pub(super) fn near(&self, sites: &SiteSet) -> impl Iterator<Item = &'s SiteClaim<'a>> {
        let anything = UrlFilter::wildcard();
        let filters = self.filters.near(sites.filter().unwrap_or(&anything));
        let filters: Vec<&'s SiteClaim<'a>> = filters.copied().collect();
        filters.into_iter().chain(self.categories.clone())
    }
}
