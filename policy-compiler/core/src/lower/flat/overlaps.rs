//! Where categories overlap, and what is decided there: computed once for all groups.

use std::collections::BTreeMap;
use std::ptr;
use std::rc::Rc;

use fyr_schemas::CategoryId;

use crate::category::Category;
use crate::policy::SiteStatement;
use crate::resolve::SiteClaim;

/// The domains of two categories of which one lies below the other.
type Nested<'a> = Rc<[(&'a str, &'a str)]>;

/// Where categories overlap, for each two that were asked about, and what is decided there.
#[derive(Debug, Default)]
pub(super) struct Overlaps<'a> {
    known: BTreeMap<(&'a CategoryId, &'a CategoryId), Nested<'a>>,
    /// A number for everything that was said of categories.
    on_categories: BTreeMap<Vec<*const SiteStatement>, usize>,
    decided: BTreeMap<(usize, &'a str), Option<SiteClaim<'a>>>,
}

impl<'a> Overlaps<'a> {
    /// Each domain of the one category with a domain of the other that it lies below, that lies
    /// below it, or that it is.
    pub(super) fn of(&mut self, one: &'a Category, other: &'a Category) -> Nested<'a> {
        let found = self.known.entry((&one.id, &other.id)).or_insert_with(|| {
            if one.domains.len() <= other.domains.len() {
                nested(one, other).collect()
            } else {
                nested(other, one).map(|(a, b)| (b, a)).collect()
            }
        });
        Rc::clone(found)
    }

    /// A number for these statements about categories: it is the same for the same ones.
    // INVARIANT: the policy keeps its statements, so no others are ever at their addresses.
    pub(super) fn number(
        &mut self,
        on_categories: impl Iterator<Item = &'a SiteStatement>,
    ) -> usize {
        let next = self.on_categories.len();
        *self
            .on_categories
            .entry(on_categories.map(ptr::from_ref).collect())
            .or_insert(next)
    }

    /// What the statements of a number decide over a domain of which nothing else is said.
    pub(super) fn decided(
        &mut self,
        on_categories: usize,
        domain: &'a str,
        decide: impl FnOnce() -> Option<SiteClaim<'a>>,
    ) -> Option<SiteClaim<'a>> {
        *self
            .decided
            .entry((on_categories, domain))
            .or_insert_with(decide)
    }
}

fn nested<'a>(few: &'a Category, many: &'a Category) -> impl Iterator<Item = (&'a str, &'a str)> {
    few.domains.iter().flat_map(|name| {
        let above = many.domains.covering(name);
        let below = many.domains.below(name).filter(move |below| *below != name);
        above
            .into_iter()
            .chain(below)
            .map(move |other| (name, other))
    })
}
