//! Where a passphrase comes from: a file, a systemd credential, or the terminal. Never an
//! argument or the environment, which other processes can read.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use fyr_seal::{Passphrase, PassphraseError, PassphraseFileError};
use zeroize::Zeroizing;

/// The options of every subcommand that opens keys.
#[derive(Debug, clap::Args)]
pub(crate) struct PassphraseArgs {
    /// Read the passphrase of the keys from FILE, which its owner alone may read; without
    /// it, from the systemd credential `fyr-passphrase`, or else from the terminal
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Where passphrases come from in this run.
pub(crate) enum PassphraseSource {
    /// One for every key.
    Given(Passphrase),
    /// Asked for each.
    Terminal,
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// The file or credential has none.
    #[error(transparent)]
    File(#[from] PassphraseFileError),
    /// There is no terminal.
    #[error("there is no terminal to ask for the passphrase of {0}: use `--passphrase-file`")]
    NoTerminal(String),
    /// Asking failed.
    #[error("ask for the passphrase of {0}")]
    Ask(String, #[source] io::Error),
    /// What was typed is no passphrase.
    #[error("take the passphrase of {0}")]
    Unfit(String, #[source] PassphraseError),
    /// What was typed twice differs.
    #[error("the two passphrases for {0} differ: nothing was made")]
    Differ(String),
}

impl PassphraseArgs {
    /// Finds out where passphrases come from.
    pub(crate) fn source(&self) -> Result<PassphraseSource, AskError> {
        if let Some(file) = &self.passphrase_file {
            return Ok(PassphraseSource::Given(Passphrase::from_file(file)?));
        }
        let credential = match std::env::var_os("CREDENTIALS_DIRECTORY") {
            Some(directory) => Passphrase::from_credential(Path::new(&directory))?,
            None => None,
        };
        Ok(credential.map_or(PassphraseSource::Terminal, PassphraseSource::Given))
    }
}

impl PassphraseSource {
    /// The passphrase that opens `what`.
    pub(crate) fn existing(&self, what: &str) -> Result<Passphrase, AskError> {
        match self {
            Self::Given(passphrase) => Ok(passphrase.clone()),
            Self::Terminal => ask(what, "passphrase of"),
        }
    }

    /// A passphrase for `what`, which is about to be made; typed twice.
    pub(crate) fn new_one(&self, what: &str) -> Result<Passphrase, AskError> {
        match self {
            Self::Given(passphrase) => Ok(passphrase.clone()),
            Self::Terminal => {
                let first = ask(what, "new passphrase for")?;
                if ask(what, "once more, for")? == first {
                    Ok(first)
                } else {
                    Err(AskError::Differ(what.to_owned()))
                }
            }
        }
    }
}

fn ask(what: &str, prompt: &str) -> Result<Passphrase, AskError> {
    if !io::stdin().is_terminal() {
        return Err(AskError::NoTerminal(what.to_owned()));
    }
    let typed = rpassword::prompt_password(format!("{prompt} {what}: "))
        .map(Zeroizing::new)
        .map_err(|e| AskError::Ask(what.to_owned(), e))?;
    Passphrase::new(&typed).map_err(|e| AskError::Unfit(what.to_owned(), e))
}
