//! The device's own key: made on the device, never leaves it, signs its reports.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fyr_schemas::DeviceId;
use fyr_schemas::envelope::{
    Envelope, EnvelopeSignature, PayloadType, pre_authentication_encoding,
};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use crate::store::{KEY, PRIVATE, Store, StoreError, twin};

/// The device's Ed25519 key.
#[derive(Debug)]
pub(crate) struct DeviceKey {
    pair: Ed25519KeyPair,
    public: [u8; 32],
}

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The operating system gave no randomness, or the library refused it.
    #[error("cannot make a key for this device")]
    Generate,
    /// The stored key is no key.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DeviceKey {
    /// Makes a key and stores it.
    pub(crate) fn generate(store: &Store) -> Result<Self, KeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|ring::error::Unspecified| KeyError::Generate)?;
        let key = Self::parse(document.as_ref()).ok_or(KeyError::Generate)?;
        store.save(KEY, document.as_ref(), PRIVATE)?;
        Ok(key)
    }

    /// The stored key, if there is one.
    pub(crate) fn load(store: &Store) -> Result<Option<Self>, KeyError> {
        match twin::read(store.directory(), KEY) {
            twin::Read::Absent => Ok(None),
            twin::Read::Damaged => Err(store.damaged(KEY).into()),
            twin::Read::Sound(bytes) => match Self::parse(&bytes) {
                Some(key) => Ok(Some(key)),
                None => Err(store.damaged(KEY).into()),
            },
        }
    }

    fn parse(pkcs8: &[u8]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).ok()?;
        let public = pair.public_key().as_ref().try_into().ok()?;
        Some(Self { pair, public })
    }

    pub(crate) fn public(&self) -> &[u8; 32] {
        &self.public
    }

    pub(crate) fn device(&self) -> DeviceId {
        fyr_trust::device_id(&self.public)
    }

    /// A number that is this device's own, to spread a fleet's attempts by.
    pub(crate) fn seed(&self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(self.public.first_chunk::<8>().unwrap_or(&[0; 8]));
        u64::from_le_bytes(first)
    }

    /// Signs a document of this device.
    pub(crate) fn seal(&self, payload_type: PayloadType, payload: &[u8]) -> Envelope {
        let signed = pre_authentication_encoding(payload_type, payload);
        Envelope {
            payload: STANDARD.encode(payload),
            payload_type,
            signatures: vec![EnvelopeSignature {
                keyid: self.device().to_string(),
                sig: STANDARD.encode(self.pair.sign(&signed)),
            }],
        }
    }
}
