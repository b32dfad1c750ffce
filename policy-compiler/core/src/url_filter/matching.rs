//! Which filter decides over a URL: Chromium's matching and precedence, exactly.
//!
//! The semantics are those of Chromium's `URLBlocklist`; a difference from the browser is a
//! defect here.

use std::borrow::Cow;
use std::net::IpAddr;

use url::Url;

use super::reading::{host, path, port, query};
use super::scheme::{self, Reach};
use super::{Host, QueryCondition, QueryEnd, SiteRule, UrlFilter, Verdict, address_text};

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
pub fn verdict<'a, I>(rules: I, url: &Url) -> Option<&'a SiteRule>
where
    I: IntoIterator<Item = &'a SiteRule, IntoIter: Clone>,
{
    let rules = rules.into_iter();
    verdict_among(|_, consider| rules.clone().for_each(consider), url)
}

/// The same where `tell` tells, for a URL that is looked up, of rules among which are all that
/// match it.
pub(crate) fn verdict_among<R: Entry>(
    visit: impl Fn(&Url, &mut dyn FnMut(R)),
    url: &Url,
) -> Option<R> {
    match viewed(url) {
        Viewed::Nothing => None,
        Viewed::Page => verdict_on(visit, url),
        Viewed::SourceOf(page) => {
            let of_page = verdict_on(&visit, &page);
            let is_closed = |found: &R| found.verdict() == Verdict::Block;
            if of_page.as_ref().is_some_and(is_closed) {
                return of_page;
            }
            let own = verdict_on(visit, url);
            if own.as_ref().is_some_and(is_closed) {
                return own;
            }
            of_page.or(own)
        }
    }
}

/// One entry of a browser's lists, however it is kept.
pub(crate) trait Entry {
    /// Whether it opens or closes what it matches.
    fn verdict(&self) -> Verdict;
    /// Whether it selects a URL.
    fn matches(&self, url: &Url) -> bool;
    /// How it ranks.
    fn specificity(&self) -> Specificity;
    /// Whether it is the bare `*`.
    fn is_wildcard(&self) -> bool;
}

impl Entry for &SiteRule {
    fn verdict(&self) -> Verdict {
        self.verdict
    }

    fn matches(&self, url: &Url) -> bool {
        self.filter.matches(url, self.verdict)
    }

    fn specificity(&self) -> Specificity {
        self.filter.specificity()
    }

    fn is_wildcard(&self) -> bool {
        self.filter.is_wildcard()
    }
}

impl Specificity {
    /// That of a filter that is a domain and nothing else.
    pub(crate) fn of_domain(name: &str) -> Self {
        Self {
            is_exact_host: false,
            host_length: name.len(),
            path_length: 0,
            conditions: 0,
        }
    }
}

/// The URLs that a browser looks up in its lists before it shows `url`; each of them closes it.
/// A page's source is the page and its source; some pages are never looked up.
pub fn asked(url: &Url) -> impl Iterator<Item = Cow<'_, Url>> {
    let (page, own) = match viewed(url) {
        Viewed::Nothing => (None, None),
        Viewed::Page => (None, Some(url)),
        Viewed::SourceOf(page) => (Some(page), Some(url)),
    };
    let page = page.into_iter().map(|page| Cow::Owned(*page));
    page.chain(own.map(Cow::Borrowed))
}

/// What a URL shows.
enum Viewed {
    /// A page.
    Page,
    /// The source of this page.
    SourceOf(Box<Url>),
    /// What is never looked up, or the source of a page that shows none.
    Nothing,
}

fn viewed(url: &Url) -> Viewed {
    let scheme = url.scheme();
    if scheme::reach(scheme) == Reach::Nothing {
        return Viewed::Nothing;
    }
    let Some(page) = url.as_str().strip_prefix("view-source:") else {
        return Viewed::Page;
    };
    match Url::parse(page) {
        Ok(page) if scheme::has_source(page.scheme()) => Viewed::SourceOf(Box::new(page)),
        Ok(_) | Err(_) => Viewed::Nothing,
    }
}

fn verdict_on<R: Entry>(visit: impl Fn(&Url, &mut dyn FnMut(R)), url: &Url) -> Option<R> {
    let rank = |rule: &R| {
        let verdict = rule.verdict();
        (
            rule.specificity(),
            verdict.is_open(),
            verdict,
            // Among blocks of one rank the bare `*` comes last: it alone spares some pages.
            !rule.is_wildcard(),
        )
    };
    let mut deciding: Option<R> = None;
    visit(url, &mut |rule| {
        let is_higher = || {
            deciding
                .as_ref()
                .is_none_or(|highest| rank(highest) <= rank(&rule))
        };
        if rule.matches(url) && is_higher() {
            deciding = Some(rule);
        }
    });
    let deciding = deciding?;
    let spares = deciding.verdict() == Verdict::Block && deciding.is_wildcard();
    (!(spares && scheme::is_spared(url.scheme()))).then_some(deciding)
}

impl UrlFilter {
    /// How this filter ranks. Scheme and port select URLs and do not rank.
    pub fn specificity(&self) -> Specificity {
        let (is_exact_host, host_length) = match &self.host {
            Host::Any => (false, 0),
            Host::Exact(host) => (true, host.len()),
            Host::WithSubdomains(host) => (false, host.len()),
            Host::Address(address) => (true, address_text(*address).len()),
        };
        Specificity {
            is_exact_host,
            host_length,
            path_length: self.path.len(),
            conditions: self.query.len(),
        }
    }

    /// Whether a block of it leaves the pages of a scheme open, although it matches them.
    pub(crate) fn spares(&self, scheme: &str) -> bool {
        self.is_wildcard() && scheme::is_spared(scheme)
    }

    /// Whether this filter selects `url`. A query condition is read by its verdict: a block
    /// when any occurrence of the key fits, an allow only when every one does.
    pub fn matches(&self, url: &Url, verdict: Verdict) -> bool {
        self.matches_scheme(url)
            && self.matches_host(url)
            && self.port.is_none_or(|wanted| port(url) == Some(wanted))
            && (self.path.is_empty() || path(url).starts_with(&self.path))
            && (self.query.is_empty() || {
                let query = query(url);
                let mut conditions = self.query.iter();
                conditions.all(|condition| condition.matches(&query, verdict))
            })
    }

    /// Whether this filter is about the host of `url`, with any rest.
    pub(crate) fn names_host_of(&self, url: &Url) -> bool {
        self.host != Host::Any && self.matches_host(url)
    }

    fn matches_scheme(&self, url: &Url) -> bool {
        self.scheme
            .as_ref()
            .is_none_or(|scheme| url.scheme() == scheme)
    }

    fn matches_host(&self, url: &Url) -> bool {
        match &self.host {
            Host::Any => true,
            Host::Exact(name) => host(url) == *name,
            Host::WithSubdomains(tree) => is_within(&host(url), tree),
            Host::Address(address) => match url.host() {
                Some(url::Host::Ipv4(found)) => *address == IpAddr::V4(found),
                Some(url::Host::Ipv6(found)) => *address == IpAddr::V6(found),
                Some(url::Host::Domain(found)) => found == address_text(*address),
                None => false,
            },
        }
    }
}

/// Whether a name is `tree` or below it.
fn is_within(name: &str, tree: &str) -> bool {
    name.strip_suffix(tree)
        .is_some_and(|below| below.is_empty() || below.ends_with('.'))
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
