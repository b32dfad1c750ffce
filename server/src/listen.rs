//! Listens, with TLS or without, and hands each connection to the router. Slow and idle
//! connections are bounded in time, and all of them in number.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower_http::add_extension::AddExtension;

use crate::options::Options;
use crate::session::Peer;

/// Connections at once; each device keeps one for hints.
const CONNECTIONS: usize = 24_000;

/// A handshake and a request's head must have arrived by then.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest head of a request, in bytes, and the most that is read ahead.
const LONGEST_HEAD: usize = 16 * 1024;

/// How long open requests may take after the server was asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// An open door: bound, and with its certificate read.
pub(crate) struct Door {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
}

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken or not ours.
    #[error(
        "cannot listen on `{address}`: another program may use the port; `--listen` takes another"
    )]
    Bind {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A TLS file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A TLS file holds something else.
    #[error("`{path}` holds no {expected} in PEM form")]
    Pem {
        /// Which.
        path: PathBuf,
        /// What was looked for.
        expected: &'static str,
    },
    /// Certificate and key do not work together.
    #[error("the certificate and the key do not fit together")]
    Tls(#[source] rustls::Error),
}

impl Door {
    /// Binds the address, and reads the certificate where one was given.
    pub(crate) async fn open(options: &Options) -> Result<Self, ListenError> {
        let tls = match (&options.tls_cert, &options.tls_key) {
            (Some(certificate), Some(key)) => Some(read_tls(certificate, key)?),
            (None, _) | (_, None) => None,
        };
        let failed = |source| ListenError::Bind {
            address: options.listen,
            source,
        };
        let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener,
            address,
            tls,
        })
    }

    /// Where it can be reached on this machine or network.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves until `stop` becomes true, then lets open requests end.
    pub(crate) async fn serve(self, router: Router, mut stop: watch::Receiver<bool>) {
        raise_file_limit();
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, as a rule: wait for some to come free.
                    tracing::warn!(%error, "connection not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Ok(place) = places.clone().try_acquire_owned() else {
                tracing::warn!("connection refused: {CONNECTIONS} are open");
                continue;
            };
            let connection = Connection {
                router: router.clone(),
                peer: Peer(peer.ip()),
                tls: self.tls.clone(),
                watcher: graceful.watcher(),
            };
            tokio::spawn(async move {
                connection.serve(stream).await;
                drop(place);
            });
        }
        drop(self.listener);
        if tokio::time::timeout(LAST_REQUESTS, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("requests were still open and are cut off");
        }
    }
}

struct Connection {
    router: Router,
    peer: Peer,
    tls: Option<TlsAcceptor>,
    watcher: Watcher,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        // Hints are small and must not wait for more.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "small answers may be delayed");
        }
        match self.tls.clone() {
            None => self.serve_http(TokioIo::new(stream)).await,
            Some(tls) => match tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.serve_http(TokioIo::new(stream)).await,
                Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                Err(_) => tracing::debug!("TLS handshake too slow"),
            },
        }
    }

    async fn serve_http<I>(self, io: I)
    where
        I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    {
        let service = TowerToHyperService::new(AddExtension::new(self.router, self.peer));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_buf_size(LONGEST_HEAD)
            .serve_connection(io, service);
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%error, "connection broke off");
        }
    }
}

fn read_tls(certificate: &Path, key: &Path) -> Result<TlsAcceptor, ListenError> {
    let chain = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| ListenError::Pem {
            path: certificate.to_owned(),
            expected: "certificate",
        })?;
    let key = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| ListenError::Pem {
        path: key.to_owned(),
        expected: "private key",
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ListenError::Tls)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(ListenError::Tls)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read(path: &Path) -> Result<Vec<u8>, ListenError> {
    fs::read(path).map_err(|source| ListenError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Every device's hint stream is an open file, and the usual limit is 1024.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files stays; few devices can wait for hints");
    }
}
