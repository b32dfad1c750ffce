//! Everything that holds for a group at a time, each with the rule and the case behind it.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::bundle::Audience;
use fyr_schemas::{CaseNumber, GroupId, PeriodId, RuleId, StageId, UnitPath};
use jiff::civil::Date;

use super::{AtTime, ExplainError, When, asked_about, time};
use crate::compile::sound;
use crate::policy::Assumptions;
use crate::resolve::{Resolved, resolve};
use crate::source::Sources;
use crate::url_filter::Verdict;

/// What holds for a group.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Overview {
    /// The group.
    pub group: GroupId,
    /// Where the group stands in the tree.
    pub unit: UnitPath,
    /// The stage on the day.
    pub stage: StageId,
    /// Who uses its devices.
    pub audience: Audience,
    /// The day.
    pub date: Date,
    /// The moment, where one was asked about; else no period runs.
    pub at: Option<AtTime>,
    /// The periods of the timetable that something depends on for the group.
    pub depends_on: BTreeSet<PeriodId>,
    /// Every setting that a rule speaks of, by its name.
    pub settings: BTreeMap<&'static str, EffectiveValue>,
    /// What rules say of sites, from the top of the tree down.
    pub sites: Vec<EffectiveSites>,
}

/// The value of a setting, and what decided it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EffectiveValue {
    /// The value that holds.
    pub holds: String,
    /// The rule that decided it.
    pub rule: RuleId,
    /// The unit of the rule.
    pub unit: UnitPath,
    /// The case that the rule cites.
    pub decision: Option<CaseNumber>,
}

/// The sites to which one rule gives one verdict. Another rule may say something else of a part of
/// them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EffectiveSites {
    /// The rule.
    pub rule: RuleId,
    /// Its unit.
    pub unit: UnitPath,
    /// The case that it cites.
    pub decision: Option<CaseNumber>,
    /// `allow`, `warn` or `block`.
    pub verdict: &'static str,
    /// The sites, as browsers are given them.
    pub sites: Vec<String>,
}

/// Tells what holds for a group at a time.
pub fn overview(sources: &Sources, when: When, group: &str) -> Result<Overview, ExplainError> {
    let assumptions = Assumptions::default();
    let policy = sound(sources, when.day(), &assumptions).map_err(ExplainError::Faulty)?;
    let resolution = resolve(&policy);
    let base = asked_about(&policy, &resolution, group)?;
    let (resolved, at) = time::at((&policy, &resolution), base, when);
    let group = resolved.group;
    Ok(Overview {
        group: group.id.clone(),
        unit: group.unit.clone(),
        stage: group.stage.clone(),
        audience: group.audience,
        date: policy.date,
        at,
        depends_on: time::periods(&resolution, &group.id),
        settings: settings(resolved),
        sites: sites(resolved),
    })
}

fn settings(resolved: &Resolved<'_>) -> BTreeMap<&'static str, EffectiveValue> {
    let effective = resolved.settings.iter();
    effective
        .map(|(name, effective)| {
            let rule = effective.holds.rule;
            let held = EffectiveValue {
                holds: effective.holds.value.to_string(),
                rule: rule.id().clone(),
                unit: rule.unit().clone(),
                decision: rule.decision().cloned(),
            };
            (*name, held)
        })
        .collect()
}

fn sites(resolved: &Resolved<'_>) -> Vec<EffectiveSites> {
    let mut held: Vec<EffectiveSites> = Vec::new();
    let mut known: BTreeMap<(&RuleId, Verdict), usize> = BTreeMap::new();
    for claim in &resolved.sites.claims {
        let verdict = claim.says.verdict;
        let number = *known.entry((claim.rule.id(), verdict)).or_insert_with(|| {
            held.push(EffectiveSites {
                rule: claim.rule.id().clone(),
                unit: claim.rule.unit().clone(),
                decision: claim.rule.decision().cloned(),
                verdict: verdict.word(),
                sites: Vec::new(),
            });
            held.len() - 1
        });
        if let Some(held) = held.get_mut(number) {
            held.sites.push(claim.says.sites.to_string());
        }
    }
    held
}
