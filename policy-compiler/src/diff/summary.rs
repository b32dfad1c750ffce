//! A difference in one line, as a reviewer reads it first.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_core::Difference;
use fyr_policy_core::diff::{Change, Document, Risk, Subject};

use super::devices::Devices;

/// `12 groups in 4 units change; 3 sites become blocked for mellemtrin; nothing gets weaker`.
pub(super) fn line(difference: &Difference, devices: Option<&Devices>) -> String {
    let is_all_compared = difference.not_compared.is_empty();
    if difference.risk == Risk::Nothing && difference.groups.added.is_empty() && is_all_compared {
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
        (groups.removed.len(), "without policy"),
    ] {
        if count > 0 {
            parts.push(format!("{} {word}", counted(count, "group")));
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
        Subject::Setting(_)
        | Subject::Floor(_)
        | Subject::Time(_)
        | Subject::Written { .. }
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
    let change = if count == 1 { "changes" } else { "change" };
    (count > 0).then(|| format!("{} {change}", counted(count, "setting")))
}

/// Floors about which nothing else is reported.
fn floors(difference: &Difference) -> Option<String> {
    let changes = difference.changes.iter();
    let floors = changes.filter(|change| matches!(change.subject, Subject::Floor(_)));
    let count = floors.count();
    let change = if count == 1 { "changes" } else { "change" };
    (count > 0).then(|| format!("{} {change}", counted(count, "floor")))
}

fn times(difference: &Difference) -> Option<String> {
    let changes = difference.changes.iter();
    let others = changes.filter(|change| change.before.value != change.after.value);
    let names: BTreeSet<&str> = others
        .filter_map(|change| match &change.subject {
            Subject::Time(name) => Some(name.as_str()),
            Subject::Setting(_)
            | Subject::Site(_)
            | Subject::Listed(_)
            | Subject::Floor(_)
            | Subject::Written { .. }
            | Subject::Body(_) => None,
        })
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty()).then(|| format!("other times for {}", names.join(", ")))
}

/// Documents that are rewritten in place, and bodies that may decide for something else.
fn grounds(difference: &Difference) -> Vec<String> {
    let mut documents: BTreeMap<Kind, BTreeSet<&Document>> = BTreeMap::new();
    let mut bodies = BTreeSet::new();
    for change in &difference.changes {
        match &change.subject {
            Subject::Written { document, .. } => {
                let of_kind = documents.entry(Kind::of(document)).or_default();
                of_kind.insert(document);
            }
            Subject::Body(body) => {
                bodies.insert(body);
            }
            Subject::Setting(_)
            | Subject::Site(_)
            | Subject::Listed(_)
            | Subject::Floor(_)
            | Subject::Time(_) => {}
        }
    }
    let documents = documents.iter().map(|(kind, documents)| {
        let (count, is) = match documents.len() {
            1 => (format!("1 {}", kind.one()), "is"),
            count => (format!("{count} {}", kind.many()), "are"),
        };
        match kind {
            Kind::Organisation => "`fyr.yaml` is rewritten".to_owned(),
            Kind::Decision | Kind::Service | Kind::Category => format!("{count} {is} rewritten"),
            Kind::Rule => format!("the reason of {count} {is} rewritten"),
            Kind::Group => format!("{count} {is} of another age"),
        }
    });
    let bodies = (!bodies.is_empty()).then(|| {
        let may = match bodies.len() {
            1 => "1 body".to_owned(),
            count => format!("{count} bodies"),
        };
        format!("{may} may decide for something else")
    });
    documents.chain(bodies).collect()
}

/// The kind of a document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Decision,
    Service,
    Category,
    Rule,
    Group,
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
            Document::Group(_) => Self::Group,
        }
    }

    fn one(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Service => "service",
            Self::Category => "category",
            Self::Rule => "rule",
            Self::Group => "group",
            Self::Organisation => "organisation",
        }
    }

    fn many(self) -> &'static str {
        match self {
            Self::Decision => "decisions",
            Self::Service => "services",
            Self::Category => "categories",
            Self::Rule => "rules",
            Self::Group => "groups",
            Self::Organisation => "organisations",
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
    let things = |count: usize, get: &str, gets: &str| match count {
        0 => None,
        1 => Some(format!("1 thing {gets}")),
        count => Some(format!("{count} things {get}")),
    };
    let weaker = things(of(Risk::Weaker), "get weaker", "gets weaker");
    let different = things(
        of(Risk::Different),
        "are neither weaker nor tighter: look at them",
        "is neither weaker nor tighter: look at it",
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
    let count = counted(difference.not_compared.len(), "later day");
    let is = if difference.not_compared.len() == 1 {
        "is"
    } else {
        "are"
    };
    Some(format!(
        "{count} {is} not compared: `--date {first}` compares the first"
    ))
}
