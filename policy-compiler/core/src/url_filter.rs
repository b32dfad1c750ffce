//! A URL filter as Chromium writes it: `[scheme://][.]host[:port][/path][?query]`.
//!
//! Parsing refuses what Chromium would take and never match, such as `*.example.org`.

mod by_host;
mod index;
mod matching;
mod overlap;
mod parsing;
mod reading;
mod scheme;
#[cfg(test)]
mod tests;
mod verdict;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use url::Url;

pub(crate) use self::by_host::ByHost;
pub(crate) use self::index::Index;
pub(crate) use self::matching::{Entry, verdict_among};
pub use self::matching::{Specificity, asked, verdict};
pub(crate) use self::parsing::LONGEST;
pub use self::parsing::ParseFilterError;
pub use self::verdict::{SiteRule, Verdict};

/// A filter over URLs, in canonical form: host in lower case and punycode, no user name, no
/// fragment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UrlFilter {
    pub(crate) scheme: Option<String>,
    pub(crate) host: Host,
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
    pub(crate) query: Vec<QueryCondition>,
}

/// Which hosts a filter matches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Host {
    /// Every host, and addresses without one.
    Any,
    /// This name alone.
    Exact(String),
    /// This name and every name below it.
    WithSubdomains(String),
    /// This address.
    Address(IpAddr),
}

/// One condition on the query part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct QueryCondition {
    pub(crate) key: String,
    pub(crate) value: Option<String>,
    pub(crate) end: QueryEnd,
}

/// How the last text of a condition is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum QueryEnd {
    /// It is all there is.
    Exact,
    /// More may follow.
    Prefix,
}

impl UrlFilter {
    /// The filter that matches a domain and every name below it. The name is in lower case and
    /// punycode.
    pub(crate) fn of_domain(name: &str) -> Self {
        Self::of_host(Host::WithSubdomains(name.to_owned()))
    }

    /// The filter that matches an address.
    pub(crate) fn of_address(address: IpAddr) -> Self {
        Self::of_host(Host::Address(address))
    }

    /// The bare `*`.
    pub(crate) fn wildcard() -> Self {
        Self::of_host(Host::Any)
    }

    fn of_host(host: Host) -> Self {
        Self {
            scheme: None,
            host,
            port: None,
            path: String::new(),
            query: Vec::new(),
        }
    }

    /// Whether it matches any host of a URL, or none.
    pub(crate) fn is_of_any_host(&self) -> bool {
        self.host == Host::Any
    }

    /// The name of the host, if it has one.
    pub(crate) fn host_name(&self) -> Option<&str> {
        match &self.host {
            Host::Exact(name) | Host::WithSubdomains(name) => Some(name),
            Host::Any | Host::Address(_) => None,
        }
    }

    /// Whether this is the bare `*`.
    pub fn is_wildcard(&self) -> bool {
        self.scheme.is_none()
            && self.host == Host::Any
            && self.port.is_none()
            && self.path.is_empty()
            && self.query.is_empty()
    }

    /// The filter with its path in lower case, for a browser that compares so.
    pub(crate) fn in_lower_case(&self) -> Self {
        Self {
            path: self.path.to_ascii_lowercase(),
            ..self.clone()
        }
    }
}

impl fmt::Display for UrlFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = &self.scheme {
            write!(f, "{scheme}://")?;
        }
        match &self.host {
            // A file filter is a path alone; everything else without a host is `*`.
            Host::Any if self.scheme.as_deref() == Some("file") && !self.path.is_empty() => {}
            Host::Any => f.write_str("*")?,
            Host::Exact(host) => write!(f, ".{host}")?,
            Host::WithSubdomains(host) => f.write_str(host)?,
            Host::Address(address) => f.write_str(&address_text(*address))?,
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.path)?;
        for (at, condition) in self.query.iter().enumerate() {
            f.write_str(if at == 0 { "?" } else { "&" })?;
            condition.fmt(f)?;
        }
        Ok(())
    }
}

/// An address as URLs write it, which is what browsers compare.
/// The host of a URL as filters are compared with it.
pub(crate) fn host_of(url: &Url) -> Cow<'_, str> {
    reading::host(url)
}

fn address_text(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => url::Host::<&str>::Ipv4(address).to_string(),
        IpAddr::V6(address) => url::Host::<&str>::Ipv6(address).to_string(),
    }
}

impl fmt::Display for QueryCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if let Some(value) = &self.value {
            write!(f, "={value}")?;
        }
        match self.end {
            QueryEnd::Exact => Ok(()),
            QueryEnd::Prefix => f.write_str("*"),
        }
    }
}
