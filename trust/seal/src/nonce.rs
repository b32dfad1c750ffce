//! A number that is used once.

use crate::key::{KeyError, random};

/// 128 random bits in hex: tells one enrolment token from every other.
///
/// # Errors
/// [`KeyError::NoRandomness`]
pub fn nonce() -> Result<String, KeyError> {
    Ok(hex::encode(random::<16>()?))
}
