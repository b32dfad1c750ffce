//! `fyr publish`: compiles a policy, shows what would change, signs it and writes it to a
//! repository.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fyr_policy_core::phrase::counted;
use fyr_schemas::GroupId;
use fyr_seal::{
    Bundles, Change, Content, ContentError, Expected, KeyDirectory, KeyDirectoryError, KeyName,
    Pin, PinError, PublicKey, Published, Repository, RepositoryError, Role, RootChange, SealError,
    Shown, Signers,
};
use jiff::{SignedDuration, Timestamp};

use crate::compile::{CompileError, compile_each};
use crate::passphrase::{AskError, PassphraseArgs, PassphraseSource};
use crate::policy_directory::PolicyArgs;
use crate::signing::{
    SigningArgs, SigningError, authorities, of_role, public_keys, show_keys, unlock, unlock_root,
};

/// Groups of one kind that are named one by one; more are only counted.
const NAMED: usize = 20;

/// A last signature that lies further ahead of this machine's clock is reported.
const FAR_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Compile a policy, sign it and publish it
///
/// Shows which groups change and asks before anything is signed. Devices fetch the new revision
/// within a second where a server serves the repository. What is written belongs to the owner of the
/// repository's directory and can be read by all, with any umask.
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
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Accept the repository as the one of these keys, in its present state
    ///
    /// The first publication writes `repository.json` beside the keys, and from then on no other
    /// repository and no older state of it is signed. This is for keys that lost that file: use
    /// it only if no other person can have changed the repository.
    #[arg(long)]
    adopt_repository: bool,
    /// Make a new repository, which no device knows yet
    #[arg(long)]
    new: bool,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    /// The policy could not be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The first publication without being asked for.
    #[error(
        "`{}` holds no repository, and no device knows one that is made now: \
         correct the path, or use `--new`",
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
    /// The keys cannot be used, or the question was not answered.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// A key is missing or does not open.
    #[error(transparent)]
    Keys(#[from] KeyDirectoryError),
    /// There is no passphrase for a key.
    #[error(transparent)]
    Passphrase(#[from] AskError),
    /// The keys do not suffice.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The file that says which repository the keys belong to could not be read or kept.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The repository could not be read or written.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// Runs `fyr publish`. Exit code 1 where the answer was no.
pub(crate) fn run(args: &PublishArgs) -> Result<ExitCode, PublishError> {
    let Some(compiled) = gather(&args.policy)? else {
        return Ok(ExitCode::FAILURE);
    };
    let keys = KeyDirectory::at(&args.signing.keys);
    let public = public_keys(&keys)?;
    let content = compiled.with_keys(&public)?;
    let authorities = authorities(&public);
    let path = &args.signing.repository;
    let expected = match Pin::beside(&keys)? {
        Some(pin) => Expected::Pinned(pin),
        None if args.adopt_repository => Expected::Anything,
        None => Expected::Nothing,
    };
    let repository = Repository::at(path).expecting(expected);
    let published = repository.published()?;
    match (&published, args.new) {
        (None, _) => expect_room(path)?,
        (Some(_), true) => return Err(PublishError::NotNew(path.clone())),
        (Some(_), false) => {}
    }
    let clock = args.signing.clock();
    let issued = published.as_ref().and_then(Published::issued);
    clock.checked(issued).map_err(RepositoryError::from)?;
    let root = authorities.root_change(published.as_ref(), clock.now)?;
    show(&content.changes(published.as_ref()));
    show_keys(&public, published.as_ref(), &Role::ALL);
    show_root(root, &keys)?;
    show_ahead(issued, clock.now);
    if published.is_none() && args.signing.yes && !args.new {
        return Err(PublishError::NewRepository(path.clone()));
    }
    if published.is_none() {
        eprintln!("  a new repository: no device knows it yet");
    }
    if !args.signing.confirmed()? {
        eprintln!("nothing was published");
        return Ok(ExitCode::FAILURE);
    }
    let before = published.as_ref().map(Published::revision);
    let source = args.passphrase.source()?;
    let signers = unlock_for(root, &keys, published.as_ref(), &source)?;
    // What was shown is what is signed on top of, after any change to the directory since.
    let shown = published.as_ref().map(Shown::of);
    let published = repository
        .expecting(shown.map_or(Expected::Nothing, Expected::Shown))
        .publish(&content, &authorities, &signers, args.signing.clock())?;
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
        "{what} revision {revision} of {} for {}",
        content.organisation(),
        counted(groups, "group", "groups"),
    );
    Ok(ExitCode::SUCCESS)
}

/// A compiled policy, its bundles in a temporary file.
struct Compiled {
    bundles: Bundles,
    lists: BTreeMap<fyr_schemas::CategoryId, String>,
}

impl Compiled {
    fn with_keys(self, public: &[(KeyName, PublicKey)]) -> Result<Content, ContentError> {
        self.bundles
            .with(self.lists, &of_role(public, Role::Enrolment))
    }
}

/// Compiles a policy; `None` when it has errors.
fn gather(policy: &PolicyArgs) -> Result<Option<Compiled>, PublishError> {
    let mut bundles = Bundles::new()?;
    let mut added = Ok(());
    let compilation = compile_each(policy, |bundle| {
        if added.is_ok() {
            added = bundles.add(&bundle);
        }
    })?;
    let Some(compilation) = compilation else {
        return Ok(None);
    };
    added?;
    Ok(Some(Compiled {
        bundles,
        lists: compilation.lists,
    }))
}

/// A new repository is made in a directory of its own; a try that failed may have left a lock.
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

/// Opens the keys that sign; the root's only where the root is signed.
fn unlock_for(
    root: Option<RootChange>,
    keys: &KeyDirectory,
    published: Option<&Published>,
    source: &PassphraseSource,
) -> Result<Signers, SigningError> {
    Ok(Signers {
        root: match root {
            Some(_) => unlock_root(keys, published, source)?,
            None => Vec::new(),
        },
        targets: unlock(keys, Role::Targets, source)?,
        snapshot: unlock(keys, Role::Snapshot, source)?,
        timestamp: unlock(keys, Role::Timestamp, source)?,
    })
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
    if changes.values().any(|change| *change == Change::Removed) {
        eprintln!(
            "  devices of a removed group get no new policy: keep its name in `units.yaml`, or enrol \
             them to another group"
        );
    }
}

fn show_root(root: Option<RootChange>, keys: &KeyDirectory) -> Result<(), PublishError> {
    match root {
        Some(RootChange::Expiry) if keys.private_keys(Role::Root)?.is_empty() => eprintln!(
            "  the root expires within 60 days, and devices accept nothing new after that: publish \
             once with `root.pem` among the keys"
        ),
        Some(why) => eprintln!("  the root is signed too: {why}"),
        None => {}
    }
    Ok(())
}

/// A clock that was ahead when the repository was last signed is repaired by a new timestamp key.
fn show_ahead(issued: Option<Timestamp>, now: Timestamp) {
    if let Some(issued) = issued
        && issued.duration_since(now) > FAR_AHEAD
    {
        eprintln!(
            "  the repository was last signed by a clock that was ahead: it said {issued}; repair \
             this with `fyr rotate timestamp`"
        );
    }
}
