//! What changes for whom between two policies, from one day on: within the year that bundles cover
//! of, when the school year turns, and on days beyond on which rules begin and end.
//!
//! Two policies are compared by what holds for each group, never by how they are written: a
//! rule that moves to another file, or is split in two, changes nothing. What is gone counts
//! like what is new.

mod addresses;
mod bounds;
mod crowd;
mod grounds;
mod later;
mod members;
mod moves;
mod settings;
mod site_risk;
mod sites;
mod times;
mod vacant;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fyr_schemas::{CaseNumber, GroupId};
use jiff::civil::Date;
use url::Url;

use self::crowd::Crowds;
use crate::compile::{Parsed, sound_of};
pub use crate::difference::{
    AddedGroup, AddressChange, Change, Content, Difference, Document, Effective, GroupsTouched,
    Holiday, Listed, Membership, Risk, Subject, Vacancy, Who, Whom, Zone,
};
use crate::finding::Diagnostic;
use crate::meant::Meant;
use crate::policy::{Assumptions, Ground, Policy};
use crate::resolve::{Resolution, resolve};
use crate::source::Sources;
use crate::time_slice::{Reported, TimeSlice};

/// Why two policies cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffError {
    /// The old policy has errors, so its effect is unknown.
    #[error("the old policy has errors: its effect is unknown")]
    OldFaulty(Vec<Diagnostic>),
    /// The new policy has errors, so it would not compile.
    #[error("the new policy has errors, so it would not compile")]
    NewFaulty(Vec<Diagnostic>),
    /// A case that is to be taken for decided is nowhere.
    #[error("unknown decision `{case}`")]
    UnknownCase {
        /// The case number given.
        case: CaseNumber,
        /// What was probably meant.
        meant: Meant,
    },
}

impl DiffError {
    /// What was probably meant by a name that the policy does not have.
    pub fn meant(&self) -> Option<&Meant> {
        match self {
            Self::UnknownCase { meant, .. } => Some(meant),
            Self::OldFaulty(_) | Self::NewFaulty(_) => None,
        }
    }
}

/// What two policies are compared for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The day both are read for.
    pub date: Date,
    /// The addresses whose verdicts are compared.
    pub addresses: Vec<Url>,
    /// What is taken for granted in the new policy: proposals, as if they were decided.
    pub what_if: Assumptions,
}

/// Compares two policies.
pub fn diff(
    old: &Sources,
    new: &Sources,
    comparison: &Comparison,
) -> Result<Difference, DiffError> {
    let Comparison {
        date,
        addresses,
        what_if,
    } = comparison;
    let date = *date;
    let read = [old, new].map(Parsed::of);
    let [old, new] = &read;
    let none = Assumptions::default();
    let mut old = sound_of(old.clone(), date, &none).map_err(DiffError::OldFaulty)?;
    let mut new = sound_of(new.clone(), date, what_if).map_err(DiffError::NewFaulty)?;
    for case in &what_if.in_force {
        if !new.decisions.contains_key(case) {
            return Err(DiffError::UnknownCase {
                case: case.clone(),
                meant: Meant::among(case.as_str(), new.decisions.keys().map(CaseNumber::as_str)),
            });
        }
    }
    vacant::fill(&mut old, &mut new);
    let sides = Sides::new(Side::new(&old), Side::new(&new));
    let crowds = Crowds::new(&new);
    let mut changes = what_holds(&sides, &crowds);
    changes.extend(grounds::changes(&sides, &crowds));
    let [of_old, of_new] = &read;
    let later = later::changes([of_old, of_new], comparison, &sides, &changes);
    changes.extend(later.changes);
    let mut addresses = addresses::changes(&sides, &crowds, addresses);
    let reported = changes.iter_mut().map(|change| &mut change.groups);
    for groups in reported.chain(addresses.iter_mut().map(|change| &mut change.groups)) {
        groups.retain(|group| !vacant::is_vacant(group));
    }
    changes.sort_by(|a, b| (b.risk, a).cmp(&(a.risk, b)));
    let groups = touched(&sides, &changes, &addresses);
    let cited = |held: fn(&Change) -> &Effective| -> BTreeSet<CaseNumber> {
        let held = changes.iter().map(held);
        held.filter_map(|held| held.decision.clone()).collect()
    };
    let after = cited(|change| &change.after);
    let only_before = &cited(|change| &change.before) - &after;
    let gravest = changes.iter().map(|change| change.risk);
    let of_addresses = addresses.iter().map(|change| change.risk);
    let of_groups = (!groups.removed.is_empty()).then_some(Risk::GroupRemoved);
    Ok(Difference {
        date,
        not_compared: later.left_out,
        risk: gravest
            .chain(of_addresses)
            .chain(of_groups)
            .max()
            .unwrap_or(Risk::Nothing),
        decisions: decisions(&new, &after),
        decisions_before: decisions(&old, &only_before),
        groups,
        changes,
        addresses,
    })
}

/// Everything that changes of what holds, on the days that both sides cover.
fn what_holds(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let mut changes = settings::changes(sides, crowds);
    changes.extend(sites::changes(sides, crowds));
    changes.extend(times::changes(sides, crowds));
    changes
}

/// One of the two policies, with what holds.
struct Side<'a> {
    policy: &'a Policy,
    resolution: Resolution<'a>,
}

impl<'a> Side<'a> {
    fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            resolution: resolve(policy),
        }
    }
}

/// Both policies.
struct Sides<'a> {
    old: Side<'a>,
    new: Side<'a>,
    /// Each group of the new policy that has something to be compared with.
    compared: BTreeMap<&'a GroupId, Compared<'a>>,
}

/// What a group is compared with.
struct Compared<'a> {
    /// The group of the old policy: itself, or the one whose place it takes.
    before: &'a GroupId,
    /// When.
    slices: Rc<Vec<TimeSlice>>,
}

fn touched(sides: &Sides<'_>, changes: &[Change], addresses: &[AddressChange]) -> GroupsTouched {
    let what_holds = changes.iter();
    let what_holds = what_holds.filter(|change| change.subject.is_in_force());
    let of_changes = what_holds.flat_map(|change| &change.groups);
    let of_addresses = addresses.iter().flat_map(|change| &change.groups);
    let differing: BTreeSet<GroupId> = of_changes.chain(of_addresses).cloned().collect();
    let [old, new] = [sides.old.policy, sides.new.policy].map(|policy| &policy.groups);
    let added = new.values().filter(|group| !old.contains_key(&group.id));
    let added = added.map(|group| {
        let compared = sides.compared.get(&group.id);
        let added = AddedGroup {
            unit: group.unit.clone(),
            stage: group.stage.clone(),
            replaces: compared.map(|compared| compared.before.clone()),
        };
        (group.id.clone(), added)
    });
    let removed = old.keys().filter(|group| !new.contains_key(*group));
    GroupsTouched {
        units: differing
            .iter()
            .filter_map(|group| Some(sides.new.policy.groups.get(group)?.unit.clone()))
            .collect(),
        changed: differing,
        added: added.collect(),
        removed: removed.cloned().collect(),
    }
}

/// What a policy says of cases.
fn decisions(policy: &Policy, cases: &BTreeSet<CaseNumber>) -> Vec<Ground> {
    let cases = cases.iter();
    cases.filter_map(|case| Ground::of(policy, case)).collect()
}

/// Changes gathered by what they are and when, with the groups that share each.
#[derive(Default)]
struct Gathered(Reported<(GroupId, Subject), (Risk, Steps)>);

/// What was in force, and what will be.
type Steps = (Effective, Effective);

impl Gathered {
    fn add(
        &mut self,
        (risk, subject): (Risk, Subject),
        held: Steps,
        (group, slice): (&GroupId, &TimeSlice),
    ) {
        if held.0 != held.1 {
            self.0
                .add_news((group.clone(), subject), (risk, held), slice);
        }
    }

    fn into_changes(self, crowds: &Crowds<'_>) -> Vec<Change> {
        let mut alike: BTreeMap<(Risk, Subject, Steps, TimeSlice), Vec<GroupId>> = BTreeMap::new();
        for ((group, subject), slice, (risk, held)) in self.0.into_all() {
            let groups = alike.entry((risk, subject, held, slice)).or_default();
            groups.push(group);
        }
        alike
            .into_iter()
            .map(|((risk, subject, (before, after), slice), groups)| Change {
                risk,
                subject,
                before,
                after,
                whom: crowds.whom(&groups),
                during: slice.during,
                days: slice.days,
                groups,
            })
            .collect()
    }
}
