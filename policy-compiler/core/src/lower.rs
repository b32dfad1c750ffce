//! Lowers what a group wants to what its browsers obey: one bundle, and every gap in it.
//!
//! Every control says for every engine how it is enforced; what cannot be is a gap and never
//! silent. Nothing is emitted that the catalogue does not know.

mod chromium;
mod conflicts;
mod engine;
mod firefox;
mod flat;
mod list_policy;
mod merge;
mod packing;
mod placements;
mod sites;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::BrowserVersion;
use fyr_schemas::bundle::{Bundle, ClosedList, Control, Coverage, Engine, FORMAT, Gap, GapReason};
use fyr_schemas::id::HostName;
use fyr_schemas::{CaseNumber, ControlId, RuleId};

use self::engine::{Draft, Enforced, pinned};
pub(crate) use self::engine::{acts_on, sites_of};
pub use self::firefox::as_compared;
pub(crate) use self::flat::MOST_REGIONS;
pub use self::flat::{
    CategoryRegion, Flat, FlatLists, Inexpressible, Obstacle, PartsRegion, Region,
};
pub(crate) use self::placements::Placements;
pub use self::placements::{AllBut, Filled, Placement, SitesAt};
use self::sites::Whole;
use crate::desired::{CategoryRule, Decided, Desired, SiteEntry};
pub use crate::gap::LossReason;
use crate::gap::{Cause, LONGEST_LIST};
use crate::policy::Group;
use crate::settings::Value;
use crate::url_filter::Verdict;
use crate::wording::{self, Language};

/// One group's policy as its devices get it, and what the compiler has to say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Lowered {
    /// What the group's devices enforce.
    pub bundle: Bundle,
    /// Controls that want the same policy to be different things; each is for the compiler to
    /// report as an error.
    pub clashes: Vec<Clash>,
    /// What the oldest browsers of the fleet do not know; each is for the compiler to report as a
    /// warning. It is among the [gaps](Self::gaps) too.
    pub too_new: Vec<Unknown>,
}

/// A policy that the oldest browser of the fleet does not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    /// The browser.
    pub engine: Engine,
    /// The control that takes the policy.
    pub control: ControlId,
    /// The policy, or a member of its table.
    pub policy: String,
    /// The versions that know it, in words.
    pub needs: String,
    /// The oldest version in use.
    pub oldest: BrowserVersion,
}

/// The gap of a rule over the account on a personal device.
pub(crate) fn unreached() -> Gap {
    gap(GapReason::NoTarget, &[Cause::Unreached])
}

/// A gap as bundles describe it: in English, which is the language of every device's log.
pub(crate) fn gap(reason: GapReason, causes: &[Cause]) -> Gap {
    Gap {
        reason,
        detail: wording::causes(causes, Language::English),
    }
}

/// Two controls that no single policy file can satisfy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clash {
    /// The browser.
    pub engine: Engine,
    /// The policy both want to set, or the URL filter both decide over.
    pub subject: String,
    /// The control that had its way.
    pub kept: ControlId,
    /// The control that did not.
    pub dropped: ControlId,
}

/// Lowers what one group wants.
pub fn lower(desired: &Desired) -> Lowered {
    groundwork(desired).lower(desired)
}

/// Where each engine enforces what one group wants of sites.
pub(crate) fn placements(desired: &Desired) -> [Placements; 2] {
    groundwork(desired).placements(desired)
}

fn groundwork(desired: &Desired) -> Groundwork {
    let settings = desired.settings.iter();
    let values = settings.map(|(control, decided)| (control, &decided.value));
    Groundwork::of(&values.collect(), &desired.oldest_browsers)
}

/// The value of each setting, whichever rule holds it.
pub(crate) type SettingValues<'v> = BTreeMap<&'v ControlId, &'v Value>;

/// What the values of settings alone come to, for any sites: the same for all groups with these
/// values.
#[derive(Debug)]
pub(crate) struct Groundwork {
    drafts: [Draft; 2],
    /// The names that some engine needs pinned.
    pinned: BTreeSet<HostName>,
}

impl Groundwork {
    /// Lowers settings.
    pub(crate) fn of(
        settings: &SettingValues<'_>,
        oldest_browsers: &BTreeMap<Engine, BrowserVersion>,
    ) -> Self {
        let drafts = Engine::ALL.map(|engine| {
            let oldest = oldest_browsers.get(&engine).copied();
            Draft::of_settings(engine, settings, oldest)
        });
        Self {
            pinned: pinned(&drafts),
            drafts,
        }
    }

    /// Lowers what a group of these settings wants.
    pub(crate) fn lower(&self, desired: &Desired) -> Lowered {
        let enforced = self.drafts.clone();
        lowered(
            desired,
            enforced.map(|draft| draft.enforce(desired, &self.pinned)),
        )
    }

    /// Where each engine puts the verdicts over sites in force, of a group of these settings.
    pub(crate) fn placements(&self, desired: &Desired) -> [Placements; 2] {
        let drafts = self.drafts.clone();
        Placements::on_one_device(
            drafts.map(|draft| draft.placements(desired, &self.pinned)),
            &desired.kept_parts,
        )
    }

    /// How many sites rules may open so that every browser's list holds them all.
    pub(crate) fn room_to_open(&self) -> usize {
        let opened = self.drafts.iter().map(Draft::opened);
        LONGEST_LIST.saturating_sub(opened.max().unwrap_or_default())
    }

    /// Whether settings close everything that no entry opens.
    pub(crate) fn closes_everything(&self) -> bool {
        self.drafts.iter().any(Draft::closes_everything)
    }

    /// What lowering these sites with the settings would report; `None` where it takes lowering
    /// them to know.
    pub(crate) fn objections(
        &self,
        sites: &[Decided<SiteEntry>],
    ) -> Option<(Vec<Clash>, Vec<Unknown>)> {
        let (mut clashes, mut too_new) = (Vec::new(), Vec::new());
        for draft in &self.drafts {
            if !draft.knows_lists() {
                return None;
            }
            let (of_engine, unknown) = draft.objections(sites);
            clashes.extend(of_engine);
            too_new.extend(unknown);
        }
        Some((clashes, too_new))
    }
}

fn lowered(desired: &Desired, [mut chromium, mut firefox]: [Enforced; 2]) -> Lowered {
    let mut hosts = std::mem::take(&mut chromium.hosts);
    hosts.append(&mut firefox.hosts);
    let mut clashes = std::mem::take(&mut chromium.clashes);
    clashes.append(&mut firefox.clashes);
    let mut too_new = std::mem::take(&mut chromium.too_new);
    too_new.append(&mut firefox.too_new);
    let closed = closed_by_name(&chromium.left, &firefox.left)
        .map(|whole| (whole.rule.category.id.clone(), closed_list(&whole.rule)))
        .collect();
    let controls = statements(desired)
        .into_iter()
        .map(|(id, statement)| Control {
            coverage: BTreeMap::from([
                (Engine::Chromium, chromium.coverage(&id)),
                (Engine::Firefox, firefox.coverage(&id)),
            ]),
            id,
            value: statement.value,
            rule: statement.rule,
            decision: statement.decision,
        })
        .collect();
    Lowered {
        bundle: Bundle {
            format: FORMAT,
            organisation: desired.organisation.clone(),
            group: desired.group.clone(),
            unit: desired.unit.clone(),
            unit_name: desired.unit_name.clone(),
            audience: desired.audience,
            stage: desired.stage.clone(),
            controls,
            decisions: desired.decisions.clone(),
            chromium: chromium.policies,
            firefox: firefox.policies,
            hosts,
            closed,
            timetable: None,
            variants: Vec::new(),
        },
        clashes,
        too_new,
    }
}

impl Lowered {
    /// The same for a group that wants the same.
    pub(crate) fn for_group(mut self, group: &Group) -> Self {
        self.bundle.group = group.id.clone();
        self.bundle.unit = group.unit.clone();
        self.bundle.unit_name.clone_from(&group.unit_name);
        self.bundle.audience = group.audience;
        self.bundle.stage = group.stage.clone();
        self
    }

    /// Every gap: the control, the engine, and why. What names alone cannot close of a category
    /// is reported here, although its control holds as far as names go.
    pub fn gaps(&self) -> impl Iterator<Item = (&Control, Engine, Gap)> {
        self.bundle.controls.iter().flat_map(|control| {
            let gap = move |(engine, coverage): (&Engine, &Coverage)| {
                let gap = match coverage {
                    Coverage::Gap(gap) => gap.clone(),
                    Coverage::Lists(categories) => {
                        let categories = categories.iter().cloned().collect();
                        self::gap(GapReason::Partial, &[Cause::ByNames(categories)])
                    }
                    Coverage::Policy(_) | Coverage::Hosts(_) | Coverage::Inherent => return None,
                };
                Some((control, *engine, gap))
            };
            control.coverage.iter().filter_map(gap)
        })
    }
}

/// The categories that one engine or the other has no room for: the device closes their names for
/// all that runs on it.
fn closed_by_name<'w>(
    chromium: &'w [Whole],
    firefox: &'w [Whole],
) -> impl Iterator<Item = &'w Whole> {
    chromium.iter().chain(firefox)
}

/// The names of a category as a device closes them.
fn closed_list(rule: &CategoryRule) -> ClosedList {
    let names = rule.category.host_names();
    ClosedList {
        digest: names.digest.clone(),
        length: names.text.len() as u64,
        names: names.count,
        except: rule
            .except
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect(),
    }
}

/// A control before it is known what enforces it.
pub(crate) struct Statement {
    value: String,
    /// The rule that won.
    pub(crate) rule: RuleId,
    /// The case that it cites.
    pub(crate) decision: Option<CaseNumber>,
}

/// One statement a setting, and one for each verdict of a rule over sites.
pub(crate) fn statements(desired: &Desired) -> BTreeMap<ControlId, Statement> {
    let mut statements: BTreeMap<_, _> = desired
        .settings
        .iter()
        .map(|(id, decided)| {
            let statement = Statement {
                value: decided.value.to_string(),
                rule: decided.rule.clone(),
                decision: decided.decision.clone(),
            };
            (id.clone(), statement)
        })
        .collect();
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    let listed = desired.sites.iter().map(|site| {
        let count = match &site.value {
            SiteEntry::Filter(_) => 1,
            SiteEntry::Category(rule) => rule.count(),
        };
        (site.value.verdict(), &site.rule, &site.decision, count)
    });
    let kept = desired.kept_parts.iter().map(|parts| {
        let count = parts.value.parts.len();
        (parts.value.verdict, &parts.rule, &parts.decision, count)
    });
    for (verdict, rule, decision, more) in listed.chain(kept) {
        let id = sites_control(verdict, rule);
        let count = counts.entry(id.clone()).or_default();
        *count += more;
        let statement = Statement {
            value: match *count {
                1 => "1 site".to_owned(),
                count => format!("{count} sites"),
            },
            rule: rule.clone(),
            decision: decision.clone(),
        };
        statements.insert(id, statement);
    }
    statements
}

/// The control that reports on one verdict of one rule.
pub(crate) fn sites_control(verdict: Verdict, rule: &RuleId) -> ControlId {
    match verdict {
        Verdict::Allow => ControlId::sites_allow(rule),
        Verdict::Warn => ControlId::sites_warn(rule),
        Verdict::Block => ControlId::sites_block(rule),
    }
}
