//! Files of a policy directory that are not read, and that look as if they were.

use crate::finding::{Diagnostic, Document};
use crate::source::Sources;

/// The most of them that are named.
const MOST_NAMED: usize = 10;

/// One finding for all files that look like a part of the policy and are none.
pub(super) fn check(sources: &Sources) -> Option<Diagnostic> {
    let stray: Vec<&str> = sources
        .passed_over()
        .filter(|path| is_stray(path))
        .collect();
    let (named, others) = stray.split_at(stray.len().min(MOST_NAMED));
    let named = named.iter().map(|path| (*path).to_owned());
    (!stray.is_empty()).then(|| {
        Diagnostic::of(Document::Unread {
            paths: named.collect(),
            more: others.len(),
            rename: stray.iter().find_map(|path| renamed(path)),
        })
    })
}

/// `rules/x.yaml` for `rules/x.yaml.txt` and `rules/x.YAML`.
fn renamed(path: &str) -> Option<String> {
    let at = yaml_ending(path)?;
    Some(format!("{}.yaml", path.get(..at)?))
}

/// Where in a path an ending of YAML begins, with any text after it.
fn yaml_ending(path: &str) -> Option<usize> {
    let lower = path.to_ascii_lowercase();
    let endings = [".yaml", ".yml"];
    endings
        .into_iter()
        .filter_map(|ending| lower.rfind(ending))
        .max()
}

/// Whether it looks as if it were read. Backups of editors and notes do not look like rules.
fn is_stray(path: &str) -> bool {
    let (directory, name) = path.split_once('/').unwrap_or(("", path));
    let is_kept_aside = [
        "~", "#", ".bak", ".orig", ".old", ".rej", ".swp", ".tmp", ".md",
    ]
    .iter()
    .any(|ending| name.ends_with(ending));
    let is_hidden = path.split('/').any(|name| name.starts_with('.'));
    let holds_documents = ["decisions", "rules", "services"].contains(&directory);
    !is_kept_aside && !is_hidden && (holds_documents || yaml_ending(name).is_some())
}
