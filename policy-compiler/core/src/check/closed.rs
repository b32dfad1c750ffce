//! What the rules and the settings of a group close of a filter that somebody needs.

use std::collections::BTreeMap;

use fyr_schemas::RuleId;
use fyr_schemas::bundle::Engine;

use crate::desired::Verdict;
use crate::resolve::{Resolved, Sites};
use crate::source::Place;
use crate::target;
use crate::url_filter::UrlFilter;

/// What closes a needed filter, or a part of it.
pub(super) struct Block<'a> {
    /// The filter that is closed.
    pub(super) filter: UrlFilter,
    pub(super) rule: &'a RuleId,
    pub(super) place: Place,
}

/// The rules about sites that close a part of what `filter` matches.
pub(super) fn by_rules<'a>(
    sites: &Sites<'a>,
    filter: &UrlFilter,
) -> impl Iterator<Item = Block<'a>> {
    let mut parts = vec![filter.clone()];
    parts.extend(
        sites
            .voices
            .iter()
            .filter_map(|voice| voice.says.filter.intersection(filter)),
    );
    parts
        .into_iter()
        .filter_map(|part| sites.verdict_over(&part))
        .filter(|voice| voice.says.verdict == Verdict::Block)
        .map(|voice| Block {
            filter: voice.says.filter.clone(),
            rule: voice.rule.id(),
            place: voice.says.place,
        })
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
        for settled in resolved.settings.values() {
            let (setting, value) = (settled.setting, settled.holds.value);
            let closed = self
                .closed
                .entry((setting.name, value.to_string()))
                .or_insert_with(|| {
                    Engine::ALL
                        .into_iter()
                        .flat_map(|engine| target::sites_of(engine, setting, value))
                        .filter(|site| site.verdict == Verdict::Block)
                        .map(|site| site.filter)
                        .collect()
                });
            let mut closing = closed.iter().filter(|closed| closed.contains(filter));
            blocks.extend(closing.next().map(|closed| Block {
                filter: closed.clone(),
                rule: settled.holds.rule.id(),
                place: settled.holds.place,
            }));
        }
        blocks
    }
}
