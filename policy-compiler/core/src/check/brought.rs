//! Devices brought from home: the organisation rules over the account, never over the device.

use std::collections::BTreeMap;

use fyr_schemas::GroupId;
use fyr_schemas::policy::Ownership;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, in_words};
use crate::policy::{Group, Policy, Rule};
use crate::source::Place;

/// One finding for each group, with the first thing that every rule says for its devices.
pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let mut found: BTreeMap<&GroupId, (&Group, Vec<OnTheDevice<'_>>)> = BTreeMap::new();
    for rule in policy.rules.values() {
        let mut groups = policy.groups_of(rule);
        let brought = groups.find(|group| group.ownership == Ownership::Brought);
        if let Some(group) = brought
            && let Some((what, place)) = device_level(rule, group)
        {
            let (_, rules) = found.entry(&group.id).or_insert((group, Vec::new()));
            rules.push(OnTheDevice { rule, what, place });
        }
    }
    let found = found.values();
    found.map(|(group, rules)| tell(group, rules)).collect()
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

fn tell(group: &Group, rules: &[OnTheDevice<'_>]) -> Diagnostic {
    let (what, whose) = match rules {
        [one] => (format!("`{}`", one.what), "the rule's `for`"),
        several => {
            let names: Vec<&str> = several.iter().map(|each| each.rule.id().as_str()).collect();
            (in_words(&names, "rules"), "the `for` of each rule")
        }
    };
    let finding = Diagnostic::new(
        Code::DeviceBrought,
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
        .help(format!("add `ownership: managed` to {whose}"))
}
