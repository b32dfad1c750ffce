//! Things filed under the hosts of filters, to be asked about URLs: what may speak of a URL is
//! found in a time that depends on the URL and not on how many filters there are.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use url::Url;

use super::by_host::name_of;
use super::{UrlFilter, host_of};
use crate::name_table::{NameTable, Node};

/// Things, each filed under the host of a filter.
#[derive(Debug, Clone)]
pub(crate) struct Index<T> {
    of_any_host: Vec<T>,
    of_hosts: Vec<(String, Vec<T>)>,
    /// The place of each host among them.
    places: NameTable,
}

impl<T> Index<T> {
    /// Files each thing under the host of its filter.
    pub(crate) fn of<'f>(things: impl IntoIterator<Item = (&'f UrlFilter, T)>) -> Self {
        let mut of_any_host = Vec::new();
        let mut of_hosts: BTreeMap<String, Vec<T>> = BTreeMap::new();
        for (filter, thing) in things {
            match name_of(&filter.host) {
                Some(name) => of_hosts.entry(name.into_owned()).or_default().push(thing),
                None => of_any_host.push(thing),
            }
        }
        let of_hosts: Vec<(String, Vec<T>)> = of_hosts.into_iter().collect();
        let places = places(&of_hosts);
        Self {
            of_any_host,
            of_hosts,
            places,
        }
    }

    /// Everything whose filter may match `url`.
    pub(crate) fn around(&self, url: &Url) -> impl Iterator<Item = &T> + use<'_, T> {
        let mut around = Vec::new();
        self.visit(&host_of(url), &mut |thing| around.push(thing));
        around.into_iter()
    }

    /// Visits everything whose filter may match a URL with this host: of what is filed under no
    /// host, under that one, or under one above it.
    pub(crate) fn visit<'i>(&'i self, host: &str, visited: &mut dyn FnMut(&'i T)) {
        self.of_any_host.iter().for_each(&mut *visited);
        if self.of_hosts.is_empty() {
            return;
        }
        if self.places.is_crowded() {
            let things = self.of_hosts.iter().flat_map(|(_, things)| things);
            return things.for_each(visited);
        }
        self.places.walk(host, |name, node| -> Option<Infallible> {
            let (Node::Last(place) | Node::Filed(place)) = node else {
                return None;
            };
            let place = usize::try_from(place).ok()?;
            let (filed, things) = self.of_hosts.get(place)?;
            if filed == name {
                things.iter().for_each(&mut *visited);
            }
            None
        });
    }
}

/// The place of each host.
fn places<T>(of_hosts: &[(String, T)]) -> NameTable {
    let names = || of_hosts.iter().map(|(name, _)| name.as_str());
    let above: BTreeSet<&str> = names()
        .flat_map(|name| {
            let dots = name.match_indices('.');
            dots.filter_map(|(dot, _)| name.get(dot + 1..))
        })
        .collect();
    let filed = names().zip(0..).map(|(name, place)| {
        let node = if above.contains(name) {
            Node::Filed(place)
        } else {
            Node::Last(place)
        };
        (name, node)
    });
    let mut nodes: Vec<(&str, Node)> = filed.collect();
    let filed: BTreeSet<&str> = names().collect();
    let ways = above.iter().filter(|name| !filed.contains(*name));
    nodes.extend(ways.map(|name| (*name, Node::Way)));
    NameTable::of(nodes.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_match_a_url_is_found_and_nothing_of_another_host() {
        let texts = [
            "*",
            "example",
            "x.example",
            ".x.example",
            "x.example/p",
            "a.x.example",
            "xx.example",
            "192.0.2.1",
        ];
        let filters: Vec<UrlFilter> = texts.iter().map(|text| text.parse().expect(text)).collect();
        let index = Index::of(filters.iter().zip(texts));
        let around = |url: &str| -> Vec<&str> {
            let found = index.around(&url.parse().expect(url)).copied();
            found.collect()
        };
        let all = ["*", "example", "x.example", ".x.example", "x.example/p"];
        assert_eq!(around("http://x.example./"), all);
        assert_eq!(around("http://b.x.example/"), all);
        assert_eq!(around("http://192.0.2.1/"), ["*", "192.0.2.1"]);
        assert_eq!(around("data:,x"), ["*"]);
    }
}
