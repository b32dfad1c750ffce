//! The passphrase of a key file: kept out of every text a program prints.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// A passphrase. It is wiped from memory when dropped, and its `Debug` shows nothing.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

/// Why a text is no passphrase. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// Too easy to guess.
    #[error("the passphrase is shorter than {} characters", Passphrase::MIN_LENGTH)]
    TooShort,
    /// More than one line, or a control character, or absurdly long.
    #[error(
        "the passphrase must be one line of at most {} bytes",
        Passphrase::MAX_LENGTH
    )]
    NotOneLine,
}

/// Why a passphrase could not be read from a file. Never holds what was in it.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseFileError {
    /// The file could not be read.
    #[error("read the passphrase file `{}`", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// Others than its owner could read it.
    #[error("`{}` can be read by others: run `chmod 600` on it and choose a new passphrase", .0.display())]
    Exposed(PathBuf),
    /// What it holds is no passphrase.
    #[error("take the passphrase from `{}`", .0.display())]
    Unfit(PathBuf, #[source] PassphraseError),
}

/// The name of the systemd credential that holds the passphrase of unattended programs.
const CREDENTIAL: &str = "fyr-passphrase";

impl Passphrase {
    /// In characters.
    pub const MIN_LENGTH: usize = 12;
    /// In bytes.
    pub const MAX_LENGTH: usize = 1024;

    /// Takes a passphrase as it was typed or read; one line feed at its end is not part of it.
    ///
    /// # Errors
    /// [`PassphraseError`].
    pub fn new(text: &str) -> Result<Self, PassphraseError> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.len() > Self::MAX_LENGTH || line.chars().any(char::is_control) {
            return Err(PassphraseError::NotOneLine);
        }
        if line.chars().count() < Self::MIN_LENGTH {
            return Err(PassphraseError::TooShort);
        }
        Ok(Self(Zeroizing::new(line.to_owned())))
    }

    /// Reads a file that its owner alone can read.
    ///
    /// # Errors
    /// [`PassphraseFileError`]
    pub fn from_file(path: &Path) -> Result<Self, PassphraseFileError> {
        let reading = |e| PassphraseFileError::Read(path.to_owned(), e);
        let file = File::open(path).map_err(reading)?;
        let mode = file.metadata().map_err(reading)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(PassphraseFileError::Exposed(path.to_owned()));
        }
        Self::read(file, path)
    }

    /// Reads the systemd credential `fyr-passphrase`, where `directory` (the value of
    /// `$CREDENTIALS_DIRECTORY`) has one. Its mode is systemd's business: the mask of an
    /// access list shows there as a right of the group.
    ///
    /// # Errors
    /// [`PassphraseFileError`]
    pub fn from_credential(directory: &Path) -> Result<Option<Self>, PassphraseFileError> {
        let path = directory.join(CREDENTIAL);
        match File::open(&path) {
            Ok(file) => Self::read(file, &path).map(Some),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(PassphraseFileError::Read(path, e)),
        }
    }

    fn read(file: File, path: &Path) -> Result<Self, PassphraseFileError> {
        let mut text = Zeroizing::new(String::new());
        file.take(2 * Self::MAX_LENGTH as u64)
            .read_to_string(&mut text)
            .map_err(|e| PassphraseFileError::Read(path.to_owned(), e))?;
        Self::new(&text).map_err(|e| PassphraseFileError::Unfit(path.to_owned(), e))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Passphrase {}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(text: &str) -> Result<Passphrase, PassphraseError> {
        Passphrase::new(text)
    }

    #[test]
    fn a_passphrase_is_one_line_and_its_line_end_does_not_count() {
        assert_eq!(read("correct horse\n"), read("correct horse"));
        assert_eq!(read("correct horse\r\n"), read("correct horse"));
        assert_eq!(
            read("correct\nhorse battery"),
            Err(PassphraseError::NotOneLine)
        );
        assert_eq!(read("short\n"), Err(PassphraseError::TooShort));
        assert_eq!(read(&"long".repeat(999)), Err(PassphraseError::NotOneLine));
    }

    #[test]
    fn a_passphrase_file_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("passphrase");
        std::fs::write(&path, "correct horse\n").unwrap();
        for (mode, exposed) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let refused = matches!(
                Passphrase::from_file(&path),
                Err(PassphraseFileError::Exposed(_))
            );
            assert_eq!(refused, exposed, "mode {mode:o}");
        }
    }

    #[test]
    fn a_missing_credential_is_no_error_and_a_present_one_is_read() {
        let directory = tempfile::tempdir().unwrap();
        assert!(
            Passphrase::from_credential(directory.path())
                .unwrap()
                .is_none()
        );
        std::fs::write(directory.path().join(CREDENTIAL), "correct horse").unwrap();
        let found = Passphrase::from_credential(directory.path()).unwrap();
        assert_eq!(found, Some(read("correct horse").unwrap()));
    }

    #[test]
    fn a_passphrase_is_never_printed() {
        let passphrase = read("correct horse").unwrap();
        assert_eq!(format!("{passphrase:?}"), "Passphrase(…)");
    }
}
