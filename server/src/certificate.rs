//! The certificate and its key: read at the start, and again whenever their files change.
//!
//! The files are compared by content, every few seconds: a renewal may replace a file, a link to
//! it or a directory above it, and all of these are noticed alike.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ring::digest::{Context, SHA256};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsAcceptor;

/// How often the files are compared: a renewed certificate is in use this soon.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("`{path}` contains no {expected} in PEM form")]
    Pem {
        /// Which.
        path: PathBuf,
        /// What was looked for.
        expected: &'static str,
    },
    /// The two files do not belong together.
    #[error("the key in `{key}` does not belong to the certificate in `{certificate}`")]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What the TLS library said.
        source: rustls::Error,
    },
}

/// Whether the files hold what is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// They do.
    InUse,
    /// They hold something that cannot be used; the last good pair is in use.
    Unusable,
}

/// The certificate in use, and the task that keeps it current.
pub(crate) struct Certificate {
    files: Files,
    digest: Digest,
    /// What was found unusable once, and is reported if it stays.
    doubtful: Option<Digest>,
    acceptor: watch::Sender<TlsAcceptor>,
    state: watch::Sender<State>,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// Of both files' contents, or of the failure to read them.
type Digest = [u8; 32];

/// What one look at the files calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// The pair in use.
    Same,
    /// A pair that may be used.
    New,
    /// An unusable pair that was just found: the other file may still be on its way.
    Doubtful,
    /// The unusable pair that was found before.
    Unusable,
    /// An unusable pair that was reported before.
    Reported,
}

impl Certificate {
    /// Reads the pair; the error says what is wrong with it.
    pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        let files = Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        let (digest, acceptor) = files.read();
        Ok(Self {
            acceptor: watch::Sender::new(acceptor?),
            state: watch::Sender::new(State::InUse),
            doubtful: None,
            digest,
            files,
        })
    }

    /// What the next connection is accepted with.
    pub(crate) fn acceptor(&self) -> watch::Receiver<TlsAcceptor> {
        self.acceptor.subscribe()
    }

    /// Whether the files hold what is in use.
    pub(crate) fn state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Compares the files until no connection is accepted any more.
    pub(crate) async fn run(mut self) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.look(),
                () = self.acceptor.closed() => return,
            }
        }
    }

    fn look(&mut self) {
        let (digest, acceptor) = self.files.read();
        let is_reported = *self.state.borrow() == State::Unusable;
        let look = judge(
            digest,
            self.digest,
            acceptor.is_ok(),
            self.doubtful,
            is_reported,
        );
        self.doubtful = acceptor.is_err().then_some(digest);
        match (look, acceptor) {
            (Look::New, Ok(acceptor)) => {
                self.digest = digest;
                self.acceptor.send_replace(acceptor);
                self.state.send_replace(State::InUse);
                tracing::info!(
                    path = %self.files.certificate.display(),
                    "the certificate has changed; the new one is in use"
                );
            }
            (Look::Unusable, Err(error)) => {
                self.state.send_replace(State::Unusable);
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the changed certificate cannot be used; the last good one stays in use"
                );
            }
            (Look::Same, _) => {
                self.state.send_replace(State::InUse);
            }
            (Look::Doubtful | Look::Reported | Look::New | Look::Unusable, _) => {}
        }
    }
}

/// What a look calls for. Pure.
fn judge(
    found: Digest,
    in_use: Digest,
    is_usable: bool,
    doubtful: Option<Digest>,
    is_reported: bool,
) -> Look {
    if found == in_use {
        Look::Same
    } else if is_usable {
        Look::New
    } else if doubtful != Some(found) {
        Look::Doubtful
    } else if is_reported {
        Look::Reported
    } else {
        Look::Unusable
    }
}

impl Files {
    fn read(&self) -> (Digest, Result<TlsAcceptor, CertificateError>) {
        let (certificate, key) = (read(&self.certificate), read(&self.key));
        let mut context = Context::new(&SHA256);
        for content in [&certificate, &key] {
            match content {
                Ok(bytes) => {
                    context.update(&bytes.len().to_be_bytes());
                    context.update(bytes);
                }
                Err(error) => context.update(error.to_string().as_bytes()),
            }
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        let acceptor = match (certificate, key) {
            (Ok(certificate), Ok(key)) => self.pair(&certificate, &key),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        (digest, acceptor)
    }

    fn pair(&self, certificate: &[u8], key: &[u8]) -> Result<TlsAcceptor, CertificateError> {
        let chain = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<Vec<_>, _>>()
            .ok()
            .filter(|chain| !chain.is_empty())
            .ok_or_else(|| CertificateError::Pem {
                path: self.certificate.clone(),
                expected: "certificate",
            })?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| CertificateError::Pem {
            path: self.key.clone(),
            expected: "private key",
        })?;
        let unfit = |source| CertificateError::Pair {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            source,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unfit)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unfit)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(path).map_err(|source| CertificateError::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_pair_is_reported_once_and_only_if_it_stays() {
        let (good, broken, other) = ([1; 32], [2; 32], [3; 32]);
        let look =
            |found, usable, doubtful, reported| judge(found, good, usable, doubtful, reported);
        assert_eq!(look(good, true, None, false), Look::Same);
        assert_eq!(look(other, true, None, false), Look::New);
        assert_eq!(look(broken, false, None, false), Look::Doubtful);
        assert_eq!(look(broken, false, Some(broken), false), Look::Unusable);
        assert_eq!(look(broken, false, Some(broken), true), Look::Reported);
        assert_eq!(look(other, true, Some(broken), true), Look::New);
        assert_eq!(look(good, true, Some(broken), true), Look::Same);
    }
}
