//! `fyr publish`: compiles a policy, shows what would change, signs it and writes it to a
//! repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fyr_policy_core::Compilation;
use fyr_schemas::GroupId;
use fyr_seal::{
    Authorities, Change, Content, ContentError, Expected, KeyDirectory, KeyDirectoryError, KeyName,
    Pin, PinError, PublicKey, Published, Repository, RepositoryError, Role, RootChange, SealError,
    Signers, SigningKey,
};
use jiff::Timestamp;

use crate::compile::{CompileError, compile};
use crate::passphrase::{AskError, PassphraseArgs, PassphraseSource};
use crate::policy_directory::PolicyArgs;

/// Groups of one kind that are named one by one; more are only counted.
const NAMED: usize = 20;

/// Compile a policy, sign it and publish it
///
/// Shows which groups change and asks before anything is signed. Devices take the new
/// revision within a second where a server serves the repository.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 published, or nothing to publish, 1 an error, or not confirmed, 2 wrong usage.

Examples:
  fyr publish policy --repository repository --keys keys
  fyr publish policy --repository repository --keys keys --passphrase-file file --yes --new
  fyr publish policy --repository repository --keys keys --passphrase-file file --yes"
)]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    policy: PolicyArgs,
    /// The repository to publish into; made if it is missing
    #[arg(long, value_name = "DIR")]
    repository: PathBuf,
    /// The directory of the keys
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Take the repository for that of these keys, as it stands
    ///
    /// The first publication writes `repository.json` beside the keys, and from then on no other
    /// repository and no older state of it is signed. This is for keys that lost that file: use
    /// it only if no other person can have changed the repository.
    #[arg(long)]
    adopt_repository: bool,
    /// Publish without asking; a repository that is new needs `--new` too
    #[arg(long)]
    yes: bool,
    /// Make a new repository, that no device knows yet
    #[arg(long)]
    new: bool,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    /// The policy could not be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
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
    /// The first publication without being asked for.
    #[error(
        "`{}` holds no repository, and no device knows one that is made now: \
         correct the path, or say `--new`",
        .0.display()
    )]
    NewRepository(PathBuf),
    /// A first publication where there is one.
    #[error("`{}` holds a publication already: leave out `--new`", .0.display())]
    NotNew(PathBuf),
    /// A first publication among other files.
    #[error("`{}` holds other files and no repository: name a directory that is new or empty", .0.display())]
    Occupied(PathBuf),
    /// The directory could not be listed.
    #[error("list `{}`", .0.display())]
    List(PathBuf, #[source] io::Error),
    /// It cannot be published as it is.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// A key is missing or does not open.
    #[error(transparent)]
    Keys(#[from] KeyDirectoryError),
    /// There is no passphrase for a key.
    #[error(transparent)]
    Passphrase(#[from] AskError),
    /// The keys do not suffice.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What the keys know of their repository could not be read or kept.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The repository could not be read or written.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// There is no terminal.
    #[error("there is no terminal to ask on: look at the changes above and use `--yes`")]
    NoTerminal,
    /// Asking failed.
    #[error("ask whether to publish")]
    Ask(#[source] io::Error),
}

/// Runs `fyr publish`. Exit code 1 where the answer was no.
pub(crate) fn run(args: &PublishArgs) -> Result<ExitCode, PublishError> {
    let Some(compilation) = compile(&args.policy)? else {
        return Ok(ExitCode::FAILURE);
    };
    let keys = KeyDirectory::at(&args.keys);
    let public = keys.public_keys()?;
    expect_every_role(&public, &args.keys)?;
    let (content, authorities) = gather(compilation, &public)?;
    let expected = match Pin::beside(&keys)? {
        Some(pin) => Expected::Pinned(pin),
        None if args.adopt_repository => Expected::Anything,
        None => Expected::Nothing,
    };
    let repository = Repository::at(&args.repository).expecting(expected);
    let published = repository.published()?;
    match (&published, args.new) {
        (None, _) => expect_room(&args.repository)?,
        (Some(_), true) => return Err(PublishError::NotNew(args.repository.clone())),
        (Some(_), false) => {}
    }
    let root = authorities.root_change(published.as_ref(), Timestamp::now())?;
    show(&content.changes(published.as_ref()));
    show_keys(&public, published.as_ref());
    match root {
        Some(RootChange::Expiry) if keys.private_keys(Role::Root)?.is_empty() => eprintln!(
            "  the root expires within 60 days, and devices take nothing new after that: publish \
             once with `root.pem` among the keys"
        ),
        Some(why) => eprintln!("  the root is signed too: {why}"),
        None => {}
    }
    if published.is_none() && args.yes && !args.new {
        return Err(PublishError::NewRepository(args.repository.clone()));
    }
    if published.is_none() {
        eprintln!("  a new repository: no device knows it yet");
    }
    if !args.yes && !confirmed(&args.repository)? {
        eprintln!("nothing was published");
        return Ok(ExitCode::FAILURE);
    }
    let before = published.as_ref().map(Published::revision);
    let signers = unlock_for(root, &keys, &args.passphrase.source()?)?;
    // What was shown is what is signed on top of, after any change to the directory since.
    let shown = published.as_ref().map(Pin::of);
    let published = repository
        .expecting(shown.map_or(Expected::Nothing, Expected::Pinned))
        .publish(&content, &authorities, &signers, Timestamp::now())?;
    Pin::of(&published).keep(&keys)?;
    // It is published even if this output is closed.
    let (revision, groups) = (published.revision(), published.bundles().len());
    let what = if before == Some(revision) {
        "nothing changes: it stays at"
    } else {
        "published"
    };
    let _unread = writeln!(
        io::stdout(),
        "{what} revision {revision} of {} for {groups} groups",
        content.organisation(),
    );
    Ok(ExitCode::SUCCESS)
}

/// A wrong directory is reported as that, and not as keys to be made.
fn expect_every_role(public: &[(KeyName, PublicKey)], path: &Path) -> Result<(), PublishError> {
    let has = |role: Role| public.iter().any(|(name, _)| name.role() == role);
    let missing: Vec<Role> = Role::ALL.into_iter().filter(|role| !has(*role)).collect();
    if public.is_empty() {
        Err(PublishError::NoKeys(path.to_owned()))
    } else if missing.is_empty() {
        Ok(())
    } else {
        let path = path.to_owned();
        Err(PublishError::MissingKeys { path, missing })
    }
}

fn in_words(roles: &[Role]) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    names.join(" ")
}

/// A new repository is made in a directory of its own; a lock is left by a try that failed.
fn expect_room(path: &Path) -> Result<(), PublishError> {
    let listing = |e| PublishError::List(path.to_owned(), e);
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(listing(e)),
    };
    for entry in entries {
        if entry.map_err(listing)?.file_name() != ".lock" {
            return Err(PublishError::Occupied(path.to_owned()));
        }
    }
    Ok(())
}

/// What is to be signed, and the keys that the root is to name.
fn gather(
    compilation: Compilation,
    public: &[(KeyName, PublicKey)],
) -> Result<(Content, Authorities), PublishError> {
    let of = |role: Role| -> Vec<PublicKey> {
        public
            .iter()
            .filter(|(name, _)| name.role() == role)
            .map(|(_, key)| *key)
            .collect()
    };
    let content = Content::new(
        compilation.bundles.into_values(),
        compilation.lists,
        &of(Role::Enrolment),
    )?;
    let authorities = Authorities {
        root: of(Role::Root),
        targets: of(Role::Targets),
        snapshot: of(Role::Snapshot),
        timestamp: of(Role::Timestamp),
    };
    Ok((content, authorities))
}

/// Opens the keys that sign; the root's only where the root is signed.
fn unlock_for(
    root: Option<RootChange>,
    keys: &KeyDirectory,
    source: &PassphraseSource,
) -> Result<Signers, PublishError> {
    Ok(Signers {
        root: match root {
            Some(_) => unlock(keys, Role::Root, source)?,
            None => Vec::new(),
        },
        targets: unlock(keys, Role::Targets, source)?,
        snapshot: unlock(keys, Role::Snapshot, source)?,
        timestamp: unlock(keys, Role::Timestamp, source)?,
    })
}

fn unlock(
    keys: &KeyDirectory,
    role: Role,
    source: &PassphraseSource,
) -> Result<Vec<SigningKey>, PublishError> {
    let mut opened = Vec::new();
    for name in keys.private_keys(role)? {
        let passphrase = source.existing(&format!("the key {name}"))?;
        opened.push(keys.unlock(&name, &passphrase)?);
    }
    Ok(opened)
}

fn show(changes: &BTreeMap<GroupId, Change>) {
    for (change, word) in [
        (Change::New, "new"),
        (Change::Changed, "changed"),
        (Change::Removed, "removed"),
        (Change::Unchanged, "unchanged"),
    ] {
        let groups: Vec<&str> = changes
            .iter()
            .filter(|(_, of_group)| **of_group == change)
            .map(|(group, _)| group.as_str())
            .collect();
        match groups.len() {
            0 => {}
            1..=NAMED => eprintln!("  {word}: {}", groups.join(", ")),
            count => eprintln!("  {word}: {count} groups"),
        }
    }
}

/// Names every key that may sign from now on, or no longer may, by role and public key: whoever
/// puts a key into the directory unseen must not have it signed unseen.
fn show_keys(public: &[(KeyName, PublicKey)], published: Option<&Published>) {
    for role in Role::ALL {
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

fn confirmed(repository: &Path) -> Result<bool, PublishError> {
    if !io::stdin().is_terminal() {
        return Err(PublishError::NoTerminal);
    }
    let mut answer = String::new();
    eprint!("publish to {}? [y/N] ", repository.display());
    io::stderr().flush().map_err(PublishError::Ask)?;
    io::stdin()
        .read_line(&mut answer)
        .map_err(PublishError::Ask)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
