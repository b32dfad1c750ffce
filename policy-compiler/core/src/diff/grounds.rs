//! What is rewritten of the ground on which things hold: decisions in place, and who may decide what.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::policy::{At, Body, Day, Decision};
use fyr_schemas::{BodyId, CaseNumber, GroupId, UnitPath};

use super::{Change, Crowds, Held, Risk, Side, Sides, Subject};
use crate::policy::Policy;
use crate::spell::Spell;

pub(super) fn changes(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let (old, new) = (sides.old.policy, sides.new.policy);
    let mut changes = Vec::new();
    for (case, after) in &new.decisions {
        let Some(before) = old.decisions.get(case) else {
            continue;
        };
        let fields = rewritten(&written(&before.document), &written(&after.document));
        if fields.is_empty() {
            continue;
        }
        let groups = standing_on(case, &sides.old, &sides.new);
        if groups.is_empty() {
            continue;
        }
        for (field, before, after) in fields {
            let subject = Subject::Decision {
                case: case.clone(),
                field,
            };
            let decision = Some(case.clone());
            changes.push(change((subject, before, after), decision, &groups, crowds));
        }
    }
    changes.extend(of_bodies(old, new, crowds));
    changes
}

/// A field that is written otherwise, and how.
type Rewritten = (&'static str, String, String);

/// Every field of a decision that says on what ground it stands, as it is written.
fn written(decision: &Decision) -> BTreeMap<&'static str, String> {
    let day = |day: &Option<At<Day>>| day.as_ref().map(|day| day.value.to_string());
    let dpia = decision.dpia.as_ref();
    let fields = [
        ("title", Some(decision.title.clone())),
        ("body", Some(decision.body.value.to_string())),
        ("date", Some(decision.date.value.to_string())),
        ("from", day(&decision.from)),
        ("until", day(&decision.until)),
        (
            "replaces",
            decision
                .replaces
                .as_ref()
                .map(|case| case.value.to_string()),
        ),
        ("status", Some(decision.status.word().to_owned())),
        ("decide-by", day(&decision.decide_by)),
        ("purpose", Some(decision.purpose.clone())),
        ("legal-basis", decision.legal_basis.clone()),
        ("owner", Some(decision.owner.clone())),
        (
            "dpia",
            dpia.map(|dpia| {
                let (reference, version, date) = (&dpia.reference, dpia.version, dpia.date.value);
                format!("{reference}, version {version} of {date}")
            }),
        ),
        ("review", day(&decision.review)),
    ];
    let given = fields.into_iter();
    given
        .filter_map(|(field, text)| Some((field, text?)))
        .collect()
}

fn rewritten(
    before: &BTreeMap<&'static str, String>,
    after: &BTreeMap<&'static str, String>,
) -> Vec<Rewritten> {
    let fields: BTreeSet<&'static str> = before.keys().chain(after.keys()).copied().collect();
    let said = |side: &BTreeMap<&'static str, String>, field| {
        side.get(field)
            .map_or_else(|| "nothing".to_owned(), String::clone)
    };
    fields
        .into_iter()
        .map(|field| (field, said(before, field), said(after, field)))
        .filter(|(_, before, after)| before != after)
        .collect()
}

/// The groups for which something stands on a case on either side.
fn standing_on(case: &CaseNumber, old: &Side<'_>, new: &Side<'_>) -> Vec<GroupId> {
    let sides = [old.policy, new.policy];
    let groups = new.policy.groups.values();
    groups
        .filter(|group| {
            sides.iter().any(|policy| {
                let rules = policy.rules.values();
                let mut rules = rules.filter(|rule| rule.decision() == Some(case));
                let periods = policy.timetable.periods.values();
                let mut periods = periods.filter(|period| period.is_for(group));
                rules.any(|rule| rule.selects(group))
                    || policy.units_approved_by(case).contains(&group.unit)
                    || periods.any(|period| {
                        period
                            .decided_for(group)
                            .is_some_and(|cited| cited.case == *case)
                    })
            })
        })
        .map(|group| group.id.clone())
        .collect()
}

/// Bodies that may decide for something else than before, and those that came or went.
fn of_bodies(old: &Policy, new: &Policy, crowds: &Crowds<'_>) -> Vec<Change> {
    let (before, after) = (bodies(old), bodies(new));
    let names: BTreeSet<&BodyId> = before.keys().chain(after.keys()).copied().collect();
    let mut changes = Vec::new();
    for name in names {
        let unit = |bodies: &BTreeMap<&BodyId, &Body>| -> Option<UnitPath> {
            let body = bodies.get(name)?;
            Some(body.competent_for.value.clone())
        };
        let (was, is) = (unit(&before), unit(&after));
        if was == is {
            continue;
        }
        let below = |group: &UnitPath| {
            let mut units = was.iter().chain(&is);
            units.any(|unit| unit.contains(group))
        };
        let groups = new.groups.values().filter(|group| below(&group.unit));
        let groups: Vec<GroupId> = groups.map(|group| group.id.clone()).collect();
        let says = |unit: Option<&UnitPath>| match unit {
            Some(unit) => format!("decides for {unit}"),
            None => "decides nothing".to_owned(),
        };
        let subject = Subject::Body(name.clone());
        let step = (subject, says(was.as_ref()), says(is.as_ref()));
        changes.push(change(step, None, &groups, crowds));
    }
    changes
}

fn bodies(policy: &Policy) -> BTreeMap<&BodyId, &Body> {
    let bodies = policy.organisation.document.bodies.iter();
    bodies.map(|(name, body)| (&name.value, body)).collect()
}

fn change(
    (subject, before, after): (Subject, String, String),
    decision: Option<CaseNumber>,
    groups: &[GroupId],
    crowds: &Crowds<'_>,
) -> Change {
    let held = |value: String, decision| Held {
        value,
        rule: None,
        strength: None,
        decision,
    };
    let always = Spell::default();
    Change {
        risk: Risk::Ground,
        subject,
        before: held(before, decision.clone()),
        after: held(after, decision),
        whom: crowds.in_words(groups, &always),
        during: always.during,
        days: always.days,
        groups: groups.to_vec(),
    }
}
