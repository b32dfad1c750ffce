//! A signing key: Ed25519, at rest as an encrypted PKCS#8 file that `openssl` reads.

use std::fmt;

use pkcs8::der::{Decode as _, Encode as _, pem::LineEnding};
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::spki::der::asn1::BitStringRef;
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfo, ObjectIdentifier, PrivateKeyInfo,
    SecretDocument, SubjectPublicKeyInfoRef,
};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::passphrase::Passphrase;

/// `id-Ed25519` (RFC 8410).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";
/// scrypt with N = 2^14, r = 8, p = 1: the most memory that `openssl` accepts without an option.
const SCRYPT_LOG_N: u8 = 14;
/// A key file may ask for this much work at most, in blocks of 128 bytes (1 GiB), or in
/// rounds of PBKDF2: a hostile file must not be able to stall a server.
const MAX_SCRYPT_BLOCKS: u64 = 8 * 1024 * 1024;
const MAX_PBKDF2_ROUNDS: u32 = 10_000_000;

/// An Ed25519 key that can sign. Its `Debug` shows the public half alone.
pub struct SigningKey {
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
}

/// The public half of a [`SigningKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

/// Why a key could not be made or read. Holds nothing of the key or its passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// Not a PEM file of the expected kind.
    #[error("this is not a PEM file with a `{0}`")]
    NotPem(&'static str),
    /// A key, but encrypted in a way that is not read here.
    #[error("the key is encrypted in a way that is not supported: use PBES2 with scrypt")]
    UnsupportedEncryption,
    /// A key of another algorithm.
    #[error("this is not an Ed25519 key")]
    NotEd25519,
    /// The passphrase does not open it, or the file is damaged.
    #[error("the passphrase does not open this key")]
    WrongPassphrase,
    /// The key could not be encrypted.
    #[error("the key could not be encrypted")]
    Encrypt,
}

impl SigningKey {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_seed(Zeroizing::new(random()?))
    }

    /// Opens an encrypted key file.
    ///
    /// # Errors
    /// [`KeyError`]; it does not tell a wrong passphrase from a damaged file.
    pub fn from_pem(pem: &str, passphrase: &Passphrase) -> Result<Self, KeyError> {
        let (label, document) =
            SecretDocument::from_pem(pem).map_err(|_| KeyError::NotPem(ENCRYPTED))?;
        if label != ENCRYPTED {
            return Err(KeyError::NotPem(ENCRYPTED));
        }
        let encrypted = EncryptedPrivateKeyInfo::from_der(document.as_bytes())
            .map_err(|_| KeyError::UnsupportedEncryption)?;
        if !affordable(&encrypted) {
            return Err(KeyError::UnsupportedEncryption);
        }
        let plain = encrypted
            .decrypt(passphrase.bytes())
            .map_err(|_| KeyError::WrongPassphrase)?;
        let key =
            PrivateKeyInfo::from_der(plain.as_bytes()).map_err(|_| KeyError::WrongPassphrase)?;
        if key.algorithm.oid != ED25519 {
            return Err(KeyError::NotEd25519);
        }
        // RFC 8410: the private key is itself an OCTET STRING of 32 bytes.
        match key.private_key {
            [0x04, 0x20, seed @ ..] => {
                let seed = seed.try_into().map_err(|_| KeyError::NotEd25519)?;
                Self::from_seed(Zeroizing::new(seed))
            }
            _ => Err(KeyError::NotEd25519),
        }
    }

    /// The key as an encrypted file: PKCS#8, PBES2 with scrypt and AES-256-CBC.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`] or [`KeyError::Encrypt`].
    pub fn to_pem(&self, passphrase: &Passphrase) -> Result<Zeroizing<String>, KeyError> {
        let (salt, iv) = (random::<16>()?, random::<16>()?);
        let cost = scrypt::Params::new(SCRYPT_LOG_N, 8, 1, 32).map_err(|_| KeyError::Encrypt)?;
        let parameters =
            pbes2::Parameters::scrypt_aes256cbc(cost, &salt, &iv).map_err(|_| KeyError::Encrypt)?;
        let mut private_key = Zeroizing::new([0; 34]);
        private_key
            .iter_mut()
            .zip([0x04, 0x20].iter().chain(self.seed.iter()))
            .for_each(|(to, from)| *to = *from);
        let document = PrivateKeyInfo::new(algorithm(), private_key.as_slice())
            .encrypt_with_params(parameters, passphrase.bytes())
            .map_err(|_| KeyError::Encrypt)?;
        document
            .to_pem(ENCRYPTED, LineEnding::LF)
            .map_err(|_| KeyError::Encrypt)
    }

    /// The half that others may know.
    pub fn public_key(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey(bytes)
    }

    /// The Ed25519 signature over `message`.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    fn from_seed(seed: Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice())
            .map_err(|_| KeyError::NotEd25519)?;
        Ok(Self { seed, pair })
    }
}

impl PublicKey {
    /// The raw 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Lowercase hex, as TUF metadata writes it.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Its name in TUF metadata: SHA-256 of the canonical JSON of the key, in hex.
    pub fn key_id(&self) -> String {
        let public = self.hex();
        let canonical = format!(
            r#"{{"keytype":"ed25519","keyval":{{"public":"{public}"}},"scheme":"ed25519"}}"#
        );
        fyr_trust::digest(canonical.as_bytes()).to_string()
    }

    /// Reads a public key file.
    ///
    /// # Errors
    /// [`KeyError::NotPem`] or [`KeyError::NotEd25519`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let (label, document) =
            pkcs8::Document::from_pem(pem).map_err(|_| KeyError::NotPem(PUBLIC))?;
        if label != PUBLIC {
            return Err(KeyError::NotPem(PUBLIC));
        }
        let key = SubjectPublicKeyInfoRef::from_der(document.as_bytes())
            .map_err(|_| KeyError::NotPem(PUBLIC))?;
        let bytes = key.subject_public_key.as_bytes();
        match bytes.and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) if key.algorithm.oid == ED25519 => Ok(Self(bytes)),
            Some(_) | None => Err(KeyError::NotEd25519),
        }
    }

    /// The key as a file: `SubjectPublicKeyInfo` in PEM, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// None in practice; the encoder's signature has them.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let not_pem = |_| KeyError::NotPem(PUBLIC);
        let der = SubjectPublicKeyInfoRef {
            algorithm: algorithm(),
            subject_public_key: BitStringRef::from_bytes(&self.0).map_err(not_pem)?,
        }
        .to_der()
        .map_err(not_pem)?;
        pkcs8::Document::try_from(der)
            .and_then(|document| document.to_pem(PUBLIC, LineEnding::LF))
            .map_err(not_pem)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public_key().hex())
    }
}

fn algorithm() -> AlgorithmIdentifierRef<'static> {
    AlgorithmIdentifierRef {
        oid: ED25519,
        parameters: None,
    }
}

fn affordable(encrypted: &EncryptedPrivateKeyInfo<'_>) -> bool {
    let Some(parameters) = encrypted.encryption_algorithm.pbes2() else {
        return false;
    };
    match &parameters.kdf {
        pbes2::Kdf::Scrypt(scrypt) => scrypt
            .cost_parameter
            .checked_mul(u64::from(scrypt.block_size))
            .and_then(|blocks| blocks.checked_mul(u64::from(scrypt.parallelization)))
            .is_some_and(|blocks| blocks <= MAX_SCRYPT_BLOCKS),
        pbes2::Kdf::Pbkdf2(pbkdf2) => pbkdf2.iteration_count <= MAX_PBKDF2_ROUNDS,
        _ => false,
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| KeyError::NoRandomness)?;
    Ok(bytes)
}
