//! Addresses that two policies decide over differently.

use std::collections::BTreeMap;

use fyr_schemas::GroupId;
use url::Url;

use super::{AddressChange, Crowds, Risk, Side, Sides};
use crate::desired::Verdict;
use crate::judge::Judge;

pub(super) fn changes(
    sides: &Sides<'_>,
    crowds: &Crowds<'_>,
    addresses: &[Url],
) -> Vec<AddressChange> {
    if addresses.is_empty() {
        return Vec::new();
    }
    let mut found: BTreeMap<(&Url, Verdict, Verdict), Vec<GroupId>> = BTreeMap::new();
    for group in sides.shared() {
        let (Some(old), Some(new)) = (judge(&sides.old, group), judge(&sides.new, group)) else {
            continue;
        };
        for url in addresses {
            let (before, after) = (old.verdict(url), new.verdict(url));
            if before != after {
                let groups = found.entry((url, before, after)).or_default();
                groups.push(group.clone());
            }
        }
    }
    let mut changes: Vec<AddressChange> = found
        .into_iter()
        .map(|((url, before, after), groups)| AddressChange {
            risk: if after < before {
                Risk::Weaker
            } else {
                Risk::Tighter
            },
            url: url.to_string(),
            before: before.word(),
            after: after.word(),
            whom: crowds.in_words(&groups),
            groups,
        })
        .collect();
    changes.sort_by(|a, b| (b.risk, a).cmp(&(a.risk, b)));
    changes
}

fn judge<'a>(side: &'a Side<'a>, group: &GroupId) -> Option<Judge<'a>> {
    let resolved = side.resolution.groups.get(group)?;
    Some(Judge::new(side.policy, resolved))
}
