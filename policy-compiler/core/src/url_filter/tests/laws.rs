//! Laws of filters, held against random filters and URLs that often meet.

use proptest::prelude::*;
use url::Url;

use crate::url_filter::{Index, SiteRule, UrlFilter, Verdict, verdict, verdict_among};

fn part(parts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(parts)
}

/// Filters and URLs out of few enough parts that they often meet.
fn filter() -> impl Strategy<Value = UrlFilter> {
    let of_hosts = (
        part(&["", "", "http://", "https://", "ftp://", "chrome://"]),
        part(&[
            "*",
            "example.org",
            ".example.org",
            "a.example.org",
            "org",
            "version",
            "192.0.2.1",
            "[2001:db8::1]",
        ]),
        part(&["", "", ":443", ":8443"]),
        part(&["", "", "/", "/a", "/ab", "/b"]),
        part(&["", "", "?q", "?q*", "?q=*", "?q=a", "?q=a*&x=1"]),
    )
        .prop_map(|(scheme, host, port, path, query)| format!("{scheme}{host}{port}{path}{query}"));
    let others = part(&[
        "*",
        "file://*",
        "file:///a",
        "file:///ab",
        "data:*",
        "tel:*",
        "view-source:*",
        "https:*",
    ]);
    prop_oneof![4 => of_hosts, 1 => others.prop_map(str::to_owned)]
        .prop_map(|text| text.parse().expect("a filter of these parts"))
}

fn url() -> impl Strategy<Value = Url> {
    let of_hosts = (
        part(&["http://", "https://", "ftp://"]),
        part(&[
            "example.org",
            "example.org.",
            "a.example.org",
            "b.example.org",
            "se.org",
            "192.0.2.1",
            "[2001:db8::1]",
        ]),
        part(&["", ":8443"]),
        part(&["/", "/a", "/ab", "/b", "/abc"]),
        part(&["", "?q", "?q=a", "?q=ab&x=1", "?x=1&q=a&q=b"]),
    )
        .prop_map(|(scheme, host, port, path, query)| format!("{scheme}{host}{port}{path}{query}"));
    let others = part(&[
        "file:///ab",
        "file:///b",
        "chrome://version",
        "chrome://version/a?q",
        "data:text/html,x",
        "tel:123",
        "view-source:https://a.example.org/ab?q",
    ]);
    prop_oneof![6 => of_hosts, 1 => others.prop_map(str::to_owned)]
        .prop_map(|text| text.parse().expect("a URL of these parts"))
}

fn either() -> impl Strategy<Value = Verdict> {
    proptest::sample::select(&[Verdict::Allow, Verdict::Block])
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        let _ = text.parse::<UrlFilter>();
    }

    #[test]
    fn the_canonical_form_means_itself(text in "[a-z.:/*?=&@#\\[\\]0-9øB-]{1,24}") {
        if let Ok(filter) = text.parse::<UrlFilter>() {
            let again: UrlFilter = filter.to_string().parse().expect("the canonical form");
            prop_assert_eq!(again, filter);
        }
    }

    #[test]
    fn the_order_of_rules_does_not_matter(
        rules in proptest::collection::vec((filter(), either()), 0..8), url in url(),
    ) {
        let mut rules: Vec<_> = rules
            .into_iter()
            .map(|(filter, verdict)| SiteRule { verdict, filter })
            .collect();
        let decide = |rules: &[SiteRule]| verdict(rules, &url).map(|rule| rule.verdict);
        let before = decide(&rules);
        rules.reverse();
        prop_assert_eq!(decide(&rules), before);
    }

    #[test]
    fn what_is_found_by_host_decides_as_all_the_rules_do(
        rules in proptest::collection::vec((filter(), either()), 0..24),
        urls in proptest::collection::vec(url(), 8),
    ) {
        let rules: Vec<_> = rules
            .into_iter()
            .map(|(filter, verdict)| SiteRule { verdict, filter })
            .collect();
        let index = Index::of(rules.iter().map(|rule| (&rule.filter, rule)));
        for url in &urls {
            let found = verdict_among(|asked, consider| index.around(asked).copied().for_each(consider), url);
            let rank = |rule: &SiteRule| (rule.verdict, rule.filter.specificity());
            prop_assert_eq!(found.map(rank), verdict(&rules, url).map(rank), "{}", url);
        }
    }

    #[test]
    fn an_intersection_matches_exactly_what_both_match(
        one in filter(), two in filter(), url in url(),
    ) {
        let both = one.intersection(&two);
        let matches = |filter: &UrlFilter| filter.matches(&url, Verdict::Block);
        prop_assert_eq!(
            both.as_ref().is_some_and(matches), matches(&one) && matches(&two),
            "{} and {} meet in {:?}", one, two, both.map(|both| both.to_string())
        );
    }

    #[test]
    fn an_intersection_ranks_no_lower_and_lies_within_both(one in filter(), two in filter()) {
        let both = one.intersection(&two);
        prop_assert_eq!(&two.intersection(&one), &both);
        prop_assert_eq!(one.overlaps(&two), both.is_some());
        if let Some(both) = both {
            for part in [&one, &two] {
                prop_assert!(both.specificity() >= part.specificity(), "{} under {}", both, part);
                prop_assert!(part.contains(&both), "{} around {}", part, both);
            }
        }
    }

    #[test]
    fn a_filter_matches_all_that_a_filter_within_it_matches(
        one in filter(), two in filter(), url in url(),
    ) {
        prop_assert!(one.contains(&one));
        if one.contains(&two) && two.matches(&url, Verdict::Block) {
            prop_assert!(one.matches(&url, Verdict::Block), "{} around {}", one, two);
        }
    }
}
