//! A difference as a comment on a pull request.

use std::fmt::Write as _;

use fyr_policy_core::wording::{self, ChangeWords};
use fyr_policy_core::{Difference, Language};

use super::devices::Devices;
use crate::render::in_one_line;

/// The most rows that a comment shows; the rest is counted.
const MOST_ROWS: usize = 50;

pub(super) fn render(difference: &Difference, devices: Option<&Devices>) -> String {
    const LANGUAGE: Language = Language::English;

    let reached = devices.map(Devices::reached);
    let summary = wording::summary(difference, reached, LANGUAGE);
    let mut text = format!("**{}**\n", escaped(&summary));
    let changes = difference.changes.iter();
    let changes = changes.map(|change| row(&wording::change(change, LANGUAGE)));
    table(&mut text, "What", changes);
    let addresses = difference.addresses.iter();
    let addresses = addresses.map(|change| row(&wording::address_change(change, LANGUAGE)));
    table(&mut text, "Address", addresses);
    let groups = wording::groups_touched(&difference.groups, LANGUAGE);
    if !groups.is_empty() {
        let _ = writeln!(text, "\nGroups:\n");
    }
    for group in groups {
        let _ = writeln!(text, "- {}", escaped(&group));
    }
    for (title, decisions) in [
        ("Decided", &difference.decisions),
        ("Was decided", &difference.decisions_before),
    ] {
        if !decisions.is_empty() {
            let _ = writeln!(text, "\n{title}:\n");
        }
        for ground in decisions {
            let _ = writeln!(text, "- {}", escaped(&wording::ground(ground, LANGUAGE)));
        }
    }
    text
}

fn row(words: &ChangeWords) -> [String; 4] {
    [
        words.risk.to_owned(),
        code(&words.subject),
        escaped(&words.step),
        escaped(&words.whom),
    ]
}

fn table(text: &mut String, what: &str, rows: impl ExactSizeIterator<Item = [String; 4]>) {
    let count = rows.len();
    if count == 0 {
        return;
    }
    let _ = writeln!(
        text,
        "\n| Risk | {what} | Change | For |\n|---|---|---|---|"
    );
    for cells in rows.take(MOST_ROWS) {
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    if count > MOST_ROWS {
        let _ = writeln!(text, "\n… and {} more", count - MOST_ROWS);
    }
}

/// Text of the policy, which must not become markup of the comment. What stands between
/// two single backticks stays code, and code holds no markup.
fn escaped(text: &str) -> String {
    let line = in_one_line(text);
    let parts: Vec<&str> = line.split('`').collect();
    let inner = parts.get(1..parts.len().saturating_sub(1)).unwrap_or(&[]);
    if parts.len().is_multiple_of(2) || inner.iter().any(|part| part.is_empty()) {
        return plain(&line);
    }
    let parts = parts.iter().enumerate();
    parts
        .map(|(position, part)| {
            if position.is_multiple_of(2) {
                plain(part)
            } else {
                code(part)
            }
        })
        .collect()
}

fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '@' | '#' | '!' | '~' => {
                safe.push('\\');
                safe.push(c);
            }
            plain => safe.push(plain),
        }
    }
    safe
}

/// A name or address as code, which can hold no backtick.
fn code(text: &str) -> String {
    format!(
        "`{}`",
        in_one_line(text).replace('`', "'").replace('|', "\\|")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_the_policy_writes_no_markup() {
        for (text, safe) in [
            ("`b-2021` and 2 groups more", "`b-2021` and 2 groups more"),
            ("a <img> `b|c` @d", "a &lt;img&gt; `b\\|c` \\@d"),
            ("one ` alone <b>", "one \\` alone &lt;b&gt;"),
            ("``` <b> ```", "\\`\\`\\` &lt;b&gt; \\`\\`\\`"),
            ("`a``b`", "\\`a\\`\\`b\\`"),
        ] {
            assert_eq!(escaped(text), safe);
        }
    }
}
