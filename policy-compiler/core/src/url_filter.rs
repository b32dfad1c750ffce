//! A URL filter as Chromium writes it: `[scheme://][.]host[:port][/path][?query]`.
//!
//! Parsing refuses what Chromium would take and never match, such as `*.example.org`.

mod matching;
mod overlap;
mod parsing;
mod reading;
mod scheme;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;

pub use self::matching::{Specificity, asked, verdict};
pub use self::parsing::ParseFilterError;

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
