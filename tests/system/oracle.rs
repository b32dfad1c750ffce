//! Browsers give every verdict over a URL that the compiler says they give.

use std::env;

use anyhow::{Context, Result};
use fyr_policy_core::desired::Verdict;
use fyr_policy_core::url_filter;
use fyr_tests::oracle::chromium::ChromiumOracle;
use fyr_tests::oracle::firefox::{FirefoxOracle, Lowered};
use fyr_tests::oracle::{Browser, Comparison, FilterSet, Model, questions};
use url::Url;

/// The sets that every run asks about; `FYR_ORACLE_SETS` asks about more, from `FYR_ORACLE_FIRST` on.
const SETS: u64 = 100;

#[test]
fn chromium_gives_the_verdict_of_the_matcher_on_every_url() -> Result<()> {
    compare(&mut ChromiumOracle::start()?, &matcher)
}

#[test]
fn firefox_gives_the_verdicts_that_are_claimed_of_it() -> Result<()> {
    let (set, _) = questions::draw(0);
    compare(&mut FirefoxOracle::start(&set)?, &claim)
}

/// The verdict on a URL as the compiler foresees it.
fn matcher(set: &FilterSet, url: &str) -> Option<Verdict> {
    let url = Url::parse(url).ok()?;
    let deciding = url_filter::verdict(&set.rules, &url);
    Some(deciding.map_or(Verdict::Allow, |rule| rule.verdict))
}

/// The verdict in Firefox, which compares in lower case, of the rules that are no gap there.
/// Elsewhere than on the web nothing is claimed. A source is its page.
fn claim(set: &FilterSet, url: &str) -> Option<Verdict> {
    let url = Url::parse(url.strip_prefix("view-source:").unwrap_or(url)).ok()?;
    // A `|` is the one letter that the two write differently in addresses.
    if !matches!(url.scheme(), "http" | "https") || url.path().contains('|') {
        return None;
    }
    let claimed = Lowered::from(set).ok()?.claimed.in_lower_case();
    // The one letter in a path that Firefox encodes and `url` does not.
    let url = url.as_str().to_ascii_lowercase().replace('^', "%5e");
    matcher(&claimed, &url)
}

fn compare(browser: &mut impl Browser, model: Model<'_>) -> Result<()> {
    let (first, sets) = (
        number("FYR_ORACLE_FIRST", 0)?,
        number("FYR_ORACLE_SETS", SETS)?,
    );
    let mut comparison = Comparison::default();
    for number in first..first + sets {
        let (set, urls) = questions::draw(number);
        let before = comparison.differences.len();
        comparison.add(browser, model, &set, &urls)?;
        for difference in &comparison.differences[before..] {
            println!("set {number}: {difference}");
        }
    }
    println!("agreed on {:?} URLs", comparison.agreed);
    assert_eq!(comparison.differences, []);
    // A browser that opens everything, or closes everything, was not asked.
    assert!(
        comparison
            .agreed
            .iter()
            .all(|count| *count > 10 * sets as usize)
    );
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
