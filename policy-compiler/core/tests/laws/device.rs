//! What a device does with a bundle: which addresses its browsers open, and which names it
//! resolves, by the bundle's own words alone.

use std::collections::BTreeSet;

use fyr_policy_core::Compilation;
use fyr_policy_core::url_filter::{self, SiteRule, Verdict};
use fyr_schemas::bundle::{Bundle, Engine};
use fyr_schemas::{GroupId, HostName};
use serde_json::Value;
use url::Url;

/// A device with a group's bundle.
pub(crate) struct Device<'c> {
    chromium: Vec<SiteRule>,
    firefox_block: Vec<&'c str>,
    firefox_exceptions: Vec<&'c str>,
    closed: Vec<BTreeSet<&'c str>>,
}

impl<'c> Device<'c> {
    pub(crate) fn new(compilation: &'c Compilation, group: &GroupId) -> Self {
        let bundle = &compilation.bundles[group];
        let mut chromium = rules(bundle, "URLBlocklist", Verdict::Block);
        chromium.extend(rules(bundle, "URLAllowlist", Verdict::Allow));
        let closed = bundle.closed.iter().map(|(category, list)| {
            let text = &compilation.lists[category];
            assert_eq!(text.len() as u64, list.length);
            assert_eq!(text.lines().count(), list.names as usize);
            let open: BTreeSet<&str> = list.except.iter().map(HostName::as_str).collect();
            text.lines().filter(|name| !open.contains(name)).collect()
        });
        Self {
            chromium,
            firefox_block: patterns(bundle, "Block"),
            firefox_exceptions: patterns(bundle, "Exceptions"),
            closed: closed.collect(),
        }
    }

    /// Whether a person sees an address.
    pub(crate) fn opens(&self, engine: Engine, url: &Url) -> bool {
        self.browser_opens(engine, url) && self.resolves(url)
    }

    /// Whether a browser opens an address by its own lists.
    pub(crate) fn browser_opens(&self, engine: Engine, url: &Url) -> bool {
        match engine {
            Engine::Chromium => {
                url_filter::verdict(&self.chromium, url).is_none_or(|rule| rule.verdict.is_open())
            }
            Engine::Firefox => {
                let any = |list: &[&str]| list.iter().any(|pattern| selects(pattern, url));
                !any(&self.firefox_block) || any(&self.firefox_exceptions)
            }
        }
    }

    /// Whether the device resolves the host of an address.
    pub(crate) fn resolves(&self, url: &Url) -> bool {
        let host = url.host_str().expect("a host");
        let bare = host.strip_prefix("www.").unwrap_or(host);
        let mut closed = self.closed.iter();
        closed.all(|names| !names.contains(host) && !names.contains(bare))
    }
}

fn rules(bundle: &Bundle, list: &str, verdict: Verdict) -> Vec<SiteRule> {
    let list = bundle.chromium.get(list).and_then(Value::as_array);
    let list = list.map_or(&[][..], Vec::as_slice);
    assert!(list.len() <= 1000);
    let rules = list.iter().map(|filter| SiteRule {
        verdict,
        filter: filter.as_str().expect("text").parse().expect("a filter"),
    });
    rules.collect()
}

fn patterns<'b>(bundle: &'b Bundle, list: &str) -> Vec<&'b str> {
    let filter = bundle.firefox.get("WebsiteFilter");
    let list = filter
        .and_then(|filter| filter.get(list))
        .and_then(Value::as_array);
    let list = list.map_or(&[][..], Vec::as_slice);
    assert!(list.len() <= 1000);
    list.iter()
        .map(|pattern| pattern.as_str().expect("text"))
        .collect()
}

/// Whether a match pattern without a scheme or port selects an address.
fn selects(pattern: &str, url: &Url) -> bool {
    if pattern == "<all_urls>" {
        return true;
    }
    let rest = pattern.strip_prefix("*://").expect(pattern);
    let (host, path) = rest.split_at(rest.find('/').expect(pattern));
    let name = url.host_str().expect("a host");
    let is_host = host.strip_prefix("*.").map_or(name == host, |tree| {
        name == tree || name.ends_with(&format!(".{tree}"))
    });
    is_host
        && url
            .path()
            .starts_with(path.strip_suffix('*').expect(pattern))
}
