//! Whether a real browser gives the verdicts that the compiler says it gives.

pub mod chromium;
pub mod firefox;
pub mod questions;

use std::fmt;

use anyhow::Result;
use fyr_policy_core::url_filter::{SiteRule, Verdict};

/// What is written for a browser about sites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterSet {
    /// Open and closed sites.
    pub rules: Vec<SiteRule>,
}

/// One browser, asked about one set of filters after another.
pub trait Browser {
    /// What it does with each URL under a set; `None` where it finds no URL in the text.
    fn answer(&mut self, set: &FilterSet, urls: &[String]) -> Result<Vec<Option<Verdict>>>;
}

/// What should come of a URL under a set; `None` where nothing is said of it.
pub type Model<'a> = &'a dyn Fn(&FilterSet, &str) -> Option<Verdict>;

/// A URL over which browser and model differ, with as few filters as it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    set: FilterSet,
    url: String,
    browser: Option<Verdict>,
    model: Option<Verdict>,
}

/// What came of a comparison.
#[derive(Debug, Default)]
pub struct Comparison {
    /// How many URLs are opened, as both agree.
    pub opened: usize,
    /// How many URLs are closed, as both agree.
    pub closed: usize,
    /// Where browser and model differ.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// Asks a browser and a model about every URL of a set, and finds the smallest case of the
    /// first difference.
    pub fn add(
        &mut self,
        browser: &mut impl Browser,
        model: Model<'_>,
        set: &FilterSet,
        urls: &[String],
    ) -> Result<()> {
        let answers = browser.answer(set, urls)?;
        let mut is_known = false;
        for (url, answer) in urls.iter().zip(answers) {
            let expected = model(set, url);
            match (answer, expected) {
                (Some(Verdict::Allow), Some(Verdict::Allow)) => self.opened += 1,
                (Some(Verdict::Block), Some(Verdict::Block)) => self.closed += 1,
                (None, _) | (_, None) => {}
                (Some(_), Some(_)) if is_known => {}
                (Some(_), Some(_)) => {
                    is_known = true;
                    self.differences.push(minimise(browser, model, set, url)?);
                }
            }
        }
        Ok(())
    }
}

/// Leaves out every filter without which browser and model still differ.
fn minimise(
    browser: &mut impl Browser,
    model: Model<'_>,
    set: &FilterSet,
    url: &str,
) -> Result<Difference> {
    let mut ask = |set: &FilterSet| -> Result<Difference> {
        let answers = browser.answer(set, &[url.to_owned()])?;
        Ok(Difference {
            set: set.clone(),
            url: url.to_owned(),
            browser: answers.into_iter().next().flatten(),
            model: model(set, url),
        })
    };
    let mut smallest = ask(set)?;
    let mut at = 0;
    while at < smallest.set.rules.len() {
        let mut smaller = smallest.set.clone();
        smaller.rules.remove(at);
        let difference = ask(&smaller)?;
        if difference.browser == difference.model {
            at += 1;
        } else {
            smallest = difference;
        }
    }
    Ok(smallest)
}

impl FilterSet {
    /// The filters of one verdict, as the browser is given them.
    pub fn filters(&self, verdict: Verdict) -> Vec<String> {
        let of_it = self.rules.iter().filter(|rule| rule.verdict == verdict);
        of_it.map(|rule| rule.filter.to_string()).collect()
    }
}

impl FilterSet {
    /// The set with every filter in lower case.
    #[must_use]
    pub fn in_lower_case(&self) -> Self {
        let lower = |rule: &SiteRule| {
            let filter = rule.filter.to_string().to_ascii_lowercase().parse();
            let verdict = rule.verdict;
            filter.map_or_else(|_| rule.clone(), |filter| SiteRule { verdict, filter })
        };
        Self {
            rules: self.rules.iter().map(lower).collect(),
        }
    }
}

impl Difference {
    /// How many filters it takes.
    pub fn filters(&self) -> usize {
        self.set.rules.len()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |verdict| match verdict {
            Some(Verdict::Allow | Verdict::Warn) => "opens",
            Some(Verdict::Block) => "closes",
            None => "reads no URL in",
        };
        write!(
            f,
            "blocked {:?}, allowed {:?}: the browser {} `{}`, the model {} it",
            self.set.filters(Verdict::Block),
            self.set.filters(Verdict::Allow),
            word(self.browser),
            self.url,
            word(self.model),
        )
    }
}
