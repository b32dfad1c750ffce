//! Words about single rules.

use fyr_policy_source::Strength;
use fyr_schemas::PeriodId;
use fyr_schemas::bundle::Audience;

use super::{Said, phrase};
use crate::finding::{Rule, Whom};

pub(super) fn words(found: &Rule) -> Said {
    match found {
        Rule::SaysNothing { rule } => Said::new(
            format!("rule `{rule}` has no setting and no site"),
            "add `set:` or `sites:`, or remove the rule",
        ),
        Rule::NoReason { rule, language } => Said::new(
            format!("rule `{rule}` gives no reason in `{language}`"),
            format!("add `why: {{ {language}: … }}`"),
        ),
        Rule::SelectsNoGroup { rule } => Said::new(
            format!("rule `{rule}` applies to no group"),
            "widen `for`, or remove the rule",
        ),
        Rule::ValueForNoGroup {
            rule,
            setting,
            whom,
        } => Said::new(
            format!(
                "the value of `{setting}` for {} in rule `{rule}` applies to no group",
                whom_in_words(whom)
            ),
            "remove the value, or widen `for`",
        ),
        Rule::NoGuidance { rule, language } => Said::new(
            format!("rule `{rule}` warns without guidance in `{language}`"),
            format!("add `guidance: {{ {language}: … }}` to the rule"),
        ),
        Rule::GuidanceUnused { rule } => Said::new(
            format!("rule `{rule}` has guidance but no site under `warn`"),
            "add `warn:` under `sites`, or remove the guidance",
        ),
        Rule::Ineffective { rule, subjects, .. } => Said::new(
            format!(
                "{} in rule `{rule}` has no effect on any group",
                phrase::quoted(subjects)
            ),
            "remove it, or write `strength: minimum` if you meant it as a bound",
        ),
        Rule::Narrowed { rule, setting } => Said::new(
            format!("this value of `{setting}` in rule `{rule}` has no effect on any group"),
            "remove it: narrower values of the same rule apply to all its groups",
        ),
        Rule::Duplicate {
            rule,
            subjects,
            by,
            strength,
        } => duplicate((rule.as_str(), by.as_str()), subjects, *strength),
        Rule::Ended { rule, last } => Said::new(
            format!("rule `{rule}` ended on {last}"),
            "remove the rule, or give it a later last day",
        ),
        Rule::OutsideDecision { rule, case } => Said::new(
            format!("rule `{rule}` is never in force: its days are outside those of `{case}`"),
            "correct one of the days, or cite a decision that is in force on these days",
        ),
        Rule::PeriodForOthers { rule, periods } => Said::new(
            format!("rule `{rule}` is never in force: its period runs for other groups"),
            format!(
                "widen `for` of {} or of the rule",
                phrase::quoted(periods.iter().map(PeriodId::as_str))
            ),
        ),
        Rule::NothingToOverride { rule, strength } => Said::new(
            format!("rule `{rule}` is `{}` and `overridable`", strength.word()),
            match strength {
                Strength::Locked => {
                    "write `strength: minimum` to let lessons go below it, or remove `overridable`"
                }
                Strength::Minimum | Strength::Default => {
                    "remove `overridable`: rules below may change a `default` anyway"
                }
            },
        ),
    }
}

fn duplicate((rule, by): (&str, &str), subjects: &[String], strength: Strength) -> Said {
    let subjects = phrase::quoted(subjects);
    if rule == by {
        return Said::new(
            format!("rule `{rule}` contains {subjects} twice"),
            "remove one of them",
        );
    }
    let help = match strength {
        Strength::Locked | Strength::Minimum => {
            format!("remove it: no rule below may loosen `{by}`")
        }
        Strength::Default => {
            format!("remove it; if it must outlast `{by}`, write `strength: minimum` in `{rule}`")
        }
    };
    Said::new(
        format!("rule `{rule}` repeats {subjects} of rule `{by}`"),
        help,
    )
}

fn whom_in_words(whom: &Whom) -> String {
    match whom {
        Whom::All => "all groups".to_owned(),
        Whom::Audience(Audience::Pupils) => "`pupils`".to_owned(),
        Whom::Audience(Audience::Staff) => "`staff`".to_owned(),
        Whom::Stage(stage) => format!("`{stage}`"),
    }
}
