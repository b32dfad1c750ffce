//! Parts of sites that are too many for any browser's list, and whose verdicts are lost with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::closure::Closure;
use super::{CategoryRegion, Kept, Region};
use crate::category::Category;
use crate::resolve::{SiteClaim, Sites};
use crate::source::Place;
use crate::url_filter::Verdict;

/// Parts of a category that no browser is given, and the voice whose verdict is lost.
#[derive(Debug, Clone)]
pub struct PartsRegion<'a> {
    /// The category.
    pub category: &'a Arc<Category>,
    /// What decides over them.
    pub claim: SiteClaim<'a>,
    /// Which of its parts, by their numbers, sorted.
    pub parts: Arc<[usize]>,
}

impl<'a> Sites<'a> {
    /// The parts that are kept from browsers, except those over which the lists decide alike
    /// without them.
    pub(super) fn kept_parts(
        &self,
        closure: &Closure<'a>,
        kept: &Kept<'a>,
        categories: &[CategoryRegion<'a>],
        wildcard: Option<SiteClaim<'a>>,
    ) -> Vec<PartsRegion<'a>> {
        let mut regions = Vec::new();
        for category in self.keeping(closure) {
            let mut lost: BTreeMap<Place, (SiteClaim<'a>, Vec<usize>)> = BTreeMap::new();
            for (number, part) in category.parts.iter().enumerate() {
                let Some(claim) = self.verdict_over_filter(part) else {
                    continue;
                };
                let around = kept.around(part, categories, wildcard);
                let filter = part.clone();
                if !around.makes_idle(&Region { filter, claim }, false) {
                    let (_, numbers) = lost
                        .entry(claim.says.place)
                        .or_insert_with(|| (claim, Vec::new()));
                    numbers.push(number);
                }
            }
            regions.extend(lost.into_values().map(|(claim, numbers)| PartsRegion {
                category,
                claim,
                parts: numbers.into(),
            }));
        }
        regions
    }

    /// The hosts at which a part is open that is kept from browsers.
    pub(super) fn kept_open_hosts(&self, closure: &Closure<'a>) -> BTreeSet<&'a str> {
        self.keeping(closure)
            .filter(|category| self.may_differ(category, Verdict::Block))
            .flat_map(|category| &category.parts)
            .filter_map(|part| {
                let claim = self.verdict_over_filter(part)?;
                let is_open = claim.says.verdict.is_open();
                is_open.then(|| part.host_name()).flatten()
            })
            .collect()
    }

    fn keeping(&self, closure: &Closure<'a>) -> impl Iterator<Item = &'a Arc<Category>> {
        let categories = self.categories();
        categories.filter(|category| closure.keeps(category))
    }
}
