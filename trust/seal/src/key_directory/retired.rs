//! Keys that others have replaced: they are kept in `retired` below the keys, until a person removes
//! them.
//!
//! `NAME-before-ID` is a key that was replaced, `NAME-unused-ID` one that was to replace another. `ID`
//! is the beginning of the id of the new key, so that no two of them have one name.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{KeyDirectory, KeyDirectoryError, KeyFiles, KeyName, flush, make, open, open_public};
use crate::key::{PublicKey, SigningKey};
use crate::passphrase::Passphrase;
use crate::role::Role;

/// What is between the name of a key that was replaced and the id of the key that replaced it.
const BEFORE: &str = "-before-";
/// What is between the name of a key and the id of the one that is to replace it.
const UNUSED: &str = "-unused-";

/// A key that was replaced.
#[derive(Debug)]
pub struct RetiredKey {
    path: PathBuf,
    /// Its public half, where that is beside it.
    pub public: Option<PublicKey>,
}

impl RetiredKey {
    /// Its private half.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`KeyDirectoryError`]
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<SigningKey, KeyDirectoryError> {
        open(&self.path, passphrase)
    }
}

impl KeyDirectory {
    /// Where keys are that others have replaced.
    pub fn retired_directory(&self) -> PathBuf {
        self.path().join("retired")
    }

    /// Stores a new key in the place of another, which is kept in
    /// [`retired_directory`](Self::retired_directory). Both are on the disk before the first is moved.
    /// Where this breaks off after that, [`finish_replacements`](Self::finish_replacements) completes it.
    ///
    /// # Errors
    /// [`KeyDirectoryError`]; the other key is then where it was.
    pub fn replace(&self, name: &KeyName, new: &KeyFiles) -> Result<(), KeyDirectoryError> {
        make(&self.retired_directory())?;
        let replacement = Replacement {
            keys: self,
            name: name.clone(),
            id: new.key_id.get(..8).unwrap_or_default().to_owned(),
        };
        if let Some(taken) = replacement.begun() {
            return Err(KeyDirectoryError::Exists(taken));
        }
        let (private, public) = (replacement.unused("pem"), replacement.unused("pub"));
        new.write(&private, &public)?;
        flush(&self.retired_directory())?;
        replacement.complete()
    }

    /// Completes every replacement that broke off after its first file was moved, and returns the names
    /// of these keys, sorted. No file is overwritten. A replacement that broke off before is left alone:
    /// the key in use is still the old one.
    ///
    /// # Errors
    /// [`KeyDirectoryError`] where the directory cannot be read, or a file cannot be moved.
    pub fn finish_replacements(&self) -> Result<Vec<KeyName>, KeyDirectoryError> {
        let mut found = BTreeSet::new();
        for path in self.retired_files()? {
            found.extend(parse(&path, UNUSED));
        }
        let mut finished = Vec::new();
        for (name, id) in found {
            let replacement = Replacement {
                keys: self,
                name,
                id,
            };
            if replacement.begun().is_some() {
                replacement.complete()?;
                finished.push(replacement.name);
            }
        }
        Ok(finished)
    }

    /// Every key of `role` that was replaced and whose private half is here, sorted.
    ///
    /// # Errors
    /// [`KeyDirectoryError`] where the directory or a public half cannot be read.
    pub fn retired_keys(&self, role: Role) -> Result<Vec<RetiredKey>, KeyDirectoryError> {
        let mut paths = self.retired_files()?;
        paths.retain(|path| {
            let is_private = path.extension().is_some_and(|found| found == "pem");
            is_private && parse(path, BEFORE).is_some_and(|(name, _)| name.role() == role)
        });
        paths
            .into_iter()
            .map(|path| {
                let public = path.with_extension("pub");
                let public = if public.exists() {
                    Some(open_public(&public)?)
                } else {
                    None
                };
                Ok(RetiredKey { path, public })
            })
            .collect()
    }

    /// The files beside the keys that were replaced, sorted; none where there is no such directory.
    fn retired_files(&self) -> Result<Vec<PathBuf>, KeyDirectoryError> {
        let directory = self.retired_directory();
        let listing = |e| KeyDirectoryError::List(directory.clone(), e);
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(listing(e)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(listing)?.path());
        }
        paths.sort();
        Ok(paths)
    }
}

/// A key that is replaced, and the beginning of the id of the one that replaces it.
struct Replacement<'a> {
    keys: &'a KeyDirectory,
    name: KeyName,
    id: String,
}

impl Replacement<'_> {
    /// Where a half of the new key is until it is moved.
    fn unused(&self, extension: &str) -> PathBuf {
        self.retired(UNUSED, extension)
    }

    /// Where a half of the old key is kept.
    fn before(&self, extension: &str) -> PathBuf {
        self.retired(BEFORE, extension)
    }

    fn retired(&self, kind: &str, extension: &str) -> PathBuf {
        let file = format!("{}{kind}{}.{extension}", self.name, self.id);
        self.keys.retired_directory().join(file)
    }

    /// A half of the old key that was moved already.
    fn begun(&self) -> Option<PathBuf> {
        let halves = [self.before("pem"), self.before("pub")];
        halves.into_iter().find(|path| is_there(path))
    }

    /// Makes the moves that are not made yet. The private half of a key that was replaced may be lost.
    fn complete(&self) -> Result<(), KeyDirectoryError> {
        let private = self.keys.private(&self.name);
        let public = self.keys.public_half(&self.name);
        move_all([
            (private.clone(), self.before("pem")),
            (public.clone(), self.before("pub")),
            (self.unused("pub"), public),
            (self.unused("pem"), private),
        ])?;
        flush(&self.keys.retired_directory())?;
        flush(self.keys.path())
    }
}

/// The name and the id in the name of a file; none where it is no such file.
fn parse(path: &Path, kind: &str) -> Option<(KeyName, String)> {
    let (name, id) = path.file_stem()?.to_str()?.rsplit_once(kind)?;
    if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((name.parse().ok()?, id.to_owned()))
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Renames files one after another, each that exists and whose new name is free; after a failure those
/// that were renamed go back.
fn move_all(moves: [(PathBuf, PathBuf); 4]) -> Result<(), KeyDirectoryError> {
    let mut done: Vec<(PathBuf, PathBuf)> = Vec::new();
    for (from, to) in moves {
        if !is_there(&from) || is_there(&to) {
            continue;
        }
        if let Err(failed) = fs::rename(&from, &to) {
            for (from, to) in done.iter().rev() {
                fs::rename(to, from).map_err(|e| KeyDirectoryError::Write(from.clone(), e))?;
            }
            return Err(KeyDirectoryError::Write(to, failed));
        }
        done.push((from, to));
    }
    Ok(())
}
