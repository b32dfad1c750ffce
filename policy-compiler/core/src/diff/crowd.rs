//! Groups in words: a stage of a unit where that says it, names where nothing else does.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::bundle::Audience;
use fyr_schemas::{GroupId, StageId, UnitPath};

use super::vacant::is_vacant;
use crate::phrase::groups_in_words;
use crate::policy::{Group, Policy};
use crate::time_slice::TimeSlice;

/// All groups of a policy, to tell some of them by what they have in common.
pub(super) struct Crowds<'a> {
    groups: Vec<&'a Group>,
    /// Those that do not exist yet.
    vacant: BTreeMap<&'a GroupId, &'a Group>,
}

impl<'a> Crowds<'a> {
    pub(super) fn new(policy: &'a Policy) -> Self {
        let all = policy.groups.values();
        let (vacant, groups): (Vec<_>, Vec<_>) = all.partition(|group| is_vacant(&group.id));
        Self {
            groups,
            vacant: vacant.into_iter().map(|group| (&group.id, group)).collect(),
        }
    }

    /// `mellemtrin in /skoler`, `pupils`, `all groups`, or names; and when.
    pub(super) fn in_words(&self, ids: &[GroupId], slice: &TimeSlice) -> String {
        let (vacant, groups): (Vec<_>, Vec<_>) = ids.iter().partition(|id| is_vacant(id));
        let groups: Vec<GroupId> = groups.into_iter().cloned().collect();
        let slice = slice.in_words();
        let vacancies = self.vacancies(&vacant, &groups);
        if groups.is_empty() {
            return vacancies.unwrap_or_default() + &slice;
        }
        let vacancies = vacancies.map(|vacancies| format!("; {vacancies}"));
        self.whom(&groups) + &slice + &vacancies.unwrap_or_default()
    }

    /// `udskoling in /skoler/oest, which has no class yet`: those that the others do not stand for, being
    /// of the same stage around their unit, or all pupils or staff there.
    fn vacancies(&self, vacant: &[&GroupId], groups: &[GroupId]) -> Option<String> {
        let wanted: BTreeSet<&GroupId> = groups.iter().collect();
        let members = self.groups.iter();
        let members: Vec<&Group> = members
            .filter(|group| wanted.contains(&group.id))
            .copied()
            .collect();
        let common = common_unit(&members);
        let is_all_of = |audience: Audience| {
            let mut below = self.groups.iter().filter(|group| {
                let common = common.as_ref();
                group.audience == audience && common.is_some_and(|unit| unit.contains(&group.unit))
            });
            below.clone().next().is_some() && below.all(|group| wanted.contains(&group.id))
        };
        let [all_pupils, all_staff] = [Audience::Pupils, Audience::Staff].map(is_all_of);
        let is_meant = |vacant: &&&Group| {
            let is_around = common
                .as_ref()
                .is_some_and(|unit| unit.contains(&vacant.unit));
            let is_all = match vacant.audience {
                Audience::Pupils => all_pupils,
                Audience::Staff => all_staff,
            };
            is_around && (is_all || members.iter().any(|member| member.stage == vacant.stage))
        };
        let vacant: Vec<&Group> = vacant
            .iter()
            .filter_map(|id| self.vacant.get(id).copied())
            .collect();
        let others = vacant.iter().filter(|vacant| !is_meant(vacant));
        let places: BTreeSet<String> = others
            .map(|group| format!("{} in {}", group.stage, group.unit))
            .collect();
        let places: Vec<String> = places.into_iter().collect();
        let named = match places.as_slice() {
            [] => return None,
            [_] | [_, _] => places.join(" and "),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        Some(format!("{named}, which has no class yet"))
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
            return Some("all groups".to_owned());
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
