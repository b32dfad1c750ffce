//! The page of settings, from the table that parses, compares and lowers them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use fyr_schemas::bundle::Engine;

use crate::phrase::in_backticks;
use crate::settings::{self, Effect, Kind, Mechanism, Reach, Setting, Stricter, Value};

/// The page, one section a setting, by family.
pub fn settings() -> String {
    let mut page = "\
# Settings

What a rule can decide under `set:`, by family. The values of a setting stand weakest first: under
a `minimum`, lower levels may choose one further right. Where no rule speaks of a setting, the
browser's own default holds.

A policy of a browser can be set under the browser's own name, such as
`chromium.BookmarkBarEnabled: true` or `firefox.DisablePocket: true`; its value is checked against
what the browser takes. One that enforces a setting otherwise, or would undo it, is refused below
and beside the rule that decides the setting; that rule itself, and those above it, may set it.

Written by `make generate`.
"
    .to_owned();
    let mut family = "";
    // Writing to a string cannot fail.
    for setting in settings::all() {
        if setting.family() != family {
            family = setting.family();
            let _ = write!(page, "\n## {family}\n");
        }
        let _ = write!(page, "\n### `{}`\n\n{}\n\n", setting.name, setting.doc);
        let _ = writeln!(page, "- **Values**: {}", values(setting));
        let _ = writeln!(page, "- **Without a rule**: {}", setting.default);
        for engine in Engine::ALL {
            let _ = writeln!(page, "- **{engine}**: {}", enforcement(engine, setting));
        }
        let undoing = settings::undoing(setting);
        if !undoing.is_empty() {
            let _ = writeln!(page, "- **Would be undone by**: {}", in_backticks(undoing));
        }
    }
    page
}

fn values(setting: &Setting) -> String {
    match setting.kind {
        Kind::Levels(levels) => {
            let words: Vec<&str> = levels.iter().map(|level| level.word).collect();
            format!(
                "{}, each stricter than the one before",
                in_backticks(&words)
            )
        }
        Kind::Choice(levels) => {
            let words: Vec<&str> = levels.iter().map(|level| level.word).collect();
            format!(
                "{}; the first is the weakest, the others cannot be compared",
                in_backticks(&words)
            )
        }
        Kind::Number(scale) => {
            let stricter = match scale.stricter {
                Stricter::Greater => "more",
                Stricter::Smaller => "fewer",
            };
            let accepts = setting.accepts().join(", ");
            format!("{accepts}; {stricter} {} are stricter", scale.unit)
        }
        Kind::Names(_) => format!("{}; fewer are stricter", setting.accepts().join(", ")),
        Kind::Policy(_) => setting.accepts().join(", "),
    }
}

/// What puts the values of a setting in force in an engine, and what does not.
fn enforcement(engine: Engine, setting: &Setting) -> String {
    let examples = setting.kind.examples();
    let mechanism: Vec<(&Value, Mechanism)> = examples
        .iter()
        .filter(|value| setting.default_value().as_ref() != Some(value))
        .map(|value| (value, settings::mechanism(engine, Some(setting), value)))
        .collect();
    let effects = || {
        mechanism
            .iter()
            .flat_map(|(_, mechanism)| &mechanism.effects)
    };
    let mut parts = Vec::new();
    let policies: BTreeSet<&str> = effects().filter_map(policy).collect();
    if !policies.is_empty() {
        let policies: Vec<&str> = policies.into_iter().collect();
        parts.push(in_backticks(&policies));
    }
    let hosts: BTreeSet<&str> = effects().filter_map(host).collect();
    parts.extend(counted(&hosts, "address pinned", "addresses pinned"));
    let sites: BTreeSet<String> = effects().filter_map(site).collect();
    parts.extend(counted(
        &sites,
        "site closed or opened",
        "sites closed or opened",
    ));
    if mechanism
        .iter()
        .any(|(_, mechanism)| mechanism.reach == Reach::Inherent)
    {
        parts.push("without a policy".to_owned());
    }
    let mut gaps: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (value, mechanism) in &mechanism {
        if let Reach::Gap(_, detail) = mechanism.reach {
            gaps.entry(detail).or_default().push(value.to_string());
        }
    }
    for (detail, of) in gaps {
        let all = of.len() == mechanism.len()
            || !matches!(setting.kind, Kind::Levels(_) | Kind::Choice(_));
        let whom = if all {
            String::new()
        } else {
            format!(" for {}", in_backticks(&of))
        };
        parts.push(format!("*gap{whom}: {detail}*"));
    }
    parts.join("; ")
}

fn policy(effect: &Effect) -> Option<&'static str> {
    match effect {
        Effect::Policy(name, _) => Some(name),
        Effect::Block(_) | Effect::Allow(_) | Effect::Host(..) => None,
    }
}

fn host(effect: &Effect) -> Option<&str> {
    match effect {
        Effect::Host(name, _) => Some(name.as_str()),
        Effect::Block(_) | Effect::Allow(_) | Effect::Policy(..) => None,
    }
}

fn site(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Block(filter) | Effect::Allow(filter) => Some(filter.to_string()),
        Effect::Host(..) | Effect::Policy(..) => None,
    }
}

/// The names when they are few, and otherwise how many there are.
fn counted<T: AsRef<str> + Ord>(names: &BTreeSet<T>, one: &str, several: &str) -> Option<String> {
    const FEW: usize = 4;

    let names: Vec<&T> = names.iter().collect();
    match names.len() {
        0 => None,
        1 => Some(format!("{one}: {}", in_backticks(&names))),
        2..=FEW => Some(format!("{several}: {}", in_backticks(&names))),
        count => Some(format!("{count} {several}")),
    }
}
