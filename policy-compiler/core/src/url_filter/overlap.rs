//! How filters lie to each other: which contains which, and what two have in common.

use super::{Host, UrlFilter};

impl UrlFilter {
    /// Whether every URL that `other` matches is matched by this filter too.
    pub fn contains(&self, other: &Self) -> bool {
        self.intersection(other).as_ref() == Some(other)
    }

    /// The filter that matches what both match; `None` when no URL does.
    ///
    /// It ranks at least as high as either of the two.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        if self.is_wildcard() {
            return Some(other.clone());
        }
        if other.is_wildcard() {
            return Some(self.clone());
        }
        Some(Self {
            scheme: match (&self.scheme, &other.scheme) {
                (Some(one), None) | (None, Some(one)) if !is_of_the_web(one) => return None,
                (Some(a), Some(b)) if a != b => return None,
                (a, b) => a.clone().or_else(|| b.clone()),
            },
            host: common_host(&self.host, &other.host)?,
            port: match (self.port, other.port) {
                (Some(a), Some(b)) if a != b => return None,
                (a, b) => a.or(b),
            },
            path: longer_of_nested(&self.path, &other.path)?.to_owned(),
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

fn common_host(a: &Host, b: &Host) -> Option<Host> {
    let below = |name: &str, domain: &str| {
        name.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    match (a, b) {
        (Host::Any, other) | (other, Host::Any) => Some(other.clone()),
        (Host::Exact(name), Host::WithSubdomains(domain))
        | (Host::WithSubdomains(domain), Host::Exact(name)) => {
            below(name, domain).then(|| Host::Exact(name.clone()))
        }
        (Host::WithSubdomains(a), Host::WithSubdomains(b)) => {
            let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
            below(long, short).then(|| Host::WithSubdomains(long.clone()))
        }
        (Host::Exact(a), Host::Exact(b)) => (a == b).then(|| Host::Exact(a.clone())),
        (Host::Address(a), Host::Address(b)) => (a == b).then_some(Host::Address(*a)),
        (Host::Address(_), Host::Exact(_) | Host::WithSubdomains(_))
        | (Host::Exact(_) | Host::WithSubdomains(_), Host::Address(_)) => None,
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
        meet("*", "javascript://*", Some("javascript://*"));
        meet("x.example", "javascript://*", None);
        meet("10.0.0.1", "10.0.0.1/x", Some("10.0.0.1/x"));
    }
}
