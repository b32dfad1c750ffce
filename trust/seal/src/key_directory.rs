//! A directory of keys: `NAME.pem`, encrypted and for its owner alone, beside `NAME.pub`.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::key::{KeyError, PublicKey, SigningKey};
use crate::passphrase::Passphrase;
use crate::role::{Role, UnknownRole};

/// No key file is longer, in bytes.
const MAX_KEY_FILE: u64 = 16 * 1024;

/// The name of a key: its role, and where a role has several keys, who or what holds it:
/// `root`, `root-anna`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName {
    role: Role,
    holder: Option<String>,
}

/// Not the name of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseKeyNameError {
    /// The part before the first `-` is no role.
    #[error(transparent)]
    Role(#[from] UnknownRole),
    /// The part after it is not lowercase letters and digits.
    #[error("`{0}` cannot name a holder: use lowercase letters and digits, at most 32")]
    Holder(String),
}

/// A directory of keys.
#[derive(Debug, Clone)]
pub struct KeyDirectory {
    path: PathBuf,
}

/// A key that another has replaced.
#[derive(Debug)]
#[must_use]
pub struct Retired {
    directory: PathBuf,
    halves: Vec<RetiredHalf>,
}

/// Where one half of a replaced key was and is.
#[derive(Debug)]
struct RetiredHalf {
    place: PathBuf,
    /// Where the old half is now; none where there was no old half.
    old: Option<PathBuf>,
    /// Where the new half goes when the old one is put back.
    unused: PathBuf,
}

impl Retired {
    /// The directory that holds it.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Puts it back, and moves the key that replaced it to [`directory`](Self::directory).
    ///
    /// # Errors
    /// [`KeyDirectoryError::Write`]; both keys are kept.
    pub fn restore(self) -> Result<(), KeyDirectoryError> {
        for half in self.halves {
            match fs::rename(&half.place, &half.unused) {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(KeyDirectoryError::Write(half.unused, e)),
            }
            if let Some(old) = half.old {
                fs::rename(&old, &half.place)
                    .map_err(|e| KeyDirectoryError::Write(half.place, e))?;
            }
        }
        Ok(())
    }
}

/// Why a key could not be stored or found.
#[derive(Debug, thiserror::Error)]
pub enum KeyDirectoryError {
    /// The directory could not be made.
    #[error("make the key directory `{}`", .0.display())]
    Create(PathBuf, #[source] io::Error),
    /// There is no such directory.
    #[error(
        "there is no key directory `{path}`: make it with \
         `fyr key new root targets snapshot timestamp enrolment --keys {path}`; or name the one \
         that holds the keys",
        path = .0.display()
    )]
    Missing(PathBuf),
    /// The directory could not be listed.
    #[error("list the key directory `{}`", .0.display())]
    List(PathBuf, #[source] io::Error),
    /// There is one already.
    #[error("`{}` exists and is not overwritten: what it signed would become worthless", .0.display())]
    Exists(PathBuf),
    /// A key file could not be written.
    #[error("write the key `{}`", .0.display())]
    Write(PathBuf, #[source] io::Error),
    /// A key file could not be read.
    #[error("read the key `{}`", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// A key file was read and is no key, or does not open.
    #[error("open the key `{}`", .0.display())]
    Open(PathBuf, #[source] KeyError),
    /// The two halves do not belong together.
    #[error("`{}` and the `.pub` beside it are not the two halves of one key", .0.display())]
    Mismatch(PathBuf),
}

impl KeyName {
    /// What the key may sign.
    pub fn role(&self) -> Role {
        self.role
    }
}

impl From<Role> for KeyName {
    fn from(role: Role) -> Self {
        Self { role, holder: None }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.holder {
            Some(holder) => f.pad(&format!("{}-{holder}", self.role)),
            None => f.pad(self.role.name()),
        }
    }
}

impl FromStr for KeyName {
    type Err = ParseKeyNameError;

    fn from_str(text: &str) -> Result<Self, ParseKeyNameError> {
        let (role, holder) = match text.split_once('-') {
            Some((role, holder)) => (role.parse()?, Some(holder)),
            None => (text.parse()?, None),
        };
        let plain = |holder: &&str| {
            (1..=32).contains(&holder.len())
                && holder
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if let Some(holder) = holder.filter(|holder| !plain(holder)) {
            let shown = holder.chars().take(40).collect();
            return Err(ParseKeyNameError::Holder(shown));
        }
        Ok(Self {
            role,
            holder: holder.map(str::to_owned),
        })
    }
}

impl KeyDirectory {
    /// The directory at `path`, which need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Says whether a key of this name could be stored.
    ///
    /// # Errors
    /// [`KeyDirectoryError::Exists`] where either half is there.
    pub fn expect_vacant(&self, name: &KeyName) -> Result<(), KeyDirectoryError> {
        match [self.private(name), self.public_half(name)]
            .into_iter()
            .find(|path| path.symlink_metadata().is_ok())
        {
            Some(path) => Err(KeyDirectoryError::Exists(path)),
            None => Ok(()),
        }
    }

    /// Stores a new key: the private half encrypted, mode 0600, in a directory of mode 0700.
    /// Returns the path of the private half.
    ///
    /// # Errors
    /// [`KeyDirectoryError::Exists`] where either half is there; nothing is overwritten.
    pub fn store(
        &self,
        name: &KeyName,
        key: &SigningKey,
        passphrase: &Passphrase,
    ) -> Result<PathBuf, KeyDirectoryError> {
        self.expect_vacant(name)?;
        let (private, public) = (self.private(name), self.public_half(name));
        let opening = |source| KeyDirectoryError::Open(private.clone(), source);
        let encrypted = key.to_pem(passphrase).map_err(opening)?;
        let public_pem = key.public_key().to_pem().map_err(opening)?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.path)
            .map_err(|e| KeyDirectoryError::Create(self.path.clone(), e))?;
        write_new(&private, 0o600, encrypted.as_bytes())?;
        write_new(&public, 0o644, public_pem.as_bytes())?;
        flush(&self.path)?;
        Ok(private)
    }

    /// Stores a new key in the place of another, which is kept in `retired` below this directory.
    ///
    /// # Errors
    /// [`KeyDirectoryError`]; the other key is then where it was.
    pub fn replace(
        &self,
        name: &KeyName,
        key: &SigningKey,
        passphrase: &Passphrase,
    ) -> Result<Retired, KeyDirectoryError> {
        let retired = self.path.join("retired");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&retired)
            .map_err(|e| KeyDirectoryError::Create(retired.clone(), e))?;
        let new = key.public_key().key_id();
        // Named by the key that takes its place, so that no two retired keys have one name.
        let new = new.get(..8).unwrap_or_default();
        let halves = [(self.private(name), "pem"), (self.public_half(name), "pub")];
        let mut moved = Retired {
            directory: retired.clone(),
            halves: Vec::new(),
        };
        for (place, extension) in halves {
            let aside = retired.join(format!("{name}-before-{new}.{extension}"));
            let old = match fs::rename(&place, &aside) {
                Ok(()) => Some(aside),
                // The private half of a lost key.
                Err(e) if e.kind() == io::ErrorKind::NotFound => None,
                Err(e) => {
                    moved.restore()?;
                    return Err(KeyDirectoryError::Write(aside, e));
                }
            };
            moved.halves.push(RetiredHalf {
                place,
                old,
                unused: retired.join(format!("{name}-unused-{new}.{extension}")),
            });
        }
        let stored = self.store(name, key, passphrase);
        match stored.and_then(|_| flush(&retired)) {
            Ok(()) => Ok(moved),
            Err(error) => {
                moved.restore()?;
                Err(error)
            }
        }
    }

    /// Every key whose public half is here, sorted, with that half.
    ///
    /// # Errors
    /// [`KeyDirectoryError`] where the directory or a key cannot be read.
    pub fn public_keys(&self) -> Result<Vec<(KeyName, PublicKey)>, KeyDirectoryError> {
        self.names("pub")?
            .into_iter()
            .map(|name| {
                let path = self.public_half(&name);
                let pem = read(&path)?;
                let key =
                    PublicKey::from_pem(&pem).map_err(|e| KeyDirectoryError::Open(path, e))?;
                Ok((name, key))
            })
            .collect()
    }

    /// Every key of `role` whose private half is here, sorted.
    ///
    /// # Errors
    /// [`KeyDirectoryError::List`]
    pub fn private_keys(&self, role: Role) -> Result<Vec<KeyName>, KeyDirectoryError> {
        let mut names = self.names("pem")?;
        names.retain(|name| name.role == role);
        Ok(names)
    }

    /// Opens a private half.
    ///
    /// # Errors
    /// [`KeyDirectoryError`]
    pub fn unlock(
        &self,
        name: &KeyName,
        passphrase: &Passphrase,
    ) -> Result<SigningKey, KeyDirectoryError> {
        let path = self.private(name);
        let pem = read(&path)?;
        let key = SigningKey::from_pem(&pem, passphrase)
            .map_err(|e| KeyDirectoryError::Open(path.clone(), e))?;
        let public = self.public_half(name);
        if public.exists() {
            let expected = PublicKey::from_pem(&read(&public)?)
                .map_err(|e| KeyDirectoryError::Open(public, e))?;
            if expected != key.public_key() {
                return Err(KeyDirectoryError::Mismatch(path));
            }
        }
        Ok(key)
    }

    fn private(&self, name: &KeyName) -> PathBuf {
        self.path.join(format!("{name}.pem"))
    }

    fn public_half(&self, name: &KeyName) -> PathBuf {
        self.path.join(format!("{name}.pub"))
    }

    /// Names are parsed: a file that is not named as a key is not one of ours.
    fn names(&self, extension: &str) -> Result<Vec<KeyName>, KeyDirectoryError> {
        let listing = |e: io::Error| match e.kind() {
            io::ErrorKind::NotFound => KeyDirectoryError::Missing(self.path.clone()),
            _ => KeyDirectoryError::List(self.path.clone(), e),
        };
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(listing)? {
            let path = entry.map_err(listing)?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            if let Some(Ok(name)) = stem.map(str::parse)
                && path.extension().is_some_and(|found| found == extension)
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, KeyDirectoryError> {
    let mut text = Zeroizing::new(String::new());
    File::open(path)
        .and_then(|file| file.take(MAX_KEY_FILE).read_to_string(&mut text))
        .map_err(|e| KeyDirectoryError::Read(path.to_owned(), e))?;
    Ok(text)
}

/// Waits until the names in a directory are on the disk: what a key has signed outlives a power cut,
/// so the key must too.
fn flush(directory: &Path) -> Result<(), KeyDirectoryError> {
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|e| KeyDirectoryError::Write(directory.to_owned(), e))
}

fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), KeyDirectoryError> {
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|e| KeyDirectoryError::Write(path.to_owned(), e))
}
