//! Believing again what was believed before, with no network and at any hour.

use jiff::Timestamp;

use crate::chain::Chain;
use crate::error::VerifyError;
use crate::floor::{Complete, Floor};
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
    let mut chain = Chain::start(present(stored.vouching_root(), "root")?, "root")?;
    let timestamp = present(stored.timestamp.as_deref(), "timestamp")?;
    let any = Floor::default();
    chain.timestamp(timestamp, &any, "timestamp")?;
    // A refresh that broke off has seen higher versions than the last good document has.
    check_complete(chain.completed(), floor.complete)?;
    let snapshot = present(stored.snapshot.as_deref(), "snapshot")?;
    chain.snapshot(snapshot, &any, "snapshot")?;
    let targets = present(stored.targets.as_deref(), "targets")?;
    chain.targets(targets, &any, "targets")?;
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

fn check_complete(stored: Complete, newest: Complete) -> Result<(), VerifyError> {
    let (document, offered, floor) = if stored.root < newest.root {
        ("root", stored.root, newest.root)
    } else {
        ("timestamp", stored.timestamp, newest.timestamp)
    };
    if stored < newest {
        return Err(VerifyError::Rollback {
            document: document.to_owned(),
            offered,
            floor,
        });
    }
    Ok(())
}
