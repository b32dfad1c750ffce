//! What holds for each group: every rule that reaches it, layer by layer, floors first.
//!
//! Never fails, and never weakens a floor: a rule that tries is a [`Breach`], and what holds
//! is what the floor says.

mod days;
mod settings;
mod sites;
mod times;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fyr_schemas::timetable::Timetable;
use fyr_schemas::{GroupId, PeriodId, RuleId};
use jiff::civil::Date;

pub(crate) use self::days::stretches;
pub use self::settings::{EffectiveSetting, SettingClaim};
pub(crate) use self::sites::Rank;
pub use self::sites::{SiteClaim, Sites};
pub(crate) use self::times::MOST_VARIANTS;
use self::times::{Breaches, Times};
use crate::policy::{Group, Policy, Rule};
use crate::source::Place;

/// What holds for one group while certain periods run, and who said so.
#[derive(Debug)]
pub struct Resolved<'a> {
    /// The group.
    pub group: &'a Group,
    /// The periods of its timetable that run.
    pub during: BTreeSet<PeriodId>,
    /// Every setting that a rule speaks of, by name.
    pub settings: BTreeMap<&'static str, EffectiveSetting<'a>>,
    /// Every verdict over a site; wherever rules say the same of sites, they share it.
    pub sites: Rc<Sites<'a>>,
}

impl Resolved<'_> {
    /// The first day on which it holds, where that is still to come.
    pub(crate) fn since(&self) -> Option<Date> {
        self.during.iter().filter_map(PeriodId::day).max()
    }
}

/// A lower or equal rule that says what it may not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    /// What is wrong with it.
    pub kind: BreachKind,
    /// The setting or site it is about.
    pub subject: String,
    /// What stands above.
    pub above: QuotedClaim,
    /// What may not be said.
    pub below: QuotedClaim,
}

/// What is wrong with a [`Breach`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BreachKind {
    /// Weaker than a minimum above.
    WeakerThanFloor,
    /// Another value than the locked one above.
    ChangesLocked,
    /// Two rules of one unit disagree.
    SameLayer,
    /// Another verdict than the bound one above.
    SiteBelowFloor,
}

/// One side of a [`Breach`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuotedClaim {
    /// The rule.
    pub rule: RuleId,
    /// The value or verdict, in the words of the source.
    pub value: String,
    /// Where it says so.
    pub place: Place,
}

/// Everything that holds on the day of a policy.
#[derive(Debug)]
pub struct Resolution<'a> {
    /// Each group on the day of the policy, while no period runs.
    pub groups: BTreeMap<&'a GroupId, Resolved<'a>>,
    /// Each group whose rules depend on the timetable, at other times.
    pub timed: BTreeMap<&'a GroupId, Timed<'a>>,
    /// Each group with more combinations of periods than its devices carry.
    pub crowded: Vec<&'a GroupId>,
    /// Each group with more days on which rules begin or end than its devices carry, by the days that
    /// bundles do not include.
    pub not_included: BTreeMap<BTreeSet<Date>, Vec<&'a GroupId>>,
    /// Each breach, with the groups it is about.
    pub breaches: BTreeMap<Breach, Vec<&'a GroupId>>,
}

/// What holds for one group at other times than those without a period.
#[derive(Debug)]
pub struct Timed<'a> {
    /// When which periods run for the group.
    pub timetable: Timetable,
    /// What holds in each combination of periods that runs at some time.
    pub variants: Vec<Resolved<'a>>,
}

impl<'a> Resolution<'a> {
    /// What holds for every group at every time.
    pub fn at_all_times(&self) -> impl Iterator<Item = &Resolved<'a>> {
        let timed = self.timed.values().flat_map(|timed| &timed.variants);
        self.groups.values().chain(timed)
    }

    /// The same, group by group.
    pub fn group_by_group(&self) -> impl Iterator<Item = &Resolved<'a>> {
        self.groups.iter().flat_map(|(group, base)| {
            let timed = self.timed.get(group).into_iter();
            std::iter::once(base).chain(timed.flat_map(|timed| &timed.variants))
        })
    }

    /// What holds for a group at the times at which a rule does.
    pub fn whenever(&self, rule: &Rule, group: &Group) -> impl Iterator<Item = &Resolved<'a>> {
        let time_scope = rule.time_scope.clone();
        self.all_of(&group.id)
            .filter(move |resolved| time_scope.holds_while(&resolved.during))
    }
}

/// Resolves every group of a policy at every time.
pub fn resolve(policy: &Policy) -> Resolution<'_> {
    let mut resolution = Resolution {
        groups: BTreeMap::new(),
        timed: BTreeMap::new(),
        crowded: Vec::new(),
        not_included: BTreeMap::new(),
        breaches: BTreeMap::new(),
    };
    let (mut times, mut shared) = (Times::default(), sites::Shared::default());
    for (id, group) in &policy.groups {
        let rules = policy.rules_for(group);
        let Ok(times) = times.of_group(policy, group, &rules) else {
            resolution.crowded.push(id);
            continue;
        };
        if !times.not_included.is_empty() {
            resolution
                .not_included
                .entry(times.not_included)
                .or_default()
                .push(id);
        }
        let mut breaches = Breaches::default();
        let mut variants: Vec<Resolved<'_>> = Vec::new();
        for (running, rules) in times.combinations {
            let mut found = Vec::new();
            let layered = shared.layer(policy, group, &rules);
            found.extend_from_slice(&layered.breaches);
            variants.push(Resolved {
                group,
                during: running,
                settings: settings::resolve_settings(&rules, group, &mut found),
                sites: layered.sites,
            });
            breaches.add(&rules, found);
        }
        for breach in breaches.into_wrong() {
            resolution.breaches.entry(breach).or_default().push(id);
        }
        // The first combination is the one without a period.
        let mut variants = variants.into_iter();
        resolution
            .groups
            .extend(variants.next().map(|base| (id, base)));
        if let Some(timetable) = times.timetable {
            let variants = variants.collect();
            let at_other_times = Timed {
                timetable,
                variants,
            };
            resolution.timed.insert(id, at_other_times);
        }
    }
    resolution
}
