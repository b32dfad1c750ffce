//! Words about what changes between two policies.

mod summary;

use std::collections::BTreeSet;

use fyr_policy_source::{Overridable, Strength};
use fyr_schemas::timetable::{Days, Hours, Period, Weekday};
use fyr_schemas::{CaseNumber, PeriodId, StageId};

pub(in crate::wording) use self::summary::summary;
use super::phrase;
use crate::difference::{
    AddressChange, Change, Content, Document, Effective, GroupsTouched, Holiday, Listed,
    Membership, Risk, Subject, Vacancy, Who, Whom, Zone,
};
use crate::policy::Ground;
use crate::wording::ChangeWords;

/// What changes, and for whom.
pub(in crate::wording) fn change(change: &Change) -> ChangeWords {
    ChangeWords {
        risk: risk(change.risk),
        subject: subject(&change.subject),
        step: step(change),
        whom: at_time(&change.whom, &change.during, change.days),
    }
}

/// An address whose verdict changes.
pub(in crate::wording) fn address(change: &AddressChange) -> ChangeWords {
    ChangeWords {
        risk: risk(change.risk),
        subject: change.url.clone(),
        step: format!("{} → {}", change.before.word(), change.after.word()),
        whom: at_time(&change.whom, &change.during, change.days),
    }
}

/// The groups that come and go: `b-2027 is added: mellemtrin in /skoler/b, in the place of b-2021`.
pub(in crate::wording) fn groups(groups: &GroupsTouched) -> Vec<String> {
    let added = groups.added.iter().map(|(group, added)| {
        let (stage, unit) = (&added.stage, &added.unit);
        let before = added.replaces.as_ref();
        let before = before.map(|before| format!(", in the place of {before}"));
        format!(
            "{group} is added: {stage} in {unit}{}",
            before.unwrap_or_default()
        )
    });
    let removed = groups.removed.iter().map(|group| {
        format!("{group} is removed: its devices are given nothing new, and keep what they have")
    });
    added.chain(removed).collect()
}

/// `85.10.09-G01-33-21, YouTube i undervisningen (Byrådet, 2021-12-01, review due 2028-12-01)`.
pub(in crate::wording) fn ground(ground: &Ground) -> String {
    let due = match (ground.decide_by, ground.review) {
        (Some(day), _) => format!(", decision awaited by {day}"),
        (None, Some(day)) => format!(", review due {day}"),
        (None, None) => String::new(),
    };
    format!(
        "{}, {} ({}, {}{due})",
        ground.case, ground.title, ground.body, ground.date
    )
}

/// `from 2027-01-01`, `until 2026-12-31`, `on 2026-12-24`; `None` if it is always.
pub(in crate::wording) fn days(days: Days) -> Option<String> {
    match (days.from, days.until) {
        (Some(from), Some(until)) if from == until => Some(format!("on {from}")),
        (Some(from), Some(until)) => Some(format!("from {from} until {until}")),
        (Some(from), None) => Some(format!("from {from}")),
        (None, Some(until)) => Some(format!("until {until}")),
        (None, None) => None,
    }
}

fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Nothing => "the same",
        Risk::Ground => "ground",
        Risk::Tighter => "tighter",
        Risk::Different => "different",
        Risk::Weaker => "weaker",
        Risk::GroupRemoved => "removed",
    }
}

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Setting(name) | Subject::Site(name) => name.clone(),
        Subject::Period(period) => period.to_string(),
        Subject::Holidays => "holidays".to_owned(),
        Subject::TimeZone => "time-zone".to_owned(),
        Subject::Listed(members) => listed(members),
        Subject::Floor(of) => format!("{of}, floor"),
        Subject::Written { document, field } => format!("{}, {field}", name_of(document)),
        Subject::Age(group) => format!("group {group}, age of the youngest"),
        Subject::Body(body) => format!("body {body}"),
    }
}

fn name_of(document: &Document) -> String {
    match document {
        Document::Organisation => "fyr.yaml".to_owned(),
        Document::Decision(case) => case.to_string(),
        Document::Service(service) => format!("service:{service}"),
        Document::Category(category) => format!("category:{category}"),
        Document::Rule(rule) => format!("rule {rule}"),
    }
}

/// `category:spil gains a.example, b.example, c.example and 9 more`.
fn listed(listed: &Listed) -> String {
    let verb = match listed.membership {
        Membership::Gained => "gains",
        Membership::Lost => "loses",
        Membership::Kept => "has",
    };
    let shown = listed.sites.get(..3).unwrap_or(&listed.sites);
    let named = format!("category:{} {verb} {}", listed.category, shown.join(", "));
    match listed.count.saturating_sub(shown.len()) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// `mellemtrin in /skoler during skoletid, from 2027-01-01; udskoling in /skoler/oest, which has no
/// class yet`.
fn at_time(whom: &Whom, during: &BTreeSet<PeriodId>, of_days: Days) -> String {
    let periods: Vec<&str> = during.iter().map(PeriodId::as_str).collect();
    let during = match periods.as_slice() {
        [] => String::new(),
        periods => format!(" during {}", periods.join(" and ")),
    };
    let from = days(of_days).map_or_else(String::new, |days| format!(", {days}"));
    let time = during + &from;
    match (who(whom), without_class(&whom.without_class)) {
        (None, vacant) => vacant.unwrap_or_default() + &time,
        (Some(who), None) => who + &time,
        (Some(who), Some(vacant)) => format!("{who}{time}; {vacant}"),
    }
}

/// `mellemtrin in /skoler`, `pupils`, `all groups`, or names.
fn who(whom: &Whom) -> Option<String> {
    let who = match whom.who.as_ref()? {
        Who::AllGroups => "all groups".to_owned(),
        Who::Pupils => "pupils".to_owned(),
        Who::Staff => "staff".to_owned(),
        Who::Stages(stages) => {
            let stages: Vec<&str> = stages.iter().map(StageId::as_str).collect();
            stages.join(", ")
        }
        Who::Groups(groups) => phrase::groups(groups),
    };
    Some(match &whom.unit {
        Some(unit) => format!("{who} in {unit}"),
        None => who,
    })
}

fn without_class(places: &BTreeSet<Vacancy>) -> Option<String> {
    let places = places.iter();
    let places = places.map(|place| format!("{} in {}", place.stage, place.unit));
    let places: Vec<String> = places.collect();
    let named = match places.as_slice() {
        [] => return None,
        [_] | [_, _] => places.join(" and "),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    };
    Some(format!("{named}, which has no class yet"))
}

/// `off → moderate`; what else differs where the value is the same.
fn step(change: &Change) -> String {
    let (before, after) = (&change.before, &change.after);
    if let Subject::Floor(_) = change.subject {
        return format!("{} → {}", floor(before), floor(after));
    }
    let is = value(&change.subject, after);
    if before.value != after.value {
        return format!("{} → {is}", value(&change.subject, before));
    }
    let differing: [fn(&Effective) -> String; 4] = [
        firmness,
        |effective| {
            named(
                effective.unit.as_ref().map(|unit| format!("from {unit}")),
                "rule",
            )
        },
        |effective| {
            named(
                effective.decision.as_ref().map(CaseNumber::to_string),
                "decision",
            )
        },
        |effective| named(effective.rule.as_ref().map(ToString::to_string), "rule"),
    ];
    let steps = differing.map(|part| (part(before), part(after)));
    let [.., by_rule] = &steps;
    let differs = steps.iter().find(|(was, is)| was != is).unwrap_or(by_rule);
    format!("{is}: {} → {}", differs.0, differs.1)
}

fn named(name: Option<String>, kind: &str) -> String {
    name.unwrap_or_else(|| format!("no {kind}"))
}

/// `minimum`, or `minimum, except lessons`.
fn firmness(effective: &Effective) -> String {
    match (effective.strength, effective.overridable) {
        (None, _) => "no rule".to_owned(),
        (Some(Strength::Minimum), Some(Overridable::Lessons)) => {
            "minimum, except lessons".to_owned()
        }
        (Some(strength), _) => strength.word().to_owned(),
    }
}

/// `moderate, minimum from /skoler`; `none`.
fn floor(effective: &Effective) -> String {
    let value = match &effective.value {
        Content::Nothing => "none".to_owned(),
        other => content(other),
    };
    match &effective.unit {
        Some(unit) => format!("{value}, {} from {unit}", firmness(effective)),
        None => value,
    }
}

/// The value of one side.
fn value(subject: &Subject, effective: &Effective) -> String {
    match (subject, &effective.value) {
        (Subject::Age(_), Content::Nothing) => "no pupil".to_owned(),
        (Subject::Body(_), Content::Nothing) => "decides nothing".to_owned(),
        (_, value) => content(value),
    }
}

fn content(value: &Content) -> String {
    match value {
        Content::Written(text) => text.clone(),
        Content::Nothing => "nothing".to_owned(),
        Content::Unit(unit) => format!("decides for {unit}"),
        Content::Age(age) => age.to_string(),
        Content::Hours(period) => hours(period),
        Content::Holidays(days) => holidays(days),
        Content::Zone(Zone { name, rules }) => format!("{name} ({rules})"),
    }
}

/// `2026-12-21 until 2027-01-03`; `school` where there are none. The cases, where several decided.
fn holidays(holidays: &[Holiday]) -> String {
    let words = holidays
        .iter()
        .map(|Holiday { days, decision }| match decision {
            Some(case) => format!("{} ({case})", stretch(*days)),
            None => stretch(*days),
        });
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        "school".to_owned()
    } else {
        words.join(", ")
    }
}

/// `mon-thu 08:00-15:00, fri 08:00-14:00`, or the days and their hours.
fn hours(period: &Period) -> String {
    match period {
        Period::Throughout(days) => stretch(*days),
        Period::On { days, hours } => {
            let days: Vec<String> = days.iter().map(ToString::to_string).collect();
            format!("{} {}", days.join(", "), hours_of_day(hours))
        }
        Period::Weekly { hours, within } => {
            let days: Vec<(Weekday, &[Hours])> = Weekday::ALL
                .into_iter()
                .map(|day| (day, hours.get(&day).map_or(&[][..], Vec::as_slice)))
                .collect();
            let stretches = days.chunk_by(|(_, one), (_, other)| one == other);
            let words: Vec<String> = stretches.filter_map(weekdays).collect();
            let bounds = stretch(*within);
            format!("{} {bounds}", words.join(", "))
                .trim_end()
                .to_owned()
        }
    }
}

fn weekdays(days: &[(Weekday, &[Hours])]) -> Option<String> {
    let ((first, hours), (last, _)) = (days.first()?, days.last()?);
    if hours.is_empty() {
        return None;
    }
    let hours = hours_of_day(hours);
    Some(if first == last {
        format!("{first} {hours}")
    } else {
        format!("{first}-{last} {hours}")
    })
}

fn hours_of_day(hours: &[Hours]) -> String {
    let hours: Vec<String> = hours.iter().map(ToString::to_string).collect();
    hours.join(" and ")
}

/// `2026-12-21 until 2027-01-03`; a single day alone.
fn stretch(of_days: Days) -> String {
    match (of_days.from, of_days.until) {
        (Some(from), Some(until)) if from == until => from.to_string(),
        (Some(from), Some(until)) => format!("{from} until {until}"),
        _ => days(of_days).unwrap_or_default(),
    }
}
