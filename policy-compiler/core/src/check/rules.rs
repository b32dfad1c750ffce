//! Rules that say nothing, or that apply to no group.

use fyr_policy_source::Status;

use crate::finding::{Diagnostic, Role, Rule as Found, Whom};
use crate::parse::DocumentKind;
use crate::policy::{ForWhom, Policy, Rule, ValueFor};

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for rule in policy.rules.values() {
        if says_nothing(rule) {
            findings.push(
                Diagnostic::of(Found::SaysNothing {
                    rule: rule.id().clone(),
                })
                .at(rule.place(), Role::SaysNothing),
            );
        }
        findings.extend(no_reason(policy, rule));
        if !policy.unread.has_all(&[DocumentKind::Units])
            || policy.lacks_unit(rule.unit())
            || names_unknown_stage(policy, rule)
        {
            continue;
        }
        if policy.groups_of(rule).next().is_none() {
            findings.push(
                Diagnostic::of(Found::SelectsNoGroup {
                    rule: rule.id().clone(),
                })
                .at(
                    rule.source.place(&rule.source.document.scope.unit),
                    Role::SelectsNoGroup,
                ),
            );
        } else {
            findings.extend(values_for_no_group(policy, rule));
        }
    }
    findings
}

/// A rule for a stage that does not exist has that finding alone.
fn names_unknown_stage(policy: &Policy, rule: &Rule) -> bool {
    let mut named = rule.source.document.scope.stage.iter();
    let stages = policy.stages.as_ref();
    stages.is_some_and(|stages| named.any(|stage| stages.get(stage).is_none()))
}

/// By what was written: a setting that could not be read is a finding of its own.
fn says_nothing(rule: &Rule) -> bool {
    let written = &rule.source.document;
    let sites = &written.sites;
    written.set.is_empty()
        && [&sites.allow, &sites.warn, &sites.block]
            .iter()
            .all(|sites| sites.is_empty())
}

/// The title and the purpose of an emergency's decision are reason enough until the decision follows.
fn no_reason(policy: &Policy, rule: &Rule) -> Option<Diagnostic> {
    let cited = rule.decision().and_then(|case| policy.decisions.get(case));
    if cited.is_some_and(|decision| decision.document.status.value == Status::Emergency) {
        return None;
    }
    let language = policy.organisation.document.languages.first()?;
    let why = &rule.source.document.why;
    let is_given = why
        .iter()
        .any(|(given, why)| given.value == language.value && !why.trim().is_empty());
    (!is_given).then(|| {
        Diagnostic::of(Found::NoReason {
            rule: rule.id().clone(),
            language: language.value.to_string(),
        })
        .at(rule.place(), Role::NoReason)
        .at(policy.organisation.place(language), Role::FirstLanguage)
    })
}

fn values_for_no_group<'a>(
    policy: &'a Policy,
    rule: &'a Rule,
) -> impl Iterator<Item = Diagnostic> + use<'a> {
    rule.settings.iter().flat_map(move |statement| {
        statement
            .values
            .iter()
            .filter(move |value| {
                !policy
                    .groups_of(rule)
                    .any(|group| value.whom.reaches(group))
            })
            .map(move |value| for_no_group(rule, statement.setting.name, value))
    })
}

fn for_no_group(rule: &Rule, setting: &str, value: &ValueFor) -> Diagnostic {
    let whom = match &value.whom {
        ForWhom::All => Whom::All,
        ForWhom::Audience(audience) => Whom::Audience(*audience),
        ForWhom::Stage(stage) => Whom::Stage(stage.clone()),
    };
    Diagnostic::of(Found::ValueForNoGroup {
        rule: rule.id().clone(),
        setting: setting.to_owned(),
        whom,
    })
    .at(value.place, Role::ReachesNoGroup)
}
