//! What groups have in common: a stage of a unit where that says it, names where nothing else does.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::bundle::Audience;
use fyr_schemas::{GroupId, StageId, UnitPath};

use super::vacant::is_vacant;
use crate::difference::{Vacancy, Who, Whom};
use crate::policy::{Group, Policy};

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

    /// What some groups have in common.
    pub(super) fn whom(&self, ids: &[GroupId]) -> Whom {
        let (vacant, groups): (Vec<&GroupId>, Vec<&GroupId>) =
            ids.iter().partition(|id| is_vacant(id));
        let without_class = self.vacancies(&vacant, &groups);
        let (who, unit) = match groups.as_slice() {
            [] => (None, None),
            groups => self.who(groups),
        };
        Whom {
            who,
            unit,
            without_class,
        }
    }

    /// Stages without a class that the others do not stand for, being of the same stage around their
    /// unit, or all pupils or staff there.
    fn vacancies(&self, vacant: &[&GroupId], groups: &[&GroupId]) -> BTreeSet<Vacancy> {
        let wanted: BTreeSet<&GroupId> = groups.iter().copied().collect();
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
        others
            .map(|group| Vacancy {
                stage: group.stage.clone(),
                unit: group.unit.clone(),
            })
            .collect()
    }

    fn who(&self, ids: &[&GroupId]) -> (Option<Who>, Option<UnitPath>) {
        let wanted: BTreeSet<&GroupId> = ids.iter().copied().collect();
        let members: Vec<&Group> = self
            .groups
            .iter()
            .filter(|group| wanted.contains(&group.id))
            .copied()
            .collect();
        let shared = common_unit(&members);
        match shared.and_then(|unit| self.by_kind(&unit, &members).map(|who| (unit, who))) {
            Some((unit, who)) => (Some(who), (unit != UnitPath::root()).then_some(unit)),
            None => (
                Some(Who::Groups(ids.iter().copied().cloned().collect())),
                None,
            ),
        }
    }

    /// Who the members are, when they are all of their kind below a unit.
    fn by_kind(&self, unit: &UnitPath, members: &[&Group]) -> Option<Who> {
        let below: Vec<&Group> = self
            .groups
            .iter()
            .filter(|group| unit.contains(&group.unit))
            .copied()
            .collect();
        if below.len() == members.len() && members.len() > 1 {
            return Some(Who::AllGroups);
        }
        for (audience, who) in [
            (Audience::Pupils, Who::Pupils),
            (Audience::Staff, Who::Staff),
        ] {
            let all = below.iter().filter(|group| group.audience == audience);
            if same(all, members) {
                return Some(who);
            }
        }
        let stages: BTreeSet<&StageId> = members.iter().map(|group| &group.stage).collect();
        let all = below.iter().filter(|group| stages.contains(&group.stage));
        same(all, members).then(|| Who::Stages(stages.into_iter().cloned().collect()))
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
