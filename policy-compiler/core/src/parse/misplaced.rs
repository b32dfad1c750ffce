//! Files that no kind of document belongs to: what each was probably meant to be, one finding for
//! every directory of them.

use std::collections::BTreeMap;

use super::{DocumentKind, PLACES, fault};
use crate::finding::{Diagnostic, Document, Role};
use crate::meant::did_you_mean;
use crate::source::{FileId, SourceFile};

/// The findings, and the kinds of documents that are unread because of them.
pub(super) fn check(files: &[(FileId, &SourceFile)]) -> (Vec<Diagnostic>, Vec<DocumentKind>) {
    let mut by_directory: BTreeMap<&str, Vec<(FileId, &SourceFile)>> = BTreeMap::new();
    for (id, file) in files {
        let directory = file.path.split_once('/').map_or("", |(first, _)| first);
        by_directory.entry(directory).or_default().push((*id, file));
    }
    let (mut findings, mut unread) = (Vec::new(), Vec::new());
    for (directory, files) in by_directory {
        let meant = |file: &SourceFile| path_meant(&file.path).or_else(|| by_content(file));
        let kinds = files.iter().filter_map(|(_, file)| meant(file));
        unread.extend(kinds.filter_map(|path| DocumentKind::of(&path)));
        match files.as_slice() {
            [(first, file), _, ..] if !directory.is_empty() && !PLACES.contains(&directory) => {
                findings.push(a_directory(directory, *first, meant(file), files.len()));
            }
            files => findings.extend(
                files
                    .iter()
                    .map(|(id, file)| fault::misplaced(*id, file, meant(file).as_deref())),
            ),
        }
    }
    (findings, unread)
}

fn a_directory(directory: &str, first: FileId, meant: Option<String>, files: usize) -> Diagnostic {
    let meant = meant.and_then(|path| Some(path.split_once('/')?.0.to_owned()));
    let directory = directory.to_owned();
    Diagnostic::of(Document::MisplacedDirectory { directory, meant })
        .at(first.start(), Role::FilesNotRead { files })
}

/// The path that was probably meant, by how it is written.
fn path_meant(path: &str) -> Option<String> {
    let path = path
        .strip_suffix(".yml")
        .map_or_else(|| path.to_owned(), |stem| format!("{stem}.yaml"));
    let (first, rest) = path.split_once('/').unwrap_or((&path, ""));
    let name = did_you_mean(first, PLACES)?;
    match rest {
        "" => Some(name.to_owned()),
        rest => Some(format!("{name}/{rest}")),
    }
}

/// The path that was probably meant, by the field that the file's first document begins with.
fn by_content(file: &SourceFile) -> Option<String> {
    let head = file.text.lines().find_map(|line| {
        let name = line.split_once(':')?.0;
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
        is_name.then_some(name)
    })?;
    let directory = fault::other_kind(head)?;
    let name = file.path.rsplit('/').next()?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    Some(format!("{directory}/{stem}.yaml"))
}
