//! How filters lie to each other: which contains which, and what two have in common.

use super::{Host, UrlFilter};

impl UrlFilter {
    /// Whether every URL that `other` matches is matched by this filter too.
    pub fn contains(&self, other: &Self) -> bool {
        if self.is_wildcard() || other.is_wildcard() {
            return self.is_wildcard();
        }
        self.host.contains(&other.host)
            && other.path.starts_with(&self.path)
            && (self.port.is_none() || self.port == other.port)
            && match (&self.scheme, &other.scheme) {
                (None, Some(scheme)) => is_of_the_web(scheme),
                (None, None) => true,
                (Some(_), _) => self.scheme == other.scheme,
            }
            && self
                .query
                .iter()
                .all(|condition| other.query.contains(condition))
    }

    /// The filter that matches what both match; `None` when no URL does.
    ///
    /// It ranks at least as high as either of the two.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        if self.contains(other) {
            return Some(other.clone());
        }
        if other.contains(self) {
            return Some(self.clone());
        }
        Some(Self {
            host: self.host.narrower(&other.host)?.clone(),
            path: longer_of_nested(&self.path, &other.path)?.to_owned(),
            port: match (self.port, other.port) {
                (Some(a), Some(b)) if a != b => return None,
                (a, b) => a.or(b),
            },
            scheme: match (&self.scheme, &other.scheme) {
                (Some(one), None) | (None, Some(one)) if !is_of_the_web(one) => return None,
                (Some(a), Some(b)) if a != b => return None,
                (a, b) => a.clone().or_else(|| b.clone()),
            },
            query: {
                let mut query = self.query.clone();
                query.extend(other.query.iter().cloned());
                query.sort();
                query.dedup();
                query
            },
        })
    }

    /// Whether the filter looks at the query part.
    pub fn has_query(&self) -> bool {
        !self.query.is_empty()
    }
}

/// Whether a filter that names no scheme matches this one.
fn is_of_the_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https" | "ftp" | "ws" | "wss")
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
        meet("x.example", "javascript://*", None);
        meet("10.0.0.1", "10.0.0.1/x", Some("10.0.0.1/x"));
    }
}
