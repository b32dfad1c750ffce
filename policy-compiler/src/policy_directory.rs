//! Reads a policy directory from the disk, within bounds, for the compiler.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use fyr_policy_core::source::{
    ListFile, MAX_FILE_BYTES, MAX_FILES, MAX_LIST_BYTES, MAX_LISTS_BYTES,
};
use fyr_policy_core::{Checked, Compilation, Diagnostic, SourceFile, Sources, check, compile};
use jiff::civil::Date;
use walkdir::{DirEntry, WalkDir};

use crate::render::Findings;

/// How deep a policy directory is looked into; the language itself needs two levels.
const MAX_DEPTH: usize = 8;

/// Which policy to read, and for which day.
#[derive(Debug, clap::Args)]
pub(crate) struct PolicyArgs {
    /// The directory of the policy's source
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The day to compile for, such as 2026-08-01; today when left out
    #[arg(long, value_name = "DATE")]
    pub(crate) date: Option<Date>,
}

impl PolicyArgs {
    /// The day to compile for.
    pub(crate) fn day(&self) -> Date {
        self.date.unwrap_or_else(today)
    }

    /// Reads and compiles the policy.
    pub(crate) fn compile(&self) -> Result<(Sources, Compilation), ReadPolicyError> {
        let sources = read(&self.directory)?;
        let compilation = compile(&sources, self.day());
        Ok((sources, compilation))
    }

    /// Reads and checks the policy.
    pub(crate) fn check(&self) -> Result<(Sources, Checked), ReadPolicyError> {
        let sources = read(&self.directory)?;
        let checked = check(&sources, self.day());
        Ok((sources, checked))
    }

    /// What was found in the policy, ready to be shown.
    pub(crate) fn findings<'a>(
        &'a self,
        sources: &'a Sources,
        all: &'a [Diagnostic],
    ) -> Findings<'a> {
        Findings {
            directory: &self.directory,
            sources,
            all,
        }
    }
}

/// The day it is here.
pub(crate) fn today() -> Date {
    jiff::Zoned::now().date()
}

/// Why a policy directory could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadPolicyError {
    /// It is no directory.
    #[error("`{}` is not a directory; name the directory that holds `fyr.yaml`", .0.display())]
    NotADirectory(PathBuf),
    /// A directory could not be listed.
    #[error("list the policy directory `{}`", .0.display())]
    List(PathBuf, #[source] walkdir::Error),
    /// A link would lead out of the directory, or round in it.
    #[error("`{}` is a symbolic link; a policy directory holds files alone", .0.display())]
    Link(PathBuf),
    /// There are too many files.
    #[error("`{}` holds more than {MAX_FILES} files", .0.display())]
    TooMany(PathBuf),
    /// The lists are larger than any that a device could be given.
    #[error("the lists below `{}` hold more than {} MiB together", .0.display(), MAX_LISTS_BYTES / (1024 * 1024))]
    ListsTooLarge(PathBuf),
    /// A file could not be read.
    #[error("read `{}`", .0.display())]
    Read(PathBuf, #[source] io::Error),
}

/// Reads every YAML file and every file of a list below `directory`; hidden files and other files
/// are none of its own.
pub(crate) fn read(directory: &Path) -> Result<Sources, ReadPolicyError> {
    if !directory.is_dir() {
        return Err(ReadPolicyError::NotADirectory(directory.to_owned()));
    }
    let entries = WalkDir::new(directory)
        .max_depth(MAX_DEPTH)
        .follow_links(false)
        .follow_root_links(true)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry));
    let (mut files, mut lists) = (Vec::new(), Vec::new());
    let mut in_lists = 0;
    for entry in entries {
        let entry = entry.map_err(|e| ReadPolicyError::List(directory.to_owned(), e))?;
        if entry.depth() > 0 && entry.path_is_symlink() {
            return Err(ReadPolicyError::Link(entry.into_path()));
        }
        let path = path_within(directory, entry.path());
        let is_list = Sources::is_list(&path);
        if !entry.file_type().is_file() || !(is_list || is_yaml(entry.path())) {
            continue;
        }
        if files.len() + lists.len() == MAX_FILES {
            return Err(ReadPolicyError::TooMany(directory.to_owned()));
        }
        if is_list {
            let bytes = read_within(entry.path(), MAX_LIST_BYTES)?;
            in_lists += bytes.len();
            if in_lists > MAX_LISTS_BYTES {
                return Err(ReadPolicyError::ListsTooLarge(directory.to_owned()));
            }
            lists.push(ListFile { path, bytes });
        } else {
            let text = read_text(entry.path())?;
            files.push(SourceFile { path, text });
        }
    }
    Ok(Sources::new(files, lists))
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "yaml" || ending == "yml")
}

fn path_within(directory: &Path, path: &Path) -> String {
    let within = path.strip_prefix(directory).unwrap_or(path);
    let names: Vec<_> = within.iter().map(|name| name.to_string_lossy()).collect();
    names.join("/")
}

fn read_text(path: &Path) -> Result<String, ReadPolicyError> {
    let bytes = read_within(path, MAX_FILE_BYTES)?;
    // The compiler tells what is no text, with its place.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a few bytes past the limit at most, so that the compiler sees that it is passed.
fn read_within(path: &Path, limit: usize) -> Result<Vec<u8>, ReadPolicyError> {
    let reading = |e| ReadPolicyError::Read(path.to_owned(), e);
    let limit = u64::try_from(limit).map_or(u64::MAX, |limit| limit + 4);
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(reading)?
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(reading)?;
    Ok(bytes)
}
