//! A category of the flat lists: its domains stay together, under one verdict.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Region;
use crate::category::Category;
use crate::resolve::SiteClaim;
use crate::url_filter::{UrlFilter, Verdict};

/// A category of the flat lists, and the claim whose verdict its domains get.
#[derive(Debug, Clone)]
pub struct CategoryRegion<'a> {
    /// The category.
    pub category: &'a Arc<Category>,
    /// What decides over its domains.
    pub claim: SiteClaim<'a>,
    /// The domains that are filters of their own.
    pub except: BTreeSet<&'a str>,
}

impl<'a> CategoryRegion<'a> {
    pub(super) fn verdict(&self) -> Verdict {
        self.claim.says.verdict
    }

    /// Whether everything around the category has its verdict already.
    pub(super) fn repeats(&self, wildcard: Option<SiteClaim<'_>>) -> bool {
        wildcard.is_some_and(|around| around.says.verdict == self.verdict())
    }

    /// Whether a browser must be given its domains: they are closed, or something closes
    /// everything around them.
    pub(super) fn is_listed(&self, wildcard: Option<SiteClaim<'_>>) -> bool {
        !self.verdict().is_open() || wildcard.is_some_and(|around| !around.says.verdict.is_open())
    }

    /// The domain among them that contains `filter`.
    pub(super) fn around(&self, filter: &UrlFilter) -> Option<Region<'a>> {
        let name = self.category.domains.covering(filter.host_name()?)?;
        let domain = UrlFilter::of_domain(name);
        let is_around = !self.except.contains(name) && domain.contains(filter);
        is_around.then_some(Region {
            filter: domain,
            claim: self.claim,
        })
    }
}
