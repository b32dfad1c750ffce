//! The cryptography of the TUF library, by `ring`: SHA-2, Ed25519 and ECDSA P-256, and
//! nothing else.

use std::sync::Once;

use ring::digest;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm};
use sigstore_crypto::{CryptoProvider, Error, HashContext, Result, SigningScheme};
use sigstore_types::HashAlgorithm;

/// Makes `ring` the library's provider. Every way into the library calls this first,
/// because the library panics without a provider.
pub(crate) fn install() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        // Refused only where this process installed another provider on purpose.
        let _ = sigstore_crypto::install_default_provider(&RingProvider);
    });
}

#[derive(Debug)]
struct RingProvider;

impl CryptoProvider for RingProvider {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>> {
        let algorithm = match algorithm {
            HashAlgorithm::Sha2256 => &digest::SHA256,
            HashAlgorithm::Sha2384 => &digest::SHA384,
            HashAlgorithm::Sha2512 => &digest::SHA512,
            _ => return Err(Error::UnsupportedAlgorithm(algorithm.to_string())),
        };
        Ok(Box::new(RingHash(digest::Context::new(algorithm))))
    }

    fn verify_raw(
        &self,
        scheme: SigningScheme,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        UnparsedPublicKey::new(algorithm(scheme)?, public_key)
            .verify(message, signature)
            .map_err(|_| Error::Verification(format!("{} signature", scheme.name())))
    }

    /// TUF signs whole messages, so no caller needs this, and `ring` cannot do it.
    fn verify_prehashed(
        &self,
        scheme: SigningScheme,
        _public_key: &[u8],
        _digest: &[u8],
        _signature: &[u8],
    ) -> Result<()> {
        Err(unsupported(scheme))
    }
}

fn algorithm(scheme: SigningScheme) -> Result<&'static dyn VerificationAlgorithm> {
    match scheme {
        SigningScheme::Ed25519 => Ok(&ED25519),
        SigningScheme::EcdsaP256Sha256 => Ok(&ECDSA_P256_SHA256_ASN1),
        _ => Err(unsupported(scheme)),
    }
}

fn unsupported(scheme: SigningScheme) -> Error {
    Error::UnsupportedAlgorithm(scheme.name().to_owned())
}

struct RingHash(digest::Context);

impl HashContext for RingHash {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}
