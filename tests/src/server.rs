//! A real `fyr-server` on a port of its own, and a plain HTTP client that can also ask wrongly.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::binaries::Binary;
use crate::child::{Child, Ended};
use crate::wait;

/// A running server, killed on drop.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
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

impl Server {
    /// Starts one over a state directory and a repository, and waits until it listens.
    pub fn start(state: &Path, repository: &Path, more: &[&str]) -> Result<Self> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_at(any, state, repository, more)
    }

    /// Starts one where another has listened before.
    pub fn start_at(
        listen: SocketAddr,
        state: &Path,
        repository: &Path,
        more: &[&str],
    ) -> Result<Self> {
        Self::start_with(listen, &[], state, repository, more)
    }

    /// Starts one through a command that ends by running what follows its own arguments.
    pub fn start_inside(
        prefix: &[String],
        state: &Path,
        repository: &Path,
        more: &[&str],
    ) -> Result<Self> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_with(any, prefix, state, repository, more)
    }

    fn start_with(
        listen: SocketAddr,
        prefix: &[String],
        state: &Path,
        repository: &Path,
        more: &[&str],
    ) -> Result<Self> {
        let listen = listen.to_string();
        let (state, repository) = (
            state.display().to_string(),
            repository.display().to_string(),
        );
        let mut line = vec!["--state", &state, "--repository", &repository];
        line.extend(["--listen", &listen]);
        line.extend(more);
        let server = Binary::Server.path()?;
        let mut child = match prefix.split_first() {
            None => Child::start(&server, line, |_| {})?,
            Some((first, rest)) => {
                let mut all: Vec<OsString> = rest.iter().map(Into::into).collect();
                all.push(server.into());
                all.extend(line.into_iter().map(Into::into));
                Child::start(Path::new(first), all, |_| {})?
            }
        };
        let address = child.line("the server to listen", wait::LIMIT, |line| {
            line.strip_prefix("listening on http://").map(str::to_owned)
        })?;
        let address = address.parse()?;
        Ok(Self { child, address })
    }

    /// Where it listens, as its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// What it wrote to standard error so far.
    pub fn log(&self) -> String {
        self.child.stderr()
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()
    }

    /// Waits for it to end.
    pub fn ended(self) -> Result<Ended> {
        self.child.wait()
    }

    /// Asks for a path.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
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
            self.address,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.send(&request)
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
            self.address
        )?;
        Ok(Events(BufReader::new(stream)))
    }

    fn send(&self, request: &[u8]) -> Result<Answer> {
        let mut stream = self.connect()?;
        // A server that refuses a long body early may close before all of it is sent.
        let sent = stream.write_all(request);
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes);
        Answer::parse(&bytes).with_context(|| format!("sent: {sent:?}, read: {read:?}"))
    }

    fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(wait::LIMIT))?;
        Ok(stream)
    }
}

impl Answer {
    fn parse(bytes: &[u8]) -> Result<Self> {
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
