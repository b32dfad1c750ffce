//! What one group wants once every rule is resolved, each value with the rule that won it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fyr_policy_source::BrowserVersion;
use fyr_schemas::bundle::{Audience, DecisionNote, Engine};
use fyr_schemas::{CaseNumber, ControlId, GroupId, OrganisationId, RuleId, StageId, UnitPath};
use url::Url;

use crate::category::Category;
use crate::settings::Value;
use crate::url_filter::{SiteRule, UrlFilter, Verdict};

/// What one group's devices are to enforce.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// Whose policy it is.
    pub organisation: OrganisationId,
    /// The group.
    pub group: GroupId,
    /// Where the group stands in the tree.
    pub unit: UnitPath,
    /// The full name of that unit.
    pub unit_name: Option<String>,
    /// Who uses the devices.
    pub audience: Audience,
    /// The stage on the day of compilation.
    pub stage: StageId,
    /// One value a setting, under the setting's name.
    pub settings: BTreeMap<ControlId, Decided<Value>>,
    /// Verdicts over sites, as a browser's flat lists are to give them, the most important
    /// first: where a browser's list is full, the last ones are left out and reported.
    pub sites: Vec<Decided<SiteEntry>>,
    /// Verdicts over parts of sites that are too many for any browser's list: none is given, and
    /// every one is reported.
    pub kept_parts: Vec<Decided<PartsRule>>,
    /// The oldest version of each browser that has to obey; none if not given.
    pub oldest_browsers: BTreeMap<Engine, BrowserVersion>,
    /// The decisions that the values cite, as far as they may be published.
    pub decisions: BTreeMap<CaseNumber, DecisionNote>,
}

/// A value, and what decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided<T> {
    /// The value.
    pub value: T,
    /// The rule that won.
    pub rule: RuleId,
    /// The case that rule cites.
    pub decision: Option<CaseNumber>,
}

/// A verdict over sites.
#[derive(Debug, Clone, PartialEq)]
pub enum SiteEntry {
    /// Over what one filter matches.
    Filter(SiteRule),
    /// Over the domains of a category.
    Category(CategoryRule),
}

impl SiteEntry {
    /// Whether it closes all that no other entry opens.
    pub(crate) fn closes_everything(&self) -> bool {
        match self {
            Self::Filter(rule) => rule.verdict == Verdict::Block && rule.filter.is_wildcard(),
            Self::Category(_) => false,
        }
    }

    /// Open or closed.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Filter(rule) => rule.verdict,
            Self::Category(rule) => rule.verdict,
        }
    }
}

/// One verdict over the domains of a category.
#[derive(Debug, Clone)]
pub struct CategoryRule {
    /// Open or closed.
    pub verdict: Verdict,
    /// Which domains.
    pub category: Arc<Category>,
    /// The domains among them that something else was decided over: they are filters of their
    /// own.
    pub except: BTreeSet<String>,
}

impl CategoryRule {
    /// The domain that a host belongs to, if the rule is about it.
    pub(crate) fn domain_over(&self, host: &str) -> Option<&str> {
        let domain = self.category.domains.covering(host)?;
        (!self.except.contains(domain)).then_some(domain)
    }

    /// The domains that the rule is about.
    pub(crate) fn domains(&self) -> impl Iterator<Item = &str> {
        let domains = self.category.domains.iter();
        domains.filter(|domain| !self.except.contains(*domain))
    }

    /// How many they are.
    pub(crate) fn count(&self) -> usize {
        self.category.domains.len() - self.except.len()
    }
}

/// Two are equal that are about the same domains of one category.
impl PartialEq for CategoryRule {
    fn eq(&self, other: &Self) -> bool {
        self.verdict == other.verdict
            && self.except == other.except
            && (Arc::ptr_eq(&self.category, &other.category)
                || self.category.id == other.category.id
                    && self.category.domains == other.category.domains)
    }
}

/// One verdict over parts of sites that a category lists.
#[derive(Debug, Clone)]
pub struct PartsRule {
    /// Open or closed.
    pub verdict: Verdict,
    /// The category.
    pub category: Arc<Category>,
    /// Which of its parts, by their numbers, sorted.
    pub parts: Arc<[usize]>,
}

impl PartsRule {
    /// The parts.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &UrlFilter> {
        let numbers = self.parts.iter();
        numbers.filter_map(|number| self.category.parts.get(*number))
    }

    /// The parts among them that `url` belongs to.
    pub(crate) fn over(&self, url: &Url) -> impl Iterator<Item = &UrlFilter> {
        let over = self.category.parts_over(url, self.verdict);
        over.filter(|(number, _)| self.parts.binary_search(number).is_ok())
            .map(|(_, part)| part)
    }
}

/// Two are equal that are about the same parts of one category.
impl PartialEq for PartsRule {
    fn eq(&self, other: &Self) -> bool {
        self.verdict == other.verdict
            && self.parts == other.parts
            && self.category.id == other.category.id
            && self.category.parts == other.category.parts
    }
}
