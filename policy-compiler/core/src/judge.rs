//! What decides over an address in a group's browsers: a rule about sites, or a setting that
//! closes sites to put itself in force.

use fyr_schemas::bundle::Engine;
use url::Url;

use crate::compile::desired;
use crate::desired::{SiteEntry, SiteRule, Verdict};
use crate::policy::Policy;
use crate::resolve::{Resolved, Settled, SiteVoice};
use crate::target;
use crate::url_filter;

/// Everything that decides over addresses for one group, ready to be asked often.
pub(crate) struct Judge<'a> {
    resolved: &'a Resolved<'a>,
    by_rules: Vec<SiteEntry>,
    by_settings: Vec<(SiteRule, &'a Settled<'a>)>,
}

/// What decides over an address.
pub(crate) enum Decider<'a> {
    /// A rule about sites.
    Rule(SiteVoice<'a>),
    /// A setting, and what it does to the address.
    Setting(&'a Settled<'a>, Verdict),
}

impl<'a> Judge<'a> {
    pub(crate) fn new(policy: &Policy, resolved: &'a Resolved<'a>) -> Self {
        let by_rules = desired(policy, resolved).sites;
        let by_settings = resolved.settings.values().flat_map(|settled| {
            target::sites_of(Engine::Chromium, settled.setting, settled.holds.value)
                .map(move |site| (site, settled))
        });
        Self {
            resolved,
            by_rules: by_rules.into_iter().map(|decided| decided.value).collect(),
            by_settings: by_settings.collect(),
        }
    }

    /// What decides over `url`; `None` leaves it open.
    pub(crate) fn decide(&self, url: &Url) -> Option<Decider<'a>> {
        let settings = self.by_settings.iter().map(|(site, _)| site);
        let listed: Vec<SiteRule> = self.by_categories(url).collect();
        let rules = self.by_rules.iter().filter_map(|entry| match entry {
            SiteEntry::Filter(rule) => Some(rule),
            SiteEntry::Category(_) => None,
        });
        let deciding = url_filter::verdict(rules.chain(&listed).chain(settings), url)?;
        self.by_settings
            .iter()
            .find(|(site, _)| std::ptr::eq(site, deciding))
            .map(|(site, settled)| Decider::Setting(settled, site.verdict))
            .or_else(|| {
                url_filter::asked(url)
                    .filter_map(|asked| self.resolved.sites.verdict(&asked))
                    .find(|voice| voice.says.verdict == deciding.verdict)
                    .map(Decider::Rule)
            })
    }

    fn by_categories(&self, url: &Url) -> impl Iterator<Item = SiteRule> {
        self.by_rules.iter().filter_map(|entry| match entry {
            SiteEntry::Filter(_) => None,
            SiteEntry::Category(rule) => rule.at(url),
        })
    }
}

impl Decider<'_> {
    /// What happens to the address.
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Rule(voice) => voice.says.verdict,
            Self::Setting(_, verdict) => *verdict,
        }
    }
}
