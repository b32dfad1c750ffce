//! Devices brought from home: the organisation rules over the account, never over the device.

use fyr_schemas::policy::Ownership;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::policy::{Group, Policy, Rule};
use crate::source::Place;

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    policy
        .rules
        .values()
        .filter_map(|rule| {
            let group = policy
                .groups_of(rule)
                .find(|group| group.ownership == Ownership::Brought)?;
            let (what, place) = device_level(rule, group)?;
            Some(on_the_device(rule, group, &what, place))
        })
        .collect()
}

/// Families of settings that belong to the account, wherever it is used.
const OF_THE_ACCOUNT: &[&str] = &["sign-in"];

/// The first thing a rule says for the group that belongs to the device.
fn device_level(rule: &Rule, group: &Group) -> Option<(String, Place)> {
    let setting = rule
        .settings
        .iter()
        .find(|statement| {
            !OF_THE_ACCOUNT.contains(&statement.setting.family())
                && statement.value_for(group).is_some()
        })
        .map(|statement| (statement.setting.name.to_owned(), statement.place));
    let site = || {
        rule.sites
            .first()
            .map(|site| (site.sites.to_string(), site.place))
    };
    setting.or_else(site)
}

fn on_the_device(rule: &Rule, group: &Group, what: &str, place: Place) -> Diagnostic {
    Diagnostic::new(
        Code::DeviceBrought,
        format!(
            "`{what}` would rule over the devices of `{}`, brought from home",
            group.id
        ),
    )
    .at(place, format!("`{}` sets it on the device", rule.id()))
    .at(group.place, "these devices are brought")
    .help("add `ownership: managed` to the rule's `for`")
}
