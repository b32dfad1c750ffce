//! What groups share whose rules say the same of sites: worked out once for all of them.

use std::collections::BTreeMap;
use std::rc::Rc;

use fyr_schemas::{CategoryId, RuleId};

use super::Sites;
use crate::policy::{Category, Rule};
use crate::resolve::Breach;

/// What was worked out so far, by the rules that speak of sites.
#[derive(Debug, Default)]
pub(in crate::resolve) struct Shared<'a> {
    by_rules: BTreeMap<Vec<&'a RuleId>, Layered<'a>>,
    overlaps: Overlaps<'a>,
}

/// What rules say of sites, and what of it they may not say.
#[derive(Debug, Clone)]
pub(in crate::resolve) struct Layered<'a> {
    pub(in crate::resolve) sites: Rc<Sites<'a>>,
    pub(in crate::resolve) breaches: Rc<[Breach]>,
}

impl<'a> Shared<'a> {
    /// Layers the verdicts of `rules`, which are sorted from the top down.
    pub(in crate::resolve) fn layer(&mut self, rules: &[&'a Rule]) -> Layered<'a> {
        let speaking: Vec<&'a Rule> = rules
            .iter()
            .copied()
            .filter(|rule| !rule.sites.is_empty())
            .collect();
        let names = speaking.iter().map(|rule| rule.id()).collect();
        let layered = self.by_rules.entry(names).or_insert_with(|| {
            let sites = Sites::new(&speaking, &mut self.overlaps);
            Layered {
                breaches: sites.breaches().into(),
                sites: Rc::new(sites),
            }
        });
        layered.clone()
    }
}

/// The domains of two categories of which one lies below the other.
type Nested<'a> = Rc<[(&'a str, &'a str)]>;

/// Where categories overlap, for each two that were asked about.
#[derive(Debug, Default)]
pub(super) struct Overlaps<'a> {
    known: BTreeMap<(&'a CategoryId, &'a CategoryId), Nested<'a>>,
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
