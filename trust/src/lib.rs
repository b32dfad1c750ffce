//! Decides whether bytes may be believed.
//!
//! Nothing here reads a clock, a disk or a network. A caller hands in what it stored, what
//! it fetched and what its clock says, and gets a [`Verified`] document or a
//! [`VerifyError`] that names the reason. Nothing here can sign.
//!
//! - [`Refresh`] walks a TUF repository: it says which file it needs next and judges it.
//! - [`reload()`] believes again what was believed before, from stored bytes alone.
//! - [`seen`] is the rollback protection: it holds even when stored files are damaged.
//! - [`list`] judges the lists of names that a bundle closes.
//! - [`envelope`] and [`token`] judge everything signed that is not TUF metadata.

mod chain;
mod clock;
mod device;
pub mod envelope;
mod error;
mod hasher;
pub mod list;
mod refresh;
mod reload;
mod ring_provider;
pub mod seen;
mod state;
pub mod token;
mod verified;
mod verified_metadata;
mod wanted;

pub use chain::ONLINE_LIFETIME;
pub use clock::{Clock, ClockState, DeviceTime, SIGNED_LEAD};
pub use device::device_id;
pub use error::VerifyError;
pub use hasher::Hasher;
pub use refresh::{Answer, Keep, Need, Refresh, Refreshed, Step, target_path};
pub use reload::{Reloaded, reload};
pub use seen::Seen;
pub use state::TrustedState;
pub use verified::Verified;
pub use verified_metadata::VerifiedMetadata;
pub use wanted::{EnrolmentAuthority, Identity, Wanted};

use fyr_schemas::Digest;

/// The SHA-256 digest of `bytes`.
pub fn digest(bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::default();
    hasher.update(bytes);
    hasher.digest()
}
