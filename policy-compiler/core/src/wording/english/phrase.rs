//! Lists, numbers and selections in words.

use std::collections::BTreeSet;

use fyr_schemas::GroupId;

use crate::finding::Meant;
pub(super) use crate::phrase::{agreeing, counted};

/// `a`, `b`, `c`.
pub(super) fn quoted<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let names = names.into_iter();
    let names: Vec<String> = names.map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(", ")
}

/// `a`; `a` and `b`; or `a` and 11 more groups.
pub(in crate::wording) fn groups(groups: &BTreeSet<GroupId>) -> String {
    several(groups.iter().map(GroupId::as_str), "groups")
}

/// `a`; `a` and `b`; or `a` and 11 more of a kind.
pub(super) fn several<'a>(names: impl IntoIterator<Item = &'a str>, kind: &str) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.as_slice() {
        [] => format!("no {kind}"),
        [one] => format!("`{one}`"),
        [one, other] => format!("`{one}` and `{other}`"),
        [first, rest @ ..] => format!("`{first}` and {} more {kind}", rest.len()),
    }
}

/// `a`, `b`, `c` and 7 more.
pub(super) fn few(said: &BTreeSet<String>) -> String {
    const FEW: usize = 3;

    let named = quoted(said.iter().take(FEW));
    match said.len().saturating_sub(FEW) {
        0 => named,
        others => format!("{named} and {others} more"),
    }
}

/// What was probably meant, as help.
pub(in crate::wording) fn meant(meant: &Meant) -> String {
    match meant {
        Meant::Whole(names) if names.len() == 1 => format!("write {}", quoted(names)),
        Meant::Whole(names) => format!("write one of {}", quoted(names)),
        Meant::Near(name) => format!("did you mean `{name}`?"),
        Meant::Unclear { known, .. } if known.is_empty() => {
            "add it first: there is none yet".to_owned()
        }
        Meant::Unclear { known, more: 0 } => format!("write one of {}", quoted(known)),
        Meant::Unclear { known, more } => {
            format!("write one of {} or {more} more", quoted(known))
        }
    }
}
