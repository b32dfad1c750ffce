//! Exceptions from what is closed, named by those who did not close it, or by a rule without a
//! decision where a decision closes it.

use std::collections::BTreeSet;

use fyr_policy_source::Strength;
use fyr_schemas::{CaseNumber, GroupId, RuleId};

use crate::finding::{self, Diagnostic, Floor, PerGroup};
use crate::resolve::{EffectiveSetting, Resolution, Resolved, SettingClaim};
use crate::settings::{Role, Value};
use crate::source::Place;

pub(super) fn check(resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut loose = PerGroup::default();
    for resolved in resolution.at_all_times() {
        for found in in_group(resolved) {
            loose.note(found, &resolved.group.id);
        }
    }
    loose.into_findings(Loose::finding)
}

/// Exceptions that a rule names, and that it may not.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Loose<'a> {
    /// The setting that names them, the rule, and where.
    by: (&'static str, &'a RuleId, Place),
    names: Vec<&'a str>,
    /// The setting that closes, the rule, and where.
    closes: (&'static str, &'a RuleId, Place),
    value: String,
    /// The case that closes, where the rule that names them cites none.
    undecided: Option<&'a CaseNumber>,
}

impl Loose<'_> {
    fn finding(self, groups: &BTreeSet<&GroupId>) -> Diagnostic {
        let ((setting, by, here), (closed, floor, there)) = (self.by, self.closes);
        let names: Vec<String> = self.names.into_iter().map(str::to_owned).collect();
        let (closed, value) = (closed.to_owned(), self.value);
        let says = finding::Role::Says {
            rule: floor.clone(),
            value: format!("{closed}: {value}"),
        };
        let finding = match self.undecided {
            Some(case) => Floor::UndecidedException {
                rule: by.clone(),
                names,
                case: case.clone(),
            },
            None => Floor::Exception {
                setting: setting.to_owned(),
                names,
                closed,
                value,
                floor: floor.clone(),
            },
        };
        let names_it = finding::Role::NamesException {
            rule: by.clone(),
            setting: setting.to_owned(),
            groups: groups.iter().copied().cloned().collect(),
        };
        Diagnostic::of(finding).at(here, names_it).at(there, says)
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
            (effective.setting.name, claim.rule.id(), claim.place)
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

/// Whether a claim without a decision excepts from something that was decided.
fn is_undecided(excepts: &SettingClaim<'_>, bound: &SettingClaim<'_>) -> bool {
    excepts.rule.decision().is_none() && bound.rule.decision().is_some()
}

/// The names that no competent claim names in the unit of the bound or above.
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
