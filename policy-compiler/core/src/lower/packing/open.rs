//! The list of what stays open.

use std::collections::BTreeSet;

use fyr_schemas::ControlId;
use fyr_schemas::bundle::Engine;

use super::{Need, need, written};
use crate::gap::{LONGEST_LIST, LossReason};
use crate::lower::sites::{Entry, Lists, Site, Whole};
use crate::url_filter::{ByHost, UrlFilter, Verdict};

/// The entries so far.
pub(super) struct OpenList {
    engine: Engine,
    /// Everything that is closed, or that was meant to be.
    closed: ByHost<UrlFilter>,
    /// Whether what no entry opens is closed.
    is_everything_closed: bool,
    entries: Vec<OpenEntry>,
    /// Those of the entries that are needed.
    needed: BTreeSet<String>,
}

struct OpenEntry {
    text: String,
    need: Need,
    entered: (ControlId, Verdict),
}

impl OpenList {
    /// An empty list beside all that is closed except the categories that were `left` out.
    pub(super) fn new(engine: Engine, entries: &[Entry], left: &[Whole]) -> Self {
        let (mut closed, mut is_everything_closed) = (ByHost::default(), false);
        for entry in entries {
            match entry {
                Entry::One(site) if site.is_closed() => {
                    is_everything_closed |= site.filter.is_wildcard();
                    closed.file(&site.filter, site.filter.clone());
                }
                Entry::Whole(whole) if whole.is_closed() && !left.contains(whole) => {
                    for site in whole.sites() {
                        closed.file(&site.filter, site.filter.clone());
                    }
                }
                Entry::One(_) | Entry::Whole(_) => {}
            }
        }
        Self {
            engine,
            closed,
            is_everything_closed,
            entries: Vec::new(),
            needed: BTreeSet::new(),
        }
    }

    /// Adds one filter if it needs an entry, or records that it does not fit.
    pub(super) fn one(&mut self, site: &Site, lists: &mut Lists) {
        let text = match written(self.engine, &site.filter) {
            Ok(text) => text,
            Err(reason) => return lists.lose(site, reason),
        };
        let need = match need(self.engine, &site.filter, site.verdict, &self.closed) {
            Ok(Need::Nothing) => return,
            Ok(need) => need,
            Err(reason) => return lists.lose(site, reason),
        };
        if need == Need::Entry && !self.needed.contains(&text) {
            if self.room() == 0 {
                return lists.lose(site, LossReason::ListFull);
            }
            self.needed.insert(text.clone());
        }
        self.entries.push(OpenEntry {
            text,
            need,
            entered: (site.control.clone(), site.verdict),
        });
    }

    /// Adds the domains of a category where everything around them is closed, or records that
    /// they do not fit.
    pub(super) fn whole(&mut self, whole: &Whole, lists: &mut Lists) {
        if !self.is_everything_closed {
            return;
        }
        if whole.rule.count() > self.room() {
            return lists.lose_whole(whole, LossReason::ListFull);
        }
        for site in whole.sites() {
            self.one(&site, lists);
        }
    }

    /// Writes what is needed, and promises as far as there is room, in the order they came.
    pub(super) fn finish(self, lists: &mut Lists) {
        let mut room = self.room();
        let mut texts = BTreeSet::new();
        for OpenEntry {
            text,
            need,
            entered,
        } in self.entries
        {
            if !texts.contains(&text) {
                if need != Need::Entry {
                    let Some(less) = room.checked_sub(1) else {
                        continue;
                    };
                    room = less;
                }
                lists.open.push(text.clone());
                texts.insert(text);
            }
            lists.entered.insert(entered);
        }
    }

    /// What is left for what is needed: promises give way.
    fn room(&self) -> usize {
        LONGEST_LIST.saturating_sub(self.needed.len())
    }
}
