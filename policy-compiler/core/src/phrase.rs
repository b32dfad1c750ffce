//! Numbers and lists of names in English: below `wording/english/`, and where a program prints text of
//! its own.

/// `a`, `b`, `c`.
pub fn in_backticks<T: AsRef<str>>(names: &[T]) -> String {
    names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `1 entry`, `12 entries`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", agreeing(count, one, many))
}

/// The form of a word that agrees with a number.
pub fn agreeing<'w>(count: usize, one: &'w str, many: &'w str) -> &'w str {
    if count == 1 { one } else { many }
}
