//! Lists of names in words, for what is neither a finding nor worded per language.

use fyr_schemas::GroupId;

/// `a`, `b`, `c`.
pub fn in_backticks<T: AsRef<str>>(names: &[T]) -> String {
    names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `skovlunde-2026`, or `skovlunde-2026` and 11 groups more.
pub fn groups_in_words(groups: &[&GroupId]) -> String {
    let names: Vec<&str> = groups.iter().map(|group| group.as_str()).collect();
    in_words(&names, "groups")
}

/// `skovlunde`, or `skovlunde` and 11 `kind` more.
pub fn in_words(names: &[&str], kind: &str) -> String {
    match names {
        [] => format!("no {kind}"),
        [one] => format!("`{one}`"),
        [one, other] => format!("`{one}` and `{other}`"),
        [first, rest @ ..] => format!("`{first}` and {} {kind} more", rest.len()),
    }
}
