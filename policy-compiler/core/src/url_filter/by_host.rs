//! Things filed under the hosts of filters, so that of thousands only those are looked at whose
//! hosts lie above or below a name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Host, UrlFilter, address_text};

/// Things, each filed under the host of a filter.
#[derive(Debug, Clone)]
pub(crate) struct ByHost<T> {
    of_any_host: Vec<T>,
    /// By the labels of the host from the last to the first: what lies below a name follows it.
    of_hosts: BTreeMap<String, Vec<T>>,
}

impl<T> Default for ByHost<T> {
    fn default() -> Self {
        Self {
            of_any_host: Vec::new(),
            of_hosts: BTreeMap::new(),
        }
    }
}

impl<T> ByHost<T> {
    /// Files a thing under the host of `filter`.
    pub(crate) fn file(&mut self, filter: &UrlFilter, thing: T) {
        match key_of(&filter.host) {
            Some(key) => self.of_hosts.entry(key).or_default().push(thing),
            None => self.of_any_host.push(thing),
        }
    }

    /// What is filed under no host, under the host of `filter`, or under one above it: whatever
    /// may contain the filter is among it.
    pub(crate) fn around(&self, filter: &UrlFilter) -> impl Iterator<Item = &T> {
        let key = if self.of_hosts.is_empty() {
            None
        } else {
            key_of(&filter.host)
        };
        self.up_from(key.unwrap_or_default())
    }

    /// What is filed under a host below that of `filter`, but not under its host itself.
    /// Everything that has a host lies below one that stands for any.
    pub(crate) fn below(&self, filter: &UrlFilter) -> impl Iterator<Item = &T> {
        // The character behind the point ends what begins with the name and a point.
        let range = match key_of(&filter.host) {
            Some(key) => self.of_hosts.range(format!("{key}.")..format!("{key}/")),
            None => self.of_hosts.range::<String, _>(..),
        };
        range.flat_map(|(_, things)| things)
    }

    /// Everything whose filter may have something in common with `filter`.
    pub(crate) fn near(&self, filter: &UrlFilter) -> impl Iterator<Item = &T> {
        self.around(filter).chain(self.below(filter))
    }

    fn up_from(&self, key: String) -> impl Iterator<Item = &T> {
        let mut next = Some(key.len());
        let hosts = std::iter::from_fn(move || {
            let above = key.get(..next?)?;
            next = above.rfind('.');
            Some(self.of_hosts.get(above))
        });
        self.of_any_host.iter().chain(hosts.flatten().flatten())
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
            "a.x.example",
            "xx.example",
            "x-y.example",
            "192.0.2.1",
        ]);
        let x = filter("x.example?q=1");
        let around: Vec<_> = all.around(&x).copied().collect();
        assert_eq!(
            around,
            ["*", "x.example", ".x.example", "x.example/p", "example"]
        );
        let below: Vec<_> = all.below(&x).copied().collect();
        assert_eq!(below, ["a.x.example"]);
        let everything: Vec<_> = all.near(&filter("https://*")).copied().collect();
        assert_eq!(everything.len(), 9);
    }
}
