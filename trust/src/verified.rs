//! The one way to a [`Verified`] document.

use std::ops::Deref;

use fyr_schemas::{Digest, Revision};

use crate::chain::Listing;
use crate::error::VerifyError;
use crate::wanted::Wanted;

/// A document that a whole chain of signatures vouches for. Holding one is the proof:
/// there is no other way to make it than to have verified it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
    revision: Revision,
    digest: Digest,
}

impl<T> Verified<T> {
    /// Opens `bytes` as the target that `listing` lists.
    // INVARIANT: the only constructor. A `Listing` exists only where `targets` was verified.
    pub(crate) fn open<W>(wanted: &W, listing: &Listing, bytes: &[u8]) -> Result<Self, VerifyError>
    where
        W: Wanted<Document = T>,
    {
        let digest = crate::digest(bytes);
        if digest != listing.digest {
            return Err(VerifyError::Integrity {
                document: wanted.target(),
                source: format!("its SHA-256 is {digest}, listed is {}", listing.digest).into(),
            });
        }
        Ok(Self {
            value: wanted.read(bytes)?,
            revision: listing.revision,
            digest,
        })
    }

    /// The document.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The revision that it was verified under.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// SHA-256 of its bytes.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
