//! Reads the files that categories name into what they list.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{self as source, At};
use fyr_schemas::Digest;

use super::InFile;
use crate::digest::sha256;
use crate::finding::{Diagnostic, Diagnostics, FileMeant, List as Found, Mostly, Role};
use crate::lists::{Account, Dropped, List, read};
use crate::meant::did_you_mean;
use crate::source::{ListFile, MAX_LIST_BYTES, Sources};

/// One entry in so many may be lost before it is worth a warning.
const LOST_SHARE: usize = 4;

/// A category with what its files list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The category as it is written.
    pub source: InFile<source::List>,
    /// What its files list.
    pub list: List,
    /// The paths of its files, sorted.
    pub files: Vec<String>,
    /// SHA-256 over the bytes of the files, in the order of their paths.
    pub digest: Digest,
}

/// Reads the files of every category. A file that no category names is reported when
/// `all_are_read`, since a category that could not be read may name it, and no other is missed.
pub(super) fn read_lists(
    categories: Vec<InFile<source::List>>,
    sources: &Sources,
    all_are_read: bool,
    findings: &mut Diagnostics,
) -> Vec<Listed> {
    let mut named = BTreeSet::new();
    // A file under another name may be one that is missed, and that is reported there.
    let one_is_missed = categories
        .iter()
        .any(|category| misses_one(category, sources));
    let listed = categories
        .into_iter()
        .map(|category| {
            let files = files_of(&category, sources, findings);
            named.extend(files.iter().map(|file| file.path.as_str()));
            read_one(category, &files, findings)
        })
        .collect();
    let unnamed = sources
        .lists()
        .iter()
        .filter(|file| all_are_read && !one_is_missed && !named.contains(file.path.as_str()));
    findings.extend(unnamed.map(belongs_nowhere));
    listed
}

fn read_one(
    category: InFile<source::List>,
    files: &[&ListFile],
    findings: &mut Diagnostics,
) -> Listed {
    let list = match files {
        [alone] => alone.list().clone(),
        several => read(several.iter().map(|file| file.bytes.as_slice())),
    };
    let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let digest = sha256(files.iter().map(|file| file.bytes.as_slice()));
    findings.extend(changed(&category, &digest));
    findings.extend(mostly_lost(&category, &list.account, &paths));
    Listed {
        source: category,
        list,
        files: paths,
        digest,
    }
}

/// The files that a category names, each once, sorted by path.
fn files_of<'s>(
    category: &InFile<source::List>,
    sources: &'s Sources,
    findings: &mut Diagnostics,
) -> Vec<&'s ListFile> {
    let mut files = BTreeMap::new();
    for written in &category.document.files {
        let meant = sources
            .lists()
            .iter()
            .filter(|file| is_meant(&file.path, written));
        let before = files.len();
        for file in meant {
            if file.bytes.len() > MAX_LIST_BYTES {
                findings.push(too_large(category, written, file));
            }
            files.insert(file.path.as_str(), file);
        }
        if files.len() == before && !files.keys().any(|path| is_meant(path, written)) {
            findings.push(missing(category, written, sources));
        }
    }
    files.into_values().collect()
}

/// Whether a category names a file that is not there.
fn misses_one(category: &InFile<source::List>, sources: &Sources) -> bool {
    let is_there = |written: &At<String>| {
        let mut files = sources.lists().iter();
        files.any(|file| is_meant(&file.path, written))
    };
    !category.document.files.iter().all(is_there)
}

/// Whether a path written under `files` names this file, or a directory that holds it.
fn is_meant(path: &str, written: &str) -> bool {
    let written = written.trim_end_matches('/');
    path.strip_prefix("lists/")
        .and_then(|path| path.strip_prefix(written))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn missing(category: &InFile<source::List>, written: &At<String>, sources: &Sources) -> Diagnostic {
    let mut known = BTreeSet::new();
    for file in sources.lists() {
        let path = file.path.strip_prefix("lists/").unwrap_or(&file.path);
        known.insert(path);
        known.extend(
            path.rmatch_indices('/')
                .filter_map(|(at, _)| path.get(..at)),
        );
    }
    let meant = match written.strip_prefix("lists/") {
        Some(path) if known.contains(path) => FileMeant::Below(path.to_owned()),
        Some(_) | None => match did_you_mean(written, known) {
            Some(meant) => FileMeant::Near(meant.to_owned()),
            None => FileMeant::Unclear,
        },
    };
    let id = category.document.category.value.clone();
    Diagnostic::of(Found::MissingFile {
        path: written.value.clone(),
        meant,
    })
    .at(category.place(written), Role::ReadFrom { category: id })
}

fn too_large(category: &InFile<source::List>, written: &At<String>, file: &ListFile) -> Diagnostic {
    Diagnostic::of(Found::TooLarge {
        path: file.path.clone(),
        most: MAX_LIST_BYTES / (1024 * 1024),
    })
    .at(category.place(written), Role::LargeFile)
}

fn belongs_nowhere(file: &ListFile) -> Diagnostic {
    let path = file.path.strip_prefix("lists/").unwrap_or(&file.path);
    Diagnostic::of(Found::Unnamed {
        path: path.to_owned(),
    })
}

/// The finding for files that are not those of the digest that is written.
fn changed(category: &InFile<source::List>, digest: &Digest) -> Option<Diagnostic> {
    let written = category.document.digest.as_ref()?;
    let name = &category.document.category.value;
    (written.value != *digest).then(|| {
        Diagnostic::of(Found::Changed {
            category: name.clone(),
            digest: digest.to_string(),
        })
        .at(category.place(written), Role::OtherDigest)
    })
}

/// The finding for a list of which much says nothing that a category can hold.
fn mostly_lost(
    category: &InFile<source::List>,
    account: &Account,
    files: &[String],
) -> Option<Diagnostic> {
    let lost = || {
        account
            .dropped
            .iter()
            .filter(|(reason, _)| is_lost(**reason))
    };
    let count: usize = lost().map(|(_, tally)| tally.count).sum();
    if count * LOST_SHARE <= account.entries {
        return None;
    }
    let (reason, tally) = lost().max_by_key(|(_, tally)| tally.count)?;
    let first = tally.first.first()?;
    let file = files.get(first.file)?;
    let name = &category.document.category;
    Some(
        Diagnostic::of(Found::MuchDropped {
            category: name.value.clone(),
            entries: account.entries,
            dropped: count,
            mostly: Mostly {
                reason: *reason,
                count: tally.count,
                path: file.clone(),
                line: first.line,
            },
        })
        .at(category.place(name), Role::ListOfSites),
    )
}

/// Whether something that was dropped is not in the category by any other entry.
fn is_lost(reason: Dropped) -> bool {
    !matches!(reason, Dropped::Duplicate | Dropped::Covered)
}
