//! Believing again what was believed before, with no network and at any hour.

use jiff::Timestamp;

use crate::error::VerifyError;
use crate::seen::Seen;
use crate::state::TrustedState;
use crate::verified::Verified;
use crate::verified_metadata::VerifiedMetadata;
use crate::wanted::Wanted;

/// What [`reload`] finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded<T> {
    /// The last good document.
    pub document: Verified<T>,
    /// When its metadata expires, or expired. A stale policy is still enforced.
    pub expires: Timestamp,
}

/// Verifies the stored files again: every signature, digest and version, but no expiry,
/// because a device that was away for a year still enforces what it last knew. The lists that the
/// document names are judged where they are read, by a [`ListCheck`](crate::list::ListCheck).
///
/// # Errors
/// The first stored file that cannot be believed. Only a [`Refresh`](crate::Refresh) repairs
/// it; there is nothing older to fall back on.
pub fn reload<W: Wanted>(
    stored: &TrustedState,
    seen: &Seen,
    wanted: &W,
) -> Result<Reloaded<W::Document>, VerifyError> {
    let metadata = VerifiedMetadata::of(stored, seen)?;
    let document = stored.document.as_deref();
    let document = document.ok_or(VerifyError::NothingStored {
        document: "document",
    })?;
    Ok(Reloaded {
        document: metadata.open(wanted, document)?,
        expires: metadata.expires(),
    })
}
