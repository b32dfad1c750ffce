//! Addresses that two policies decide over differently.

use std::collections::BTreeMap;

use fyr_schemas::GroupId;
use url::Url;

use super::{AddressChange, Crowds, Risk, Sides};
use crate::judge::Judge;
use crate::lower::FlatLists;
use crate::time_slice::{Reported, TimeSlice};
use crate::url_filter::Verdict;

/// The verdict before, and after.
type Step = (Verdict, Verdict);

pub(super) fn changes(
    sides: &Sides<'_>,
    crowds: &Crowds<'_>,
    addresses: &[Url],
) -> Vec<AddressChange> {
    if addresses.is_empty() {
        return Vec::new();
    }
    let mut reported = Reported::default();
    let (old_lists, new_lists) = (FlatLists::default(), FlatLists::default());
    for time in sides.times() {
        let old = Judge::new(sides.old.policy, time.old, &old_lists);
        let new = Judge::new(sides.new.policy, time.new, &new_lists);
        for url in addresses {
            let step = (old.verdict(url), new.verdict(url));
            if step.0 != step.1 {
                reported.add_news((time.group, url), step, time.slice);
            }
        }
    }
    let mut found: BTreeMap<(&Url, Step, TimeSlice), Vec<GroupId>> = BTreeMap::new();
    for ((group, url), slice, step) in reported.into_all() {
        let groups = found.entry((url, step, slice)).or_default();
        groups.push(group.clone());
    }
    let mut changes: Vec<AddressChange> = found
        .into_iter()
        .map(|((url, (before, after), slice), groups)| AddressChange {
            risk: if after < before {
                Risk::Weaker
            } else {
                Risk::Tighter
            },
            url: url.to_string(),
            before,
            after,
            whom: crowds.whom(&groups),
            during: slice.during,
            days: slice.days,
            groups,
        })
        .collect();
    changes.sort_by(|a, b| (b.risk, a).cmp(&(a.risk, b)));
    changes
}
