//! A category of sites: what its files list and what its services are, looked up by host.

mod host_names;
mod parts;

use std::sync::{Arc, OnceLock};

use fyr_policy_source as source;
use fyr_schemas::{CategoryId, Digest};
use url::Url;

pub(crate) use self::host_names::HostNames;
use crate::lists::{Account, DomainSet};
use crate::parse::{InFile, Listed};
use crate::url_filter::{ByHost, Index, Specificity, UrlFilter, Verdict, host_of};

/// A category, without anything that another member of it contains.
#[derive(Debug)]
pub struct Category {
    /// Its name.
    pub id: CategoryId,
    /// Whole domains, each with every name below it.
    pub domains: Arc<DomainSet>,
    /// Addresses, and parts of sites.
    pub parts: Vec<UrlFilter>,
    parts_by_host: ByHost<usize>,
    parts_at: Index<usize>,
    host_names: OnceLock<HostNames>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a category comes from.
#[derive(Debug)]
pub struct Origin {
    /// The category as it is written.
    pub source: InFile<source::List>,
    /// The paths of its files, sorted.
    pub files: Vec<String>,
    /// SHA-256 over the bytes of the files, in the order of their paths.
    pub digest: Digest,
    /// What became of everything that the files say.
    pub account: Account,
}

impl Category {
    /// The category that a document describes.
    pub(crate) fn new(listed: Listed) -> Self {
        let Listed {
            source,
            list,
            files,
            digest,
        } = listed;
        let addresses = list.addresses.iter().copied().map(UrlFilter::of_address);
        let parts: Vec<UrlFilter> = addresses.chain(list.prefixes).collect();
        let mut parts_by_host = ByHost::default();
        for (number, part) in parts.iter().enumerate() {
            parts_by_host.file(part, number);
        }
        Self {
            id: source.document.category.value.clone(),
            domains: list.domains,
            parts_at: Index::of(parts.iter().zip(0..)),
            parts,
            parts_by_host,
            host_names: OnceLock::new(),
            origin: Origin {
                source,
                files,
                digest,
                account: list.account,
            },
        }
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.domains.len() + self.parts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its domains as names that a device can be kept from resolving.
    pub fn host_names(&self) -> &HostNames {
        self.host_names.get_or_init(|| HostNames::of(&self.domains))
    }

    /// The member that decides over `url` among those that select it.
    pub fn member_at(&self, url: &Url, verdict: Verdict) -> Option<Member<'_>> {
        let domain = self.domains.covering(&host_of(url));
        let parts = self.parts_at.around(url);
        self.narrowest(domain, parts, |member| member.matches(url, verdict))
    }

    /// The domain that the host of `url` lies below, unless it is `www.` before the domain.
    pub fn above(&self, url: &Url) -> Option<&str> {
        let host = host_of(url);
        let domain = self.domains.covering(&host)?;
        let is_named = *host == *domain || host.strip_prefix("www.") == Some(domain);
        (!is_named).then_some(domain)
    }

    /// The narrowest member that contains `filter`.
    pub fn member_around(&self, filter: &UrlFilter) -> Option<Member<'_>> {
        let domain = filter
            .host_name()
            .and_then(|host| self.domains.covering(host));
        let parts = self.parts_by_host.around(filter);
        self.narrowest(domain, parts, |member| member.contains(filter))
    }

    /// Every member as a filter.
    pub fn members(&self) -> impl Iterator<Item = UrlFilter> {
        let domains = self.domains.iter().map(UrlFilter::of_domain);
        domains.chain(self.parts.iter().cloned())
    }

    /// What `filter` has in common with the members at its host and below.
    pub fn within<'a>(
        &'a self,
        filter: &'a UrlFilter,
    ) -> impl Iterator<Item = UrlFilter> + use<'a> {
        let name = filter.host_name();
        let domains = name.into_iter().flat_map(|name| self.domains.below(name));
        let parts = self.parts_by_host.near(filter);
        let parts = parts.filter_map(|number| self.parts.get(*number).cloned());
        domains
            .map(UrlFilter::of_domain)
            .chain(parts)
            .filter_map(|member| member.intersection(filter))
    }

    /// The narrowest of a domain, which is one already, and of those parts that are one.
    fn narrowest<'a>(
        &'a self,
        domain: Option<&'a str>,
        parts: impl Iterator<Item = &'a usize>,
        is_one: impl Fn(&UrlFilter) -> bool,
    ) -> Option<Member<'a>> {
        parts
            .filter_map(|number| self.parts.get(*number))
            .filter(|part| is_one(part))
            .map(Member::Part)
            .chain(domain.map(Member::Domain))
            .max_by_key(Member::specificity)
    }
}

/// A member of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member<'a> {
    /// A domain and every name below it.
    Domain(&'a str),
    /// An address, or a part of a site.
    Part(&'a UrlFilter),
}

impl Member<'_> {
    /// How it ranks.
    pub fn specificity(&self) -> Specificity {
        match self {
            Self::Domain(name) => Specificity::of_domain(name),
            Self::Part(filter) => filter.specificity(),
        }
    }

    /// It as a filter.
    pub fn to_filter(self) -> UrlFilter {
        match self {
            Self::Domain(name) => UrlFilter::of_domain(name),
            Self::Part(filter) => filter.clone(),
        }
    }
}
