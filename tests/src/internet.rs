//! A pretended internet: answers every host over HTTPS and HTTP, and writes down what arrived.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::{acceptor, wait};

/// The longest request head that is read.
const LONGEST: u64 = 32 << 10;
/// How long a peer may take to say something.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(30);

/// One request, as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// The address it was sent to: what its name resolved to on the device.
    pub address: IpAddr,
    /// The host it asked for, without a port.
    pub host: String,
    /// The path and query.
    pub target: String,
    /// Its headers, in order.
    pub headers: Vec<(String, String)>,
}

impl Arrival {
    /// The value of a header, in any case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The URL that was asked for.
    pub fn url(&self) -> String {
        let scheme = if self.encrypted { "https" } else { "http" };
        format!("{scheme}://{}{}", self.host, self.target)
    }
}

/// The pretended internet; closed on drop.
#[derive(Debug)]
pub struct Internet {
    https: u16,
    http: u16,
    log: Arc<Mutex<Vec<Arrival>>>,
    _open: [UnixStream; 2],
}

impl Internet {
    /// Opens on two ports of this machine's loopback that the system chooses.
    pub fn open() -> Result<Self> {
        Self::on(
            TcpListener::bind("127.0.0.1:0")?,
            TcpListener::bind("127.0.0.1:0")?,
        )
    }

    /// Opens on listeners that were bound elsewhere: HTTPS, then HTTP.
    pub fn on(https: TcpListener, http: TcpListener) -> Result<Self> {
        let log = Arc::new(Mutex::new(Vec::new()));
        let ports = (https.local_addr()?.port(), http.local_addr()?.port());
        let tls = acceptor::self_signed("pretended.example")?;
        let seen = Arc::clone(&log);
        let encrypted = acceptor::accept(https, move |stream| {
            converse(stream, Some(Arc::clone(&tls)), &seen)
        })?;
        let seen = Arc::clone(&log);
        let plain = acceptor::accept(http, move |stream| converse(stream, None, &seen))?;
        Ok(Self {
            https: ports.0,
            http: ports.1,
            log,
            _open: [encrypted, plain],
        })
    }

    /// Chromium's arguments that send every host here, and take any certificate.
    pub fn chromium_arguments(&self) -> Vec<String> {
        vec![
            "--ignore-certificate-errors".into(),
            format!(
                "--host-resolver-rules=MAP *:443 127.0.0.1:{}, MAP *:80 127.0.0.1:{}, MAP * 127.0.0.1",
                self.https, self.http
            ),
        ]
    }

    /// Everything that arrived at a host so far, in order.
    pub fn arrivals(&self, host: &str) -> Vec<Arrival> {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .filter(|arrival| arrival.host == host)
            .cloned()
            .collect()
    }

    /// The first request to a host whose path and query begin with `target`, once it has arrived.
    pub fn arrival(&self, host: &str, target: &str) -> Result<Arrival> {
        wait::until(&format!("a request to {host}{target}"), ARRIVAL, || {
            Ok(self
                .arrivals(host)
                .into_iter()
                .find(|arrival| arrival.target.starts_with(target)))
        })
    }
}

fn converse(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    log: &Mutex<Vec<Arrival>>,
) -> Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let address = stream.local_addr()?.ip();
    match tls {
        Some(tls) => answer(
            StreamOwned::new(ServerConnection::new(tls)?, stream),
            address,
            true,
            log,
        ),
        None => answer(stream, address, false, log),
    }
}

/// Reads one request, writes it down, then answers: what a page shows has been written down.
fn answer(
    stream: impl Read + Write,
    address: IpAddr,
    encrypted: bool,
    log: &Mutex<Vec<Arrival>>,
) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = reader.by_ref().take(LONGEST);
    let mut first = String::new();
    head.read_line(&mut first)?;
    let target = first
        .split(' ')
        .nth(1)
        .context("a request line has a target")?
        .to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if head.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    let mut arrival = Arrival {
        encrypted,
        address,
        host: String::new(),
        target,
        headers,
    };
    let host = arrival.header("host").unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().to_owned();
    arrival.host.clone_from(&host);
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(arrival);
    let page = format!("<!doctype html><title>{host}</title><p>This is {host}.</p>");
    let mut stream = reader.into_inner();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{page}",
        page.len()
    )?;
    stream.flush()?;
    Ok(())
}
