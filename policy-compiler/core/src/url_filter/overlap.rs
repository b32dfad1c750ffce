//! How filters lie to each other: which contains which, and what two have in common.

use super::scheme::{self, Reach};
use super::{Host, UrlFilter};

impl UrlFilter {
    /// Whether every URL that `other` matches is matched by this filter too.
    pub fn contains(&self, other: &Self) -> bool {
        self.host.contains(&other.host)
            && other.path.starts_with(&self.path)
            && (self.port.is_none() || self.port == other.port)
            && (self.scheme.is_none() || self.scheme == other.scheme)
            && self
                .query
                .iter()
                .all(|condition| other.query.contains(condition))
    }

    /// The filter that matches what both match; `None` when no URL does.
    ///
    /// It ranks at least as high as either of the two. A browser can tell no hosts apart among
    /// URLs such as `mailto:`, so to a filter about hosts these count as having none.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let common = self.common(other)?;
        let mut query = [self.query.as_slice(), &other.query].concat();
        query.sort();
        query.dedup();
        Some(Self {
            scheme: common.scheme.map(str::to_owned),
            host: common.host.clone(),
            port: common.port,
            path: common.path.to_owned(),
            query,
        })
    }

    /// Whether some URL is matched by both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.common(other).is_some()
    }

    fn common<'a>(&'a self, other: &'a Self) -> Option<Common<'a>> {
        let (scheme, other_scheme) = (self.scheme.as_deref(), other.scheme.as_deref());
        if !agree(self.port, other.port) || !agree(scheme, other_scheme) {
            return None;
        }
        let common = Common {
            scheme: scheme.or(other_scheme),
            host: self.host.narrower(&other.host)?,
            port: self.port.or(other.port),
            path: longer_of_nested(&self.path, &other.path)?,
        };
        let has_query = self.has_query() || other.has_query();
        common.is_distinguished(has_query).then_some(common)
    }

    /// Whether this is the other filter, apart from the query part.
    pub(crate) fn equals_except_query(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.host == other.host
            && self.port == other.port
            && self.path == other.path
    }

    /// Whether the two have something in common, and neither contains the other.
    pub(crate) fn crosses(&self, other: &Self) -> bool {
        !self.contains(other) && !other.contains(self) && self.overlaps(other)
    }

    /// Whether the filter looks at the query part.
    pub fn has_query(&self) -> bool {
        !self.query.is_empty()
    }
}

/// What two filters have in common, beside the conditions of both.
struct Common<'a> {
    scheme: Option<&'a str>,
    host: &'a Host,
    port: Option<u16>,
    path: &'a str,
}

impl Common<'_> {
    /// Whether the browser can tell this apart among the URLs of the scheme.
    fn is_distinguished(&self, has_query: bool) -> bool {
        let is_path = *self.host == Host::Any && self.port.is_none() && !has_query;
        match self.scheme.map(scheme::reach) {
            None | Some(Reach::Host) => true,
            Some(Reach::Path) => is_path,
            Some(Reach::Whole | Reach::Nothing) => is_path && self.path.is_empty(),
        }
    }
}

/// Whether something satisfies both of two conditions, each of which may be absent.
fn agree<T: PartialEq + Copy>(one: Option<T>, two: Option<T>) -> bool {
    one.is_none() || two.is_none() || one == two
}

impl Host {
    fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::WithSubdomains(domain), Self::Exact(name) | Self::WithSubdomains(name)) => name
                .strip_suffix(domain.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
            (Self::Exact(_) | Self::Address(_), _) => self == other,
            (Self::WithSubdomains(_), Self::Any | Self::Address(_)) => false,
        }
    }

    /// The one that the other contains; hosts never overlap in part.
    fn narrower<'a>(&'a self, other: &'a Self) -> Option<&'a Self> {
        if self.contains(other) {
            Some(other)
        } else {
            other.contains(self).then_some(self)
        }
    }
}

/// A path is a prefix, so of two nested ones the longer is what both match.
fn longer_of_nested<'a>(a: &'a str, b: &'a str) -> Option<&'a str> {
    if a.starts_with(b) {
        Some(a)
    } else if b.starts_with(a) {
        Some(b)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> UrlFilter {
        text.parse().expect(text)
    }

    #[track_caller]
    fn meet(a: &str, b: &str, expected: Option<&str>) {
        let common = |a: &str, b: &str| filter(a).intersection(&filter(b));
        assert_eq!(common(a, b), expected.map(filter), "{a} and {b}");
        assert_eq!(common(b, a), expected.map(filter), "{b} and {a}");
        let contains = expected.is_some_and(|common| filter(common) == filter(b));
        assert_eq!(filter(a).contains(&filter(b)), contains, "{a} around {b}");
    }

    #[test]
    fn two_filters_have_in_common_what_both_match() {
        meet("x.example", "docs.x.example", Some("docs.x.example"));
        meet("x.example", "nox.example", None);
        meet(".x.example", "x.example/games", Some(".x.example/games"));
        meet(".x.example", "docs.x.example", None);
        meet("x.example/a", "x.example/ab", Some("x.example/ab"));
        meet("x.example/a", "x.example/b", None);
        meet(
            "https://x.example",
            "x.example:8443",
            Some("https://x.example:8443"),
        );
        meet("https://x.example", "http://x.example", None);
        meet("x.example?a=1", "x.example/p", Some("x.example/p?a=1"));
        meet(
            "x.example?b=1&a=2",
            "x.example?b=1&a=2",
            Some("x.example?b=1&a=2"),
        );
        meet(
            "x.example?a=2",
            "x.example?b=1&a=2",
            Some("x.example?b=1&a=2"),
        );
        meet("*", "javascript://*", Some("javascript://*"));
        meet("*/etc", "file:///etc/x", Some("file:///etc/x"));
        meet("*:443", "file:///etc", None);
        meet("version", "chrome://*", Some("chrome://version"));
        meet("x.example", "javascript://*", None);
        meet("10.0.0.1", "10.0.0.1/x", Some("10.0.0.1/x"));
    }
}
