//! Which filter decides over a URL: Chromium's matching and precedence, exactly.
//!
//! The semantics are those of Chromium's `URLBlocklist`; a difference from the browser is a
//! defect here.

use std::net::IpAddr;

use url::Url;

use super::{Host, QueryCondition, QueryEnd, UrlFilter};
use crate::desired::{SiteRule, Verdict};

/// How a filter ranks among those that match a URL: the greatest decides, and among equals
/// an `Allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity {
    is_more_than_wildcard: bool,
    is_exact_host: bool,
    host_length: usize,
    path_length: usize,
    conditions: usize,
}

/// The rule that decides over `url`; `None` where no filter matches, which leaves it open.
pub fn verdict<'a>(
    rules: impl IntoIterator<Item = &'a SiteRule>,
    url: &Url,
) -> Option<&'a SiteRule> {
    let deciding = rules
        .into_iter()
        .filter(|rule| rule.filter.matches(url, rule.verdict))
        .max_by_key(|rule| (rule.filter.specificity(), rule.verdict == Verdict::Allow))?;
    // The browser keeps its own pages out of the reach of a bare `*`.
    let is_spared = deciding.filter.is_wildcard() && url.scheme() == "chrome";
    (!is_spared).then_some(deciding)
}

impl UrlFilter {
    /// How this filter ranks. Scheme and port select URLs and do not rank.
    pub fn specificity(&self) -> Specificity {
        let (is_exact_host, host_length) = match &self.host {
            Host::Any => (false, 0),
            Host::Exact(host) => (true, host.len()),
            Host::WithSubdomains(host) => (false, host.len()),
            Host::Address(address) => (true, address.to_string().len()),
        };
        Specificity {
            is_more_than_wildcard: !self.is_wildcard(),
            is_exact_host,
            host_length,
            path_length: self.path.len(),
            conditions: self.query.len(),
        }
    }

    /// Whether this filter selects `url`. A query condition is read by its verdict: a block
    /// when any occurrence of the key fits, an allow only when every one does.
    pub fn matches(&self, url: &Url, verdict: Verdict) -> bool {
        self.matches_scheme(url)
            && self.matches_host(url)
            && self
                .port
                .is_none_or(|port| url.port_or_known_default() == Some(port))
            && url.path().starts_with(&self.path)
            && self
                .query
                .iter()
                .all(|condition| condition.matches(url.query().unwrap_or_default(), verdict))
    }

    /// Whether some URL may be selected by both. Says yes where it is not certain.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.schemes_overlap(other)
            && self.hosts_overlap(other)
            && either_none_or_equal(self.port.as_ref(), other.port.as_ref())
            && (self.path.starts_with(&other.path) || other.path.starts_with(&self.path))
    }

    fn schemes_overlap(&self, other: &Self) -> bool {
        let is_listed = |scheme: &Option<String>| {
            scheme
                .as_deref()
                .is_none_or(|scheme| WITHOUT_SCHEME.contains(&scheme))
        };
        match (self.is_wildcard(), other.is_wildcard()) {
            (true, _) | (_, true) => true,
            (false, false) => match (&self.scheme, &other.scheme) {
                (Some(one), Some(two)) => one == two,
                (one, two) => is_listed(one) && is_listed(two),
            },
        }
    }

    fn hosts_overlap(&self, other: &Self) -> bool {
        match (&self.host, &other.host) {
            (Host::Any, _) | (_, Host::Any) => true,
            (Host::WithSubdomains(one), Host::WithSubdomains(two)) => {
                is_within(one, two) || is_within(two, one)
            }
            (Host::WithSubdomains(tree), Host::Exact(name))
            | (Host::Exact(name), Host::WithSubdomains(tree)) => is_within(name, tree),
            (Host::Exact(one), Host::Exact(two)) => one == two,
            (Host::Address(one), Host::Address(two)) => one == two,
            (Host::Address(_), Host::Exact(_) | Host::WithSubdomains(_))
            | (Host::Exact(_) | Host::WithSubdomains(_), Host::Address(_)) => false,
        }
    }

    fn matches_scheme(&self, url: &Url) -> bool {
        match &self.scheme {
            Some(scheme) => url.scheme() == scheme,
            None if self.is_wildcard() => true,
            None => WITHOUT_SCHEME.contains(&url.scheme()),
        }
    }

    fn matches_host(&self, url: &Url) -> bool {
        let name = url.host_str().unwrap_or_default();
        match &self.host {
            Host::Any => true,
            Host::Exact(host) => name == host,
            Host::WithSubdomains(host) => is_within(name, host),
            Host::Address(address) => match url.host() {
                Some(url::Host::Ipv4(found)) => *address == IpAddr::V4(found),
                Some(url::Host::Ipv6(found)) => *address == IpAddr::V6(found),
                Some(url::Host::Domain(_)) | None => false,
            },
        }
    }
}

/// The schemes that a filter without one selects.
const WITHOUT_SCHEME: [&str; 5] = ["http", "https", "ftp", "ws", "wss"];

/// Whether a name is `tree` or below it.
fn is_within(name: &str, tree: &str) -> bool {
    name.strip_suffix(tree)
        .is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

fn either_none_or_equal<T: PartialEq>(one: Option<&T>, two: Option<&T>) -> bool {
    one.is_none() || two.is_none() || one == two
}

impl QueryCondition {
    fn matches(&self, query: &str, verdict: Verdict) -> bool {
        let mut occurrences = query
            .split('&')
            .filter_map(|pair| self.fit(pair))
            .peekable();
        match verdict {
            Verdict::Block => occurrences.any(|fits| fits),
            Verdict::Allow => occurrences.peek().is_some() && occurrences.all(|fits| fits),
        }
    }

    /// Whether one `key=value` of a URL fits; `None` when it has another key.
    fn fit(&self, pair: &str) -> Option<bool> {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match &self.value {
            None => {
                let fits = match self.end {
                    QueryEnd::Exact => key == self.key,
                    QueryEnd::Prefix => key.starts_with(&self.key),
                };
                fits.then_some(true)
            }
            Some(wanted) => (key == self.key).then(|| match self.end {
                QueryEnd::Exact => value == wanted,
                QueryEnd::Prefix => value.starts_with(wanted.as_str()),
            }),
        }
    }
}
