//! A TLS reverse proxy, as one that municipalities place in front of a server: it ends TLS, and adds
//! the address and the scheme of each request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::network::{Entrance, LoneNetwork};
use crate::{acceptor, wait};

/// The longest request head that is read.
const LONGEST: u64 = 32 << 10;

/// A proxy on the loopback of a network of its own, closed on drop.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    server: Arc<OnceLock<u16>>,
    _open: UnixStream,
}

impl Proxy {
    /// Opens one inside `network`, on a port that the system chooses; it answers as `host`.
    pub fn open(network: &LoneNetwork, host: &str) -> Result<Self> {
        let entrance = network.entrance();
        let listener = entrance.inside(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let port = listener.local_addr()?.port();
        let server = Arc::new(OnceLock::new());
        let (tls, forward_to) = (acceptor::self_signed(host)?, Arc::clone(&server));
        let open = acceptor::accept(listener, move |stream| {
            let server = *forward_to.get().context("the proxy has a server")?;
            forward(stream, Arc::clone(&tls), &entrance, server)
        })?;
        Ok(Self {
            port,
            server,
            _open: open,
        })
    }

    /// The port that browsers connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Names the port of the server behind it, once.
    pub fn forward_to(&self, server: u16) {
        self.server.get_or_init(|| server);
    }
}

/// Forwards one request and its answer.
fn forward(
    stream: TcpStream,
    tls: Arc<ServerConfig>,
    entrance: &Entrance,
    server: u16,
) -> Result<()> {
    stream.set_read_timeout(Some(wait::LIMIT))?;
    let client = stream.peer_addr()?.ip();
    let encrypted = StreamOwned::new(ServerConnection::new(tls)?, stream);
    let mut reader = BufReader::new(encrypted);
    let mut head = String::new();
    let mut length = 0;
    let mut lines = reader.by_ref().take(LONGEST);
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let name = line.split(':').next().unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => {
                length = line
                    .trim_end()
                    .rsplit(' ')
                    .next()
                    .context("a value")?
                    .parse()?;
            }
            "connection" => continue,
            _ => {}
        }
        head.push_str(&line);
    }
    let mut upstream = entrance.connect(server)?;
    write!(
        upstream,
        "{head}X-Forwarded-For: {client}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
    )?;
    std::io::copy(&mut reader.by_ref().take(length), &mut upstream)?;
    let mut encrypted = reader.into_inner();
    let mut piece = [0; 16 << 10];
    loop {
        let read = upstream.read(&mut piece)?;
        if read == 0 {
            break;
        }
        encrypted.write_all(piece.get(..read).unwrap_or_default())?;
        encrypted.flush()?;
    }
    encrypted.conn.send_close_notify();
    encrypted.flush()?;
    Ok(())
}
