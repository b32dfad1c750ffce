//! What holds for each group: every rule that reaches it, layer by layer, floors first.
//!
//! Never fails, and never weakens a floor: a rule that tries is a [`Breach`], and what holds
//! is what the floor says.

mod settings;
mod sites;

use std::collections::BTreeMap;
use std::rc::Rc;

use fyr_schemas::{GroupId, RuleId};

pub use self::settings::{Settled, Voice};
pub use self::sites::{CategoryRegion, Flat, Inexpressible, Region, SiteVoice, Sites};
use crate::policy::{Group, Policy};
use crate::source::Place;

/// What holds for one group, and who said so.
#[derive(Debug)]
pub struct Resolved<'a> {
    /// The group.
    pub group: &'a Group,
    /// Every setting that a rule speaks of, by name.
    pub settings: BTreeMap<&'static str, Settled<'a>>,
    /// Every verdict over a site; groups whose rules say the same of sites share it.
    pub sites: Rc<Sites<'a>>,
}

/// A lower or equal rule that says what it may not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    /// What is wrong with it.
    pub kind: BreachKind,
    /// The setting or site it is about.
    pub subject: String,
    /// What stands above.
    pub above: Said,
    /// What may not be said.
    pub below: Said,
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
pub struct Said {
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
    /// Each group.
    pub groups: BTreeMap<&'a GroupId, Resolved<'a>>,
    /// Each breach, with the groups it is about.
    pub breaches: BTreeMap<Breach, Vec<&'a GroupId>>,
}

/// Resolves every group of a policy.
pub fn resolve(policy: &Policy) -> Resolution<'_> {
    let mut resolution = Resolution {
        groups: BTreeMap::new(),
        breaches: BTreeMap::new(),
    };
    let mut shared = sites::Shared::default();
    for (id, group) in &policy.groups {
        let rules = policy.rules_for(group);
        let layered = shared.layer(policy, group, &rules);
        let mut breaches = layered.breaches.to_vec();
        let resolved = Resolved {
            group,
            settings: settings::settle(&rules, group, &mut breaches),
            sites: layered.sites,
        };
        resolution.groups.insert(id, resolved);
        breaches.sort();
        breaches.dedup();
        for breach in breaches {
            resolution.breaches.entry(breach).or_default().push(id);
        }
    }
    resolution
}
