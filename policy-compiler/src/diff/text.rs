//! A difference for a terminal: what changes, and nothing else.

use std::fmt::Write as _;

use fyr_policy_core::diff::{Change, Held, Risk, Subject};
use fyr_policy_core::{Difference, Ground};

use super::devices::Devices;
use super::summary;
use crate::render::in_one_line;

pub(super) fn render(difference: &Difference, devices: Option<&Devices>) -> String {
    let mut text = format!("{}\n", in_one_line(&summary::line(difference, devices)));
    let rows: Vec<[String; 4]> = difference
        .changes
        .iter()
        .map(|change| {
            [
                word(change.risk).to_owned(),
                change.subject.to_string(),
                step(change),
                change.whom.clone(),
            ]
        })
        .collect();
    table(&mut text, "changes", &rows);
    let rows: Vec<[String; 4]> = difference
        .addresses
        .iter()
        .map(|change| {
            [
                word(change.risk).to_owned(),
                change.url.clone(),
                format!("{} → {}", change.before, change.after),
                change.whom.clone(),
            ]
        })
        .collect();
    table(&mut text, "addresses", &rows);
    let groups = groups(difference);
    if !groups.is_empty() {
        let _ = writeln!(text, "\ngroups");
    }
    for group in groups {
        let _ = writeln!(text, "  {group}");
    }
    for (title, decisions) in [
        ("decided", &difference.decisions),
        ("was decided", &difference.decisions_before),
    ] {
        if !decisions.is_empty() {
            let _ = writeln!(text, "\n{title}");
        }
        for ground in decisions {
            let _ = writeln!(text, "  {}", in_one_line(&decided(ground)));
        }
    }
    text
}

/// The groups that come and go: `b-2027 is added: mellemtrin in /skoler/b, in the place of b-2021`.
pub(super) fn groups(difference: &Difference) -> Vec<String> {
    let groups = &difference.groups;
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

/// The risk as a reader sees it.
pub(super) fn word(risk: Risk) -> &'static str {
    match risk {
        Risk::Nothing => "the same",
        Risk::Ground => "ground",
        Risk::Tighter => "tighter",
        Risk::Different => "different",
        Risk::Weaker => "weaker",
        Risk::GroupRemoved => "removed",
    }
}

/// `off → moderate`; what else differs where the value is the same.
pub(super) fn step(change: &Change) -> String {
    let (before, after) = (&change.before, &change.after);
    if let Subject::Floor(_) = change.subject {
        return format!("{} → {}", floor(before), floor(after));
    }
    if before.value != after.value {
        return format!("{} → {}", before.value, after.value);
    }
    let firmness = |held: &Held| held.strength.unwrap_or("no rule");
    if firmness(before) != firmness(after) {
        return format!(
            "{}: {} → {}",
            after.value,
            firmness(before),
            firmness(after)
        );
    }
    if before.unit != after.unit {
        let unit = |held: &Held| {
            held.unit
                .as_ref()
                .map_or_else(|| "no rule".to_owned(), |unit| format!("from {unit}"))
        };
        return format!("{}: {} → {}", after.value, unit(before), unit(after));
    }
    if before.decision != after.decision {
        let case = |held: &Held| {
            held.decision
                .as_ref()
                .map_or_else(|| "no decision".to_owned(), ToString::to_string)
        };
        return format!("{}: {} → {}", after.value, case(before), case(after));
    }
    let rule = |held: &Held| {
        held.rule
            .as_ref()
            .map_or_else(|| "no rule".to_owned(), ToString::to_string)
    };
    format!("{}: {} → {}", after.value, rule(before), rule(after))
}

/// `moderate, minimum from /skoler`; `none`.
fn floor(held: &Held) -> String {
    match (held.strength, &held.unit) {
        (Some(strength), Some(unit)) => format!("{}, {strength} from {unit}", held.value),
        (Some(_) | None, _) => held.value.clone(),
    }
}

/// `85.10.09-G01-33-21, YouTube i undervisningen (Byrådet, 2021-12-01, review due 2028-12-01)`.
pub(super) fn decided(ground: &Ground) -> String {
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

fn table(text: &mut String, title: &str, rows: &[[String; 4]]) {
    let in_lines = |row: &[String; 4]| row.each_ref().map(|cell| in_one_line(cell));
    let rows: Vec<[String; 4]> = rows.iter().map(in_lines).collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}");
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    for [risk, subject, step, whom] in &rows {
        let [of_risk, of_subject, of_step] = widths;
        let _ = writeln!(
            text,
            "  {risk:of_risk$}  {subject:of_subject$}  {step:of_step$}  {whom}"
        );
    }
}
