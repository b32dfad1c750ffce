//! From source files to bundles: the one way through the compiler. Never fails; any error
//! yields no bundle at all.

mod checked;
mod coming;
mod enforced_sites;
mod enforcement;
mod essential_hosts;
mod findings;
mod lowering;
mod lowering_findings;

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{BrowserVersion, Ownership};
use fyr_schemas::bundle::{Bundle, DecisionNote, Engine, Gap};
use fyr_schemas::{CaseNumber, CategoryId, ControlId, GroupId, OrganisationId, RuleId};
use jiff::civil::Date;

pub use self::checked::{Checked, check};
pub(crate) use self::checked::{Parsed, sound, sound_of};
pub use self::enforced_sites::{EnforcedControl, EnforcedSites, SitesIn};
pub use self::enforcement::{Enforcement, EnforcementError, GroupAtTime, enforcement};
use self::lowering::Lowerings;
use self::lowering_findings::{TooNew, report_clash};
use crate::desired::{Decided, Desired};
use crate::finding::{Diagnostic, Diagnostics};
use crate::lower::{self, FlatLists};
use crate::parse::parse;
use crate::policy::{Assumptions, CaseState, EssentialHosts, Horizon, Policy, organise};
use crate::resolve::{Resolution, Resolved, resolve};
use crate::settings::Value;
use crate::source::Sources;

/// What a policy directory comes to on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Compilation {
    /// Whose policy it is; absent where `fyr.yaml` cannot be read.
    pub organisation: Option<OrganisationId>,
    /// One bundle a group; none at all where there is an error.
    pub bundles: BTreeMap<GroupId, Bundle>,
    /// The text of every list that a bundle closes, as [`ClosedList`] describes it: stored once,
    /// however many bundles share it.
    ///
    /// [`ClosedList`]: fyr_schemas::bundle::ClosedList
    pub lists: BTreeMap<CategoryId, String>,
    /// Every control that an engine cannot enforce, with the groups it concerns.
    pub gaps: Vec<GapNote>,
    /// Every rule that does not hold on the day.
    pub dormant: Vec<DormantRule>,
    /// Everything that was found, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// A gap, reported once for all groups that share it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct GapNote {
    /// The control that is not enforced, or not wholly.
    pub control: ControlId,
    /// The engine that does not.
    pub engine: Engine,
    /// Why.
    pub gap: Gap,
    /// The groups it concerns.
    pub groups: Vec<GroupId>,
}

/// A rule that does not hold on the day.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct DormantRule {
    /// The rule.
    pub rule: RuleId,
    /// Why it does not.
    #[serde(flatten)]
    pub because: Dormancy,
}

/// Why a rule does not hold on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "because", content = "day")]
pub enum Dormancy {
    /// Its case is a proposal.
    Proposed,
    /// It begins on this day, which bundles include: devices begin without a new publication.
    Begins(Date),
    /// It begins on this day, which is too far ahead to be included in bundles.
    BeginsLater(Date),
    /// Its case ended.
    Ended,
}

impl Dormancy {
    /// The day on which it begins.
    pub fn day(self) -> Option<Date> {
        match self {
            Self::Begins(day) | Self::BeginsLater(day) => Some(day),
            Self::Proposed | Self::Ended => None,
        }
    }
}

impl Compilation {
    /// Whether an error kept the policy from compiling.
    pub fn failed(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Compiles the policy of a day.
pub fn compile(sources: &Sources, date: Date) -> Compilation {
    compile_assuming(sources, date, &Assumptions::default())
}

/// Compiles what the policy of a day would be.
pub fn compile_assuming(sources: &Sources, date: Date, assumptions: &Assumptions) -> Compilation {
    let mut bundles = BTreeMap::new();
    let mut compilation = compile_each(sources, date, assumptions, |bundle| {
        bundles.insert(bundle.group.clone(), bundle);
    });
    if !compilation.failed() {
        compilation.bundles = bundles;
    }
    compilation
}

/// The same, and hands every bundle to `take` as soon as it is lowered, so that not all of them are
/// in memory at once. The compilation that is returned holds none.
///
/// Where the compilation failed, what was taken counts for nothing: an error may be found after it.
pub fn compile_each(
    sources: &Sources,
    date: Date,
    assumptions: &Assumptions,
    mut take: impl FnMut(Bundle),
) -> Compilation {
    let mut findings = Diagnostics::default();
    let documents = parse(sources, &mut findings);
    let Some(policy) = organise(documents.clone(), date, assumptions, &mut findings) else {
        return Compilation {
            organisation: None,
            bundles: BTreeMap::new(),
            lists: BTreeMap::new(),
            gaps: Vec::new(),
            dormant: Vec::new(),
            diagnostics: findings.into_sorted(),
        };
    };
    let resolution = resolve(&policy);
    let lists = FlatLists::default();
    crate::check::check(&policy, &resolution, &lists, &mut findings);
    let (mut closed, mut gaps) = (BTreeSet::new(), Vec::new());
    if !findings.any_error() {
        gaps = lower_all(&policy, &resolution, &lists, &mut findings, |bundle| {
            note_closed(&bundle, &mut closed);
            take(bundle);
        });
    }
    if findings.any_error() {
        closed.clear();
        gaps.clear();
    } else {
        findings.extend(coming::check(&documents, &policy, assumptions));
    }
    Compilation {
        organisation: Some(policy.organisation.document.organisation.value.clone()),
        lists: shared_lists(&policy, closed),
        bundles: BTreeMap::new(),
        gaps,
        dormant: dormant(&policy),
        diagnostics: findings.into_sorted(),
    }
}

/// Reads the policy of a day, as far as it can be read; `None` without `fyr.yaml`.
pub(crate) fn read(
    sources: &Sources,
    date: Date,
    assumptions: &Assumptions,
    findings: &mut Diagnostics,
) -> Option<Policy> {
    let documents = parse(sources, findings);
    organise(documents, date, assumptions, findings)
}

/// Notes the categories whose lists a bundle closes at some time.
fn note_closed(bundle: &Bundle, closed: &mut BTreeSet<CategoryId>) {
    let variants = bundle.variants.iter();
    let in_variants = variants.flat_map(|variant| variant.closed.keys());
    for category in bundle.closed.keys().chain(in_variants) {
        if !closed.contains(category) {
            closed.insert(category.clone());
        }
    }
}

/// The texts of the lists that bundles close.
fn shared_lists(policy: &Policy, closed: BTreeSet<CategoryId>) -> BTreeMap<CategoryId, String> {
    closed
        .into_iter()
        .filter_map(|id| {
            let text = policy.categories.get(&id)?.host_names().text.clone();
            Some((id, text))
        })
        .collect()
}

/// The rules that are not in force, except those that are a finding.
fn dormant(policy: &Policy) -> Vec<DormantRule> {
    let carried = policy.rules.values().filter_map(|rule| {
        let first_day = rule.time_scope.first_day()?;
        let because = match rule.time_scope.horizon {
            Horizon::Within => Dormancy::Begins(first_day),
            Horizon::Later => Dormancy::BeginsLater(first_day),
            Horizon::Past | Horizon::Never => return None,
        };
        Some((rule, because))
    });
    let others = policy.dormant.values().filter_map(|rule| {
        let because = match policy.state(rule.decision()?)? {
            CaseState::Proposed => Dormancy::Proposed,
            CaseState::Ended(_) => Dormancy::Ended,
            CaseState::InForce | CaseState::Coming(_) | CaseState::Void => return None,
        };
        Some((rule, because))
    });
    carried
        .chain(others)
        .map(|(rule, because)| DormantRule {
            rule: rule.id().clone(),
            because,
        })
        .collect()
}

/// What a group wants of its devices.
pub(crate) fn desired<'a>(
    policy: &Policy,
    resolved: &Resolved<'a>,
    lists: &FlatLists<'a>,
) -> Desired {
    let flat = lists.of(&resolved.sites);
    let group = resolved.group;
    let sites = flat.entries(&EssentialHosts::of(policy));
    let kept_parts = flat.kept_entries();
    let settings = settings_of(resolved);
    let cited_for_settings = settings
        .values()
        .filter_map(|decided| decided.decision.as_ref());
    let cited_for_sites = sites.iter().filter_map(|decided| decided.decision.as_ref());
    let cited_for_parts = kept_parts.iter();
    let cited_for_parts = cited_for_parts.filter_map(|decided| decided.decision.as_ref());
    Desired {
        organisation: policy.organisation.document.organisation.value.clone(),
        group: group.id.clone(),
        unit: group.unit.clone(),
        unit_name: group.unit_name.clone(),
        audience: group.audience,
        stage: group.stage.clone(),
        decisions: cited_for_settings
            .chain(cited_for_sites)
            .chain(cited_for_parts)
            .filter_map(|case| Some((case.clone(), note(policy, case)?)))
            .collect(),
        settings,
        sites,
        kept_parts,
        oldest_browsers: oldest_browsers(policy),
    }
}

fn settings_of(resolved: &Resolved<'_>) -> BTreeMap<ControlId, Decided<Value>> {
    let effective = resolved.settings.values().map(|effective| {
        let decided = Decided {
            value: effective.holds.value.clone(),
            rule: effective.holds.rule.id().clone(),
            decision: effective.holds.rule.decision().cloned(),
        };
        (effective.control.clone(), decided)
    });
    effective.collect()
}

fn oldest_browsers(policy: &Policy) -> BTreeMap<Engine, BrowserVersion> {
    let browsers = &policy.organisation.document.browsers;
    Engine::ALL
        .into_iter()
        .filter_map(|engine| Some((engine, browsers.oldest(engine)?.value)))
        .collect()
}

/// What a bundle may say of a decision.
fn note(policy: &Policy, case: &CaseNumber) -> Option<DecisionNote> {
    let decision = &policy.decisions.get(case)?.document;
    Some(DecisionNote {
        title: decision.title.clone(),
        body: policy.body_of(case)?.to_owned(),
        date: decision.date.value.0,
        decide_by: decision.awaited_by().map(|day| day.value.0),
        review: decision.review.as_ref().map(|day| day.value.0),
    })
}

/// Gaps by what they say, so that each is reported once.
type Gaps = BTreeMap<(ControlId, Engine, String), GapNote>;

/// Hands the bundle of every group to `take`, and returns every gap.
fn lower_all<'r>(
    policy: &Policy,
    resolution: &'r Resolution<'r>,
    lists: &FlatLists<'r>,
    findings: &mut Diagnostics,
    mut take: impl FnMut(Bundle),
) -> Vec<GapNote> {
    let (mut gaps, mut lowerings) = (Gaps::new(), Lowerings::of(policy, lists));
    let mut unknown = TooNew::default();
    let is_managed = |resolved: &Resolved<'_>| resolved.group.ownership == Ownership::Managed;
    let all = resolution.at_all_times();
    lowerings.expect(all.filter(|resolved| is_managed(resolved)));
    let managed = resolution.groups.iter();
    for (group, resolved) in managed.filter(|(_, resolved)| is_managed(resolved)) {
        let mut lower = |resolved| {
            let lowered = lowerings.lower(resolved);
            unknown.note(&lowered.too_new, resolved);
            report(resolved, &lowered, &mut gaps, findings);
            lowered.bundle
        };
        let mut bundle = lower(resolved);
        if let Some(timed) = resolution.timed.get(group) {
            for variant in &timed.variants {
                let other = lower(variant);
                let variant = bundle.variant(variant.during.clone(), &other);
                bundle.variants.extend(variant);
                bundle.decisions.extend(other.decisions);
            }
            let changes = !bundle.variants.is_empty();
            bundle.timetable = changes.then(|| timed.timetable.clone());
        }
        take(bundle);
    }
    findings.extend(unknown.report(policy));
    findings.extend(essential_hosts::check(policy, resolution, &mut lowerings));
    let personal = resolution
        .group_by_group()
        .filter(|resolved| resolved.group.ownership == Ownership::Personal);
    for resolved in personal {
        for effective in resolved.settings.values() {
            for engine in Engine::ALL {
                let gap = lower::unreached();
                note_gap((effective.control, engine, gap), resolved, &mut gaps);
            }
        }
    }
    gaps.into_values().collect()
}

/// Tells what was found when what holds for a group at one time was lowered.
fn report(
    resolved: &Resolved<'_>,
    lowered: &lower::Lowered,
    gaps: &mut Gaps,
    findings: &mut Diagnostics,
) {
    let clashes = lowered.clashes.iter();
    findings.extend(clashes.map(|clash| report_clash(clash, resolved)));
    for (control, engine, gap) in lowered.gaps() {
        note_gap((&control.id, engine, gap), resolved, gaps);
    }
}

/// Notes a gap of a group, at one time or another.
fn note_gap(
    (control, engine, gap): (&ControlId, Engine, Gap),
    resolved: &Resolved<'_>,
    gaps: &mut Gaps,
) {
    let note = gaps
        .entry((control.clone(), engine, gap.detail.clone()))
        .or_insert_with(|| GapNote {
            control: control.clone(),
            engine,
            gap,
            groups: Vec::new(),
        });
    // A gap at several times is one gap of the group.
    if note.groups.last() != Some(&resolved.group.id) {
        note.groups.push(resolved.group.id.clone());
    }
}
