//! What browsers and devices make of the lists they are given is what the layers say.

use fyr_policy_core::judge::Judge;
use fyr_policy_core::lower::{CategoryRegion, Flat, FlatLists};
use fyr_policy_core::resolve::{Resolved, resolve};
use fyr_policy_core::url_filter::{self, SiteRule, UrlFilter, Verdict};
use proptest::prelude::*;
use url::Url;

use crate::municipality::{
    Municipality, address, municipality, municipality_of_queries, queried_address,
};
use crate::policy;

/// Where a category goes, for each of those that rules may speak of.
fn places() -> impl Strategy<Value = [bool; 3]> {
    any::<[bool; 3]>()
}

/// What a device does with the flat lists: some categories are in its browser's lists, and the
/// closed ones among the others are names that it does not resolve.
struct Device<'a> {
    rules: Vec<SiteRule>,
    unresolved: Vec<&'a CategoryRegion<'a>>,
    /// Open categories that its browser was not given.
    not_included: Vec<&'a CategoryRegion<'a>>,
}

impl<'a> Device<'a> {
    fn new(flat: &'a Flat<'a>, is_in_browser: impl Fn(&str) -> bool) -> Self {
        let filters = flat.filters.iter().map(|region| SiteRule {
            verdict: region.claim.says.verdict,
            filter: region.filter.clone(),
        });
        let is_everything_closed = flat.filters.iter().any(|region| {
            region.filter.is_wildcard() && region.claim.says.verdict == Verdict::Block
        });
        // What is open anyhow needs no entry.
        let needed = flat
            .categories
            .iter()
            .filter(|region| is_everything_closed || !is_open(region));
        let (reported, left): (Vec<_>, Vec<_>) =
            needed.partition(|region| is_in_browser(region.category.id.as_str()));
        let domains = reported.into_iter().flat_map(|region| {
            domains(region).map(|domain| SiteRule {
                verdict: region.claim.says.verdict,
                filter: filter(domain),
            })
        });
        let rules = filters.chain(domains).collect();
        let (not_included, unresolved) = left.into_iter().partition(|region| is_open(region));
        Self {
            rules,
            unresolved,
            not_included,
        }
    }

    fn closes(&self, url: &Url) -> bool {
        let by_browser = url_filter::verdict(&self.rules, url);
        by_browser.is_some_and(|rule| !rule.verdict.is_open()) || self.does_not_resolve(url)
    }

    fn does_not_resolve(&self, url: &Url) -> bool {
        let host = url.host_str().expect("a host");
        let bare = host.strip_prefix("www.").unwrap_or(host);
        let mut names = self.unresolved.iter().flat_map(|region| domains(region));
        names.any(|name| name == host || name == bare)
    }
}

fn domains<'a>(region: &'a CategoryRegion<'_>) -> impl Iterator<Item = &'a str> {
    let domains = region.category.domains.iter();
    domains.filter(|domain| !region.except.contains(domain))
}

fn is_open(region: &CategoryRegion<'_>) -> bool {
    region.claim.says.verdict.is_open()
}

fn filter(text: &str) -> UrlFilter {
    text.parse().expect(text)
}

fn covers(region: &CategoryRegion<'_>, url: &Url) -> bool {
    domains(region).any(|domain| filter(domain).matches(url, Verdict::Block))
}

fn is_closed(resolved: &Resolved<'_>, url: &Url) -> bool {
    let verdict = resolved.sites.verdict(url);
    verdict.is_some_and(|claim| !claim.says.verdict.is_open())
}

fn give_the_layered_verdicts(
    municipality: &Municipality,
    addresses: &[String],
) -> Result<(), TestCaseError> {
    let policy = policy(&municipality.sources());
    let resolution = resolve(&policy);
    let lists = FlatLists::default();
    for resolved in resolution.groups.values() {
        let flat = lists.of(&resolved.sites);
        if !flat.inexpressible.is_empty() {
            continue;
        }
        let device = Device::new(&flat, |_| true);
        for address in addresses {
            let url = Url::parse(address).expect("an address");
            // A browser's lists know no warning: what is shown with one is open to them.
            prop_assert_eq!(
                device.closes(&url),
                is_closed(resolved, &url),
                "{} in {:#?}",
                address,
                device.rules
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_browsers_flat_lists_give_the_layered_verdicts(
        municipality in municipality(),
        addresses in prop::collection::vec(address(), 30),
    ) {
        give_the_layered_verdicts(&municipality, &addresses)?;
    }

    #[test]
    fn flat_lists_of_many_queries_on_one_host_give_the_layered_verdicts(
        municipality in municipality_of_queries(),
        addresses in prop::collection::vec(queried_address(), 15),
    ) {
        give_the_layered_verdicts(&municipality, &addresses)?;
    }

    #[test]
    fn a_judge_finds_what_a_browser_finds_that_tries_every_entry_in_turn(
        municipality in municipality(),
        addresses in prop::collection::vec(address(), 30),
    ) {
        let policy = policy(&municipality.sources());
        let resolution = resolve(&policy);
        let lists = FlatLists::default();
        for resolved in resolution.groups.values() {
            let flat = lists.of(&resolved.sites);
            if !flat.inexpressible.is_empty() {
                continue;
            }
            let device = Device::new(&flat, |_| true);
            let judge = Judge::new(&policy, resolved, &lists);
            for address in &addresses {
                let url = Url::parse(address).expect("an address");
                let verdict = judge.verdict(&url);
                prop_assert_eq!(!verdict.is_open(), device.closes(&url), "{}", address);
                let decider = judge.decide(&url);
                prop_assert_eq!(decider.map_or(Verdict::Allow, |by| by.verdict()), verdict);
            }
        }
    }

    /// Names alone leave open what lies below them, and never close what stays open.
    #[test]
    fn categories_left_to_names_close_nothing_open_and_leave_open_only_what_is_below_them(
        municipality in municipality(),
        addresses in prop::collection::vec(address(), 30),
        places in places(),
    ) {
        let policy = policy(&municipality.sources());
        let resolution = resolve(&policy);
        let lists = FlatLists::default();
        for resolved in resolution.groups.values() {
            let flat = lists.of(&resolved.sites);
            if !flat.inexpressible.is_empty() {
                continue;
            }
            let device = Device::new(&flat, |category| match category {
                "a" => places[0],
                "b" => places[1],
                _ => places[2],
            });
            for address in &addresses {
                let url = Url::parse(address).expect("an address");
                match (device.closes(&url), is_closed(resolved, &url)) {
                    (true, false) => prop_assert!(
                        !device.does_not_resolve(&url)
                            && device.not_included.iter().any(|region| covers(region, &url)),
                        "{} is closed in {:#?}", address, device.rules
                    ),
                    (false, true) => prop_assert!(
                        !device.does_not_resolve(&url)
                            && device.unresolved.iter().any(|region| covers(region, &url)),
                        "{} is open in {:#?}", address, device.rules
                    ),
                    (true, true) | (false, false) => {}
                }
            }
        }
    }
}
