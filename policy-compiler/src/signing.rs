//! What `fyr publish` and `fyr rotate` have in common: the keys of a directory, and the question
//! before anything is signed.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use fyr_seal::{
    Authorities, KeyDirectory, KeyDirectoryError, KeyName, PublicKey, Published, Role,
    SigningClock, SigningKey,
};

use crate::passphrase::{AskError, PassphraseSource};

/// The options of every subcommand that signs the repository.
#[derive(Debug, clap::Args)]
pub(crate) struct SigningArgs {
    /// The repository
    #[arg(long, value_name = "DIR")]
    pub(crate) repository: PathBuf,
    /// The directory of the keys
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: PathBuf,
    /// Sign although this machine's clock is more than 14 days from the last signature
    ///
    /// Without it, such a clock signs only while the kernel reports that a program keeps it
    /// synchronised. A wrong time in a signature reaches every device.
    #[arg(long)]
    clock_is_right: bool,
    /// Sign without asking
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Why nothing could be signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningError {
    /// The directory holds no key.
    #[error(
        "`{path}` holds no keys: name the directory that does; the first ones are made with \
         `fyr key new root targets snapshot timestamp enrolment --keys {path}`",
        path = .0.display()
    )]
    NoKeys(PathBuf),
    /// The directory holds some keys and not all.
    #[error(
        "`{path}` holds no key of {missing}: name the directory that holds them all; one that was \
         never made is made with `fyr key new {missing} --keys {path}`",
        path = .path.display(),
        missing = in_words(.missing)
    )]
    MissingKeys {
        /// Where.
        path: PathBuf,
        /// The roles without a key.
        missing: Vec<Role>,
    },
    /// A key is missing or does not open.
    #[error(transparent)]
    Keys(#[from] KeyDirectoryError),
    /// There is no passphrase for a key.
    #[error(transparent)]
    Passphrase(#[from] AskError),
    /// Standard input is no terminal.
    #[error("there is no terminal to ask on: look at the changes above and use `--yes`")]
    NoTerminal,
    /// Asking failed.
    #[error("ask whether to sign")]
    Ask(#[source] io::Error),
}

impl SigningArgs {
    /// The clock to sign with.
    pub(crate) fn clock(&self) -> SigningClock {
        SigningClock::of_this_machine(self.clock_is_right)
    }

    /// Whether the person at the terminal agrees, or said so beforehand.
    pub(crate) fn confirmed(&self) -> Result<bool, SigningError> {
        if self.yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            return Err(SigningError::NoTerminal);
        }
        let mut answer = String::new();
        eprint!("publish to {}? [y/N] ", self.repository.display());
        io::stderr().flush().map_err(SigningError::Ask)?;
        io::stdin()
            .read_line(&mut answer)
            .map_err(SigningError::Ask)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

/// Completes the replacement of keys that broke off, and names them.
pub(crate) fn finish_replacements(keys: &KeyDirectory) -> Result<(), KeyDirectoryError> {
    for name in keys.finish_replacements()? {
        eprintln!(
            "  the replacement of the key `{name}` had broken off: the new key is now in its place"
        );
    }
    Ok(())
}

/// The public keys of a directory, refused unless every role has one: a wrong directory is reported
/// as that, and not as keys to be made. Completes the replacement of keys first.
pub(crate) fn public_keys(keys: &KeyDirectory) -> Result<Vec<(KeyName, PublicKey)>, SigningError> {
    finish_replacements(keys)?;
    let public = keys.public_keys()?;
    let has = |role: Role| public.iter().any(|(name, _)| name.role() == role);
    let missing: Vec<Role> = Role::ALL.into_iter().filter(|role| !has(*role)).collect();
    let path: &Path = keys.path();
    if public.is_empty() {
        Err(SigningError::NoKeys(path.to_owned()))
    } else if missing.is_empty() {
        Ok(public)
    } else {
        let path = path.to_owned();
        Err(SigningError::MissingKeys { path, missing })
    }
}

fn in_words(roles: &[Role]) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    names.join(" ")
}

/// The public keys of a role.
pub(crate) fn of_role(public: &[(KeyName, PublicKey)], role: Role) -> Vec<PublicKey> {
    public
        .iter()
        .filter(|(name, _)| name.role() == role)
        .map(|(_, key)| *key)
        .collect()
}

/// The keys that the root is to name.
pub(crate) fn authorities(public: &[(KeyName, PublicKey)]) -> Authorities {
    Authorities {
        root: of_role(public, Role::Root),
        targets: of_role(public, Role::Targets),
        snapshot: of_role(public, Role::Snapshot),
        timestamp: of_role(public, Role::Timestamp),
    }
}

/// Opens every private key of a role.
pub(crate) fn unlock(
    keys: &KeyDirectory,
    role: Role,
    source: &PassphraseSource,
) -> Result<Vec<SigningKey>, SigningError> {
    let mut opened = Vec::new();
    for name in keys.private_keys(role)? {
        opened.push(unlock_one(keys, &name, source)?);
    }
    Ok(opened)
}

/// Opens every private root key, and those that were replaced although the newest root still names them:
/// a rotation broke off before its root was published, and devices follow to it only by their signature.
pub(crate) fn unlock_root(
    keys: &KeyDirectory,
    published: Option<&Published>,
    source: &PassphraseSource,
) -> Result<Vec<SigningKey>, SigningError> {
    let mut opened = unlock(keys, Role::Root, source)?;
    let mut named = published
        .map(|published| published.role_keys(Role::Root))
        .unwrap_or_default();
    for key in &opened {
        named.remove(&key.public_key().hex());
    }
    for retired in keys.retired_keys(Role::Root)? {
        if retired
            .public
            .is_some_and(|public| !named.contains(&public.hex()))
        {
            continue;
        }
        let passphrase = source.existing(&format!("the key {}", retired.path().display()))?;
        let key = retired.unlock(&passphrase)?;
        if named.remove(&key.public_key().hex()) {
            opened.push(key);
        }
    }
    Ok(opened)
}

/// Opens one private key.
pub(crate) fn unlock_one(
    keys: &KeyDirectory,
    name: &KeyName,
    source: &PassphraseSource,
) -> Result<SigningKey, SigningError> {
    let passphrase = source.existing(&format!("the key {name}"))?;
    Ok(keys.unlock(name, &passphrase)?)
}

/// Names every key that may sign from now on, or no longer may, by role and public key: a key that
/// was put into the directory unseen is not signed unseen.
pub(crate) fn show_keys(
    public: &[(KeyName, PublicKey)],
    published: Option<&Published>,
    roles: &[Role],
) {
    for role in roles.iter().copied() {
        let before = published.map(|published| published.role_keys(role));
        let before = before.unwrap_or_default();
        let mut now = BTreeSet::new();
        for (name, key) in public.iter().filter(|(name, _)| name.role() == role) {
            let hex = key.hex();
            if !before.contains(&hex) {
                eprintln!("  {role} key added: {name} ({hex})");
            }
            now.insert(hex);
        }
        for hex in before.difference(&now) {
            eprintln!("  {role} key removed: {hex}");
        }
    }
}
