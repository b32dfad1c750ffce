//! A difference in one line, as a reviewer reads it first.

use std::collections::{BTreeMap, BTreeSet};

use super::at_time;
use crate::difference::{Change, Content, Difference, Document, Risk, Subject};
use crate::wording::Reached;
use crate::wording::english::phrase::{agreeing, counted};

/// `12 groups in 4 units change; 3 sites become blocked for mellemtrin; nothing gets weaker`.
pub(in crate::wording) fn summary(difference: &Difference, reached: Option<Reached>) -> String {
    let is_all_compared = difference.not_compared.is_empty();
    if difference.risk == Risk::Nothing && difference.groups.added.is_empty() && is_all_compared {
        return "nothing changes for any group".to_owned();
    }
    let groups = &difference.groups;
    let mut parts = Vec::new();
    if !groups.changed.is_empty() {
        let (changed, units) = (groups.changed.len(), groups.units.len());
        parts.push(format!(
            "{} in {} {}",
            counted(changed, "group", "groups"),
            counted(units, "unit", "units"),
            agreeing(changed, "changes", "change"),
        ));
    }
    if let Some(Reached { devices, of }) = reached {
        parts.push(format!(
            "{} of {of} reached",
            counted(devices, "device", "devices"),
        ));
    }
    for (count, word) in [
        (groups.added.len(), "added"),
        (groups.removed.len(), "without policy"),
    ] {
        if count > 0 {
            parts.push(format!("{} {word}", counted(count, "group", "groups")));
        }
    }
    parts.extend(sites(difference));
    parts.extend(settings(difference));
    parts.extend(floors(difference));
    parts.extend(times(difference));
    parts.extend(grounds(difference));
    parts.extend(weaker(difference));
    parts.extend(not_compared(difference));
    parts.join("; ")
}

fn sites(difference: &Difference) -> Vec<String> {
    let becoming = |verdict: &str| -> Vec<&Change> {
        let is = |value: &Content| matches!(value, Content::Written(word) if word == verdict);
        let changes = difference.changes.iter();
        changes
            .filter(|change| of_sites(&change.subject) > 0)
            .filter(|change| is(&change.after.value) && !is(&change.before.value))
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
        let verb = agreeing(count, one, many);
        let whom = |change: &Change| at_time(&change.whom, &change.during, change.days);
        let whom_first = whom(first);
        let whom = if changes.iter().all(|change| whom(change) == whom_first) {
            format!(" for {whom_first}")
        } else {
            String::new()
        };
        Some(format!("{} {verb}{whom}", counted(count, "site", "sites")))
    })
    .collect()
}

/// How many sites it is about, a category counted as one.
fn of_sites(subject: &Subject) -> usize {
    match subject {
        Subject::Site(_) => 1,
        Subject::Listed(listed) => listed.count,
        Subject::Setting(_)
        | Subject::Floor(_)
        | Subject::Period(_)
        | Subject::Holidays
        | Subject::TimeZone
        | Subject::Written { .. }
        | Subject::Age(_)
        | Subject::Body(_) => 0,
    }
}

fn settings(difference: &Difference) -> Option<String> {
    let count = difference
        .changes
        .iter()
        .filter(|change| matches!(change.subject, Subject::Setting(_)))
        .filter(|change| change.before.value != change.after.value)
        .count();
    changing(count, "setting", "settings")
}

/// Floors about which nothing else is reported.
fn floors(difference: &Difference) -> Option<String> {
    let changes = difference.changes.iter();
    let floors = changes.filter(|change| matches!(change.subject, Subject::Floor(_)));
    changing(floors.count(), "floor", "floors")
}

fn changing(count: usize, one: &str, many: &str) -> Option<String> {
    let change = agreeing(count, "changes", "change");
    (count > 0).then(|| format!("{} {change}", counted(count, one, many)))
}

fn times(difference: &Difference) -> Option<String> {
    let changes = difference.changes.iter();
    let others = changes.filter(|change| change.before.value != change.after.value);
    let names: BTreeSet<&str> = others
        .filter_map(|change| match &change.subject {
            Subject::Period(period) => Some(period.as_str()),
            Subject::Holidays => Some("holidays"),
            Subject::TimeZone => Some("time-zone"),
            Subject::Setting(_)
            | Subject::Site(_)
            | Subject::Listed(_)
            | Subject::Floor(_)
            | Subject::Written { .. }
            | Subject::Age(_)
            | Subject::Body(_) => None,
        })
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty()).then(|| format!("other times for {}", names.join(", ")))
}

/// Documents that are rewritten in place, groups of another age, and bodies that may decide for
/// something else.
fn grounds(difference: &Difference) -> Vec<String> {
    let mut documents: BTreeMap<Kind, BTreeSet<&Document>> = BTreeMap::new();
    let (mut ages, mut bodies) = (BTreeSet::new(), BTreeSet::new());
    for change in &difference.changes {
        match &change.subject {
            Subject::Written { document, .. } => {
                let of_kind = documents.entry(Kind::of(document)).or_default();
                of_kind.insert(document);
            }
            Subject::Age(group) => {
                ages.insert(group);
            }
            Subject::Body(body) => {
                bodies.insert(body);
            }
            Subject::Setting(_)
            | Subject::Site(_)
            | Subject::Listed(_)
            | Subject::Floor(_)
            | Subject::Period(_)
            | Subject::Holidays
            | Subject::TimeZone => {}
        }
    }
    let is = |count| agreeing(count, "is", "are");
    let documents = documents.iter().map(|(kind, documents)| {
        let count = documents.len();
        let rewritten =
            |one, many| format!("{} {} rewritten", counted(count, one, many), is(count));
        match kind {
            Kind::Decision => rewritten("decision", "decisions"),
            Kind::Service => rewritten("service", "services"),
            Kind::Category => rewritten("category", "categories"),
            Kind::Rule => format!("the reason of {}", rewritten("rule", "rules")),
            Kind::Organisation => "`fyr.yaml` is rewritten".to_owned(),
        }
    });
    let ages = (!ages.is_empty()).then(|| {
        let count = counted(ages.len(), "group", "groups");
        format!("{count} {} of another age", is(ages.len()))
    });
    let bodies = (!bodies.is_empty()).then(|| {
        let count = counted(bodies.len(), "body", "bodies");
        format!("{count} may decide for something else")
    });
    documents.chain(ages).chain(bodies).collect()
}

/// The kind of a document, in the order in which kinds are named.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Decision,
    Service,
    Category,
    Rule,
    Organisation,
}

impl Kind {
    fn of(document: &Document) -> Self {
        match document {
            Document::Organisation => Self::Organisation,
            Document::Decision(_) => Self::Decision,
            Document::Service(_) => Self::Service,
            Document::Category(_) => Self::Category,
            Document::Rule(_) => Self::Rule,
        }
    }
}

/// What gets weaker, and what needs a reviewer; that nothing does, only where all that
/// changes can be compared and no group is left without a policy.
fn weaker(difference: &Difference) -> Vec<String> {
    let of = |risk: Risk| {
        let changes = difference.changes.iter().map(|change| change.risk);
        let addresses = difference.addresses.iter().map(|change| change.risk);
        changes.chain(addresses).filter(|of| *of == risk).count()
    };
    let things = |count: usize, gets: &str, get: &str| {
        let things = counted(count, "thing", "things");
        (count > 0).then(|| format!("{things} {}", agreeing(count, gets, get)))
    };
    let weaker = things(of(Risk::Weaker), "gets weaker", "get weaker");
    let different = things(
        of(Risk::Different),
        "is neither weaker nor tighter: look at it",
        "are neither weaker nor tighter: look at them",
    );
    let is_all_compared =
        difference.groups.removed.is_empty() && difference.not_compared.is_empty();
    let nothing = (weaker.is_none() && different.is_none() && is_all_compared)
        .then(|| "nothing gets weaker".to_owned());
    weaker.into_iter().chain(different).chain(nothing).collect()
}

/// The later days that were not checked.
fn not_compared(difference: &Difference) -> Option<String> {
    let first = difference.not_compared.first()?;
    let count = difference.not_compared.len();
    let days = counted(count, "later day", "later days");
    let is = agreeing(count, "is", "are");
    Some(format!(
        "{days} {is} not compared: `--date {first}` compares the first"
    ))
}
