//! Where every site of every group is enforced, and where not: reported once for all groups that are
//! alike, and worked out for those who ask alone.

use std::collections::BTreeSet;

use fyr_policy_source::Ownership;
use fyr_schemas::{GroupId, PeriodId};
use jiff::civil::Date;
use serde::Serialize;

use super::enforced_sites::EnforcedSites;
use super::lowering::Lowerings;
use super::sound;
use crate::finding::Diagnostic;
use crate::lower::FlatLists;
use crate::meant::Meant;
use crate::policy::{Assumptions, UnknownGroup};
use crate::resolve::resolve;
use crate::source::Sources;

/// Where one engine enforces what is said of sites, for the groups that it holds for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Enforcement {
    /// The groups, and the times at which it holds for them.
    pub groups: Vec<GroupAtTime>,
    /// What holds for them.
    #[serde(flatten)]
    pub enforced: EnforcedSites,
}

/// A group while certain periods run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct GroupAtTime {
    /// The group.
    pub group: GroupId,
    /// The periods that run; none of the timetable where it is empty.
    pub during: BTreeSet<PeriodId>,
}

/// Why there is no telling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnforcementError {
    /// The policy has errors, so nothing of it is enforced.
    #[error("the policy has errors: fix them, then repeat the command")]
    Faulty(Vec<Diagnostic>),
    /// No group has this name.
    #[error(transparent)]
    UnknownGroup(#[from] UnknownGroup),
}

impl EnforcementError {
    /// What was probably meant by a group that does not exist.
    pub fn meant(&self) -> Option<&Meant> {
        match self {
            Self::UnknownGroup(UnknownGroup { meant, .. }) => Some(meant),
            Self::Faulty(_) => None,
        }
    }
}

/// Tells where the policy of a day is enforced for a group, or for all of them, in the order of
/// groups, times and engines. Personal devices get no bundle, and nothing is enforced there.
pub fn enforcement(
    sources: &Sources,
    date: Date,
    group: Option<&str>,
) -> Result<Vec<Enforcement>, EnforcementError> {
    let policy = sound(sources, date, &Assumptions::default()).map_err(EnforcementError::Faulty)?;
    if let Some(group) = group
        && !policy.groups.keys().any(|known| known.as_str() == group)
    {
        return Err(policy.no_group(group).into());
    }
    let resolution = resolve(&policy);
    let lists = FlatLists::default();
    let mut lowerings = Lowerings::of(&policy, &lists);
    let mut alike: Vec<Enforcement> = Vec::new();
    let asked = resolution.group_by_group().filter(|resolved| {
        let id = resolved.group.id.as_str();
        resolved.group.ownership == Ownership::Managed && group.is_none_or(|group| group == id)
    });
    for resolved in asked {
        let at_time = GroupAtTime {
            group: resolved.group.id.clone(),
            during: resolved.during.clone(),
        };
        for enforced in lowerings.enforced(resolved).iter() {
            match alike.iter_mut().find(|known| known.enforced == *enforced) {
                Some(known) => known.groups.push(at_time.clone()),
                None => alike.push(Enforcement {
                    groups: vec![at_time.clone()],
                    enforced: enforced.clone(),
                }),
            }
        }
    }
    Ok(alike)
}
