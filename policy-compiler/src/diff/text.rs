//! A difference for a terminal: what changes, and nothing else.

use std::fmt::Write as _;

use fyr_policy_core::wording::{self, ChangeWords};
use fyr_policy_core::{Difference, Language};

use super::devices::Devices;
use crate::render::in_one_line;

pub(super) fn render(difference: &Difference, devices: Option<&Devices>) -> String {
    const LANGUAGE: Language = Language::English;

    let reached = devices.map(Devices::reached);
    let summary = wording::summary(difference, reached, LANGUAGE);
    let mut text = format!("{}\n", in_one_line(&summary));
    let changes = difference.changes.iter();
    let rows = changes.map(|change| row(wording::change(change, LANGUAGE)));
    table(&mut text, "changes", &rows.collect::<Vec<_>>());
    let addresses = difference.addresses.iter();
    let rows = addresses.map(|change| row(wording::address_change(change, LANGUAGE)));
    table(&mut text, "addresses", &rows.collect::<Vec<_>>());
    let groups = wording::groups_touched(&difference.groups, LANGUAGE);
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
            let _ = writeln!(
                text,
                "  {}",
                in_one_line(&wording::ground(ground, LANGUAGE))
            );
        }
    }
    text
}

fn row(words: ChangeWords) -> [String; 4] {
    let cells = [words.risk.to_owned(), words.subject, words.step, words.whom];
    cells.map(|cell| in_one_line(&cell))
}

fn table(text: &mut String, title: &str, rows: &[[String; 4]]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}");
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    for [risk, subject, step, whom] in rows {
        let [of_risk, of_subject, of_step] = widths;
        let _ = writeln!(
            text,
            "  {risk:of_risk$}  {subject:of_subject$}  {step:of_step$}  {whom}"
        );
    }
}
