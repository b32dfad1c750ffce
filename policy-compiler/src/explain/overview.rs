//! Everything that holds for a group, as text.

use std::fmt::Write as _;

use fyr_policy_core::{EffectiveSites, Overview};
use fyr_schemas::CaseNumber;

use super::time_in_words;

/// How many sites of a rule are named.
const SITES_NAMED: usize = 3;

/// The longest value of a setting that others are aligned with.
const WIDEST_VALUE: usize = 24;

pub(super) fn in_words(overview: &Overview) -> String {
    let Overview {
        group,
        unit,
        stage,
        date,
        ..
    } = overview;
    let mut text = format!("{group} ({stage}, {unit}) on {date}");
    if let Some(at) = &overview.at {
        text.push_str(&time_in_words(at, &overview.depends_on));
    }
    text.push('\n');
    describe_settings(&mut text, overview);
    describe_sites(&mut text, &overview.sites);
    if overview.settings.is_empty() && overview.sites.is_empty() {
        text.push_str("\nNo rule speaks to it: what holds are the browser's own defaults.\n");
    } else {
        text.push_str(
            "\nWith `--setting NAME` or `--url URL`: why, what it overrode, and where it is \
             enforced.\n",
        );
    }
    text
}

fn describe_settings(text: &mut String, overview: &Overview) {
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let names = width(&mut overview.settings.keys().map(|name| name.len()));
    let values = overview
        .settings
        .values()
        .map(|held| held.holds.chars().count());
    let values = width(&mut values.filter(|width| *width <= WIDEST_VALUE));
    if !overview.settings.is_empty() {
        text.push('\n');
    }
    for (name, held) in &overview.settings {
        let by = ground(held.rule.as_str(), held.decision.as_ref());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:names$}  {:values$}  {by}", held.holds);
    }
}

fn describe_sites(text: &mut String, sites: &[EffectiveSites]) {
    if !sites.is_empty() {
        text.push('\n');
    }
    for held in sites {
        let named: Vec<&str> = held
            .sites
            .iter()
            .take(SITES_NAMED)
            .map(String::as_str)
            .collect();
        let more = match held.sites.len().saturating_sub(SITES_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let by = ground(held.rule.as_str(), held.decision.as_ref());
        let _ = writeln!(text, "{:5}  {}{more}  {by}", held.verdict, named.join(", "));
    }
}

/// `` `youtube`, SK-2025-7 ``.
fn ground(rule: &str, case: Option<&CaseNumber>) -> String {
    match case {
        Some(case) => format!("`{rule}`, {case}"),
        None => format!("`{rule}`, which cites no decision"),
    }
}
