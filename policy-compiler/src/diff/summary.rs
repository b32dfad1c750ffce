//! A difference in one line, as a reviewer reads it first.

use std::collections::BTreeSet;

use fyr_policy_core::Difference;
use fyr_policy_core::diff::{Change, Risk, Subject};

use super::devices::Devices;

/// `12 groups in 4 units change; 3 sites become blocked for mellemtrin; nothing gets weaker`.
pub(super) fn line(difference: &Difference, devices: Option<&Devices>) -> String {
    if difference.risk == Risk::Nothing && difference.groups.added.is_empty() {
        return "nothing changes for anybody".to_owned();
    }
    let groups = &difference.groups;
    let mut parts = Vec::new();
    if !groups.changed.is_empty() {
        let (changed, units) = (groups.changed.len(), groups.units.len());
        let change = if changed == 1 { "changes" } else { "change" };
        parts.push(format!(
            "{} in {} {change}",
            counted(changed, "group"),
            counted(units, "unit")
        ));
    }
    if let Some(devices) = devices {
        parts.push(format!(
            "{} of {} reached",
            counted(devices.touched, "device"),
            devices.of
        ));
    }
    for (count, word) in [
        (groups.added.len(), "added"),
        (groups.removed.len(), "removed"),
    ] {
        if count > 0 {
            parts.push(format!("{} {word}", counted(count, "group")));
        }
    }
    parts.extend(sites(difference));
    parts.extend(settings(difference));
    parts.extend(times(difference));
    parts.extend(grounds(difference));
    parts.push(weaker(difference));
    parts.join("; ")
}

/// `1 group`, `12 groups`.
pub(super) fn counted(count: usize, word: &str) -> String {
    match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    }
}

fn sites(difference: &Difference) -> Vec<String> {
    let becoming = |verdict: &str| -> Vec<&Change> {
        let changes = difference.changes.iter();
        changes
            .filter(|change| of_sites(&change.subject) > 0)
            .filter(|change| change.after.value == verdict && change.before.value != verdict)
            .collect()
    };
    [
        ("block", "become blocked", "becomes blocked"),
        ("warn", "open with a warning", "opens with a warning"),
        ("allow", "open", "opens"),
    ]
    .into_iter()
    .filter_map(|(verdict, many, one)| {
        let changes = becoming(verdict);
        let first = changes.first()?;
        let count = changes.iter().map(|change| of_sites(&change.subject)).sum();
        let verb = if count == 1 { one } else { many };
        let whom = if changes.iter().all(|change| change.whom == first.whom) {
            format!(" for {}", first.whom)
        } else {
            String::new()
        };
        Some(format!("{} {verb}{whom}", counted(count, "site")))
    })
    .collect()
}

/// How many sites it is about, a category counted as one.
fn of_sites(subject: &Subject) -> usize {
    match subject {
        Subject::Site(_) => 1,
        Subject::Listed(listed) => listed.count,
        Subject::Setting(_) | Subject::Time(_) | Subject::Decision { .. } | Subject::Body(_) => 0,
    }
}

fn settings(difference: &Difference) -> Option<String> {
    let count = difference
        .changes
        .iter()
        .filter(|change| matches!(change.subject, Subject::Setting(_)))
        .filter(|change| change.before.value != change.after.value)
        .count();
    let change = if count == 1 { "changes" } else { "change" };
    (count > 0).then(|| format!("{} {change}", counted(count, "setting")))
}

fn times(difference: &Difference) -> Option<String> {
    let changes = difference.changes.iter();
    let names: BTreeSet<&str> = changes
        .filter_map(|change| match &change.subject {
            Subject::Time(name) => Some(name.as_str()),
            Subject::Setting(_)
            | Subject::Site(_)
            | Subject::Listed(_)
            | Subject::Decision { .. }
            | Subject::Body(_) => None,
        })
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty()).then(|| format!("other times for {}", names.join(", ")))
}

/// Decisions that are rewritten in place, and bodies that may decide for something else.
fn grounds(difference: &Difference) -> Vec<String> {
    let (mut cases, mut bodies) = (BTreeSet::new(), BTreeSet::new());
    for change in &difference.changes {
        match &change.subject {
            Subject::Decision { case, .. } => {
                cases.insert(case);
            }
            Subject::Body(body) => {
                bodies.insert(body);
            }
            Subject::Setting(_) | Subject::Site(_) | Subject::Listed(_) | Subject::Time(_) => {}
        }
    }
    let cases = (!cases.is_empty()).then(|| {
        let is = if cases.len() == 1 { "is" } else { "are" };
        format!("{} {is} rewritten", counted(cases.len(), "decision"))
    });
    let bodies = (!bodies.is_empty()).then(|| {
        let may = match bodies.len() {
            1 => "1 body".to_owned(),
            count => format!("{count} bodies"),
        };
        format!("{may} may decide for something else")
    });
    cases.into_iter().chain(bodies).collect()
}

fn weaker(difference: &Difference) -> String {
    let changes = difference.changes.iter().map(|change| change.risk);
    let addresses = difference.addresses.iter().map(|change| change.risk);
    match changes
        .chain(addresses)
        .filter(|risk| *risk == Risk::Weaker)
        .count()
    {
        0 => "nothing gets weaker".to_owned(),
        1 => "1 thing gets weaker".to_owned(),
        count => format!("{count} things get weaker"),
    }
}
