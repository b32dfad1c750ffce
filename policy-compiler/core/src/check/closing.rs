//! What decisions close, looked up by what it has in common with something.

use crate::desired::Verdict;
use crate::policy::SiteSet;
use crate::resolve::SiteVoice;
use crate::url_filter::{ByHost, UrlFilter};

/// What decisions close, by host.
pub(super) struct Closing<'s, 'a> {
    filters: ByHost<&'s SiteVoice<'a>>,
    categories: Vec<&'s SiteVoice<'a>>,
}

impl<'s, 'a> Closing<'s, 'a> {
    pub(super) fn of(decided: &[&'s SiteVoice<'a>]) -> Self {
        let mut closing = Self {
            filters: ByHost::default(),
            categories: Vec::new(),
        };
        let closes = |voice: &&&'s SiteVoice<'a>| voice.says.verdict != Verdict::Allow;
        for voice in decided.iter().filter(closes) {
            match &voice.says.sites {
                SiteSet::Filter(filter) => closing.filters.file(filter, *voice),
                SiteSet::Category(_) => closing.categories.push(voice),
            }
        }
        closing
    }

    /// Everything that may have something in common with `sites`.
    pub(super) fn near(&self, sites: &SiteSet) -> impl Iterator<Item = &'s SiteVoice<'a>> {
        let anything = UrlFilter::wildcard();
        let filters = self.filters.near(sites.filter().unwrap_or(&anything));
        let filters: Vec<&'s SiteVoice<'a>> = filters.copied().collect();
        filters.into_iter().chain(self.categories.clone())
    }
}
