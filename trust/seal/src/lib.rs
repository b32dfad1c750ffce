//! Signs: key files, envelopes, TUF metadata, and the directory they are published in.
//!
//! The `fyr` command signs policy with it and the server renews the two online roles. The
//! agent never depends on it. Nothing here decides what a policy says, and nothing is
//! written to a repository that `fyr-trust` would not believe.

mod check;
mod clock;
mod content;
mod envelope;
mod key;
mod key_directory;
mod metadata;
mod nonce;
mod passphrase;
mod pin;
mod place;
mod publication;
mod published;
mod repository;
mod repository_error;
mod role;
mod spool;

pub use clock::{ClockDoubt, Evidence, SigningClock};
pub use content::{Bundles, Change, Content, ContentError};
pub use envelope::sign_envelope;
pub use key::{KeyError, PublicKey, SigningKey};
pub use key_directory::{
    KeyDirectory, KeyDirectoryError, KeyFiles, KeyName, ParseKeyNameError, RetiredKey,
};
pub use metadata::RenderError;
pub use nonce::nonce;
pub use passphrase::{Passphrase, PassphraseError, PassphraseFileError};
pub use pin::{Pin, PinError};
pub use publication::{
    Authorities, Publication, RootChange, SealError, Signers, publish, renew, rotate,
};
pub use published::Published;
pub use repository::{Expected, Prepared, Repository, Shown};
pub use repository_error::RepositoryError;
pub use role::{Role, UnknownRole};
