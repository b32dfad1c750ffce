//! SHA-256 of bytes.

use fyr_schemas::Digest;
use ring::digest::{Context, SHA256};

/// The digest of all parts, one after the other.
pub(crate) fn sha256<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut bytes = [0; 32];
    // INVARIANT: a SHA-256 digest is 32 bytes long.
    bytes.copy_from_slice(context.finish().as_ref());
    Digest::from(bytes)
}
