//! A plain HTTP client at an address of its own on the loopback, which can also ask wrongly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};

use anyhow::{Context, Result, ensure};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use serde_json::Value;

use crate::wait;

/// A client at one address of the loopback, and the server that it asks.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    server: SocketAddr,
    own: Ipv4Addr,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lowercase.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// An open stream of server-sent events.
#[derive(Debug)]
pub struct Events(BufReader<TcpStream>);

impl Client {
    /// A client whose connections come from `own`.
    pub fn new(server: SocketAddr, own: Ipv4Addr) -> Self {
        Self { server, own }
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.server
    }

    /// Asks for a path.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.server
        ))
    }

    /// Asks for a path whose answer is JSON.
    pub fn json(&self, path: &str) -> Result<Value> {
        let answer = self.get(path)?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Posts a JSON document.
    pub fn post(&self, path: &str, document: &impl serde::Serialize) -> Result<Answer> {
        self.post_as(path, "application/json", &serde_json::to_vec(document)?)
    }

    /// Posts bytes as some content type.
    pub fn post_as(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Answer> {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            self.server,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.send(&request)
    }

    /// Posts a form to a server of this origin, with further header lines.
    pub fn submit(&self, origin: &str, path: &str, headers: &str, form: &str) -> Result<Answer> {
        let (_, host) = origin.split_once("://").context("an origin has a scheme")?;
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\n{headers}content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{form}",
            form.len()
        ))
    }

    /// Sends a request as it is written.
    pub fn ask(&self, request: &str) -> Result<Answer> {
        self.send(request.as_bytes())
    }

    /// Opens a stream of events.
    pub fn events(&self, path: &str) -> Result<Events> {
        let mut stream = self.connect()?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n",
            self.server
        )?;
        Ok(Events(BufReader::new(stream)))
    }

    /// Opens a connection, to write to it piece by piece.
    pub fn connect(&self) -> Result<TcpStream> {
        let descriptor = socket(AddressFamily::INET, SocketType::STREAM, None)?;
        bind(&descriptor, &SocketAddrV4::new(self.own, 0))?;
        connect(&descriptor, &self.server)
            .with_context(|| format!("connecting to `{}` from `{}`", self.server, self.own))?;
        let stream = TcpStream::from(descriptor);
        stream.set_read_timeout(Some(wait::LIMIT))?;
        Ok(stream)
    }

    fn send(&self, request: &[u8]) -> Result<Answer> {
        let mut stream = self.connect()?;
        // A server that refuses a long body early may close before all of it is sent.
        let sent = stream.write_all(request);
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes);
        Answer::parse(&bytes).with_context(|| format!("sent: {sent:?}, read: {read:?}"))
    }
}

impl Answer {
    /// An answer as its bytes arrived, up to the end of the connection.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .context("an answer has a head")?;
        let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok())
            .context("an answer has a status")?;
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Ok(Self {
            status,
            headers,
            body: bytes.get(end + 4..).unwrap_or_default().to_vec(),
        })
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("the body is JSON: {self:?}"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Events {
    /// The data of the next event of this name.
    pub fn next(&mut self, name: &str) -> Result<String> {
        let mut named = false;
        loop {
            let mut line = String::new();
            ensure!(self.0.read_line(&mut line)? > 0, "the stream ended");
            let line = line.trim_end();
            named = line == format!("event: {name}") || named && !line.starts_with("event:");
            if let (true, Some(data)) = (named, line.strip_prefix("data: ")) {
                return Ok(data.to_owned());
            }
        }
    }
}
