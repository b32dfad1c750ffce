//! Listens, with TLS or without, and hands each connection to the router. Connections are bounded
//! in number, for each client and in all; slow and idle ones are bounded in time.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tower_http::add_extension::AddExtension;

use crate::access::Access;
use crate::certificate::{Certificate, CertificateError};
use crate::client::{Client, Peer};
use crate::limits::{HANDSHAKE, HEAD, Kind, LONGEST_HEAD};
use crate::options::Options;
use crate::places::{Place, Places};
use crate::steady::Steady;

/// How long open requests may take after the server was asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// Refused connections are logged once in this time, so that an attacker does not fill the log.
const LOG_EVERY: Duration = Duration::from_mins(1);

/// An open door: bound, and with its certificate read.
pub(crate) struct Door {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<watch::Receiver<TlsAcceptor>>,
}

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken or not ours.
    #[error(
        "cannot listen on `{address}`: another program may use the port; choose another with `--listen`"
    )]
    Bind {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// What the door needs for every connection.
pub(crate) struct Hall {
    /// Where requests go.
    pub(crate) router: Router,
    /// Who may hold how many connections.
    pub(crate) places: Arc<Places>,
    /// Whose connections serve many clients.
    pub(crate) access: Access,
}

impl Door {
    /// Binds the address, and reads the certificate where one was given.
    pub(crate) async fn open(
        options: &Options,
    ) -> Result<(Self, Option<Certificate>), ListenError> {
        let certificate = match (&options.tls_cert, &options.tls_key) {
            (Some(certificate), Some(key)) => Some(Certificate::read(certificate, key)?),
            (None, _) | (_, None) => None,
        };
        let failed = |source| ListenError::Bind {
            address: options.listen,
            source,
        };
        let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let door = Self {
            listener,
            address,
            tls: certificate.as_ref().map(Certificate::acceptor),
        };
        Ok((door, certificate))
    }

    /// Where it can be reached on this machine or network.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves until `stop` becomes true, then lets open requests end.
    pub(crate) async fn serve(self, hall: Hall, mut stop: watch::Receiver<bool>) {
        let graceful = GracefulShutdown::new();
        let mut refusals = Refusals::default();
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
            let Some(place) = hall.place(peer.ip()) else {
                refusals.count(peer.ip().into());
                continue;
            };
            let connection = Connection {
                router: hall.router.clone(),
                peer: Peer(peer.ip()),
                tls: self.tls.as_ref().map(|tls| tls.borrow().clone()),
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

impl Hall {
    fn place(&self, peer: IpAddr) -> Option<Place> {
        if self.access.is_proxy(peer) {
            self.places.take_shared(Kind::Connection)
        } else {
            self.places.take(Kind::Connection, peer.into())
        }
    }
}

/// Connections that were refused, and when that was last logged.
#[derive(Default)]
struct Refusals {
    unsaid: u64,
    logged: Option<Instant>,
}

impl Refusals {
    fn count(&mut self, client: Client) {
        self.unsaid += 1;
        if self.logged.is_none_or(|last| last.elapsed() >= LOG_EVERY) {
            tracing::warn!(
                last = %client,
                count = self.unsaid,
                "connections refused: as many are open as this client, or all, may have"
            );
            self.unsaid = 0;
            self.logged = Some(Instant::now());
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
        let stream = Steady::new(stream);
        match self.tls.clone() {
            None => self.serve_http(TokioIo::new(stream)).await,
            Some(tls) => match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
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
            .header_read_timeout(HEAD)
            .max_buf_size(LONGEST_HEAD)
            .serve_connection(io, service);
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%error, "connection broke off");
        }
    }
}

/// Raises the limit of open files as far as allowed, and returns it: every device's hint stream is
/// an open file, and the usual limit is 1024.
pub(crate) fn raise_file_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let files = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files stays; few devices can wait for hints");
            limit.current
        }
    };
    // None means that there is no limit.
    files.map_or(usize::MAX, |files| {
        usize::try_from(files).unwrap_or(usize::MAX)
    })
}
