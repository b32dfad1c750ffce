//! Things filed under the hosts and paths of filters, so that of thousands only those are looked at
//! that may have to do with one another.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Host, QueryCondition, UrlFilter, address_text};

/// Things, each filed under the host, the path and a query condition of a filter.
#[derive(Debug, Clone)]
pub(crate) struct ByHost<T> {
    /// By the path.
    of_any_host: BTreeMap<String, ByQuery<T>>,
    /// By the labels of the host from the last to the first, and the path: what lies below a name
    /// follows it, and so does what lies below a path.
    of_hosts: BTreeMap<String, ByQuery<T>>,
    /// Whether anything is filed under a path.
    has_paths: bool,
}

/// Things of one host and path, by the first of their query conditions: what contains another
/// filter has no condition that the other does not have.
#[derive(Debug, Clone)]
struct ByQuery<T> {
    without: Vec<T>,
    with: BTreeMap<QueryCondition, Vec<T>>,
}

impl<T> Default for ByHost<T> {
    fn default() -> Self {
        Self {
            of_any_host: BTreeMap::new(),
            of_hosts: BTreeMap::new(),
            has_paths: false,
        }
    }
}

impl<T> Default for ByQuery<T> {
    fn default() -> Self {
        Self {
            without: Vec::new(),
            with: BTreeMap::new(),
        }
    }
}

impl<T> ByHost<T> {
    /// Files a thing under `filter`.
    pub(crate) fn file(&mut self, filter: &UrlFilter, thing: T) {
        let path = path_of(filter);
        self.has_paths |= !path.is_empty();
        let filed = match key_of(&filter.host) {
            Some(host) if path.is_empty() => self.of_hosts.entry(host),
            Some(host) => self.of_hosts.entry(format!("{host}/{path}")),
            None => self.of_any_host.entry(path.into_owned()),
        };
        filed.or_default().file(filter, thing);
    }

    /// What may contain `filter`, in any case of its path: what is filed under no host, under
    /// its host or under one above it, and there under its path or a beginning of it.
    pub(crate) fn around(&self, filter: &UrlFilter) -> impl Iterator<Item = &T> {
        let above = self.above(filter).into_iter();
        above.flat_map(|things| things.around(filter))
    }

    /// Everything whose filter may have something in common with `filter`, except what is filed
    /// under a host below its own.
    pub(crate) fn across(&self, filter: &UrlFilter) -> impl Iterator<Item = &T> {
        let further = self.has_paths.then(|| self.further(filter));
        let above = self.above(filter).into_iter();
        let things = above.chain(further.into_iter().flatten());
        things.flat_map(ByQuery::all)
    }

    /// What is filed under a path that goes on behind that of a filter, and there under no host, its
    /// host or one above it.
    fn further(&self, filter: &UrlFilter) -> impl Iterator<Item = &ByQuery<T>> {
        let path = path_of(filter);
        let anywhere = continuing(&self.of_any_host, path.clone().into_owned());
        let mut hosts = HostsAbove::of(filter, self.of_hosts.is_empty());
        let further = std::iter::from_fn(move || {
            let below = format!("{}/{path}", hosts.next()?);
            Some(continuing(&self.of_hosts, below))
        });
        anywhere.chain(further.flatten())
    }

    /// What is filed under the path of a filter or a beginning of it, and there under no host, its
    /// host or one above it.
    fn above(&self, filter: &UrlFilter) -> Vec<&ByQuery<T>> {
        let path = path_of(filter);
        let mut above = Vec::new();
        let mut hosts = HostsAbove::of(filter, self.of_hosts.is_empty());
        if path.is_empty() {
            above.extend(self.of_any_host.get(""));
            while let Some(host) = hosts.next() {
                above.extend(self.of_hosts.get(host));
            }
            return above;
        }
        beginnings(&self.of_any_host, &path, 0, &mut above);
        while let Some(host) = hosts.next() {
            let whole = format!("{host}/{path}");
            beginnings(&self.of_hosts, &whole, host.len(), &mut above);
        }
        above
    }

    /// What is filed under a host below that of `filter`, but not under its host itself.
    /// Everything that has a host lies below one that stands for any.
    pub(crate) fn below(&self, filter: &UrlFilter) -> impl Iterator<Item = &T> {
        // The character behind the point ends what begins with the name and a point.
        let range = match key_of(&filter.host) {
            Some(key) => self.of_hosts.range(format!("{key}.")..format!("{key}/")),
            None => self.of_hosts.range::<String, _>(..),
        };
        range.flat_map(|(_, things)| things.all())
    }

    /// Everything whose filter may have something in common with `filter`.
    pub(crate) fn near(&self, filter: &UrlFilter) -> impl Iterator<Item = &T> {
        self.across(filter).chain(self.below(filter))
    }
}

/// The host of a filter and every one above it, as they are filed.
struct HostsAbove {
    host: String,
    next: Option<usize>,
}

impl HostsAbove {
    /// None where there is nothing to look for.
    fn of(filter: &UrlFilter, is_empty: bool) -> Self {
        let key = if is_empty { None } else { key_of(&filter.host) };
        Self {
            next: key.as_ref().map(String::len),
            host: key.unwrap_or_default(),
        }
    }

    fn next(&mut self) -> Option<&str> {
        let host = self.host.get(..self.next?)?;
        self.next = host.rfind('.');
        Some(host)
    }
}

impl<T> ByQuery<T> {
    fn file(&mut self, filter: &UrlFilter, thing: T) {
        match filter.query.first() {
            Some(condition) => self.with.entry(condition.clone()).or_default().push(thing),
            None => self.without.push(thing),
        }
    }

    fn around(&self, filter: &UrlFilter) -> impl Iterator<Item = &T> {
        let conditions = filter.query.iter();
        let with = conditions.filter_map(|condition| self.with.get(condition));
        self.without.iter().chain(with.flatten())
    }

    fn all(&self) -> impl Iterator<Item = &T> {
        self.without.iter().chain(self.with.values().flatten())
    }
}

/// Adds what is filed under `text` and under each beginning of it that is no shorter than `least`, the
/// longest first. Takes a time that depends on what is found and on the text, however much is filed.
fn beginnings<'f, V>(
    filed: &'f BTreeMap<String, V>,
    text: &str,
    least: usize,
    found: &mut Vec<&'f V>,
) {
    let mut upto = Some(text.len());
    while let Some(bound) = upto.and_then(|upto| text.get(..upto)) {
        // Everything between a beginning of the text and the text begins with that beginning.
        let upwards = (Bound::Unbounded, Bound::Included(bound));
        let Some((key, things)) = filed.range::<str, _>(upwards).next_back() else {
            return;
        };
        if bound.starts_with(key.as_str()) && key.len() >= least {
            found.push(things);
            let shorter = key.char_indices().next_back();
            upto = shorter.map(|(at, _)| at).filter(|at| *at >= least);
        } else {
            upto = Some(common_length(key, bound)).filter(|common| *common >= least);
        }
    }
}

/// What is filed under texts that begin with `text` and go on.
fn continuing<V>(filed: &BTreeMap<String, V>, text: String) -> impl Iterator<Item = &V> {
    let behind = (Bound::Excluded(text.as_str()), Bound::Unbounded);
    let range = filed.range::<str, _>(behind);
    range
        .take_while(move |(key, _)| key.starts_with(&text))
        .map(|(_, things)| things)
}

/// How much two texts have in common from their beginning on.
fn common_length(one: &str, other: &str) -> usize {
    let pairs = one.bytes().zip(other.bytes());
    let common = pairs.take_while(|(one, other)| one == other).count();
    one.floor_char_boundary(common)
}

/// The path that things are filed under: a browser that does not tell cases apart looks here too.
fn path_of(filter: &UrlFilter) -> Cow<'_, str> {
    if filter.path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(filter.path.to_ascii_lowercase())
    } else {
        Cow::Borrowed(&filter.path)
    }
}

fn key_of(host: &Host) -> Option<String> {
    name_of(host).map(|name| reversed(&name))
}

/// The name that things about a host are filed under; `None` for every host.
pub(super) fn name_of(host: &Host) -> Option<Cow<'_, str>> {
    match host {
        Host::Any => None,
        Host::Exact(name) | Host::WithSubdomains(name) => Some(Cow::Borrowed(name)),
        // Nothing lies above an address or below it: no name ends in a number.
        Host::Address(address) => Some(Cow::Owned(address_text(*address))),
    }
}

fn reversed(name: &str) -> String {
    let mut reversed = String::with_capacity(name.len());
    for label in name.rsplit('.') {
        if !reversed.is_empty() {
            reversed.push('.');
        }
        reversed.push_str(label);
    }
    reversed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> UrlFilter {
        text.parse().expect(text)
    }

    fn filed(filters: &[&'static str]) -> ByHost<&'static str> {
        let mut by_host = ByHost::default();
        for text in filters {
            by_host.file(&filter(text), *text);
        }
        by_host
    }

    #[test]
    fn what_is_found_lies_above_or_below_and_is_no_namesake() {
        let all = filed(&[
            "*",
            "example",
            "x.example",
            ".x.example",
            "x.example/p",
            "x.example?q=1",
            "x.example?r=1",
            "a.x.example",
            "xx.example",
            "x-y.example",
            "192.0.2.1",
        ]);
        let x = filter("x.example?q=1");
        let around: Vec<_> = all.around(&x).copied().collect();
        let above = ["*", "x.example", ".x.example", "x.example?q=1", "example"];
        assert_eq!(around, above);
        let across: Vec<_> = all.across(&x).copied().collect();
        let mut meeting = above.to_vec();
        meeting.insert(4, "x.example?r=1");
        meeting.push("x.example/p");
        assert_eq!(across, meeting);
        let below: Vec<_> = all.below(&x).copied().collect();
        assert_eq!(below, ["a.x.example"]);
        let everything: Vec<_> = all.near(&filter("https://*")).copied().collect();
        assert_eq!(everything.len(), 11);
    }

    #[test]
    fn paths_are_found_that_begin_one_another_in_any_case() {
        let all = filed(&[
            "*/a",
            "x.example",
            "x.example/a",
            "x.example/A/b",
            "x.example/a/b/c",
            "x.example/a/bc",
            "x.example/a/c",
            "example/a/b/d",
        ]);
        let at = filter("x.example/a/b");
        let around: Vec<_> = all.around(&at).copied().collect();
        assert_eq!(around, ["*/a", "x.example/A/b", "x.example/a", "x.example"]);
        let across: Vec<_> = all.across(&at).copied().collect();
        let mut meeting = around;
        meeting.extend(["x.example/a/b/c", "x.example/a/bc", "example/a/b/d"]);
        assert_eq!(across, meeting);
    }
}
