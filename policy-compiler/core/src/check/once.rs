//! Answers about sites, each worked out once for all groups and times that share them.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::resolve::Sites;

/// The answers to one question.
pub(super) struct OncePerSites<'a, T> {
    // INVARIANT: each answer keeps its sites, so no others are ever at their address.
    known: BTreeMap<*const Sites<'a>, (Rc<Sites<'a>>, T)>,
}

impl<T> Default for OncePerSites<'_, T> {
    fn default() -> Self {
        Self {
            known: BTreeMap::new(),
        }
    }
}

impl<'a, T> OncePerSites<'a, T> {
    /// The answer about `sites`.
    pub(super) fn answer(
        &mut self,
        sites: &Rc<Sites<'a>>,
        work_out: impl FnOnce(&Sites<'a>) -> T,
    ) -> &T {
        let known = self.known.entry(Rc::as_ptr(sites));
        let (_, answer) = known.or_insert_with(|| (Rc::clone(sites), work_out(sites)));
        answer
    }
}
