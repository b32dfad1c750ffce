//! Accepts connections in a thread of its own, each served by another, until it is closed.

use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;
use rcgen::CertifiedKey;
use rustix::event::{PollFd, PollFlags, poll};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Connections served at once; the next one is closed.
const AT_ONCE: usize = 64;

/// Serves every connection until the returned end of a socket pair is dropped.
pub(crate) fn accept(
    listener: TcpListener,
    serve: impl Fn(TcpStream) -> Result<()> + Send + Sync + 'static,
) -> Result<UnixStream> {
    let (open, closed) = UnixStream::pair()?;
    let serve = Arc::new(serve);
    let serving = Arc::new(AtomicUsize::new(0));
    thread::spawn(move || {
        loop {
            let mut waiting = [
                PollFd::new(&listener, PollFlags::IN),
                PollFd::new(&closed, PollFlags::IN),
            ];
            if poll(&mut waiting, None).is_err() {
                return;
            }
            let [_, closing] = &waiting;
            if !closing.revents().is_empty() {
                return;
            }
            let Ok((stream, _)) = listener.accept() else {
                return;
            };
            if serving.fetch_add(1, Ordering::Relaxed) >= AT_ONCE {
                serving.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let (serve, serving) = (Arc::clone(&serve), Arc::clone(&serving));
            thread::spawn(move || {
                // A browser that closes early is no failure of the test.
                let _ = serve(stream);
                serving.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    Ok(open)
}

/// A TLS server's configuration with a new certificate of its own signature.
pub(crate) fn self_signed(host: &str) -> Result<Arc<ServerConfig>> {
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed([host.to_owned()])?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;
    Ok(Arc::new(config))
}
