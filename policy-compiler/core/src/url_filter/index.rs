//! Things filed under the hosts of filters, to be asked about URLs: what may speak of a URL is
//! found in a time that hangs on the URL and not on how many filters there are.

use std::collections::BTreeMap;

use url::Url;

use super::by_host::name_of;
use super::{UrlFilter, host_of};
use crate::name_table::NameTable;

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
        let names = of_hosts.iter().enumerate().map(|(place, (name, _))| {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            (name.as_str(), place)
        });
        Self {
            places: NameTable::of(names),
            of_any_host,
            of_hosts,
        }
    }

    /// Everything whose filter may match `url`: what is filed under no host, under that of `url`,
    /// or under one above it.
    pub(crate) fn around<'i>(&'i self, url: &Url) -> impl Iterator<Item = &'i T> + use<'i, T> {
        let mut found = Vec::new();
        if self.places.is_crowded() {
            found.extend(0..self.of_hosts.len());
        } else if !self.of_hosts.is_empty() {
            let host = host_of(url);
            found.extend(self.places.upwards(&host).filter_map(|(name, place)| {
                let place = usize::try_from(place).ok()?;
                let (filed, _) = self.of_hosts.get(place)?;
                (filed == name).then_some(place)
            }));
        }
        let hosts = found
            .into_iter()
            .filter_map(|place| self.of_hosts.get(place));
        let of_hosts = hosts.flat_map(|(_, things)| things);
        self.of_any_host.iter().chain(of_hosts)
    }
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
