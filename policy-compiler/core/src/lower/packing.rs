//! Fills an engine's two lists, which hold a thousand entries each: the most important first,
//! and of a category all domains or none.
//!
//! What changes nothing takes no room: a closed filter within another closed one, and an allow
//! that holds nothing open where the list is full.

mod closed;
mod known;
mod open;

use std::rc::Rc;

use fyr_schemas::bundle::Engine;

use self::closed::ClosedList;
pub(super) use self::known::Known;
use self::known::is_begun_with;
use self::open::OpenList;
use super::conflicts::ClosedBySettings;
use super::sites::{Entry, Lists, Need};
use super::{chromium, firefox};
use crate::gap::LossReason;
use crate::url_filter::{ByHost, UrlFilter, Verdict};

/// Fills the lists with what is wanted, the most important first; what settings close is given apart,
/// since many groups share it.
// INVARIANT: what settings close comes before what rules do.
pub(super) fn pack(
    engine: Engine,
    entries: &[Entry],
    by_settings: &ClosedBySettings,
    known: &Known,
) -> Lists {
    let begun = known.begin(engine, entries, by_settings);
    let mut lists = begun.lists.clone();
    let mut closed = ClosedList::after(Rc::clone(&begun.packed), engine, entries);
    for entry in entries.iter().filter(|entry| !is_begun_with(entry)) {
        match entry {
            Entry::One(site) if site.is_closed() => closed.one(site, &mut lists),
            Entry::Whole(whole) if whole.is_closed() => closed.whole(whole, &mut lists),
            Entry::One(_) | Entry::Whole(_) => {}
        }
    }
    lists.closed = closed.into_entries();
    let mut open = OpenList::new(engine, entries, &lists.left);
    for entry in entries {
        match entry {
            Entry::One(site) if !site.is_closed() => open.one(site, &mut lists),
            Entry::Whole(whole) if !whole.is_closed() => open.whole(whole, &mut lists),
            Entry::One(_) | Entry::Whole(_) => {}
        }
    }
    open.finish(&mut lists);
    // No browser shows guidance by its own policy.
    for entry in entries {
        match entry {
            Entry::One(site) if site.verdict == Verdict::Warn => {
                lists.lose(site, LossReason::NoWarning);
            }
            Entry::Whole(whole) if whole.rule.verdict == Verdict::Warn => {
                lists.lose_whole(whole, LossReason::NoWarning);
            }
            Entry::One(_) | Entry::Whole(_) => {}
        }
    }
    lists
}

/// A filter as the engine writes it.
pub(super) fn written(engine: Engine, filter: &UrlFilter) -> Result<String, LossReason> {
    match engine {
        Engine::Chromium => Ok(filter.to_string()),
        Engine::Firefox => firefox::match_pattern(filter),
    }
}

/// What an open filter needs beside everything that is closed.
fn need(
    engine: Engine,
    filter: &UrlFilter,
    verdict: Verdict,
    closed: &ByHost<UrlFilter>,
) -> Result<Need, LossReason> {
    match engine {
        Engine::Chromium => Ok(chromium::need(filter, verdict, closed)),
        Engine::Firefox => firefox::need(filter, closed),
    }
}
