//! Groups in words: a stage of a unit where that says it, names where nothing else does.

use std::collections::BTreeSet;

use fyr_schemas::bundle::Audience;
use fyr_schemas::{GroupId, StageId, UnitPath};

use crate::diagnostic::groups_in_words;
use crate::policy::{Group, Policy};
use crate::spell::Spell;

/// All groups of a policy, to tell some of them by what they have in common.
pub(super) struct Crowds<'a> {
    groups: Vec<&'a Group>,
}

impl<'a> Crowds<'a> {
    pub(super) fn new(policy: &'a Policy) -> Self {
        Self {
            groups: policy.groups.values().collect(),
        }
    }

    /// `mellemtrin in /skoler`, `pupils`, `everybody`, or names; and when.
    pub(super) fn in_words(&self, ids: &[GroupId], spell: &Spell) -> String {
        self.whom(ids) + &spell.in_words()
    }

    fn whom(&self, ids: &[GroupId]) -> String {
        let wanted: BTreeSet<&GroupId> = ids.iter().collect();
        let members: Vec<&Group> = self
            .groups
            .iter()
            .filter(|group| wanted.contains(&group.id))
            .copied()
            .collect();
        let shared = common_unit(&members);
        match shared.and_then(|unit| self.by_kind(&unit, &members).map(|who| (unit, who))) {
            Some((unit, who)) if unit == UnitPath::root() => who,
            Some((unit, who)) => format!("{who} in {unit}"),
            None => groups_in_words(&ids.iter().collect::<Vec<_>>()),
        }
    }

    /// Who the members are, when they are all of their kind below a unit.
    fn by_kind(&self, unit: &UnitPath, members: &[&Group]) -> Option<String> {
        let below: Vec<&Group> = self
            .groups
            .iter()
            .filter(|group| unit.contains(&group.unit))
            .copied()
            .collect();
        if below.len() == members.len() && members.len() > 1 {
            return Some("everybody".to_owned());
        }
        for (audience, word) in [(Audience::Pupils, "pupils"), (Audience::Staff, "staff")] {
            let all = below.iter().filter(|group| group.audience == audience);
            if same(all, members) {
                return Some(word.to_owned());
            }
        }
        let stages: BTreeSet<&StageId> = members.iter().map(|group| &group.stage).collect();
        let all = below.iter().filter(|group| stages.contains(&group.stage));
        same(all, members).then(|| {
            let stages: Vec<&str> = stages.into_iter().map(StageId::as_str).collect();
            stages.join(", ")
        })
    }
}

fn same<'a>(all: impl Iterator<Item = &'a &'a Group>, members: &[&Group]) -> bool {
    let all: BTreeSet<&GroupId> = all.map(|group| &group.id).collect();
    let members: BTreeSet<&GroupId> = members.iter().map(|group| &group.id).collect();
    !members.is_empty() && all == members
}

/// The lowest unit that all of them stand in or below.
fn common_unit(members: &[&Group]) -> Option<UnitPath> {
    let mut unit = members.first()?.unit.clone();
    while !members.iter().all(|group| unit.contains(&group.unit)) {
        unit = unit.parent()?;
    }
    Some(unit)
}
