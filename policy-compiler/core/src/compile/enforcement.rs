//! Where every site of every group is enforced, and where not: told once for all groups that are
//! alike, and worked out for those who ask alone.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::bundle::Engine;
use fyr_schemas::policy::Ownership;
use fyr_schemas::{CaseNumber, ControlId, GroupId, PeriodId, RuleId};
use jiff::civil::Date;
use serde::Serialize;

use super::lowering::Lowerings;
use super::sound;
use crate::desired::Desired;
use crate::diagnostic::Diagnostic;
use crate::lower::{self, Filled, Placement, Placements, SitesAt};
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

/// Where one engine enforces what is said of sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EnforcedSites {
    /// The engine.
    pub engine: Engine,
    /// How full its lists are.
    pub entries: Filled,
    /// Every control that wants a verdict over sites, by its name. A rule that says nothing which
    /// another does not say already wants none, nor does what a setting would open and a rule
    /// closes.
    pub controls: Vec<EnforcedControl>,
}

/// Where the sites of one control are enforced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EnforcedControl {
    /// The control: one verdict of a rule over sites, or a setting that needs sites closed or open.
    pub control: ControlId,
    /// The rule.
    pub rule: RuleId,
    /// The case that it cites.
    pub decision: Option<CaseNumber>,
    /// Its sites by where they are enforced; each is told once.
    pub sites: Vec<SitesIn>,
}

/// Sites, and where they are enforced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SitesIn {
    /// Where.
    #[serde(flatten)]
    pub place: Placement,
    /// Which.
    #[serde(flatten)]
    pub which: SitesAt,
}

/// Why there is no telling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnforcementError {
    /// The policy has errors, so nothing of it is enforced.
    #[error("the policy has errors: mend those above, then ask again")]
    Faulty(Vec<Diagnostic>),
    /// No group has this name.
    #[error(transparent)]
    UnknownGroup(#[from] UnknownGroup),
}

/// Tells where the policy of a day is enforced for a group, or for all of them, in the order of
/// groups, times and engines. Devices brought from home get no bundle, and nothing is enforced there.
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
    let mut lowerings = Lowerings::of(&policy);
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

impl EnforcedSites {
    /// What an engine enforces of what a group wants.
    pub(super) fn of(engine: &Placements, desired: &Desired) -> Self {
        let statements = lower::statements(desired);
        let reported = engine.by_control().into_iter();
        let controls = reported.filter_map(|(control, by_place)| {
            let statement = statements.get(&control)?;
            Some(EnforcedControl {
                rule: statement.rule.clone(),
                decision: statement.decision.clone(),
                control,
                sites: in_places(by_place),
            })
        });
        Self {
            engine: engine.engine(),
            entries: engine.filled(),
            controls: controls.collect(),
        }
    }
}

fn in_places(by_place: BTreeMap<Placement, SitesAt>) -> Vec<SitesIn> {
    let places = by_place.into_iter();
    places
        .map(|(place, which)| SitesIn { place, which })
        .collect()
}
