//! `fyr rotate`: puts a new key in the place of one, and publishes the root that names it.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use fyr_seal::{
    Expected, KeyDirectory, KeyDirectoryError, KeyError, KeyFiles, KeyName, Pin, PinError,
    Published, Repository, RepositoryError, Role, Shown, Signers, SigningKey,
};

use crate::passphrase::{AskError, PassphraseArgs, PassphraseSource};
use crate::signing::{
    SigningArgs, SigningError, authorities, public_keys, show_keys, unlock_one, unlock_root,
};

/// Replace a key and publish the root that names the new one
///
/// Devices forget the version and the time that the old key signed: this repairs a repository that
/// was signed by a wrong clock (`fyr rotate timestamp`), and it ends a stolen key. The policy stays.
///
/// Needs a majority of the root's keys. The old key is kept in `retired` below the keys. If the command
/// ends before the root is published, run it again: it completes the rotation with the same key. After
/// `timestamp` or `snapshot`, copy the new key to the server's online keys: until then the server
/// cannot renew, and devices report `stale` after 14 days.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 replaced and published, 1 an error, or not confirmed; nothing changed unless the error says so, 2 wrong usage.

Examples:
  fyr rotate timestamp --repository repository --keys keys
  fyr rotate root-anna --repository repository --keys keys     one of several root keys"
)]
pub(crate) struct RotateArgs {
    /// The key to replace: root, targets, snapshot or timestamp; with `-HOLDER` behind it where a
    /// role has several keys
    #[arg(value_name = "ROLE")]
    name: KeyName,
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Why no key was replaced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RotateError {
    /// Enrolment keys are named by the policy, not by the root.
    #[error(
        "the root does not name enrolment keys: delete `{0}.pub` and `{0}.pem`, make a new key with \
         `fyr key new {0}`, and run `fyr publish`"
    )]
    Enrolment(KeyName),
    /// There is no such key.
    #[error("there is no key `{0}` in the key directory: `fyr key list` names them")]
    Unknown(KeyName),
    /// The new key could not be made.
    #[error("make the key `{0}`")]
    Generate(KeyName, #[source] KeyError),
    /// The keys cannot be used, or the question was not answered.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// A key could not be stored or read.
    #[error(transparent)]
    Keys(#[from] KeyDirectoryError),
    /// There is no passphrase for a key.
    #[error(transparent)]
    Passphrase(#[from] AskError),
    /// The file that says which repository the keys belong to could not be read or kept.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// Writing began, and perhaps the root that names the new key is published.
    #[error(
        "the rotation of the key `{name}` is not complete: the new key is kept, and the old one is in \
         `{retired}`; run the same command again, or `fyr publish`",
        retired = .retired.display()
    )]
    Incomplete {
        /// The key that is replaced.
        name: KeyName,
        /// Where the old key is.
        retired: PathBuf,
        /// Why.
        source: Box<RepositoryError>,
    },
    /// The repository could not be read or written.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// Runs `fyr rotate`. Exit code 1 where the answer was no.
pub(crate) fn run(args: &RotateArgs) -> Result<ExitCode, RotateError> {
    let RotateArgs {
        name,
        signing,
        passphrase,
    } = args;
    if name.role() == Role::Enrolment {
        return Err(RotateError::Enrolment(name.clone()));
    }
    let keys = KeyDirectory::at(&signing.keys);
    let mut public = public_keys(&keys)?;
    let Some((_, current)) = public.iter_mut().find(|(known, _)| known == name) else {
        return Err(RotateError::Unknown(name.clone()));
    };
    let expected = Pin::beside(&keys)?.map_or(Expected::Nothing, Expected::Pinned);
    let repository = Repository::at(&signing.repository).expecting(expected);
    let published = repository
        .published()?
        .ok_or_else(|| RepositoryError::NothingPublished(signing.repository.clone()))?;
    let clock = signing.clock();
    clock
        .checked(published.issued())
        .map_err(RepositoryError::from)?;
    // A rotation that broke off left the new key here. It is completed with that key: the root that names
    // it may be known to others, and a third key would contradict it.
    let is_unpublished = !published.role_keys(name.role()).contains(&current.hex());
    let new = if is_unpublished {
        None
    } else {
        Some(new_key(name)?)
    };
    if let Some(key) = &new {
        *current = key.public_key();
    }
    let new_hex = current.hex();
    show_keys(&public, Some(&published), &OF_THE_ROOT);
    eprintln!("  the root is signed too");
    if !signing.confirmed()? {
        eprintln!("nothing was changed");
        return Ok(ExitCode::FAILURE);
    }
    let source = passphrase.source()?;
    let files = new.as_ref().map(|key| files_of(name, key, &source));
    let files = files.transpose()?;
    let signers = unlock_signers(name, new, &keys, &published, &source)?;
    // What was shown is what is replaced.
    let repository = repository.expecting(Expected::Shown(Shown::of(&published)));
    let prepared = repository.prepare_rotation(&authorities(&public), &signers, signing.clock())?;
    // INVARIANT: the new key is stored before a root that names it leaves this program, and from then on
    // both keys stay; no file of the repository decides over them.
    if let Some(files) = files {
        keys.replace(name, &files)?;
    }
    let published = prepared.write().map_err(|source| RotateError::Incomplete {
        name: name.clone(),
        retired: keys.retired_directory(),
        source: Box::new(source),
    })?;
    Pin::of(&published).keep(&keys)?;
    let _unread = writeln!(
        io::stdout(),
        "replaced the {name} key: it is now {new_hex}; revision {} of {} is in force under it",
        published.revision(),
        published.enrolment_keys().organisation,
    );
    if matches!(name.role(), Role::Snapshot | Role::Timestamp) {
        eprintln!("copy `{name}.pem` to the online keys of the server, which needs it to renew");
    }
    Ok(ExitCode::SUCCESS)
}

/// The roles whose keys the root names.
const OF_THE_ROOT: [Role; 4] = [Role::Root, Role::Targets, Role::Snapshot, Role::Timestamp];

fn new_key(name: &KeyName) -> Result<SigningKey, RotateError> {
    SigningKey::generate().map_err(|source| RotateError::Generate(name.clone(), source))
}

/// The files of a key that is not stored yet.
fn files_of(
    name: &KeyName,
    key: &SigningKey,
    source: &PassphraseSource,
) -> Result<KeyFiles, RotateError> {
    let passphrase = source.new_one(&format!("the key {name}"))?;
    KeyFiles::of(key, &passphrase).map_err(|source| RotateError::Generate(name.clone(), source))
}

/// Opens the keys that sign. Of a key that `new` replaces only a root signs once more: devices follow
/// from one root to the next by its signature.
fn unlock_signers(
    name: &KeyName,
    mut new: Option<SigningKey>,
    keys: &KeyDirectory,
    published: &Published,
    source: &PassphraseSource,
) -> Result<Signers, SigningError> {
    let is_replaced = new.is_some();
    let mut open = |role: Role| -> Result<Vec<SigningKey>, SigningError> {
        let mut opened = if role == Role::Root {
            unlock_root(keys, Some(published), source)?
        } else {
            let mut names = keys.private_keys(role)?;
            names.retain(|known| !(is_replaced && known == name));
            let opened = names.iter().map(|name| unlock_one(keys, name, source));
            opened.collect::<Result<_, _>>()?
        };
        if role == name.role() {
            opened.extend(new.take());
        }
        Ok(opened)
    };
    Ok(Signers {
        root: open(Role::Root)?,
        targets: open(Role::Targets)?,
        snapshot: open(Role::Snapshot)?,
        timestamp: open(Role::Timestamp)?,
    })
}
