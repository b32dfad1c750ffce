//! The flat lists as targets read them, the most important entry first.

use std::cmp::Reverse;

use super::{CategoryRegion, PartsRegion, Region};
use crate::desired::{CategoryRule, Decided, PartsRule, SiteEntry, SiteRule};
use crate::policy::Lifelines;
use crate::resolve::sites::{Rank, SiteVoice, Sites};

impl Sites<'_> {
    /// What browsers are to be told, the most important first.
    pub(crate) fn entries(&self, lifelines: &Lifelines<'_>) -> Vec<Decided<SiteEntry>> {
        let filters = self.flat.filters.iter().map(|region| {
            let is_listed = region.voice.says.sites.category().is_some();
            let last = region.filter.to_string();
            let is_lifeline = region.voice.says.verdict.is_open() && lifelines.need(&region.filter);
            let members = usize::from(is_listed);
            (
                importance(is_lifeline, &region.voice, members, last),
                of_filter(region),
            )
        });
        let categories = self.flat.categories.iter().map(|region| {
            let last = region.category.id.to_string();
            let is_lifeline = region.voice.says.verdict.is_open()
                && lifelines.need_of(region.category, &region.except);
            let members = region.category.len();
            (
                importance(is_lifeline, &region.voice, members, last),
                of_category(region),
            )
        });
        let mut entries: Vec<_> = filters.chain(categories).collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// The most entries that it takes to open what rules open. Categories take none unless
    /// everything is closed, which settings may do too.
    pub(crate) fn opened(&self, do_settings_close_everything: bool) -> usize {
        let filters = &self.flat.filters;
        let is_open = |region: &&Region<'_>| region.voice.says.verdict.is_open();
        let is_everything_closed = do_settings_close_everything
            || filters
                .iter()
                .any(|region| region.filter.is_wildcard() && !is_open(&region));
        let categories = self.flat.categories.iter();
        let categories = categories
            .filter(|region| is_everything_closed && region.verdict().is_open())
            .map(|region| region.category.len() - region.except.len());
        filters.iter().filter(is_open).count() + categories.sum::<usize>()
    }

    /// What no browser is told, since it is too much.
    pub(crate) fn kept_entries(&self) -> Vec<Decided<PartsRule>> {
        self.flat.kept.iter().map(of_parts).collect()
    }
}

/// What browsers are told first, where they cannot be told all: what keeps a lifeline open before
/// everything else, then floors that were decided before those that nobody did, and those before what
/// bounds nobody; what rules name before the services that join it by a category or a status; then
/// higher units before lower ones (no school's own list pushes out a floor above it), locked before
/// minimum, single filters (0 members) before those of a category (1), and small categories before
/// large ones. Equals are told apart by `last`, so that the order is the same in every run.
///
/// Entries that settings need go before all of these, and an allow that holds nothing open goes
/// behind them: that is known only where a browser's lists are filled.
fn importance(
    is_lifeline: bool,
    voice: &SiteVoice<'_>,
    members: usize,
    last: String,
) -> impl Ord + use<> {
    (Reverse(is_lifeline), standing(voice), members, last)
}

/// Whether browsers are told what a voice says before what another says.
pub(super) fn goes_before(voice: &SiteVoice<'_>, other: &SiteVoice<'_>) -> bool {
    standing(voice) < standing(other)
}

fn standing(voice: &SiteVoice<'_>) -> impl Ord + use<> {
    let Rank { layer, strength } = voice.rank();
    let is_joined = voice.says.joined.is_some();
    (voice.rule.footing(), is_joined, layer, strength)
}

fn of_filter(region: &Region<'_>) -> Decided<SiteEntry> {
    let rule = SiteRule {
        verdict: region.voice.says.verdict,
        filter: region.filter.clone(),
    };
    decided(&region.voice, SiteEntry::Filter(rule))
}

fn of_category(region: &CategoryRegion<'_>) -> Decided<SiteEntry> {
    let rule = CategoryRule {
        verdict: region.voice.says.verdict,
        category: region.category.clone(),
        except: region
            .except
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
    };
    decided(&region.voice, SiteEntry::Category(rule))
}

fn of_parts(region: &PartsRegion<'_>) -> Decided<PartsRule> {
    let rule = PartsRule {
        verdict: region.voice.says.verdict,
        category: region.category.clone(),
        parts: region.parts.clone(),
    };
    decided(&region.voice, rule)
}

fn decided<T>(voice: &SiteVoice<'_>, value: T) -> Decided<T> {
    Decided {
        value,
        rule: voice.rule.id().clone(),
        decision: voice.rule.decision().cloned(),
    }
}
