//! Sites that cross, since each asks for a condition of its own in the query: thousands come to no
//! more than they say, and what a list says of them stops nothing.

use fyr_policy_core::lower::FlatLists;
use fyr_policy_core::resolve::resolve;
use fyr_policy_core::url_filter::UrlFilter;
use fyr_policy_core::{Compilation, Sources, compile};

use crate::municipality::{DECISION, FYR, UNITS_FILE};
use crate::{DAY, policy};

/// A policy of one rule and these categories, each with what it lists.
fn sources(sites: &str, lists: &[(&str, Vec<String>)]) -> Sources {
    let rule = format!(
        "rule: regel\ndecision: R-1\nfor: /\nstrength: default\nsites: {{ {sites} }}\nwhy: {{ da: ro }}\n"
    );
    let mut files = vec![
        ("fyr.yaml".to_owned(), FYR.to_owned()),
        ("units.yaml".to_owned(), UNITS_FILE.to_owned()),
        ("decisions/all.yaml".to_owned(), DECISION.to_owned()),
        ("rules/regel.yaml".to_owned(), rule),
    ];
    for (name, listed) in lists {
        let list = format!(
            "category: {name}\ntitle: {{ da: liste }}\nsource: os\nlicence: fri\nfiles: [{name}]\n"
        );
        files.push((format!("lists/{name}.yaml"), list));
        files.push((format!("lists/{name}"), listed.join("\n")));
    }
    files.into_iter().collect()
}

fn asking(site: &str, key: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{site}?{key}{number}=1"))
        .collect()
}

/// The entries of browsers for the filters of one group.
fn filters(sources: &Sources) -> Vec<UrlFilter> {
    let policy = policy(sources);
    let resolution = resolve(&policy);
    let resolved = resolution.groups.values().next().expect("a group");
    let lists = FlatLists::default();
    let flat = lists.of(&resolved.sites);
    assert_eq!(flat.inexpressible, []);
    let filters = flat.filters.iter();
    filters.map(|region| region.filter.clone()).collect()
}

/// The gaps that report a category.
fn gaps(compilation: &Compilation, category: &str) -> usize {
    let category = format!("`category:{category}`");
    let gaps = compilation.gaps.iter();
    gaps.filter(|gap| gap.gap.detail.contains(&category))
        .count()
}

#[test]
fn what_a_rule_says_alike_of_a_thousand_queries_is_lowered_as_it_is_written() {
    let mut asking_at = asking("a.example/x", "q", 500);
    asking_at.extend(asking("a.example/", "r", 500));
    let sites = format!("block: ['{}']", asking_at.join("', '"));
    assert_eq!(filters(&sources(&sites, &[])).len(), 1000);
}

#[test]
fn what_a_list_says_of_many_queries_of_one_site_is_lowered_as_it_is_listed() {
    let listed = asking("http://a.example/x", "q", 20);
    let sources = sources("block: ['category:a']", &[("a", listed)]);
    assert_eq!(filters(&sources).len(), 20);
    let compilation = compile(&sources, DAY);
    assert!(!compilation.failed(), "{:?}", compilation.diagnostics);
}

/// Each entry of the one crosses each of the other: of the list that says more, browsers are given
/// nothing, and that is a gap.
#[test]
fn of_lists_that_cross_too_often_one_is_kept_from_browsers_and_the_policy_compiles() {
    let sources = sources(
        "block: ['category:a'], allow: ['category:b']",
        &[
            ("a", asking("a.example/", "q", 200)),
            ("b", asking("a.example/x", "r", 150)),
        ],
    );
    let compilation = compile(&sources, DAY);
    assert!(!compilation.failed(), "{:?}", compilation.diagnostics);
    assert!(gaps(&compilation, "a") > 0, "{:?}", compilation.gaps);
    assert_eq!(gaps(&compilation, "b"), 0);
}
