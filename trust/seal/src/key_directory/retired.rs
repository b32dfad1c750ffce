//! Keys that others have replaced: they are kept in `retired` below the keys, until a person removes
//! them.
//!
//! `NAME-before-ID` is a key that was replaced, `NAME-unused-ID` one that was to replace another. `ID`
//! is the beginning of the id of the new key, so that no two of them have one name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{KeyDirectory, KeyDirectoryError, KeyFiles, KeyName, flush, make, open, open_public};
use crate::key::{PublicKey, SigningKey};
use crate::passphrase::Passphrase;
use crate::role::Role;

/// What is between the name of a key that was replaced and the id of the key that replaced it.
const BEFORE: &str = "-before-";

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
    ///
    /// # Errors
    /// [`KeyDirectoryError`]; the other key is then where it was.
    pub fn replace(&self, name: &KeyName, new: &KeyFiles) -> Result<(), KeyDirectoryError> {
        let retired = self.retired_directory();
        make(&retired)?;
        let id = new.key_id.get(..8).unwrap_or_default();
        let staged = |extension: &str| retired.join(format!("{name}-unused-{id}.{extension}"));
        let before = |extension: &str| retired.join(format!("{name}{BEFORE}{id}.{extension}"));
        new.write(&staged("pem"), &staged("pub"))?;
        flush(&retired)?;
        let (private, public) = (self.private(name), self.public_half(name));
        // The private half of a key that was replaced may be lost.
        let mut moves = Vec::new();
        if private.symlink_metadata().is_ok() {
            moves.push((private.clone(), before("pem")));
        }
        moves.extend([
            (public.clone(), before("pub")),
            (staged("pub"), public),
            (staged("pem"), private),
        ]);
        move_all(&moves)?;
        flush(&retired)?;
        flush(self.path())
    }

    /// Every key of `role` that was replaced and whose private half is here, sorted.
    ///
    /// # Errors
    /// [`KeyDirectoryError`] where the directory or a public half cannot be read.
    pub fn retired_keys(&self, role: Role) -> Result<Vec<RetiredKey>, KeyDirectoryError> {
        let directory = self.retired_directory();
        let listing = |e| KeyDirectoryError::List(directory.clone(), e);
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(listing(e)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(listing)?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let name = stem.and_then(|stem| stem.split_once(BEFORE));
            let name = name.and_then(|(name, _)| name.parse::<KeyName>().ok());
            let is_private = path.extension().is_some_and(|found| found == "pem");
            if is_private && name.is_some_and(|name| name.role() == role) {
                paths.push(path);
            }
        }
        paths.sort();
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
}

/// Renames files one after another; after a failure those that were renamed go back.
fn move_all(moves: &[(PathBuf, PathBuf)]) -> Result<(), KeyDirectoryError> {
    for (done, (from, to)) in moves.iter().enumerate() {
        if let Err(failed) = fs::rename(from, to) {
            for (from, to) in moves.iter().take(done).rev() {
                fs::rename(to, from).map_err(|e| KeyDirectoryError::Write(from.clone(), e))?;
            }
            return Err(KeyDirectoryError::Write(to.clone(), failed));
        }
    }
    Ok(())
}
