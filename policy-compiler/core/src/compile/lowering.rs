//! Lowers what groups want, and shares what is alike: groups are many and differ in little.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::enforced_sites::EnforcedSites;
use super::{desired, oldest_browsers};
use crate::lower::{Clash, FlatLists, Groundwork, Lowered, Placements, SettingValues, Unknown};
use crate::policy::{EssentialHosts, Policy};
use crate::resolve::{Resolved, Sites};
use crate::source::Place;

/// For how many sets of values settings are kept lowered. Neighbours share theirs, and what is asked
/// for again later is lowered again: thousands of schools with values of their own take no memory.
const KEPT: usize = 64;

/// What was lowered so far for the groups of one policy.
pub(super) struct Lowerings<'p, 'r> {
    policy: &'p Policy,
    lists: &'p FlatLists<'r>,
    /// Settings that were lowered, those of the last group at the end.
    recent: VecDeque<(SettingValues<'r>, Rc<Groundwork>)>,
    by_wish: BTreeMap<Wish<'r>, Lowered>,
    /// How often a wish is still to be lowered: the last time nothing is kept.
    expected: BTreeMap<Wish<'r>, usize>,
    objections: BTreeMap<Wish<'r>, Objections>,
    enforced: BTreeMap<Wish<'r>, Rc<[EnforcedSites]>>,
}

/// The clashes, and what the oldest browsers do not know.
pub(super) type Objections = (Vec<Clash>, Vec<Unknown>);

/// Every setting of a group with the place of its value, which holds one value of one rule.
pub(super) type Settings = Vec<(&'static str, Place)>;

/// What a group requires, distinguished from what others do without being written out: groups whose
/// rules say the same of sites share what came of it.
pub(super) type Wish<'r> = (Settings, *const Sites<'r>);

impl<'p, 'r> Lowerings<'p, 'r> {
    pub(super) fn of(policy: &'p Policy, lists: &'p FlatLists<'r>) -> Self {
        Self {
            policy,
            lists,
            recent: VecDeque::new(),
            by_wish: BTreeMap::new(),
            expected: BTreeMap::new(),
            objections: BTreeMap::new(),
            enforced: BTreeMap::new(),
        }
    }

    /// Expects to lower what holds for groups, each as often as it is here.
    pub(super) fn expect(&mut self, all: impl Iterator<Item = &'r Resolved<'r>>) {
        for resolved in all {
            *self.expected.entry(wish(resolved)).or_default() += 1;
        }
    }

    /// What a group's policy is lowered to, as [`lower`](crate::lower::lower) would have it.
    pub(super) fn lower(&mut self, resolved: &'r Resolved<'r>) -> Lowered {
        let wish = wish(resolved);
        let expected = self.expected.entry(wish.clone()).or_default();
        *expected = expected.saturating_sub(1);
        let is_last = *expected == 0;
        let lowered = self.by_wish.remove(&wish).unwrap_or_else(|| {
            let groundwork = self.groundwork(resolved);
            groundwork.lower(&desired(self.policy, resolved, self.lists))
        });
        if !is_last {
            self.by_wish.insert(wish, lowered.clone());
        }
        lowered.for_group(resolved.group)
    }

    /// What lowering a group's policy would report; lowers it only if necessary.
    pub(super) fn objections(&mut self, resolved: &'r Resolved<'r>) -> &Objections {
        let groundwork = self.groundwork(resolved);
        self.objections.entry(wish(resolved)).or_insert_with(|| {
            // Nothing is left out of a list here, and so nothing comes first.
            let sites = self
                .lists
                .of(&resolved.sites)
                .entries(&EssentialHosts::default());
            let known = groundwork.objections(&sites);
            known.unwrap_or_else(|| {
                let lowered = groundwork.lower(&desired(self.policy, resolved, self.lists));
                (lowered.clashes, lowered.too_new)
            })
        })
    }

    /// Where each engine enforces what a group's policy says of sites.
    pub(super) fn enforced(&mut self, resolved: &'r Resolved<'r>) -> Rc<[EnforcedSites]> {
        let groundwork = self.groundwork(resolved);
        let enforced = self.enforced.entry(wish(resolved)).or_insert_with(|| {
            let desired = desired(self.policy, resolved, self.lists);
            let engines = groundwork.placements(&desired);
            engines
                .iter()
                .map(|engine| EnforcedSites::of(engine, &desired))
                .collect()
        });
        Rc::clone(enforced)
    }

    /// Where each engine enforces what a group's policy says of sites; `None` where there is room
    /// for all that it opens.
    pub(super) fn placements_if_full(
        &mut self,
        resolved: &'r Resolved<'r>,
    ) -> Option<[Placements; 2]> {
        let groundwork = self.groundwork(resolved);
        let flat = self.lists.of(&resolved.sites);
        let opened = flat.opened(groundwork.closes_everything());
        let is_full = opened > groundwork.room_to_open();
        is_full.then(|| groundwork.placements(&desired(self.policy, resolved, self.lists)))
    }

    fn groundwork(&mut self, resolved: &'r Resolved<'r>) -> Rc<Groundwork> {
        let values = values(resolved);
        let known = self.recent.iter().rposition(|(of, _)| *of == values);
        let known = known.and_then(|at| self.recent.remove(at));
        let (values, groundwork) = known.unwrap_or_else(|| {
            let oldest = oldest_browsers(self.policy);
            let groundwork = Groundwork::of(&values, &oldest);
            (values, Rc::new(groundwork))
        });
        if self.recent.len() >= KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back((values, Rc::clone(&groundwork)));
        groundwork
    }
}

fn values<'r>(resolved: &'r Resolved<'r>) -> SettingValues<'r> {
    let settings = resolved.settings.values();
    settings
        .map(|effective| (effective.control, effective.holds.value))
        .collect()
}

fn settings(resolved: &Resolved<'_>) -> Settings {
    let settings = resolved.settings.iter();
    settings
        .map(|(name, effective)| (*name, effective.holds.place))
        .collect()
}

/// What a group requires of sites, distinguished like its settings.
pub(super) fn wish<'r>(resolved: &'r Resolved<'r>) -> Wish<'r> {
    (settings(resolved), std::ptr::from_ref(&*resolved.sites))
}
