//! A device's name, which follows from its public key.

use fyr_schemas::DeviceId;

/// The name of the device that holds the private half of `public_key` (raw Ed25519): the
/// first 128 bits of the key's SHA-256, in hex.
pub fn device_id(public_key: &[u8; 32]) -> DeviceId {
    let sha256 = ring::digest::digest(&ring::digest::SHA256, public_key);
    let mut first = [0; 16];
    for (to, from) in first.iter_mut().zip(sha256.as_ref()) {
        *to = *from;
    }
    first.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_by_the_digest_of_its_key() {
        assert_eq!(
            device_id(&[0; 32]).as_str(),
            "66687aadf862bd776c8fc18b8e9f8e20"
        );
    }
}
