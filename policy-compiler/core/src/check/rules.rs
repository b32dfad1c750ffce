//! Rules that say nothing, or say it to nobody.

use fyr_policy_source::Status;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::DocumentKind;
use crate::policy::{ForWhom, Policy, Rule};
use crate::source::Place;

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for rule in policy.rules.values() {
        if says_nothing(rule) {
            findings.push(
                Diagnostic::new(Code::SaysNothing, format!("`{}` says nothing", rule.id()))
                    .at(rule.place(), "no setting and no site")
                    .help("add `set:` or `sites:`, or remove the rule"),
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
                Diagnostic::new(
                    Code::SelectsNoGroup,
                    format!("`{}` is for nobody", rule.id()),
                )
                .at(
                    rule.source.place(&rule.source.document.scope.unit),
                    "no group of today is selected",
                )
                .help("widen `for`, or remove the rule"),
            );
        } else {
            findings.extend(values_for_no_group(policy, rule));
        }
    }
    findings
}

/// A rule for a stage that does not exist is told as that alone.
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

/// An emergency may be told by its decision's title and purpose until the decision follows.
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
        Diagnostic::new(
            Code::NoReason,
            format!("`{}` does not say why in `{}`", rule.id(), language.value),
        )
        .at(rule.place(), "no reason for people to read")
        .at(
            policy.organisation.place(language),
            "the language of the organisation",
        )
        .help(format!("add `why: {{ {}: … }}`", language.value))
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
            .map(move |value| for_no_group(statement.setting.name, &value.whom, value.place))
    })
}

fn for_no_group(setting: &str, whom: &ForWhom, place: Place) -> Diagnostic {
    let whom = match whom {
        ForWhom::All => "everybody".to_owned(),
        ForWhom::Audience(fyr_schemas::bundle::Audience::Pupils) => "`pupils`".to_owned(),
        ForWhom::Audience(fyr_schemas::bundle::Audience::Staff) => "`staff`".to_owned(),
        ForWhom::Stage(stage) => format!("`{stage}`"),
    };
    Diagnostic::new(
        Code::SelectsNoGroup,
        format!("the value of `{setting}` for {whom} is for nobody"),
    )
    .at(place, "no group that the rule selects is among them")
    .help("remove the value, or widen `for`")
}
