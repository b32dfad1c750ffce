//! What decides over an address in a group's browsers: a rule about sites, or a setting that
//! closes sites to put itself in force.

use fyr_schemas::bundle::Engine;
use url::Url;

use crate::compile::desired;
use crate::desired::{CategoryRule, PartsRule, SiteEntry};
use crate::lower::{self, FlatLists};
use crate::policy::Policy;
use crate::resolve::{EffectiveSetting, Resolved, SiteClaim};
use crate::url_filter::{
    Entry, Index, SiteRule, Specificity, UrlFilter, Verdict, asked, host_of, verdict_among,
};

/// Everything that decides over addresses for one group, ready to be asked often: an answer takes
/// a time that depends on the address and on how many categories are spoken of, and not on how much
/// is listed.
#[derive(Debug)]
pub struct Judge<'a> {
    resolved: &'a Resolved<'a>,
    sites: Vec<Site<'a>>,
    by_host: Index<usize>,
    categories: Vec<CategoryRule>,
    /// What browsers are not given, since it is too much: it is wanted all the same.
    kept_parts: Vec<PartsRule>,
    /// Whether anything is warned of.
    warns: bool,
}

/// What decides over an address.
#[derive(Debug)]
pub enum Decider<'a> {
    /// A rule about sites.
    Rule(SiteClaim<'a>),
    /// A setting, and what it does to the address.
    Setting(&'a EffectiveSetting<'a>, Verdict),
}

/// One verdict of the browser's lists.
#[derive(Debug)]
struct Site<'a> {
    rule: SiteRule,
    /// The setting that wants it; `None` where a rule does.
    setting: Option<&'a EffectiveSetting<'a>>,
}

impl<'a> Judge<'a> {
    /// The judge over the addresses of a group of `policy`, whose flat lists are among `lists`.
    pub fn new<'l: 'a>(policy: &Policy, resolved: &'a Resolved<'l>, lists: &FlatLists<'l>) -> Self {
        let (mut sites, mut categories) = (Vec::<Site<'_>>::new(), Vec::<CategoryRule>::new());
        let desired = desired(policy, resolved, lists);
        for decided in desired.sites {
            match decided.value {
                SiteEntry::Filter(rule) => sites.push(Site {
                    rule,
                    setting: None,
                }),
                SiteEntry::Category(rule) => categories.push(rule),
            }
        }
        for effective in resolved.settings.values() {
            let setting = Some(effective);
            let wanted =
                lower::sites_of(Engine::Chromium, effective.setting, effective.holds.value);
            sites.extend(wanted.map(|rule| Site { rule, setting }));
        }
        // Where not everything is closed, browsers need no entry to open a category.
        let is_everything_closed = sites
            .iter()
            .any(|site| site.rule.verdict == Verdict::Block && site.rule.filter.is_wildcard());
        categories.retain(|rule| is_everything_closed || !rule.verdict.is_open());
        let mut claims = resolved.sites.claims.iter();
        Self {
            warns: claims.any(|claim| claim.says.verdict == Verdict::Warn),
            by_host: Index::of(sites.iter().map(|site| &site.rule.filter).zip(0..)),
            resolved,
            sites,
            categories,
            kept_parts: desired
                .kept_parts
                .into_iter()
                .map(|decided| decided.value)
                .collect(),
        }
    }

    /// What happens to `url`.
    pub fn verdict(&self, url: &Url) -> Verdict {
        let deciding = self.deciding(url);
        if !is_open(deciding) {
            return Verdict::Block;
        }
        if !self.warns {
            return Verdict::Allow;
        }
        let decider = self.decider(deciding, url);
        decider.map_or(Verdict::Allow, |decider| decider.verdict())
    }

    /// What decides over `url`; `None` leaves it open.
    pub fn decide(&self, url: &Url) -> Option<Decider<'a>> {
        self.decider(self.deciding(url), url)
    }

    /// What decides over `url` of all that browsers are to be given, or would be were it not too
    /// much: the verdict of a filter. `None` if no entry is needed.
    pub(crate) fn deciding_entry(&self, url: &Url) -> Option<(Verdict, UrlFilter)> {
        let deciding = self.deciding(url)?;
        let filter = match deciding {
            Found::Single(site) => site.rule.filter.clone(),
            Found::Listed(_, domain) => UrlFilter::of_domain(domain),
            Found::Part(_, part) => part.clone(),
        };
        Some((deciding.verdict(), filter))
    }

    /// Who wrote what decides. A browser's lists tell open from closed and no more, so the layers
    /// say whether something that is open is warned of.
    fn decider(&self, deciding: Option<Found<'_, 'a>>, url: &Url) -> Option<Decider<'a>> {
        if let Some(Found::Single(site)) = deciding
            && let Some(effective) = site.setting
        {
            return Some(Decider::Setting(effective, site.rule.verdict));
        }
        asked(url)
            .filter_map(|asked| self.resolved.sites.verdict(&asked))
            .find(|claim| claim.says.verdict.is_open() == is_open(deciding))
            .map(Decider::Rule)
    }

    fn deciding(&self, url: &Url) -> Option<Found<'_, 'a>> {
        verdict_among(|asked, consider| self.visit(asked, consider), url)
    }

    /// Visits all that may decide over a URL.
    fn visit<'s>(&'s self, url: &Url, consider: &mut dyn FnMut(Found<'s, 'a>)) {
        let host = host_of(url);
        self.by_host.visit(&host, &mut |number| {
            let site = self.sites.get(*number);
            site.map(Found::Single).into_iter().for_each(&mut *consider);
        });
        for rule in &self.categories {
            if let Some(domain) = rule.domain_over(&host) {
                consider(Found::Listed(rule.verdict, domain));
            }
        }
        for rule in &self.kept_parts {
            for part in rule.over(url) {
                consider(Found::Part(rule.verdict, part));
            }
        }
    }
}

/// A verdict that may decide.
#[derive(Debug, Clone, Copy)]
enum Found<'s, 'a> {
    Single(&'s Site<'a>),
    /// Of a domain of a category, which is at the URL's host or above it.
    Listed(Verdict, &'s str),
    /// Of a part of a category, which the URL belongs to.
    Part(Verdict, &'s UrlFilter),
}

/// Whether a browser opens what this decides over.
fn is_open(deciding: Option<Found<'_, '_>>) -> bool {
    deciding.is_none_or(|found| found.verdict().is_open())
}

impl Entry for Found<'_, '_> {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Single(site) => (&site.rule).verdict(),
            Self::Listed(verdict, _) | Self::Part(verdict, _) => *verdict,
        }
    }

    fn matches(&self, url: &Url) -> bool {
        match self {
            Self::Single(site) => (&site.rule).matches(url),
            Self::Listed(..) | Self::Part(..) => true,
        }
    }

    fn specificity(&self) -> Specificity {
        match self {
            Self::Single(site) => (&site.rule).specificity(),
            Self::Listed(_, domain) => Specificity::of_domain(domain),
            Self::Part(_, part) => part.specificity(),
        }
    }

    fn is_wildcard(&self) -> bool {
        match self {
            Self::Single(site) => (&site.rule).is_wildcard(),
            Self::Listed(..) | Self::Part(..) => false,
        }
    }
}

impl Decider<'_> {
    /// What happens to the address.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Rule(claim) => claim.says.verdict,
            Self::Setting(_, verdict) => *verdict,
        }
    }
}
