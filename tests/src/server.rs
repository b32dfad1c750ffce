//! A real `fyr-server` on a port of its own.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::path::Path;

use anyhow::{Context, Result};

use crate::binaries::Binary;
use crate::child::{Child, Ended};
use crate::client::Client;
use crate::network::LoneNetwork;
use crate::wait;

/// A running server, killed on drop.
#[derive(Debug)]
pub struct Server {
    child: Child,
    client: Client,
    url: String,
}

impl Deref for Server {
    type Target = Client;

    /// Asks from the loopback's usual address.
    fn deref(&self) -> &Client {
        &self.client
    }
}

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
        let line = line(listen, state, repository, more);
        Self::launch(&Binary::Server.path()?, line)
    }

    /// Starts one inside a network of its own. Only programs inside reach it.
    pub fn start_in(
        network: &LoneNetwork,
        state: &Path,
        repository: &Path,
        more: &[&str],
    ) -> Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut inside = vec![network.entrance().flag(), "--".into()];
        inside.push(Binary::Server.path()?.into());
        inside.extend(line(any, state, repository, more));
        Self::launch(Path::new("nsenter"), inside)
    }

    /// Starts one that may open `files` files at most.
    pub fn start_with_files(
        files: usize,
        state: &Path,
        repository: &Path,
        more: &[&str],
    ) -> Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut limited = vec![format!("--nofile={files}:{files}").into(), "--".into()];
        limited.push(Binary::Server.path()?.into());
        limited.extend(line(any, state, repository, more));
        Self::launch(Path::new("prlimit"), limited)
    }

    fn launch(program: &Path, line: Vec<OsString>) -> Result<Self> {
        let mut child = Child::start(program, line, |_| {})?;
        let url = child.line("the server to listen", wait::LIMIT, |line| {
            line.strip_prefix("listening on ").map(str::to_owned)
        })?;
        let (_, address) = url.split_once("://").context("a URL has a scheme")?;
        let client = Client::new(address.parse()?, Ipv4Addr::LOCALHOST);
        Ok(Self { child, client, url })
    }

    /// Where it listens, as its base URL.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// A client at another address of the loopback.
    pub fn from(&self, own: Ipv4Addr) -> Client {
        Client::new(self.address(), own)
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
}

fn line(listen: SocketAddr, state: &Path, repository: &Path, more: &[&str]) -> Vec<OsString> {
    let listen = listen.to_string();
    let mut line: Vec<OsString> = vec!["--state".into(), state.into()];
    line.extend(["--repository".into(), repository.into()]);
    line.extend(["--listen", &listen].map(Into::into));
    line.extend(more.iter().map(Into::into));
    line
}
