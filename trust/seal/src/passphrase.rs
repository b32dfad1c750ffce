//! The passphrase of a key file: kept out of every text a program prints.

use std::fmt;

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
    fn a_passphrase_is_never_printed() {
        let passphrase = read("correct horse").unwrap();
        assert_eq!(format!("{passphrase:?}"), "Passphrase(…)");
    }
}
