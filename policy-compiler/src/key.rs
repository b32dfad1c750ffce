//! `fyr key`: makes the keys that sign, and lists them.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use fyr_seal::{KeyDirectory, KeyDirectoryError, KeyError, KeyName, SigningKey};

use crate::passphrase::{AskError, PassphraseArgs};
use crate::signing::finish_replacements;

/// Make signing keys, and list them
#[derive(Debug, clap::Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KeyCommand {
    New(NewArgs),
    List(ListArgs),
}

/// Make one key or several
///
/// Each becomes two files: NAME.pem, encrypted with a passphrase and readable by its owner
/// alone, and NAME.pub, which is public. Nothing is ever overwritten.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 made, 1 a key of this name is there, or cannot be written, 2 wrong usage.

Examples:
  fyr key new root targets snapshot timestamp enrolment --keys keys
  fyr key new root-anna --keys keys      one more holder of the root: a majority must sign it"
)]
struct NewArgs {
    /// What to sign with it: root, targets, snapshot, timestamp or enrolment; with `-HOLDER`
    /// behind it where a role has several keys
    #[arg(required = true, value_name = "ROLE")]
    names: Vec<KeyName>,
    /// The directory of the keys; made if it is missing
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// List the keys of a directory
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 listed, 1 the directory cannot be read, 2 wrong usage.")]
struct ListArgs {
    /// The directory of the keys
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
}

/// Why a key could not be made or listed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyCommandError {
    /// There is no passphrase for it.
    #[error(transparent)]
    Passphrase(#[from] AskError),
    /// It could not be generated.
    #[error("make the key `{0}`")]
    Generate(KeyName, #[source] KeyError),
    /// It could not be stored or read.
    #[error(transparent)]
    Directory(#[from] KeyDirectoryError),
    /// The list could not be printed.
    #[error("print the keys")]
    Print(#[source] io::Error),
}

/// Runs `fyr key`.
pub(crate) fn run(args: &KeyArgs) -> Result<ExitCode, KeyCommandError> {
    match &args.command {
        KeyCommand::New(args) => make(args),
        KeyCommand::List(args) => list(args),
    }
}

fn make(args: &NewArgs) -> Result<ExitCode, KeyCommandError> {
    let directory = KeyDirectory::at(&args.keys);
    finish_replacements(&directory)?;
    for name in &args.names {
        directory.expect_vacant(name)?;
    }
    let names: Vec<String> = args.names.iter().map(KeyName::to_string).collect();
    let passphrase = args.passphrase.source()?.new_one(&names.join(", "))?;
    for name in &args.names {
        let key = SigningKey::generate().map_err(|e| KeyCommandError::Generate(name.clone(), e))?;
        let path = directory.store(name, &key, &passphrase)?;
        eprintln!("made {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn list(args: &ListArgs) -> Result<ExitCode, KeyCommandError> {
    let directory = KeyDirectory::at(&args.keys);
    let mut out = io::stdout().lock();
    for (name, key) in directory.public_keys()? {
        let private = directory.private_keys(name.role())?;
        let halves = if private.contains(&name) {
            "can sign"
        } else {
            "public half only"
        };
        writeln!(out, "{name:<20} {}  {halves}", key.hex()).map_err(KeyCommandError::Print)?;
    }
    Ok(ExitCode::SUCCESS)
}
