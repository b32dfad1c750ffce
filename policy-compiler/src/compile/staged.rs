//! A compiled policy on its way into a directory: written elsewhere on the same file system, and
//! put in its place as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fyr_policy_core::GapNote;
use fyr_schemas::bundle::{self, Bundle};
use fyr_schemas::{CategoryId, GroupId};
use fyr_trust::{Identity, Wanted as _};
use tempfile::TempDir;

use super::CompileError;

/// What was written of a compiled policy so far. Removed when it is dropped.
pub(super) struct Staged {
    out: PathBuf,
    directory: TempDir,
    fresh: PathBuf,
}

impl Staged {
    /// Begins to write a compiled policy that will stand in `out`.
    ///
    /// # Errors
    /// [`CompileError::Occupied`] if `out` holds something else.
    pub(super) fn for_directory(out: &Path) -> Result<Self, CompileError> {
        let writing = |e| CompileError::Write(out.to_owned(), e);
        if !is_ours(out).map_err(writing)? {
            return Err(CompileError::Occupied(out.to_owned()));
        }
        let directory = tempfile::Builder::new()
            .prefix(".fyr-compile-")
            .tempdir_in(nearest(out))
            .map_err(writing)?;
        let fresh = directory.path().join("new");
        fs::create_dir_all(fresh.join("bundles")).map_err(writing)?;
        Ok(Self {
            out: out.to_owned(),
            directory,
            fresh,
        })
    }

    /// Writes the bundle of a group.
    ///
    /// # Errors
    /// [`CompileError::TooLarge`] if devices would refuse it.
    pub(super) fn add(&self, bundle: &Bundle) -> Result<(), CompileError> {
        let name = bundle::target_name(&bundle.group);
        self.write(&name, &written(&bundle.group, bundle)?)
    }

    /// Writes what groups share, and puts all of it in its place.
    ///
    /// # Errors
    /// [`CompileError`]
    pub(super) fn finish(
        self,
        lists: &BTreeMap<CategoryId, String>,
        gaps: &[GapNote],
    ) -> Result<(), CompileError> {
        let writing = |e| CompileError::Write(self.out.clone(), e);
        if !lists.is_empty() {
            fs::create_dir_all(self.fresh.join("lists")).map_err(writing)?;
        }
        for (category, text) in lists {
            self.write(&bundle::list_target_name(category), text.as_bytes())?;
        }
        self.write("gaps.json", &to_json(&gaps)?)?;
        let old = self.directory.path().join("old");
        let replaces = self.out.exists();
        if replaces {
            fs::rename(&self.out, &old).map_err(writing)?;
        } else if let Some(parent) = self.out.parent() {
            fs::create_dir_all(parent).map_err(writing)?;
        }
        let placed = fs::rename(&self.fresh, &self.out);
        if placed.is_err() && replaces {
            fs::rename(&old, &self.out).map_err(writing)?;
        }
        placed.map_err(writing)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), CompileError> {
        let written = fs::write(self.fresh.join(name), bytes);
        written.map_err(|e| CompileError::Write(self.out.clone(), e))
    }
}

/// The nearest directory above `out` that exists: on the file system of `out`.
fn nearest(out: &Path) -> &Path {
    let mut above = out.ancestors().skip(1);
    let nearest = above.find(|directory| directory.is_dir());
    nearest.unwrap_or(Path::new("."))
}

/// Whether a directory is missing, empty, or was written by this command.
fn is_ours(out: &Path) -> io::Result<bool> {
    match fs::read_dir(out) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(e) => Err(e),
        Ok(entries) => {
            let names = entries
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<io::Result<BTreeSet<_>>>()?;
            Ok(names
                .iter()
                .all(|name| name == "bundles" || name == "lists" || name == "gaps.json"))
        }
    }
}

/// A bundle as it is written, unless devices would refuse it. It is signed without the line breaks
/// that it is written with here.
fn written(group: &GroupId, bundle: &Bundle) -> Result<Vec<u8>, CompileError> {
    let json = to_json(bundle)?;
    if json.len() as u64 > Identity::MAX_LENGTH {
        let length = serde_json::to_vec(bundle)?.len() as u64;
        if length > Identity::MAX_LENGTH {
            return Err(CompileError::TooLarge {
                group: group.clone(),
                length,
                most: Identity::MAX_LENGTH,
            });
        }
    }
    Ok(json)
}

fn to_json(document: &impl serde::Serialize) -> serde_json::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(document)?;
    json.push(b'\n');
    Ok(json)
}
