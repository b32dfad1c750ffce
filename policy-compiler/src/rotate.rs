//! `fyr rotate`: puts a new key in the place of one, and publishes the root that names it.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use fyr_seal::{
    Expected, KeyDirectory, KeyDirectoryError, KeyError, KeyName, Pin, PinError, Repository,
    RepositoryError, Role, Signers, SigningKey,
};

use crate::passphrase::{AskError, PassphraseArgs, PassphraseSource};
use crate::signing::{SigningArgs, SigningError, authorities, public_keys, unlock_one};

/// Replace a key and publish the root that names the new one
///
/// Devices forget the version and the time that the old key signed: this repairs a repository that
/// was signed by a wrong clock (`fyr rotate timestamp`), and it ends a stolen key. The policy stays.
///
/// Needs a majority of the root's keys. The old key is kept in `retired` below the keys. After
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
    let public = public_keys(&keys)?;
    let Some((_, old)) = public.iter().find(|(known, _)| known == name) else {
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
    eprintln!("  {name} key replaced: {}", old.hex());
    eprintln!("  the root is signed too");
    if !signing.confirmed()? {
        eprintln!("nothing was changed");
        return Ok(ExitCode::FAILURE);
    }
    let source = passphrase.source()?;
    let mut signers = unlock_others(name, &keys, &source)?;
    let key =
        SigningKey::generate().map_err(|source| RotateError::Generate(name.clone(), source))?;
    let new_hex = key.public_key().hex();
    let retired = keys.replace(name, &key, &source.new_one(&format!("the key {name}"))?)?;
    signers_of(&mut signers, name.role()).push(key);
    let public = match public_keys(&keys) {
        Ok(public) => public,
        Err(error) => {
            retired.restore()?;
            return Err(error.into());
        }
    };
    let published = match repository.rotate(&authorities(&public), &signers, signing.clock()) {
        Ok(published) => published,
        Err(source) if names_only_old_keys(&repository, name.role(), &new_hex) => {
            retired.restore()?;
            return Err(source.into());
        }
        Err(source) => {
            return Err(RotateError::Incomplete {
                name: name.clone(),
                retired: retired.directory().to_owned(),
                source: Box::new(source),
            });
        }
    };
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

/// Whether the newest root certainly does not name the new key, so that the old one still counts.
fn names_only_old_keys(repository: &Repository, role: Role, new_hex: &str) -> bool {
    matches!(
        repository.published(),
        Ok(Some(published)) if !published.role_keys(role).contains(new_hex)
    )
}

/// Opens the keys that sign beside the new one. Of the key that is replaced only a root signs once
/// more: devices follow from one root to the next by its signature.
fn unlock_others(
    replaced: &KeyName,
    keys: &KeyDirectory,
    source: &PassphraseSource,
) -> Result<Signers, SigningError> {
    let open = |role: Role| -> Result<Vec<SigningKey>, SigningError> {
        let mut names = keys.private_keys(role)?;
        names.retain(|name| role == Role::Root || name != replaced);
        names
            .iter()
            .map(|name| unlock_one(keys, name, source))
            .collect()
    };
    Ok(Signers {
        root: open(Role::Root)?,
        targets: open(Role::Targets)?,
        snapshot: open(Role::Snapshot)?,
        timestamp: open(Role::Timestamp)?,
    })
}

fn signers_of(signers: &mut Signers, role: Role) -> &mut Vec<SigningKey> {
    match role {
        Role::Root => &mut signers.root,
        Role::Targets => &mut signers.targets,
        Role::Snapshot => &mut signers.snapshot,
        Role::Timestamp | Role::Enrolment => &mut signers.timestamp,
    }
}
