//! Believing again what was believed before, with no network and at any hour.

use jiff::Timestamp;

use crate::chain::Chain;
use crate::error::VerifyError;
use crate::floor::Floor;
use crate::list;
use crate::state::TrustedState;
use crate::verified::Verified;
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
    floor: &Floor,
    wanted: &W,
) -> Result<Reloaded<W::Document>, VerifyError> {
    let mut chain = Chain::start(present(stored.root.as_deref(), "root")?, "root")?;
    chain.check_root_floor(floor)?;
    let timestamp = present(stored.timestamp.as_deref(), "timestamp")?;
    chain.timestamp(timestamp, floor, "timestamp")?;
    let snapshot = present(stored.snapshot.as_deref(), "snapshot")?;
    chain.snapshot(snapshot, floor, "snapshot")?;
    let targets = present(stored.targets.as_deref(), "targets")?;
    chain.targets(targets, floor, "targets")?;
    let listing = chain.listing(&wanted.target())?;
    let document = present(stored.document.as_deref(), "document")?;
    let document = Verified::open(wanted, &listing, document)?;
    list::check_listed(&W::lists(&document), &chain)?;
    Ok(Reloaded {
        document,
        expires: chain.expires(),
    })
}

fn present<'a>(stored: Option<&'a [u8]>, document: &'static str) -> Result<&'a [u8], VerifyError> {
    stored.ok_or(VerifyError::NothingStored { document })
}
