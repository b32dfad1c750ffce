//! Browsers give every verdict over a URL that the compiler says they give.

use std::env;

use anyhow::{Context, Result};
use fyr_policy_core::lower::as_compared;
use fyr_policy_core::url_filter::{self, SiteRule, Verdict};
use fyr_tests::oracle::chromium::{ChromiumOracle, OWN_FILTERS};
use fyr_tests::oracle::firefox::{FirefoxOracle, Lowered};
use fyr_tests::oracle::{Browser, Comparison, Difference, FilterSet, Model, questions};
use url::Url;

/// How many sets of filters every run asks about, with some forty URLs each; `FYR_ORACLE_SETS` asks
/// about more, and `FYR_ORACLE_FIRST` begins with a later one.
const SETS: Sets = Sets {
    chromium: 100,
    firefox: 500,
};

struct Sets {
    chromium: u64,
    firefox: u64,
}

#[test]
fn chromium_gives_the_verdict_of_the_matcher_on_every_url() -> Result<()> {
    agrees(&mut ChromiumOracle::start()?, &matcher, SETS.chromium)
}

#[test]
fn firefox_gives_the_verdicts_that_are_claimed_of_it() -> Result<()> {
    let (set, _) = questions::draw(0);
    agrees(&mut FirefoxOracle::start(&set)?, &claim, SETS.firefox)
}

/// The compiler gives no list more: Firefox drops the rest without a word, and so did Chromium
/// before it read half as many again.
#[test]
fn both_browsers_read_a_thousand_filters_of_a_list() -> Result<()> {
    let thousand = |own: usize| -> Result<FilterSet> {
        let rules = (own + 1..=1000).map(|number| {
            let filter = format!("host-{number}.example").parse()?;
            let verdict = Verdict::Block;
            Ok(SiteRule { verdict, filter })
        });
        let rules = rules.collect::<Result<_>>()?;
        Ok(FilterSet { rules })
    };
    let urls = [1000, 1001].map(|number| format!("https://host-{number}.example/"));
    let expected = [Some(Verdict::Block), Some(Verdict::Allow)];
    let answers = ChromiumOracle::start()?.answer(&thousand(OWN_FILTERS)?, &urls)?;
    assert_eq!(answers, expected);
    let set = thousand(0)?;
    let answers = FirefoxOracle::start(&set)?.answer(&set, &urls)?;
    assert_eq!(answers, expected);
    Ok(())
}

#[test]
fn a_frame_of_chromium_is_refused_like_a_page() -> Result<()> {
    let mut chromium = ChromiumOracle::start()?;
    for number in 0..3 {
        let (set, mut urls) = questions::draw(number);
        // A page of the browser's own is asked about by a visit in any case.
        urls.retain(|url| url.starts_with("https:"));
        let framed = chromium.answer(&set, &urls)?;
        for (url, framed) in urls.iter().zip(framed) {
            assert_eq!(chromium.visit(url)?, framed, "{url} under {set:?}");
        }
    }
    Ok(())
}

#[test]
fn a_visit_in_firefox_meets_what_its_filter_says() -> Result<()> {
    // Firefox tries `https` first where `http` is asked for.
    let of_https = |(set, mut urls): (FilterSet, Vec<String>)| {
        urls.retain(|url| url.starts_with("https:"));
        (set, urls)
    };
    let is_mixed = |(set, urls): &(FilterSet, Vec<String>)| {
        let closed = |url: &&String| claim(set, url) == Some(Verdict::Block);
        let closed = urls.iter().filter(closed).count();
        closed > 5 && closed + 5 < urls.len()
    };
    let mut sets = (0..100).map(questions::draw).map(of_https);
    let (set, urls) = sets.find(is_mixed).context("a set that opens and closes")?;

    let mut firefox = FirefoxOracle::start(&set)?;
    let visited = urls.iter().map(|url| firefox.visit(url));
    let visited = visited.collect::<Result<Vec<_>>>()?;
    assert_eq!(firefox.answer(&set, &urls)?, visited);
    Ok(())
}

#[test]
fn a_wrong_matcher_is_found_out_by_the_smallest_case() -> Result<()> {
    let the_last_rule = |set: &FilterSet, url: &str| {
        let url = Url::parse(url).ok()?;
        let mut rules = set.rules.iter().rev();
        let last = rules.find(|rule| rule.filter.matches(&url, rule.verdict));
        Some(last.map_or(Verdict::Allow, |rule| rule.verdict))
    };
    let (set, urls) = questions::draw(0);
    let mut chromium = ChromiumOracle::start()?;
    let mut comparison = Comparison::default();
    comparison.add(&mut chromium, &the_last_rule, &set, &urls)?;
    let found: Vec<usize> = comparison
        .differences
        .iter()
        .map(Difference::filters)
        .collect();
    assert_eq!(found, [2], "{:?}", comparison.differences);
    Ok(())
}

/// The verdict on a URL as the compiler foresees it.
fn matcher(set: &FilterSet, url: &str) -> Option<Verdict> {
    let url = Url::parse(url).ok()?;
    let deciding = url_filter::verdict(&set.rules, &url);
    Some(deciding.map_or(Verdict::Allow, |rule| rule.verdict))
}

/// The verdict in Firefox, which compares in lower case and as a server would resolve the address,
/// of the rules that are no gap there.
/// Elsewhere than on the web nothing is claimed. A source is its page.
fn claim(set: &FilterSet, url: &str) -> Option<Verdict> {
    let url = Url::parse(url.strip_prefix("view-source:").unwrap_or(url)).ok()?;
    // A `|` is the one letter that the two write differently in addresses.
    if !matches!(url.scheme(), "http" | "https") || url.path().contains('|') {
        return None;
    }
    let claimed = Lowered::from(set).ok()?.claimed.in_lower_case();
    // The one letter in a path that Firefox encodes and `url` does not.
    let url = as_compared(&url);
    let url = url.as_str().to_ascii_lowercase().replace('^', "%5e");
    matcher(&claimed, &url)
}

/// Compares a browser with a model, set by set.
fn agrees(browser: &mut impl Browser, model: Model<'_>, sets: u64) -> Result<()> {
    let first = number("FYR_ORACLE_FIRST", 0)?;
    let sets = number("FYR_ORACLE_SETS", sets)?;
    let mut comparison = Comparison::default();
    for number in first..first + sets {
        let (set, urls) = questions::draw(number);
        comparison
            .add(browser, model, &set, &urls)
            .with_context(|| format!("asking about set {number}"))?;
    }
    let Comparison {
        opened,
        closed,
        differences,
    } = comparison;
    println!("{sets} sets: {opened} URLs opened and {closed} closed, as foreseen");
    let reported: Vec<String> = differences.iter().map(ToString::to_string).collect();
    assert!(reported.is_empty(), "{}", reported.join("\n"));
    // A browser that opens everything, or closes everything, was not asked.
    let least = (opened + closed) / 8;
    assert!(opened > least && closed > least);
    Ok(())
}

fn number(variable: &str, otherwise: u64) -> Result<u64> {
    match env::var(variable) {
        Ok(text) => text
            .parse()
            .with_context(|| format!("`{variable}` is a number")),
        Err(_) => Ok(otherwise),
    }
}
