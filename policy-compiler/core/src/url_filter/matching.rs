//! Which filter decides over a URL: Chromium's matching and precedence, exactly.
//!
//! The semantics are those of Chromium's `URLBlocklist`; a difference from the browser is a
//! defect here.

use std::net::IpAddr;

use url::Url;

use super::{Host, QueryCondition, QueryEnd, UrlFilter};
use crate::desired::{SiteRule, Verdict};

/// How a filter ranks among those that match a URL: the greatest decides, and among equals
/// one that opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity {
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
        .max_by_key(|rule| {
            (
                rule.filter.specificity(),
                rule.verdict.is_open(),
                rule.verdict,
            )
        })?;
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
        either_none_or_equal(self.scheme.as_ref(), other.scheme.as_ref())
            && self.hosts_overlap(other)
            && !(self.is_without_host() && other.host != Host::Any)
            && !(other.is_without_host() && self.host != Host::Any)
            && either_none_or_equal(self.port.as_ref(), other.port.as_ref())
            && (self.path.starts_with(&other.path) || other.path.starts_with(&self.path))
    }

    /// Whether the URLs of this filter's scheme have no host.
    fn is_without_host(&self) -> bool {
        matches!(
            self.scheme.as_deref(),
            Some("about" | "data" | "file" | "javascript" | "mailto")
        )
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

    /// Whether this filter is about the host of `url`, whatever it says of the rest.
    pub(crate) fn names_host_of(&self, url: &Url) -> bool {
        self.host != Host::Any && self.matches_host(url)
    }

    fn matches_scheme(&self, url: &Url) -> bool {
        self.scheme
            .as_ref()
            .is_none_or(|scheme| url.scheme() == scheme)
    }

    fn matches_host(&self, url: &Url) -> bool {
        let name = url.host_str().unwrap_or_default().trim_end_matches('.');
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
            Verdict::Allow | Verdict::Warn => {
                occurrences.peek().is_some() && occurrences.all(|fits| fits)
            }
        }
    }

    /// Whether one `key=value` of a URL fits; `None` when it is about another key. The browser
    /// compares text: to it, `q` without a value begins in `q`, in `q=1` and in `qa`.
    fn fit(&self, pair: &str) -> Option<bool> {
        let (rest, wanted) = match &self.value {
            None => (pair.strip_prefix(&self.key)?, ""),
            Some(value) => {
                let rest = pair.strip_prefix(&self.key)?.strip_prefix('=')?;
                (rest, value.as_str())
            }
        };
        Some(match self.end {
            QueryEnd::Exact => rest == wanted,
            QueryEnd::Prefix => rest.starts_with(wanted),
        })
    }
}
