//! A directory of keys: `NAME.pem`, encrypted and for its owner alone, beside `NAME.pub`.

mod retired;

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

pub use self::retired::RetiredKey;

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

/// A key as the two files that are stored of it, the private one encrypted.
pub struct KeyFiles {
    private: Zeroizing<String>,
    public: String,
    key_id: String,
}

impl KeyFiles {
    /// The files of a key that this passphrase will open.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn of(key: &SigningKey, passphrase: &Passphrase) -> Result<Self, KeyError> {
        Ok(Self {
            private: key.to_pem(passphrase)?,
            public: key.public_key().to_pem()?,
            key_id: key.public_key().key_id(),
        })
    }

    fn write(&self, private: &Path, public: &Path) -> Result<(), KeyDirectoryError> {
        write_new(private, 0o600, self.private.as_bytes())?;
        write_new(public, 0o644, self.public.as_bytes())
    }
}

impl fmt::Debug for KeyFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyFiles").field(&self.key_id).finish()
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
        let private = self.private(name);
        let files = KeyFiles::of(key, passphrase)
            .map_err(|source| KeyDirectoryError::Open(private.clone(), source))?;
        make(&self.path)?;
        files.write(&private, &self.public_half(name))?;
        flush(&self.path)?;
        Ok(private)
    }

    /// Every key whose public half is here, sorted, with that half.
    ///
    /// # Errors
    /// [`KeyDirectoryError`] where the directory or a key cannot be read.
    pub fn public_keys(&self) -> Result<Vec<(KeyName, PublicKey)>, KeyDirectoryError> {
        self.names("pub")?
            .into_iter()
            .map(|name| {
                let key = open_public(&self.public_half(&name))?;
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
        let key = open(&path, passphrase)?;
        let public = self.public_half(name);
        if public.exists() && open_public(&public)? != key.public_key() {
            return Err(KeyDirectoryError::Mismatch(path));
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

fn open(path: &Path, passphrase: &Passphrase) -> Result<SigningKey, KeyDirectoryError> {
    SigningKey::from_pem(&read(path)?, passphrase)
        .map_err(|e| KeyDirectoryError::Open(path.to_owned(), e))
}

fn open_public(path: &Path) -> Result<PublicKey, KeyDirectoryError> {
    PublicKey::from_pem(&read(path)?).map_err(|e| KeyDirectoryError::Open(path.to_owned(), e))
}

fn make(directory: &Path) -> Result<(), KeyDirectoryError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|e| KeyDirectoryError::Create(directory.to_owned(), e))
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
