//! Lowers what groups want, each thing once: groups are many and differ in little.

use std::collections::BTreeMap;

use super::desired;
use crate::policy::Policy;
use crate::resolve::{Resolved, Sites};
use crate::source::Place;
use crate::target::{self, Lowered};

/// What was lowered so far for the groups of one policy.
pub(super) struct Lowerings<'p, 'r> {
    policy: &'p Policy,
    by_wish: BTreeMap<Wish<'r>, Lowered>,
}

/// What a group wants, told apart from what others do without being written out: a place holds one
/// value of one rule, and groups whose rules say the same of sites share what came of it.
type Wish<'r> = (Vec<(&'static str, Place)>, *const Sites<'r>);

impl<'p, 'r> Lowerings<'p, 'r> {
    pub(super) fn of(policy: &'p Policy) -> Self {
        Self {
            policy,
            by_wish: BTreeMap::new(),
        }
    }

    /// What a group's policy is lowered to, as [`target::lower`] would have it.
    pub(super) fn lower(&mut self, resolved: &'r Resolved<'r>) -> Lowered {
        let settings = resolved.settings.iter();
        let settings = settings.map(|(name, settled)| (*name, settled.holds.place));
        let wish = (settings.collect(), std::ptr::from_ref(&*resolved.sites));
        let lowered = self
            .by_wish
            .entry(wish)
            .or_insert_with(|| target::lower(&desired(self.policy, resolved)));
        lowered.for_group(resolved.group)
    }
}
