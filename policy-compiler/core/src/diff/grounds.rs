//! What is written otherwise of the ground on which things hold: decisions, services, lists, reasons
//! and the organisation itself, field by field; and who may decide what.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{self as source, At, Body};
use fyr_schemas::{BodyId, CaseNumber, GroupId, LanguageCode, UnitPath};
use serde::Serialize;
use serde_json::Value as Json;

use super::vacant::is_vacant;
use super::{Change, Content, Crowds, Document, Effective, Risk, Side, Sides, Subject};
use crate::policy::{Policy, Service};
use crate::time_slice::TimeSlice;

pub(super) fn changes(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let (old, new) = (sides.old.policy, sides.new.policy);
    let all_groups: Vec<GroupId> = new.groups.keys().cloned().collect();
    let mut changes = of_decisions(sides, crowds);
    let everywhere = of_services(old, new)
        .into_iter()
        .chain(of_categories(old, new))
        .chain(of_organisation(old, new));
    changes.extend(everywhere.map(|rewritten| rewritten.reported(&all_groups, crowds)));
    changes.extend(of_reasons(old, new, crowds));
    changes.extend(of_ages(old, new, crowds));
    changes.extend(of_bodies(old, new, crowds));
    changes
}

/// A field, as it was written and is.
type Field = (String, Option<String>, Option<String>);

/// A field that is written otherwise.
struct Rewritten {
    risk: Risk,
    subject: Subject,
    before: Effective,
    after: Effective,
}

impl Rewritten {
    fn new(document: Document, (field, before, after): Field) -> Self {
        let written = |text: Option<String>| text.map_or(Content::Nothing, Content::Written);
        Self {
            risk: Risk::Ground,
            subject: Subject::Written { document, field },
            before: Effective::by_no_rule(written(before)),
            after: Effective::by_no_rule(written(after)),
        }
    }

    /// On these cases it stood, and will.
    fn on(mut self, before: Option<&CaseNumber>, after: Option<&CaseNumber>) -> Self {
        self.before.decision = before.cloned();
        self.after.decision = after.cloned();
        self
    }

    fn reported(self, groups: &[GroupId], crowds: &Crowds<'_>) -> Change {
        let groups: Vec<GroupId> = groups.iter().filter(|id| !is_vacant(id)).cloned().collect();
        let always = TimeSlice::default();
        Change {
            risk: self.risk,
            subject: self.subject,
            before: self.before,
            after: self.after,
            whom: crowds.whom(&groups),
            during: always.during,
            days: always.days,
            groups,
        }
    }
}

/// Every field of a document as it is written, by its name: `dpia.version`.
fn written(document: &impl Serialize) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    // What was read from YAML has names for keys, so it always can be written as JSON.
    if let Ok(Json::Object(members)) = serde_json::to_value(document) {
        for (name, value) in members {
            note(name, &value, &mut fields);
        }
    }
    fields
}

fn note(name: String, value: &Json, fields: &mut BTreeMap<String, String>) {
    match value {
        Json::Null => {}
        Json::Object(members) => {
            for (member, value) in members {
                note(format!("{name}.{member}"), value, fields);
            }
        }
        Json::Array(items) if items.is_empty() => {}
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            fields.insert(name, as_written(value));
        }
    }
}

/// `[a.example, b.example]`, `{ for: /skoler, status: denied }`.
fn as_written(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(as_written).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(members) => {
            let given = members.iter().filter(|(_, value)| !value.is_null());
            let given: Vec<String> = given
                .map(|(name, value)| format!("{name}: {}", as_written(value)))
                .collect();
            format!("{{ {} }}", given.join(", "))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => value.to_string(),
    }
}

/// The fields that differ, with how they were written and are.
fn rewritten(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<Field> {
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let said = |side: &BTreeMap<String, String>, field: &String| side.get(field).cloned();
    fields
        .into_iter()
        .map(|field| (field.clone(), said(before, field), said(after, field)))
        .filter(|(_, before, after)| before != after)
        .collect()
}

/// Decisions that are cited and rewritten in place.
fn of_decisions(sides: &Sides<'_>, crowds: &Crowds<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (case, after) in &sides.new.policy.decisions {
        let Some(before) = sides.old.policy.decisions.get(case) else {
            continue;
        };
        let fields = rewritten(&written(&before.document), &written(&after.document));
        if fields.is_empty() {
            continue;
        }
        let groups = groups_citing(case, &sides.old, &sides.new);
        if groups.is_empty() {
            continue;
        }
        changes.extend(fields.into_iter().map(|field| {
            let document = Document::Decision(case.clone());
            let rewritten = Rewritten::new(document, field).on(Some(case), Some(case));
            rewritten.reported(&groups, crowds)
        }));
    }
    changes
}

/// The groups for which something cites a case on either side.
fn groups_citing(case: &CaseNumber, old: &Side<'_>, new: &Side<'_>) -> Vec<GroupId> {
    let sides = [old.policy, new.policy];
    let groups = new.policy.groups.values();
    groups
        .filter(|group| {
            sides.iter().any(|policy| {
                let rules = policy.rules.values();
                let mut rules = rules.filter(|rule| rule.decision() == Some(case));
                let periods = policy.timetable.periods.values();
                let mut periods = periods.filter(|period| period.is_for(group));
                let mut holidays = policy.timetable.holidays.iter();
                let mut services = policy.services.values();
                rules.any(|rule| rule.selects(group))
                    || services.any(|service| {
                        let status = service.assessed_for(group);
                        let cited = status.and_then(|status| status.decision);
                        cited.is_some_and(|cited| cited.value == *case)
                    })
                    || periods.any(|period| {
                        let cited = period.decided_for(group);
                        cited.is_some_and(|cited| cited.case == *case)
                    })
                    || holidays.any(|holiday| {
                        let cited = holiday.decided.as_ref();
                        holiday.is_for(group) && cited.is_some_and(|cited| cited.case == *case)
                    })
            })
        })
        .map(|group| group.id.clone())
        .collect()
}

/// Services of the catalogue. A change to what no rule may close needs a reviewer.
fn of_services(old: &Policy, new: &Policy) -> Vec<Rewritten> {
    let mut changes = Vec::new();
    let names: BTreeSet<_> = old.services.keys().chain(new.services.keys()).collect();
    for id in names {
        let both = [old, new].map(|policy| policy.services.get(id));
        let is_essential = both.into_iter().flatten().any(Service::is_helpline);
        let is_on_both = both.iter().all(Option::is_some);
        if !is_on_both && !is_essential {
            continue;
        }
        let fields = |service: Option<&Service>| {
            let document = service.map(|service| &service.source.document);
            document.map_or_else(BTreeMap::new, written)
        };
        let case = |service: Option<&Service>| -> Option<CaseNumber> {
            let decision = service?.source.document.decision.as_ref()?;
            Some(decision.value.clone())
        };
        let [before, after] = both;
        let differing = rewritten(&fields(before), &fields(after)).into_iter();
        let keeps_open = |field: &str| is_essential && ["kind", "sites"].contains(&field);
        // Whom it is open to depends on the age that classes will have.
        let is_looked_at = |field: &str| {
            keeps_open(field) || field == "approval" || field.starts_with("minimum-age")
        };
        // Of one that came or went, what it keeps open is all there is to say.
        let differing = differing.filter(|(field, ..)| is_on_both || keeps_open(field));
        changes.extend(differing.map(|field| {
            let risk = if is_looked_at(&field.0) {
                Risk::Different
            } else {
                Risk::Ground
            };
            let rewritten = Rewritten::new(Document::Service(id.clone()), field);
            Rewritten {
                risk,
                ..rewritten.on(case(before).as_ref(), case(after).as_ref())
            }
        }));
    }
    changes
}

/// Where categories come from. What they list is compared member by member.
fn of_categories(old: &Policy, new: &Policy) -> Vec<Rewritten> {
    let mut changes = Vec::new();
    for (id, after) in &new.categories {
        let Some(before) = old.categories.get(id) else {
            continue;
        };
        let [was, is] = [before, after].map(|category| written(&category.origin.source.document));
        let mut differing = rewritten(&was, &is);
        // Another list has another digest.
        differing.retain(|(field, before, after)| {
            field != "digest" || before.is_none() || after.is_none()
        });
        let document = || Document::Category(id.clone());
        let reported = differing.into_iter();
        changes.extend(reported.map(|field| Rewritten::new(document(), field)));
    }
    changes
}

/// The organisation. Whom devices belong to, what stays reachable and who is in which stage is
/// reviewed; bodies are reported separately.
fn of_organisation(old: &Policy, new: &Policy) -> Vec<Rewritten> {
    const LOOKED_AT: [&str; 6] = [
        "always-reachable",
        "classroom",
        "country",
        "organisation",
        "sign-in",
        "stages",
    ];

    let [before, after] = [old, new].map(|policy| written(&policy.organisation.document));
    let fields = rewritten(&before, &after).into_iter();
    let fields = fields.filter(|(field, ..)| !field.starts_with("bodies."));
    fields
        .map(|field| {
            let family = field.0.split('.').next().unwrap_or_default();
            let risk = if LOOKED_AT.contains(&family) {
                Risk::Different
            } else {
                Risk::Ground
            };
            Rewritten {
                risk,
                ..Rewritten::new(Document::Organisation, field)
            }
        })
        .collect()
}

/// The explanations of rules that both policies have.
fn of_reasons(old: &Policy, new: &Policy, crowds: &Crowds<'_>) -> Vec<Change> {
    #[derive(Serialize)]
    struct Reasons<'r> {
        guidance: &'r BTreeMap<At<LanguageCode>, String>,
        why: &'r BTreeMap<At<LanguageCode>, String>,
    }

    let mut changes = Vec::new();
    for (id, after) in &new.rules {
        let Some(before) = old.rules.get(id) else {
            continue;
        };
        let reasons = [before, after].map(|rule| {
            let source::Rule { guidance, why, .. } = &rule.source.document;
            written(&Reasons { guidance, why })
        });
        let [was, is] = &reasons;
        let groups: Vec<GroupId> = new.groups_of(after).map(|group| group.id.clone()).collect();
        changes.extend(rewritten(was, is).into_iter().map(|field| {
            let rewritten = Rewritten::new(Document::Rule(id.clone()), field);
            let rewritten = rewritten.on(before.decision(), after.decision());
            rewritten.reported(&groups, crowds)
        }));
    }
    changes
}

/// Groups whose pupils are of another age: they come into other stages on other days.
fn of_ages(old: &Policy, new: &Policy, crowds: &Crowds<'_>) -> Vec<Change> {
    let groups = new.groups.values();
    let changes = groups.filter_map(|after| {
        let (was, is) = (old.groups.get(&after.id)?.youngest, after.youngest);
        (was != is).then_some(())?;
        let age = |age: Option<u8>| age.map_or(Content::Nothing, Content::Age);
        let rewritten = Rewritten {
            risk: Risk::Different,
            subject: Subject::Age(after.id.clone()),
            before: Effective::by_no_rule(age(was)),
            after: Effective::by_no_rule(age(is)),
        };
        Some(rewritten.reported(std::slice::from_ref(&after.id), crowds))
    });
    changes.collect()
}

/// Bodies that have another name or may decide for something else than before, and those that came
/// or went.
fn of_bodies(old: &Policy, new: &Policy, crowds: &Crowds<'_>) -> Vec<Change> {
    let (before, after) = (bodies(old), bodies(new));
    let names: BTreeSet<&BodyId> = before.keys().chain(after.keys()).copied().collect();
    let mut changes = Vec::new();
    for name in names {
        let both = [&before, &after].map(|bodies| bodies.get(name).copied());
        let [was, is] = both;
        let unit =
            |body: Option<&Body>| -> Option<UnitPath> { Some(body?.competent_for.value.clone()) };
        let below = |group: &UnitPath| {
            let mut units = both.into_iter().filter_map(unit);
            units.any(|unit| unit.contains(group))
        };
        let groups = new.groups.values().filter(|group| below(&group.unit));
        let groups: Vec<GroupId> = groups.map(|group| group.id.clone()).collect();
        if unit(was) != unit(is) {
            let decides = |body| unit(body).map_or(Content::Nothing, Content::Unit);
            let rewritten = Rewritten {
                risk: Risk::Ground,
                subject: Subject::Body(name.clone()),
                before: Effective::by_no_rule(decides(was)),
                after: Effective::by_no_rule(decides(is)),
            };
            changes.push(rewritten.reported(&groups, crowds));
        }
        if let (Some(was), Some(is)) = (was, is)
            && was.name != is.name
        {
            let field = format!("bodies.{name}.name");
            let field = (field, Some(was.name.clone()), Some(is.name.clone()));
            let rewritten = Rewritten::new(Document::Organisation, field);
            changes.push(rewritten.reported(&groups, crowds));
        }
    }
    changes
}

fn bodies(policy: &Policy) -> BTreeMap<&BodyId, &Body> {
    let bodies = policy.organisation.document.bodies.iter();
    bodies.map(|(name, body)| (&name.value, body)).collect()
}
