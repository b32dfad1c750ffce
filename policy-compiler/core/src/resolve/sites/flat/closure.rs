//! Filters closed under intersection, each with the voice that decides over all it matches.

use std::collections::{BTreeMap, BTreeSet};

use super::{CategoryRegion, Inexpressible, MOST_REGIONS};
use crate::resolve::sites::{SiteVoice, Sites};
use crate::url_filter::{ByHost, UrlFilter};

/// The filters so far.
#[derive(Debug, Default)]
pub(super) struct Closure<'a> {
    /// The filters that rules and the parts of categories are written as.
    written: BTreeSet<&'a UrlFilter>,
    written_by_host: ByHost<&'a UrlFilter>,
    regions: BTreeMap<UrlFilter, SiteVoice<'a>>,
    by_host: ByHost<UrlFilter>,
}

impl<'a> Closure<'a> {
    /// Closes everything that is written as a filter.
    pub(super) fn of(sites: &Sites<'a>, inexpressible: &mut Vec<Inexpressible>) -> Self {
        let mut closure = Self::default();
        let said = || sites.voices.iter().map(|voice| &voice.says.sites);
        let categories = said().filter_map(|sites| sites.category());
        let parts = categories.flat_map(|category| category.told_parts());
        for filter in said().filter_map(|sites| sites.filter()).chain(parts) {
            if closure.written.insert(filter) {
                closure.written_by_host.file(filter, filter);
            }
        }
        let written = closure.written.iter().copied().cloned().collect();
        closure.add(written, sites, inexpressible);
        closure
    }

    /// Adds the domains that are no longer among their categories, and whatever else is closed
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
        let kept_open = sites.kept_open_hosts();
        loop {
            let domains = apart.drain(..).map(UrlFilter::of_domain).collect();
            self.add(domains, sites, inexpressible);
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
            .filter(|(_, voice)| voice.says.verdict.is_open());
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

    fn add(
        &mut self,
        mut unseen: Vec<UrlFilter>,
        sites: &Sites<'a>,
        inexpressible: &mut Vec<Inexpressible>,
    ) {
        while let Some(filter) = unseen.pop() {
            if self.regions.contains_key(&filter) {
                continue;
            }
            let Some(voice) = sites.verdict_over_filter(&filter) else {
                continue;
            };
            if self.regions.len() == MOST_REGIONS {
                inexpressible.push(Inexpressible::one_too_many(&filter, &voice));
                break;
            }
            // What lies below the host of this filter comes upon it in its own turn.
            let narrower = self
                .written_by_host
                .around(&filter)
                .filter_map(|other| filter.intersection(other))
                .filter(|narrower| *narrower != filter && !self.regions.contains_key(narrower));
            unseen.extend(narrower);
            self.by_host.file(&filter, filter.clone());
            self.regions.insert(filter, voice);
        }
    }

    /// Every filter with what decides over it.
    pub(super) fn regions(&self) -> impl Iterator<Item = (&UrlFilter, SiteVoice<'a>)> {
        self.regions.iter().map(|(filter, voice)| (filter, *voice))
    }

    /// The filters that may have something in common with `filter`, but for those whose hosts lie
    /// below its own.
    pub(super) fn around(&self, filter: &UrlFilter) -> impl Iterator<Item = &UrlFilter> {
        self.by_host.around(filter)
    }

    /// Whether a rule or a category says this filter in so many words.
    pub(super) fn is_written(&self, filter: &UrlFilter) -> bool {
        self.written.contains(filter)
    }
}
