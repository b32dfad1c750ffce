//! What groups of the same settings share of a list: most of it is closed by settings, and comes first.

use std::cell::RefCell;
use std::rc::Rc;

use fyr_schemas::bundle::Engine;

use super::closed::{ClosedList, Packed};
use crate::lower::conflicts::ClosedBySettings;
use crate::lower::sites::{Entry, Lists, Origin};

/// The most beginnings that are kept.
const MOST_KNOWN: usize = 16;

/// The beginnings of a list so far, each with what is open that it may have to do with.
#[derive(Debug, Default)]
pub(in crate::lower) struct Known(RefCell<Vec<(Vec<Entry>, Rc<Begun>)>>);

/// A list with what settings close, before anything that rules do.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) packed: Rc<Packed>,
    /// What became of what settings close.
    pub(super) lists: Lists,
}

impl Known {
    /// The beginning of the list of these entries.
    pub(super) fn begin(
        &self,
        engine: Engine,
        entries: &[Entry],
        by_settings: &ClosedBySettings,
    ) -> Rc<Begun> {
        let meeting: Vec<&Entry> = entries
            .iter()
            .filter(|entry| match entry {
                Entry::One(site) => !site.is_closed() && by_settings.meet(&site.filter),
                Entry::Whole(whole) => !whole.is_closed(),
            })
            .collect();
        let found = self.0.borrow().iter().find_map(|(known, begun)| {
            let is_same = known.iter().eq(meeting.iter().copied());
            is_same.then(|| Rc::clone(begun))
        });
        found.unwrap_or_else(|| {
            let begun = Rc::new(Begun::of(engine, entries));
            let mut known = self.0.borrow_mut();
            if known.len() < MOST_KNOWN {
                let meeting = meeting.into_iter().cloned().collect();
                known.push((meeting, Rc::clone(&begun)));
            }
            begun
        })
    }
}

impl Begun {
    fn of(engine: Engine, entries: &[Entry]) -> Self {
        let mut lists = Lists::default();
        let mut closed = ClosedList::after(Rc::default(), engine, entries);
        for entry in entries {
            match entry {
                Entry::One(site) if is_begun_with(entry) => closed.one(site, &mut lists),
                Entry::One(_) | Entry::Whole(_) => {}
            }
        }
        Self {
            packed: Rc::new(closed.into_packed()),
            lists,
        }
    }
}

/// Whether a setting closes it.
pub(super) fn is_begun_with(entry: &Entry) -> bool {
    match entry {
        Entry::One(site) => site.is_closed() && site.origin == Origin::Setting,
        Entry::Whole(_) => false,
    }
}
