//! Personal devices: the organisation rules over the account, never over the device.

use std::collections::BTreeMap;

use fyr_policy_source::Ownership;
use fyr_schemas::GroupId;

use crate::finding::{Diagnostic, Reach, Role};
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
    findings.extend(on_devices.filter_map(|(group, rules)| on_the_device(group, rules)));
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
    let settings = says.iter().map(|(setting, _)| (*setting).to_owned());
    let (rule, first) = (rule.id(), personal.first()?);
    let finding = Diagnostic::of(Reach::AccountUnreached {
        rule: rule.clone(),
        settings: settings.collect(),
    });
    Some(
        finding
            .at(*place, Role::OfAccount { rule: rule.clone() })
            .at(first.place, Role::PersonalDevices)
            .concerning(personal.iter().map(|group| &group.id)),
    )
}

fn on_the_device(group: &Group, rules: &[OnTheDevice<'_>]) -> Option<Diagnostic> {
    let sets = rules.iter().map(|each| {
        let (rule, what) = (each.rule.id().clone(), each.what.clone());
        (each.place, Role::SetsOnDevice { rule, what })
    });
    let finding = Diagnostic::of(Reach::PersonalDevice {
        group: group.id.clone(),
        unit: rules.first()?.rule.unit().clone(),
    });
    Some(
        finding
            .at_each(sets)
            .at(group.place, Role::PersonalDevices)
            .concerning([&group.id]),
    )
}
