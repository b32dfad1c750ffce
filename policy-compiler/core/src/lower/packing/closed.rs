//! The list of what is closed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fyr_schemas::bundle::Engine;

use super::written;
use crate::gap::{LONGEST_LIST, LossReason};
use crate::lower::sites::{Entry, Lists, Site, Whole};
use crate::url_filter::{ByHost, UrlFilter};

/// Entries of a list.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// Each entry; `None` where a wider one took its place.
    entries: Vec<Option<String>>,
    texts: BTreeSet<String>,
    by_host: ByHost<(usize, UrlFilter)>,
}

/// The entries so far.
pub(super) struct ClosedList<'e> {
    engine: Engine,
    opens: Opens<'e>,
    /// What others share, which comes before everything else.
    begun: Rc<Packed>,
    /// Which of that a wider one took the place of, with its text.
    replaced: BTreeMap<usize, String>,
    /// What comes after it; it is numbered on.
    own: Packed,
}

impl<'e> ClosedList<'e> {
    /// A list that goes on from what was `begun` of it, beside everything that `entries` open.
    pub(super) fn after(begun: Rc<Packed>, engine: Engine, entries: &'e [Entry]) -> Self {
        Self {
            engine,
            opens: Opens::of(entries),
            begun,
            replaced: BTreeMap::new(),
            own: Packed::default(),
        }
    }

    /// The entries, for others to go on from.
    pub(super) fn into_packed(self) -> Packed {
        self.own
    }

    /// Adds one filter, or records that it does not fit.
    pub(super) fn one(&mut self, site: &Site, lists: &mut Lists) {
        let text = match written(self.engine, &site.filter) {
            Ok(text) => text,
            Err(reason) => return lists.lose(site, reason),
        };
        if !self.closes(&text, &site.filter) {
            if self.room() == 0 {
                let within = self.within(&site.filter);
                if within.is_empty() {
                    return lists.lose(site, LossReason::ListFull);
                }
                self.remove(&within);
            }
            self.push(text, site.filter.clone());
        }
        lists.entered.insert((site.control.clone(), site.verdict));
    }

    /// Adds the domains of a category, or leaves it to another target.
    pub(super) fn whole(&mut self, whole: &Whole, lists: &mut Lists) {
        if whole.rule.count() > LONGEST_LIST {
            return lists.left.push(whole.clone());
        }
        let mut needed = Vec::new();
        for site in whole.sites() {
            match written(self.engine, &site.filter) {
                Ok(text) if self.closes(&text, &site.filter) => {}
                Ok(text) => needed.push((text, site.filter)),
                Err(reason) => lists.lose(&site, reason),
            }
        }
        if needed.len() > self.room() {
            let within: Vec<usize> = needed
                .iter()
                .flat_map(|(_, domain)| self.within(domain))
                .collect();
            if needed.len() > self.room() + within.len() {
                return lists.left.push(whole.clone());
            }
            self.remove(&within);
        }
        for (text, domain) in needed {
            self.push(text, domain);
        }
        let entered = (whole.control.clone(), whole.rule.verdict);
        lists.entered.insert(entered);
    }

    /// The entries as the engine writes them.
    pub(super) fn into_entries(self) -> Vec<String> {
        let begun = self.begun.entries.iter().enumerate();
        let begun = begun.filter(|(number, _)| !self.replaced.contains_key(number));
        let begun = begun.filter_map(|(_, text)| text.clone());
        begun
            .chain(self.own.entries.into_iter().flatten())
            .collect()
    }

    fn room(&self) -> usize {
        let begun = self.begun.texts.len() - self.replaced.len();
        LONGEST_LIST.saturating_sub(begun + self.own.texts.len())
    }

    fn push(&mut self, text: String, filter: UrlFilter) {
        let number = self.begun.entries.len() + self.own.entries.len();
        self.own.by_host.file(&filter.clone(), (number, filter));
        self.own.texts.insert(text.clone());
        self.own.entries.push(Some(text));
    }

    fn remove(&mut self, numbers: &[usize]) {
        for number in numbers {
            if let Some(own) = number.checked_sub(self.begun.entries.len()) {
                let text = self.own.entries.get_mut(own).and_then(Option::take);
                text.map(|text| self.own.texts.remove(&text));
            } else {
                let text = self.begun.entries.get(*number).cloned().flatten();
                self.replaced.extend(text.map(|text| (*number, text)));
            }
        }
    }

    fn is_here(&self, number: usize) -> bool {
        let entry = match number.checked_sub(self.begun.entries.len()) {
            Some(own) => self.own.entries.get(own),
            None => self.begun.entries.get(number),
        };
        entry.is_some_and(Option::is_some) && !self.replaced.contains_key(&number)
    }

    fn has(&self, text: &str) -> bool {
        let is_begun = self.begun.texts.contains(text);
        self.own.texts.contains(text)
            || is_begun && !self.replaced.values().any(|replaced| replaced == text)
    }

    /// Whether the list closes a filter already.
    fn closes(&self, text: &str, filter: &UrlFilter) -> bool {
        let begun = self.begun.by_host.around(filter);
        self.has(text)
            || begun
                .chain(self.own.by_host.around(filter))
                .any(|(number, wider)| {
                    self.is_here(*number)
                        && wider.contains(filter)
                        && !self.opens.come_between(wider, filter)
                })
    }

    /// The entries that a filter makes superfluous.
    fn within(&self, filter: &UrlFilter) -> Vec<usize> {
        let begun = self.begun.by_host.near(filter);
        begun
            .chain(self.own.by_host.near(filter))
            .filter(|(number, narrower)| {
                self.is_here(*number)
                    && filter.contains(narrower)
                    && !self.opens.come_between(filter, narrower)
            })
            .map(|(number, _)| *number)
            .collect()
    }
}

/// What stays open.
struct Opens<'e> {
    ones: ByHost<&'e UrlFilter>,
    wholes: Vec<&'e Whole>,
}

impl<'e> Opens<'e> {
    fn of(entries: &'e [Entry]) -> Self {
        let mut opens = Self {
            ones: ByHost::default(),
            wholes: Vec::new(),
        };
        for entry in entries {
            match entry {
                Entry::One(site) if !site.is_closed() => {
                    opens.ones.file(&site.filter, &site.filter);
                }
                Entry::Whole(whole) if !whole.is_closed() => opens.wholes.push(whole),
                Entry::One(_) | Entry::Whole(_) => {}
            }
        }
        opens
    }

    /// Whether a browser without an entry for the narrower filter would decide over a part of it
    /// by something open, rather than by the wider one.
    fn come_between(&self, wider: &UrlFilter, narrower: &UrlFilter) -> bool {
        let ranks = wider.specificity()..narrower.specificity();
        let comes_between =
            |open: &UrlFilter| ranks.contains(&open.specificity()) && open.overlaps(narrower);
        self.ones.near(narrower).any(|open| comes_between(open))
            || self.wholes.iter().any(|whole| {
                let host = narrower.host_name();
                let domain = host.and_then(|host| whole.rule.domain_over(host));
                domain.is_some_and(|domain| comes_between(&UrlFilter::of_domain(domain)))
            })
    }
}
