//! Words about services.

use std::collections::BTreeSet;

use fyr_schemas::ServiceId;

use super::{Said, phrase};
use crate::finding::{Diagnostic, Limit, Role, Service, StatusExtent};

pub(super) fn words(found: &Service, whole: &Diagnostic) -> Said {
    match found {
        Service::Incomplete { service, missing } => Said::new(
            format!(
                "service `{service}` is approved without {}",
                phrase::quoted(missing)
            ),
            "add these fields from the assessment, or write `status: under-review`",
        ),
        Service::ReviewOverdue { service } => Said::new(
            format!("the review of approved service `{service}` is overdue"),
            "assess it again, or write `status: expired`",
        ),
        Service::HelplineLimited { service } => Said::new(
            format!("helpline `{service}` has a minimum age or needs an approval"),
            "remove the limit",
        ),
        Service::StatusTwice {
            service,
            status,
            other,
        } => Said::new(
            format!(
                "service `{service}` is `{}` and `{}` for the same group",
                status.word(),
                other.word()
            ),
            "narrow one of them: the narrowest status applies, and these are equally narrow",
        ),
        Service::ApprovalNotInForce { service, .. } => Said::new(
            format!("service `{service}` is approved by a decision that is not in force"),
            "cite a decision that is in force, or write `status: under-review`",
        ),
        Service::StatusBypasses {
            service,
            status,
            extent,
            floor,
            unit,
        } => {
            let status = status.word();
            let extent = match extent {
                StatusExtent::Part => format!("for a part of `{unit}`"),
                StatusExtent::Whole => "without a competent decision".to_owned(),
            };
            Said::new(
                format!("`{status}` {extent} lets service `{service}` bypass rule `{floor}`"),
                cite_for(unit.as_str(), "remove the status, or cite"),
            )
        }
        Service::JoinBypasses {
            service,
            rule,
            site,
            floor,
            unit,
        } => Said::new(
            format!(
                "`{rule}` allows `{service}` through its category or status; this bypasses rule \
                 `{floor}` for `{site}`"
            ),
            cite_for(unit.as_str(), "remove the site from the service, or cite"),
        ),
        Service::IdentityBelowAge { name, age, setting } => Said::new(
            format!(
                "{}, below {age}, can use the school account on {name}",
                phrase::groups(&whole.groups)
            ),
            format!("set `{setting}: closed` for them; watching stays possible"),
        ),
        Service::LimitIneffective {
            service,
            name,
            part,
            limit,
        } => limit_ineffective((service, name, part.as_deref()), limit, whole),
        Service::DeniedAllowed { service, rule } => {
            let statuses: BTreeSet<&str> = whole
                .places
                .iter()
                .filter_map(|mark| match &mark.role {
                    Role::StatusIs { status } => Some(status.word()),
                    _ => None,
                })
                .collect();
            let statuses: Vec<String> = statuses.iter().map(|word| format!("`{word}`")).collect();
            Said::new(
                format!(
                    "rule `{rule}` allows service `{service}`, which is {} for {}",
                    statuses.join(" or "),
                    phrase::groups(&whole.groups)
                ),
                "remove it from the rule for these groups, or write its present status",
            )
        }
    }
}

fn cite_for(unit: &str, otherwise: &str) -> String {
    format!("{otherwise} a `decision:` of a body that is competent for `{unit}`")
}

fn limit_ineffective(
    (service, name, part): (&ServiceId, &str, Option<&str>),
    limit: &Limit,
    whole: &Diagnostic,
) -> Said {
    let name = match part {
        Some(part) => format!("`{part}` of {name}"),
        None => name.to_owned(),
    };
    let whom = phrase::groups(&whole.groups);
    let below = |age: &Option<u8>| age.map_or_else(String::new, |age| format!(", below {age},"));
    let by_rule = || match part {
        Some(_) => format!(
            "write `allow: [service:{service}]` in a rule for them, or list the suitable part below \
             `services/` as its own service"
        ),
        None => format!(
            "write `allow: [service:{service}]` in a rule for them: it opens {name} to those who may \
             use it and closes it to the others"
        ),
    };
    match limit {
        Limit::Age { age } => Said::new(format!("{whom}{} can use {name}", below(age)), by_rule()),
        Limit::Approval { age_of_consent } => Said::new(
            format!("{whom}, below {age_of_consent}, can use {name} without a guardian's approval"),
            by_rule(),
        ),
        Limit::SignedOut { age } => Said::new(
            format!("{whom}{} can sign in to {name}", below(age)),
            "write `below: block`: no setting keeps the school account out of it",
        ),
        Limit::Restricted { age, setting } => Said::new(
            format!("{whom}{} can use {name} without restrictions", below(age)),
            match setting {
                Some(setting) => format!("set `{setting}` for them"),
                None => "write `below: block`: no setting restricts it".to_owned(),
            },
        ),
    }
}
