//! Devices brought from home: the organisation rules over the account, never over the device.

use fyr_schemas::GroupId;
use fyr_schemas::policy::Ownership;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words, in_words};
use crate::policy::{Group, Policy, Rule};
use crate::source::Place;
use crate::target;

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let rules = policy.rules.values();
    rules
        .filter_map(|rule| {
            let mut brought: Vec<&Group> = policy
                .groups_of(rule)
                .filter(|group| group.ownership == Ownership::Brought)
                .collect();
            brought.sort_by_key(|group| &group.id);
            let mut groups = brought.iter();
            let device_level = groups.find_map(|group| {
                let (what, place) = device_level(rule, group)?;
                Some(on_the_device(rule, group, &what, place))
            });
            device_level.or_else(|| over_the_account(rule, &brought))
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

/// One finding for all that a rule says of accounts, which nothing puts in force.
fn over_the_account(rule: &Rule, brought: &[&Group]) -> Option<Diagnostic> {
    let says: Vec<(&str, Place)> = rule
        .settings
        .iter()
        .filter(|said| brought.iter().any(|group| said.value_for(group).is_some()))
        .map(|said| (said.setting.name, said.place))
        .collect();
    let (_, place) = says.first()?;
    let settings: Vec<&str> = says.iter().map(|(setting, _)| *setting).collect();
    let reaches = if settings.len() == 1 {
        "reaches"
    } else {
        "reach"
    };
    let groups: Vec<&GroupId> = brought.iter().map(|group| &group.id).collect();
    let first = brought.first()?;
    let finding = Diagnostic::new(
        Code::AccountUnreached,
        format!(
            "{} {reaches} nobody in {}: {}",
            in_words(&settings, "settings"),
            groups_in_words(&groups),
            target::UNREACHED
        ),
    )
    .at(*place, format!("`{}` is over the account", rule.id()))
    .at(first.place, "these devices are brought")
    .help("leave it as a gap that is known, or add `ownership: managed` to the rule's `for`");
    Some(finding)
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
