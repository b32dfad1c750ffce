//! The flat lists as targets read them, the most important entry first.

use std::cmp::Reverse;

use super::{CategoryRegion, Flat, PartsRegion, Region};
use crate::desired::{CategoryRule, Decided, PartsRule, SiteEntry};
use crate::policy::EssentialHosts;
use crate::resolve::{Rank, SiteClaim};
use crate::url_filter::SiteRule;

impl Flat<'_> {
    /// What browsers are to be given, the most important first.
    pub(crate) fn entries(&self, essential_hosts: &EssentialHosts<'_>) -> Vec<Decided<SiteEntry>> {
        let filters = self.filters.iter().map(|region| {
            let is_listed = region.claim.says.sites.category().is_some();
            let last = region.filter.to_string();
            let is_essential =
                region.claim.says.verdict.is_open() && essential_hosts.need(&region.filter);
            let members = usize::from(is_listed);
            (
                importance(is_essential, &region.claim, members, last),
                of_filter(region),
            )
        });
        let categories = self.categories.iter().map(|region| {
            let last = region.category.id.to_string();
            let is_essential = region.claim.says.verdict.is_open()
                && essential_hosts.need_of(region.category, &region.except);
            let members = region.category.len();
            (
                importance(is_essential, &region.claim, members, last),
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
        let filters = &self.filters;
        let is_open = |region: &&Region<'_>| region.claim.says.verdict.is_open();
        let is_everything_closed = do_settings_close_everything
            || filters
                .iter()
                .any(|region| region.filter.is_wildcard() && !is_open(&region));
        let categories = self.categories.iter();
        let categories = categories
            .filter(|region| is_everything_closed && region.verdict().is_open())
            .map(|region| region.category.len() - region.except.len());
        filters.iter().filter(is_open).count() + categories.sum::<usize>()
    }

    /// What no browser is given, since it is too much.
    pub(crate) fn kept_entries(&self) -> Vec<Decided<PartsRule>> {
        self.kept.iter().map(of_parts).collect()
    }
}

/// What browsers are given first, where they cannot be given all: what keeps an essential host open before
/// everything else, then floors with a decision before those without one, and those before what
/// bounds no unit; what rules name before the services that join it by a category or a status; then
/// higher units before lower ones (no school's own list pushes out a floor above it), locked before
/// minimum, single filters (0 members) before those of a category (1), and small categories before
/// large ones. Equals are distinguished by `last`, so that the order is the same in every run.
///
/// Entries that settings need go before all of these, and an allow that holds nothing open goes
/// behind them: that is known only where a browser's lists are filled.
fn importance(
    is_essential: bool,
    claim: &SiteClaim<'_>,
    members: usize,
    last: String,
) -> impl Ord + use<> {
    (Reverse(is_essential), authority_of(claim), members, last)
}

/// Whether browsers are given what a voice says before what another says.
pub(super) fn goes_before(claim: &SiteClaim<'_>, other: &SiteClaim<'_>) -> bool {
    authority_of(claim) < authority_of(other)
}

fn authority_of(claim: &SiteClaim<'_>) -> impl Ord + use<> {
    let Rank { layer, strength } = claim.rank();
    let is_joined = claim.says.joined.is_some();
    (claim.rule.authority(), is_joined, layer, strength)
}

fn of_filter(region: &Region<'_>) -> Decided<SiteEntry> {
    let rule = SiteRule {
        verdict: region.claim.says.verdict,
        filter: region.filter.clone(),
    };
    decided(&region.claim, SiteEntry::Filter(rule))
}

fn of_category(region: &CategoryRegion<'_>) -> Decided<SiteEntry> {
    let rule = CategoryRule {
        verdict: region.claim.says.verdict,
        category: region.category.clone(),
        except: region
            .except
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
    };
    decided(&region.claim, SiteEntry::Category(rule))
}

fn of_parts(region: &PartsRegion<'_>) -> Decided<PartsRule> {
    let rule = PartsRule {
        verdict: region.claim.says.verdict,
        category: region.category.clone(),
        parts: region.parts.clone(),
    };
    decided(&region.claim, rule)
}

fn decided<T>(claim: &SiteClaim<'_>, value: T) -> Decided<T> {
    Decided {
        value,
        rule: claim.rule.id().clone(),
        decision: claim.rule.decision().cloned(),
    }
}
