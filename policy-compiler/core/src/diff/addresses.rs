//! Addresses that two policies decide over differently.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::{GroupId, PeriodId};
use url::Url;

use super::{AddressChange, Crowds, Risk, Sides, Told};
use crate::desired::Verdict;
use crate::judge::Judge;

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
    let mut found: BTreeMap<(&Url, Step, BTreeSet<PeriodId>), Vec<GroupId>> = BTreeMap::new();
    let mut told = Told::default();
    for time in sides.times() {
        let old = Judge::new(sides.old.policy, time.old);
        let new = Judge::new(sides.new.policy, time.new);
        for url in addresses {
            let step = (old.verdict(url), new.verdict(url));
            if told.is_news((time.group, url), &step, &time.during) {
                let groups = found.entry((url, step, time.during.clone())).or_default();
                groups.push(time.group.clone());
            }
        }
    }
    let mut changes: Vec<AddressChange> = found
        .into_iter()
        .map(|((url, (before, after), during), groups)| AddressChange {
            risk: if after < before {
                Risk::Weaker
            } else {
                Risk::Tighter
            },
            url: url.to_string(),
            before: before.word(),
            after: after.word(),
            whom: crowds.in_words(&groups, &during),
            during,
            groups,
        })
        .collect();
    changes.sort_by(|a, b| (b.risk, a).cmp(&(a.risk, b)));
    changes
}
