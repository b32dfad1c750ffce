//! R40: who is warned reads guidance, and guidance is there to be read.

use crate::finding::{Diagnostic, Role, Rule as Found};
use crate::policy::{Policy, Rule};
use crate::url_filter::Verdict;

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    policy
        .rules
        .values()
        .filter_map(|rule| check_rule(policy, rule))
        .collect()
}

fn check_rule(policy: &Policy, rule: &Rule) -> Option<Diagnostic> {
    let warning = rule.sites.iter().find(|site| site.verdict == Verdict::Warn);
    let guidance = &rule.source.document.guidance;
    let language = policy.organisation.document.languages.first()?;
    let is_given = guidance
        .iter()
        .any(|(given, text)| given.value == language.value && !text.trim().is_empty());
    match (warning, guidance.keys().next()) {
        (Some(site), _) if !is_given => Some(
            Diagnostic::of(Found::NoGuidance {
                rule: rule.id().clone(),
                language: language.value.to_string(),
            })
            .at(site.place, Role::WarnsHere),
        ),
        (None, Some(written)) => Some(
            Diagnostic::of(Found::GuidanceUnused {
                rule: rule.id().clone(),
            })
            .at(rule.source.place(written), Role::GuidanceUnused),
        ),
        (Some(_), _) | (None, None) => None,
    }
}
