//! Reads a policy directory from the disk, within bounds, for the compiler.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use fyr_policy_core::source::{
    ListFile, MAX_FILE_BYTES, MAX_FILES, MAX_LIST_BYTES, MAX_LISTS_BYTES,
};
use fyr_policy_core::{
    Assumptions, Checked, Compilation, Diagnostic, SourceFile, Sources, check, compile_each,
};
use fyr_schemas::bundle::Bundle;
use jiff::civil::Date;
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};
use walkdir::WalkDir;

use crate::day::{day, today};
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
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) date: Option<Date>,
}

impl PolicyArgs {
    /// The day to compile for.
    pub(crate) fn day(&self) -> Date {
        self.date.unwrap_or_else(today)
    }

    /// Reads and compiles the policy, and hands every bundle to `take` as it comes; the compilation
    /// holds none. Where it failed, what was taken counts for nothing.
    pub(crate) fn compile_each(
        &self,
        take: impl FnMut(Bundle),
    ) -> Result<(Sources, Compilation), ReadPolicyError> {
        let sources = read(&self.directory)?;
        let compilation = compile_each(&sources, self.day(), &Assumptions::default(), take);
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

/// Why a policy directory could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadPolicyError {
    /// It is no directory.
    #[error("`{}` is not a directory; name the directory that holds `fyr.yaml`", .0.display())]
    NotADirectory(PathBuf),
    /// It is a part of a policy directory.
    #[error("`{}` is a part of a policy; name the directory of the whole: `{}`", .part.display(), .whole.display())]
    Part {
        /// What was named.
        part: PathBuf,
        /// The directory above it that holds `fyr.yaml`.
        whole: PathBuf,
    },
    /// It holds nothing of a policy.
    #[error("`{}` holds no policy: name the directory that holds `fyr.yaml`{}", .directory.display(), below(.policies))]
    NoPolicy {
        /// What was named.
        directory: PathBuf,
        /// The policies right below it.
        policies: Vec<PathBuf>,
    },
    /// A directory could not be listed.
    #[error("list the policy directory `{}`", .0.display())]
    List(PathBuf, #[source] io::Error),
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
    if let Some(whole) = policy_around(directory) {
        let part = directory.to_owned();
        return Err(ReadPolicyError::Part { part, whole });
    }
    if !directory.is_dir() {
        return Err(ReadPolicyError::NotADirectory(directory.to_owned()));
    }
    if !has_any_part(directory) {
        return Err(ReadPolicyError::NoPolicy {
            directory: directory.to_owned(),
            policies: policies_below(directory),
        });
    }
    let entries = WalkDir::new(directory)
        .max_depth(MAX_DEPTH + 1)
        .follow_links(false)
        .follow_root_links(true)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name()));
    let mut gathered = Gathered::new(directory);
    for entry in entries {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(directory).to_owned();
            ReadPolicyError::List(path, error.into_io_error().unwrap_or_else(a_loop))
        })?;
        if entry.depth() > 0 && entry.path_is_symlink() {
            return Err(ReadPolicyError::Link(entry.into_path()));
        }
        if entry.file_type().is_dir() {
            continue;
        }
        let path = path_within(directory, entry.path());
        match Kind::of(&path).filter(|_| entry.file_type().is_file()) {
            Some(kind) => {
                let bytes = read_within(entry.path(), kind.limit())?;
                gathered.add(kind, path, bytes)?;
            }
            None => gathered.pass_over(path),
        }
    }
    Ok(gathered.into_sources())
}

/// Whether any part of a policy lies in a directory, so that what else it lacks is worth a finding.
fn has_any_part(directory: &Path) -> bool {
    let parts = ["fyr.yaml", "units.yaml", "fyr.yml", "rules", "decisions"];
    parts.iter().any(|part| directory.join(part).exists())
}

/// The policies right below a directory, as in a repository that holds one beside other things.
fn policies_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut policies: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.join("fyr.yaml").is_file())
        .map(|path| {
            path.strip_prefix(".")
                .map_or_else(|_| path.clone(), Path::to_owned)
        })
        .collect();
    policies.sort();
    policies
}

/// The policies that may have been meant, behind what was said.
fn below(policies: &[PathBuf]) -> String {
    const FEW: usize = 5;

    let named = policies.iter().take(FEW);
    let named: Vec<String> = named.map(|path| format!("`{}`", path.display())).collect();
    if named.is_empty() {
        String::new()
    } else {
        format!(", such as {}", named.join(", "))
    }
}

/// What a walk that follows no links never meets.
fn a_loop() -> io::Error {
    io::Error::other("a directory holds itself")
}

/// The policy directory above something that is none itself: a file of it, or `rules/`.
fn policy_around(part: &Path) -> Option<PathBuf> {
    let is_policy = |directory: &Path| directory.join("fyr.yaml").is_file();
    if is_policy(part) {
        return None;
    }
    let full = part.canonicalize().ok()?;
    let levels = full.ancestors().skip(1).zip(1..=MAX_DEPTH);
    let (whole, level) = levels.into_iter().find(|(above, _)| is_policy(above))?;
    // As the user would write it, where that leads there: `policy` for `policy/rules`.
    let above = part.ancestors().nth(level).filter(|above| {
        !above.as_os_str().is_empty() && above.canonicalize().is_ok_and(|above| above == *whole)
    });
    Some(above.map_or_else(|| whole.to_owned(), Path::to_owned))
}

/// What a file of a policy directory is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// YAML, for the compiler to parse.
    Source,
    /// A file of a list.
    List,
}

impl Kind {
    /// The kind of the file at a path below the directory; `None` for one that is no part of the
    /// policy: hidden, too deep, or of another ending.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let names = path.split('/');
        if names.clone().count() > MAX_DEPTH || names.map(OsStr::new).any(is_hidden) {
            return None;
        }
        if Sources::is_list(path) {
            return Some(Self::List);
        }
        let ending = Path::new(path).extension();
        ending
            .is_some_and(|ending| ending == "yaml" || ending == "yml")
            .then_some(Self::Source)
    }

    /// The most bytes such a file may hold.
    pub(crate) fn limit(self) -> usize {
        match self {
            Self::Source => MAX_FILE_BYTES,
            Self::List => MAX_LIST_BYTES,
        }
    }
}

/// The files of one policy as they are read, within the bounds of what a policy may hold.
#[derive(Debug)]
pub(crate) struct Gathered<'a> {
    from: &'a Path,
    files: Vec<SourceFile>,
    lists: Vec<ListFile>,
    passed_over: Vec<String>,
    in_lists: usize,
}

impl<'a> Gathered<'a> {
    /// Nothing yet; `from` is what messages name.
    pub(crate) fn new(from: &'a Path) -> Self {
        Self {
            from,
            files: Vec::new(),
            lists: Vec::new(),
            passed_over: Vec::new(),
            in_lists: 0,
        }
    }

    /// Adds one file, unless it is one too many.
    pub(crate) fn add(
        &mut self,
        kind: Kind,
        path: String,
        bytes: Vec<u8>,
    ) -> Result<(), ReadPolicyError> {
        if self.files.len() + self.lists.len() == MAX_FILES {
            return Err(ReadPolicyError::TooMany(self.from.to_owned()));
        }
        match kind {
            Kind::List => {
                self.in_lists += bytes.len();
                if self.in_lists > MAX_LISTS_BYTES {
                    return Err(ReadPolicyError::ListsTooLarge(self.from.to_owned()));
                }
                self.lists.push(ListFile::new(path, bytes));
            }
            Kind::Source => {
                // The compiler tells what is no text, with its place.
                let text = String::from_utf8_lossy(&bytes).into_owned();
                self.files.push(SourceFile { path, text });
            }
        }
        Ok(())
    }

    /// Notes a file that is not read, for the compiler to say where a reader may expect it.
    pub(crate) fn pass_over(&mut self, path: String) {
        if self.passed_over.len() < MAX_FILES {
            self.passed_over.push(path);
        }
    }

    /// All of them, for the compiler. Lists are long and have nothing to do with each other, so
    /// every processor reads some of them: each takes the longest that is left.
    pub(crate) fn into_sources(self) -> Sources {
        let mut longest_first: Vec<&ListFile> = self.lists.iter().collect();
        longest_first.sort_by_key(|file| Reverse(file.bytes.len()));
        longest_first.into_iter().par_bridge().for_each(|file| {
            file.list();
        });
        Sources::new(self.files, self.lists).beside(self.passed_over)
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn path_within(directory: &Path, path: &Path) -> String {
    let within = path.strip_prefix(directory).unwrap_or(path);
    let names: Vec<_> = within.iter().map(|name| name.to_string_lossy()).collect();
    names.join("/")
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
