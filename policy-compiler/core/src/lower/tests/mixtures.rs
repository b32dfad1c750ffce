//! Lowering: what holds for every mixture of settings and sites.

use fyr_schemas::bundle::{Control, Engine};
use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

fn settings_in_any_mixture() -> impl Strategy<Value = BTreeMap<ControlId, Decided<Value>>> {
    let of_one = settings::all()
        .map(|setting| proptest::option::of(proptest::sample::select(values(setting))))
        .collect::<Vec<_>>();
    of_one.prop_map(|values| {
        settings::all()
            .zip(values)
            .filter_map(|(setting, value)| {
                let id = setting.name.parse().expect(setting.name);
                Some((id, decided(value?, "a-rule")))
            })
            .collect()
    })
}

fn sites_in_any_mixture() -> impl Strategy<Value = Vec<Decided<SiteEntry>>> {
    let part = |parts: &'static [&'static str]| proptest::sample::select(parts);
    let filter = (
        part(&["", "", "https://"]),
        part(&[
            "*",
            "example.org",
            ".example.org",
            "a.example.org",
            "startpage.com",
            "192.0.2.1",
        ]),
        part(&["", "", "", ":8443"]),
        part(&["", "", "/a", "/ab"]),
        part(&["", "", "", "?q=a"]),
    )
        .prop_map(|(scheme, host, port, path, query)| format!("{scheme}{host}{port}{path}{query}"));
    let verdict = part(&["allow", "block"]);
    let site = (filter, verdict).prop_map(|(filter, rule)| {
        let verdict = if rule == "allow" {
            Verdict::Allow
        } else {
            Verdict::Block
        };
        let filter = filter.parse().expect("a filter of these parts");
        decided(SiteEntry::Filter(SiteRule { verdict, filter }), rule)
    });
    proptest::collection::vec(site, 0..8)
}

/// Whether a match pattern of Firefox selects a URL, after Firefox's own documentation.
fn selects(pattern: &str, url: &Url) -> bool {
    if pattern == "<all_urls>" {
        return true;
    }
    let (scheme, rest) = pattern.split_once("://").expect(pattern);
    let (host, path) = rest.split_at(rest.find('/').expect(pattern));
    let name = url.host_str().unwrap_or_default();
    let host_fits = match host.strip_prefix("*.") {
        Some(tree) => name == tree || name.ends_with(&format!(".{tree}")),
        None => host == "*" || host == name,
    };
    let path = path.strip_suffix('*').expect(pattern);
    let query = url
        .query()
        .map_or(String::new(), |query| format!("?{query}"));
    (scheme == "*" || scheme == url.scheme())
        && host_fits
        && format!("{}{query}", url.path()).starts_with(path)
}

fn firefox_closes(bundle: &Bundle, url: &Url) -> bool {
    let any = |name| {
        let list = bundle
            .firefox
            .get("WebsiteFilter")
            .and_then(|lists| lists.get(name));
        let list = list.and_then(Json::as_array).into_iter().flatten();
        list.filter_map(Json::as_str)
            .any(|pattern| selects(pattern, url))
    };
    any("Block") && !any("Exceptions")
}

proptest! {
    #[test]
    fn every_mixture_is_lowered_lawfully(
        settings in settings_in_any_mixture(), sites in sites_in_any_mixture(),
    ) {
        assert_lawful(&Desired { settings, sites, ..nothing() });
    }

    #[test]
    fn firefox_is_never_more_open_than_chromium_without_saying_so(
        sites in sites_in_any_mixture(),
    ) {
        let desired = Desired { sites, ..nothing() };
        let lowered = lower(&desired);
        let is_lossless = |control: &Control| {
            !matches!(control.coverage.get(&Engine::Firefox), Some(Coverage::Gap(_)))
        };
        for url in [
            "https://example.org/", "http://example.org/ab", "https://a.example.org/a?q=a",
            "https://b.example.org/a", "https://startpage.com/", "http://192.0.2.1/ab",
            "https://other.test/", "https://example.org:8443/a",
        ] {
            let url: Url = url.parse().expect(url);
            let rules = desired.sites.iter().filter_map(|site| match &site.value {
                SiteEntry::Filter(rule) => Some(rule),
                SiteEntry::Category(_) => None,
            });
            let is_closed = verdict(rules, &url).is_some_and(|rule| rule.verdict == Verdict::Block);
            let firefox = firefox_closes(&lowered.bundle, &url);
            if lowered.bundle.controls.iter().all(is_lossless) {
                prop_assert_eq!(firefox, is_closed, "{}", url);
            }
            let blocks_are_whole = lowered.bundle.controls.iter().all(|control| {
                control.id.as_str() != "sites.block.block" || is_lossless(control)
            });
            if blocks_are_whole && is_closed {
                prop_assert!(firefox, "{} is open in Firefox", url);
            }
        }
    }
}
