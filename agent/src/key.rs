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
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a device that joined cannot sign. It goes on enforcing its policy; its reports end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyLoss {
    /// There is no key.
    #[error("its key is missing")]
    Missing,
    /// No copy of the key is sound.
    #[error("its key is damaged")]
    Damaged,
    /// The key is sound and belongs to another device.
    #[error("its key is that of another device")]
    OtherDevice,
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

    /// The stored key.
    pub(crate) fn load(store: &Store) -> Result<Self, KeyLoss> {
        match twin::read(store.directory(), KEY) {
            twin::Read::Absent => Err(KeyLoss::Missing),
            twin::Read::Damaged => Err(KeyLoss::Damaged),
            twin::Read::Sound(bytes) => Self::parse(&bytes).ok_or(KeyLoss::Damaged),
        }
    }

    /// The stored key, if it is that of `device`.
    pub(crate) fn load_for(store: &Store, device: &DeviceId) -> Result<Self, KeyLoss> {
        let key = Self::load(store)?;
        if key.device() == *device {
            Ok(key)
        } else {
            Err(KeyLoss::OtherDevice)
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
