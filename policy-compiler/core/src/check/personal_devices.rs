//! Devices brought from home: the organisation rules over the account, never over the device.

use std::collections::BTreeMap;

use fyr_policy_source::Ownership;
use fyr_schemas::GroupId;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words, in_words};
use crate::lower;
use crate::policy::{Group, Policy, Rule};
use crate::source::Place;

/// One finding for each group, with the first thing that every rule says for its devices; and one
/// for each rule over accounts that nothing reaches.
pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let mut on_devices: BTreeMap<&GroupId, (&Group, Vec<OnTheDevice<'_>>)> = BTreeMap::new();
    let mut findings = Vec::new();
    for rule in policy.rules.values() {
        let personal = policy.groups_of(rule);
        let mut personal: Vec<&Group> = personal
            .filter(|group| group.ownership == Ownership::Personal)
            .collect();
        personal.sort_by_key(|group| &group.id);
        let first = personal
            .iter()
            .find_map(|group| Some((*group, device_level(rule, group)?)));
        if let Some((group, (what, place))) = first {
            let (_, rules) = on_devices.entry(&group.id).or_insert((group, Vec::new()));
            rules.push(OnTheDevice { rule, what, place });
        } else {
            findings.extend(over_the_account(rule, &personal));
        }
    }
    let on_devices = on_devices.values();
    findings.extend(on_devices.map(|(group, rules)| on_the_device(group, rules)));
    findings
}

/// What a rule says for a device.
struct OnTheDevice<'a> {
    rule: &'a Rule,
    what: String,
    place: Place,
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
fn over_the_account(rule: &Rule, personal: &[&Group]) -> Option<Diagnostic> {
    let says: Vec<(&str, Place)> = rule
        .settings
        .iter()
        .filter(|said| personal.iter().any(|group| said.value_for(group).is_some()))
        .map(|said| (said.setting.name, said.place))
        .collect();
    let (_, place) = says.first()?;
    let settings: Vec<&str> = says.iter().map(|(setting, _)| *setting).collect();
    let reaches = if settings.len() == 1 {
        "reaches"
    } else {
        "reach"
    };
    let groups: Vec<&GroupId> = personal.iter().map(|group| &group.id).collect();
    let first = personal.first()?;
    let finding = Diagnostic::new(
        Code::AccountUnreached,
        format!(
            "{} {reaches} nobody in {}: {}",
            in_words(&settings, "settings"),
            groups_in_words(&groups),
            lower::UNREACHED
        ),
    )
    .at(*place, format!("`{}` is over the account", rule.id()))
    .at(first.place, "these devices are brought")
    .help("leave it as a gap that is known, or add `ownership: managed` to the rule's `for`");
    Some(finding)
}

fn on_the_device(group: &Group, rules: &[OnTheDevice<'_>]) -> Diagnostic {
    let (what, whose) = match rules {
        [one] => (format!("`{}`", one.what), "the rule's `for`"),
        several => {
            let names: Vec<&str> = several.iter().map(|each| each.rule.id().as_str()).collect();
            (in_words(&names, "rules"), "the `for` of each rule")
        }
    };
    let finding = Diagnostic::new(
        Code::PersonalDevice,
        format!(
            "{what} would rule over the devices of `{}`, brought from home",
            group.id
        ),
    );
    let finding = rules.iter().fold(finding, |finding, each| {
        let text = format!("`{}` sets `{}` on the device", each.rule.id(), each.what);
        finding.at(each.place, text)
    });
    finding
        .at(group.place, "these devices are brought")
        .help_if(rules.first().map(|first| {
            let unit = first.rule.unit();
            format!(
                "add `ownership: managed` to {whose}: `for: {{ unit: {unit}, ownership: managed }}`"
            )
        }))
}
