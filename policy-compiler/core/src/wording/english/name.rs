//! Words about names.

use super::{Said, phrase};
use crate::finding::{Name, OneName, StageMeant, UnitMeant};
use crate::meant::Meant;

pub(super) fn words(found: &Name) -> Said {
    match found {
        Name::LooksLikeOwn { name, own } => Said::new(
            format!("`{name}` looks like `{own}` but is another name"),
            format!("write `{own}` if you meant that"),
        ),
        Name::MixedAlphabets {
            word,
            looks_like,
            host,
        } => {
            let write = match looks_like {
                Some(letter) => format!("write `{letter}` with your keyboard"),
                None => "write the name with your keyboard".to_owned(),
            };
            Said::new(
                format!("`{word}` contains a letter of another alphabet"),
                match host {
                    Some(host) => format!("{write}; to block this very name, write `{host}`"),
                    None => write,
                },
            )
        }
        Name::UsedTwice { name, instead } => Said::new(
            format!("name `{name}` is used twice"),
            a_name_of_its_own(instead.as_ref()),
        ),
        Name::UnknownUnit { unit, meant } => Said::new(
            format!("unknown unit `{unit}`"),
            match meant {
                UnitMeant::Near(meant) => format!("did you mean `{meant}`?"),
                UnitMeant::Group { group, unit } => {
                    format!("write `{unit}`, the unit of group `{group}`: `for` names units")
                }
                UnitMeant::Unclear => {
                    format!("add `{unit}` to `units.yaml`, or remove what is for it")
                }
            },
        ),
        Name::UnknownParent { parent } => Said::new(
            format!("parent unit `{parent}` is missing"),
            format!("add `{parent}` to `units`"),
        ),
        Name::UnknownStage { name, meant } => Said::new(
            format!("unknown stage `{name}`"),
            match meant {
                StageMeant::Class(year) => format!(
                    "write `{year}` alone to list a class of that year; write other names under \
                     `groups`, with `unit` and `start: {year}`"
                ),
                StageMeant::Audience(audience) => format!("write `who: {audience}`"),
                StageMeant::Stage(meant) => phrase::meant(meant),
            },
        ),
        Name::UnknownService { name, meant } => Said::new(
            format!("unknown service `{name}`"),
            if is_first(meant) {
                format!("add `services/{name}.yaml` with `service: {name}`")
            } else {
                phrase::meant(meant)
            },
        ),
        Name::UnknownBody { body, meant } => {
            Said::new(format!("unknown body `{body}`"), meant_body(meant))
        }
        Name::UnknownGroup { group, meant } => {
            Said::new(format!("unknown group `{group}`"), phrase::meant(meant))
        }
        Name::UnknownCategory { name, meant } => Said::new(
            format!("unknown category `{name}`"),
            if is_first(meant) {
                format!("add it to `lists/lists.yaml`: `category: {name}`")
            } else {
                phrase::meant(meant)
            },
        ),
        Name::UnknownPeriod { period, meant } => Said::new(
            format!("unknown period `{period}`"),
            match meant {
                Meant::Near(_) => phrase::meant(meant),
                _ if is_first(meant) => "add it to `periods` in `timetable.yaml`".to_owned(),
                _ => format!(
                    "add it to `periods` in `timetable.yaml`, or {}",
                    phrase::meant(meant)
                ),
            },
        ),
        Name::UnknownStatus { status, meant } => {
            Said::new(format!("unknown status `{status}`"), phrase::meant(meant))
        }
        Name::UnknownTimeZone { zone, meant } => {
            Said::new(format!("unknown time zone `{zone}`"), phrase::meant(meant))
        }
    }
}

/// Whether no name of the kind is known yet.
fn is_first(meant: &Meant) -> bool {
    matches!(meant, Meant::Unclear { known, .. } if known.is_empty())
}

/// A role that may decide alone is often missing in the first policy.
fn meant_body(meant: &Meant) -> String {
    let help = phrase::meant(meant);
    match meant {
        Meant::Unclear { .. } => format!("{help}; or add it to `bodies` in `fyr.yaml`"),
        Meant::Whole(_) | Meant::Near(_) => help,
    }
}

fn a_name_of_its_own(instead: Option<&OneName>) -> String {
    match instead {
        Some(OneName::Entry(entry)) => format!(
            "remove it from the list of its unit, and write it under `groups`: \
             `{}: {{ unit: {}, start: {} }}`",
            entry.group, entry.unit, entry.start
        ),
        Some(OneName::StillListed(unit)) => format!(
            "remove its year from the list of `{unit}`, or write another name under `groups`"
        ),
        None => "rename one of them".to_owned(),
    }
}
