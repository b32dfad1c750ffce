//! Verified metadata, of which any target can be opened.

use std::fmt;

use fyr_schemas::Digest;
use jiff::Timestamp;

use crate::chain::{Chain, Listing};
use crate::error::VerifyError;
use crate::list;
use crate::seen::{Complete, Seen};
use crate::state::TrustedState;
use crate::verified::Verified;
use crate::wanted::{self, Wanted};

/// The metadata of a repository, verified once. Opening a target parses and verifies no metadata
/// again, so a program that opens all targets takes time in proportion to them.
#[derive(Clone)]
pub struct VerifiedMetadata {
    chain: Chain,
}

impl VerifiedMetadata {
    /// Verifies stored metadata: every signature, digest and version, but no expiry. A caller that
    /// needs fresh metadata takes the state that a [`Refresh`](crate::Refresh) returned.
    ///
    /// # Errors
    /// The first stored file that cannot be believed.
    pub fn of(stored: &TrustedState, seen: &Seen) -> Result<Self, VerifyError> {
        let mut chain = Chain::start(present(stored.vouching_root(), "root")?, "root")?;
        let timestamp = present(stored.timestamp.as_deref(), "timestamp")?;
        let any = Seen::default();
        chain.timestamp(timestamp, &any, "timestamp")?;
        // A refresh that broke off has seen higher versions than the last good document has.
        check_complete(chain.completed(), seen.complete)?;
        let snapshot = present(stored.snapshot.as_deref(), "snapshot")?;
        chain.snapshot(snapshot, &any, "snapshot")?;
        let targets = present(stored.targets.as_deref(), "targets")?;
        chain.targets(targets, &any, "targets")?;
        Ok(Self { chain })
    }

    /// The digest that the metadata lists for a target.
    ///
    /// # Errors
    /// [`VerifyError`] where it is not listed, or is longer than `wanted` may be.
    pub fn digest_of<W: Wanted>(&self, wanted: &W) -> Result<Digest, VerifyError> {
        self.listing(wanted).map(|listing| listing.digest)
    }

    /// Opens `bytes` as a target, as a device that has fetched it. The lists that the document
    /// names are judged by a [`ListCheck`](crate::list::ListCheck) where they are read.
    ///
    /// # Errors
    /// [`VerifyError`] where a device would refuse it.
    pub fn open<W: Wanted>(
        &self,
        wanted: &W,
        bytes: &[u8],
    ) -> Result<Verified<W::Document>, VerifyError> {
        let listing = self.listing(wanted)?;
        let document = Verified::open(wanted, &listing, bytes)?;
        // A device stops reading there, even where the digest is right.
        if bytes.len() as u64 > listing.length {
            return Err(VerifyError::TooLarge {
                document: wanted.target(),
                limit: listing.length,
            });
        }
        list::check_listed(&W::lists(&document), &self.chain)?;
        Ok(document)
    }

    /// When the first role expires.
    pub fn expires(&self) -> Timestamp {
        self.chain.expires()
    }

    /// When the targets expire.
    pub fn targets_expire(&self) -> Timestamp {
        self.chain.targets_expire().unwrap_or(Timestamp::MIN)
    }

    /// Every target that is listed with a digest, sorted by path: its path, its digest and its length in
    /// bytes.
    pub fn listed(&self) -> impl Iterator<Item = (&str, Digest, u64)> {
        self.chain.listed()
    }

    fn listing<W: Wanted>(&self, wanted: &W) -> Result<Listing, VerifyError> {
        wanted::listing(wanted, &self.chain)
    }
}

impl fmt::Debug for VerifiedMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedMetadata")
            .field("expires", &self.expires())
            .finish_non_exhaustive()
    }
}

fn present<'a>(stored: Option<&'a [u8]>, document: &'static str) -> Result<&'a [u8], VerifyError> {
    stored.ok_or(VerifyError::NothingStored { document })
}

fn check_complete(stored: Complete, newest: Complete) -> Result<(), VerifyError> {
    let (document, offered, seen) = if stored.root < newest.root {
        ("root", stored.root, newest.root)
    } else {
        ("timestamp", stored.timestamp, newest.timestamp)
    };
    if stored < newest {
        return Err(VerifyError::Rollback {
            document: document.to_owned(),
            offered,
            seen,
        });
    }
    Ok(())
}
