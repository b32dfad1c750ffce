//! Files of a policy directory that are not read, although a reader may expect it.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, in_backticks};
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
    let are_not = if stray.len() == 1 {
        "is not"
    } else {
        "are not"
    };
    let more = match others.len() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let renamed = stray.iter().find_map(|path| renamed(path));
    let how_to_read = renamed.map_or_else(
        || "the files that are read end in `.yaml`".to_owned(),
        |name| format!("to have it read, call it `{name}`"),
    );
    (!stray.is_empty()).then(|| {
        Diagnostic::new(
            Code::UnreadFile,
            format!("{}{more} {are_not} read", in_backticks(named)),
        )
        .help(format!(
            "{how_to_read}; what is no part of the policy belongs elsewhere, or ends in `.md` or \
             `.bak`"
        ))
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

/// Whether a reader may expect that it is read. What editors leave behind, and what explains the
/// policy to its readers, is no rule.
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
