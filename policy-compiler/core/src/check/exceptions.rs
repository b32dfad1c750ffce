//! Exceptions from what is closed, named by those who did not close it, or by a rule without a
//! decision where a decision closes it.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::Strength;
use fyr_schemas::{CaseNumber, GroupId};

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words, in_backticks};
use crate::resolve::{EffectiveSetting, Resolution, Resolved, SettingClaim};
use crate::settings::{Role, Value};
use crate::source::Place;

pub(super) fn check(resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut loose: BTreeMap<Loose<'_>, Vec<&GroupId>> = BTreeMap::new();
    for resolved in resolution.at_all_times() {
        for found in in_group(resolved) {
            let groups = loose.entry(found).or_default();
            if !groups.contains(&&resolved.group.id) {
                groups.push(&resolved.group.id);
            }
        }
    }
    loose
        .iter()
        .map(|(loose, groups)| loose.report(groups))
        .collect()
}

/// Exceptions that a rule names, and that it may not.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Loose<'a> {
    /// The setting that names them, the rule, and where.
    by: (&'static str, &'a str, Place),
    names: Vec<&'a str>,
    /// The setting that closes, the rule, and where.
    closes: (&'static str, &'a str, Place),
    value: String,
    /// The case that closes, where the rule that names them cites none.
    undecided: Option<&'a CaseNumber>,
}

impl Loose<'_> {
    fn report(&self, groups: &[&GroupId]) -> Diagnostic {
        let ((setting, by, here), (closed, rule, there)) = (self.by, self.closes);
        let value = &self.value;
        let names = in_backticks(&self.names);
        let (code, message, help) = match self.undecided {
            Some(case) => (
                Code::NotCompetent,
                format!("`{by}` cites no decision and excepts {names} from what `{case}` decided"),
                format!("cite the decision of a body that may decide this, or remove {names}"),
            ),
            None => (
                Code::LockedAbove,
                format!("`{setting}` excepts {names} from `{closed}: {value}` above"),
                format!(
                    "remove {names}; only the unit of `{rule}`, and those above it, name \
                     exceptions from `{closed}`"
                ),
            ),
        };
        Diagnostic::new(code, message)
            .at(
                here,
                format!("`{by}` names it for {}", groups_in_words(groups)),
            )
            .at(
                there,
                format!("`{rule}` says `{closed}: {value}`, without it"),
            )
            .help(help)
    }
}

fn in_group<'a>(resolved: &Resolved<'a>) -> Vec<Loose<'a>> {
    let effective = resolved.settings.values();
    effective
        .filter_map(|excepts| loose(resolved, excepts))
        .collect()
}

/// What a setting excepts from another that is bound above it.
fn loose<'a>(resolved: &Resolved<'a>, excepts: &EffectiveSetting<'a>) -> Option<Loose<'a>> {
    let Role::Excepts(closed) = excepts.setting.role else {
        return None;
    };
    let closed = resolved.settings.get(closed)?;
    let names = names(excepts.holds);
    closed.claims().into_iter().find_map(|bound| {
        let is_floor =
            bound.rule.strength() != Strength::Default && bound.rule.bounds(excepts.holds.rule);
        let is_bound = (is_floor || is_undecided(&excepts.holds, &bound))
            && closed.setting.default_value().as_ref() != Some(bound.value);
        let beyond_its_groups = is_bound.then(|| beyond_its_groups(excepts, &names, &bound))?;
        let side = |effective: &EffectiveSetting<'a>, claim: SettingClaim<'a>| {
            (
                effective.setting.name,
                claim.rule.id().as_str(),
                claim.place,
            )
        };
        (!beyond_its_groups.is_empty()).then(|| Loose {
            by: side(excepts, excepts.holds),
            names: beyond_its_groups,
            closes: side(closed, bound),
            value: bound.value.to_string(),
            undecided: is_undecided(&excepts.holds, &bound)
                .then(|| bound.rule.decision())
                .flatten(),
        })
    })
}

/// Whether nobody decided what a voice excepts from something that was decided.
fn is_undecided(excepts: &SettingClaim<'_>, bound: &SettingClaim<'_>) -> bool {
    excepts.rule.decision().is_none() && bound.rule.decision().is_some()
}

/// The names that nobody who may names where the bound stands, or above.
fn beyond_its_groups<'a>(
    excepts: &EffectiveSetting<'a>,
    excepted: &BTreeSet<&'a str>,
    bound: &SettingClaim<'a>,
) -> Vec<&'a str> {
    let claims = excepts.claims().into_iter();
    let known: BTreeSet<&str> = claims
        .filter(|claim| claim.rule.layer() <= bound.rule.layer())
        .filter(|claim| !is_undecided(claim, bound))
        .flat_map(names)
        .collect();
    excepted.difference(&known).copied().collect()
}

fn names(claim: SettingClaim<'_>) -> BTreeSet<&str> {
    match claim.value {
        Value::Names(names) => names.iter().map(String::as_str).collect(),
        Value::Level(_) | Value::Number(_) | Value::Policy(_) => BTreeSet::new(),
    }
}
