//! Addresses that two policies decide over differently.

use std::collections::BTreeMap;

use fyr_schemas::GroupId;
use url::Url;

use super::{AddressChange, Crowds, Risk, Sides};
use crate::desired::Verdict;
use crate::judge::Judge;
use crate::spell::{Spell, Told};

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
    let mut told = Told::default();
    for time in sides.times() {
        let old = Judge::new(sides.old.policy, time.old);
        let new = Judge::new(sides.new.policy, time.new);
        for url in addresses {
            let step = (old.verdict(url), new.verdict(url));
            if step.0 != step.1 {
                told.add_news((time.group, url), step, time.spell);
            }
        }
    }
    let mut found: BTreeMap<(&Url, Step, Spell), Vec<GroupId>> = BTreeMap::new();
    for ((group, url), spell, step) in told.into_all() {
        let groups = found.entry((url, step, spell)).or_default();
        groups.push(group.clone());
    }
    let mut changes: Vec<AddressChange> = found
        .into_iter()
        .map(|((url, (before, after), spell), groups)| AddressChange {
            risk: if after < before {
                Risk::Weaker
            } else {
                Risk::Tighter
            },
            url: url.to_string(),
            before: before.word(),
            after: after.word(),
            whom: crowds.in_words(&groups, &spell),
            during: spell.during,
            days: spell.days,
            groups,
        })
        .collect();
    changes.sort_by(|a, b| (b.risk, a).cmp(&(a.risk, b)));
    changes
}
