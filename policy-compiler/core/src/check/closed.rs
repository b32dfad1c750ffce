//! What the rules and the settings of a group close of a filter that is needed.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::bundle::Engine;
use fyr_schemas::{CategoryId, RuleId};

use crate::category::Member;
use crate::finding::Blocked;
use crate::lower;
use crate::policy::SiteSet;
use crate::resolve::{Resolved, SiteClaim, Sites};
use crate::source::Place;
use crate::url_filter::{UrlFilter, Verdict};

/// What closes a needed filter, or a part of it.
#[derive(Clone)]
pub(super) struct Block<'a> {
    /// The filter that is closed.
    pub(super) filter: UrlFilter,
    /// The category that lists it, unless the rule names it.
    category: Option<&'a CategoryId>,
    pub(super) rule: &'a RuleId,
    pub(super) place: Place,
}

impl Block<'_> {
    /// What is blocked, as data.
    pub(super) fn blocked(&self) -> Blocked {
        Blocked {
            rule: self.rule.clone(),
            filter: self.filter.to_string(),
            category: self.category.cloned(),
        }
    }

    /// Whether it closes more than all of `needed`.
    pub(super) fn is_around(&self, needed: &UrlFilter) -> bool {
        self.filter != *needed && self.filter.contains(needed)
    }
}

/// The rules about sites that close a part of what `filter` matches.
pub(super) fn by_rules<'a>(sites: &Sites<'a>, filter: &UrlFilter) -> Vec<Block<'a>> {
    let mut parts = BTreeSet::from([filter.clone()]);
    let claims = sites.claims.iter();
    parts.extend(claims.flat_map(|claim| claim.says.sites.within(filter)));
    parts
        .into_iter()
        .filter_map(|part| Some((sites.verdict_over_filter(&part)?, part)))
        .filter(|(claim, _)| claim.says.verdict == Verdict::Block)
        .map(|(claim, part)| Block::by_rule(claim, part))
        .collect()
}

impl<'a> Block<'a> {
    fn by_rule(claim: SiteClaim<'a>, part: UrlFilter) -> Self {
        let (filter, category) = match &claim.says.sites {
            SiteSet::Filter(filter) => (filter.clone(), None),
            SiteSet::Category(category) => {
                let member = category.member_around(&part);
                (member.map_or(part, Member::to_filter), Some(&category.id))
            }
        };
        Self {
            filter,
            category,
            rule: claim.rule.id(),
            place: claim.says.place,
        }
    }
}

/// The sites that settings close to put themselves in force. Groups share values, so what one
/// value closes is worked out once.
#[derive(Default)]
pub(super) struct BySettings {
    closed: BTreeMap<(&'static str, String), Vec<UrlFilter>>,
}

impl BySettings {
    /// The settings of a group that close all of what `filter` matches. Single pages that they
    /// close on every host of a vendor are no part of signing in or of helping.
    pub(super) fn closing<'a>(
        &mut self,
        resolved: &Resolved<'a>,
        filter: &UrlFilter,
    ) -> Vec<Block<'a>> {
        let mut blocks = Vec::new();
        for effective in resolved.settings.values() {
            let (setting, value) = (effective.setting, effective.holds.value);
            let closed = self
                .closed
                .entry((setting.name, value.to_string()))
                .or_insert_with(|| {
                    Engine::ALL
                        .into_iter()
                        .flat_map(|engine| lower::sites_of(engine, setting, value))
                        .filter(|site| site.verdict == Verdict::Block)
                        .map(|site| site.filter)
                        .collect()
                });
            let mut closing = closed.iter().filter(|closed| closed.contains(filter));
            blocks.extend(closing.next().map(|closed| Block {
                filter: closed.clone(),
                category: None,
                rule: effective.holds.rule.id(),
                place: effective.holds.place,
            }));
        }
        blocks
    }
}
