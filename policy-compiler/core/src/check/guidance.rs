//! R40: who is warned reads guidance, and guidance is there to be read.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
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
            Diagnostic::new(
                Code::NoGuidance,
                format!(
                    "`{}` warns without guidance in `{}`",
                    rule.id(),
                    language.value
                ),
            )
            .at(site.place, "a warning with nothing to read")
            .help(format!(
                "add `guidance: {{ {}: … }}` to the rule",
                language.value
            )),
        ),
        (None, Some(written)) => Some(
            Diagnostic::new(
                Code::GuidanceUnread,
                format!("`{}` has guidance and warns of nothing", rule.id()),
            )
            .at(rule.source.place(written), "nobody will read it")
            .help("add `warn:` under `sites`, or remove the guidance"),
        ),
        (Some(_), _) | (None, None) => None,
    }
}
