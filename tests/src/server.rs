//! A real `fyr-server` on a port of its own.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::binaries::Binary;
use crate::child::{Child, Ended};
pub use crate::client::{Answer, Client, Events};
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
        Self::start_with(listen, &[], state, repository, more)
    }

    /// Starts one inside a network of its own. Only programs inside reach it.
    pub fn start_in(
        network: &LoneNetwork,
        state: &Path,
        repository: &Path,
        more: &[&str],
    ) -> Result<Self> {
        let prefix = ["nsenter", &network.entrance().flag(), "--"].map(str::to_owned);
        Self::start_inside(&prefix, state, repository, more)
    }

    /// Starts one through a command that ends by running what follows its own arguments.
    pub fn start_inside(
        prefix: &[String],
        state: &Path,
        repository: &Path,
        more: &[&str],
    ) -> Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::start_with(any, prefix, state, repository, more)
    }

    /// Starts one that may open `files` files at most.
    pub fn start_with_files(
        files: usize,
        state: &Path,
        repository: &Path,
        more: &[&str],
    ) -> Result<Self> {
        let limit = format!("--nofile={files}:{files}");
        let prefix = ["prlimit", &limit, "--"].map(str::to_owned);
        Self::start_inside(&prefix, state, repository, more)
    }

    fn start_with(
        listen: SocketAddr,
        prefix: &[String],
        state: &Path,
        repository: &Path,
        more: &[&str],
    ) -> Result<Self> {
        let listen = listen.to_string();
        let mut line: Vec<OsString> = prefix.iter().map(Into::into).collect();
        line.push(Binary::Server.path()?.into());
        line.extend(["--state".into(), state.into()]);
        line.extend(["--repository".into(), repository.into()]);
        line.extend(["--listen", &listen].map(Into::into));
        line.extend(more.iter().map(Into::into));
        let (program, line) = line.split_first().context("a command line has a program")?;
        let mut child = Child::start(Path::new(program), line, |_| {})?;
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

    /// The code of the one-time link, once the server has printed its line.
    pub fn setup_code(&self) -> Result<String> {
        wait::until("the one-time link", wait::LIMIT, || {
            let log = self.log();
            let line = log.split_once("/setup?link=").map(|(_, rest)| rest);
            let code = line.and_then(|line| line.split_once('\n'));
            Ok(code.map(|(code, _)| code.to_owned()))
        })
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()
    }

    /// Ends it in order.
    pub fn end(&mut self) -> Result<()> {
        let ended = self.child.end()?;
        ensure!(ended.status.success(), "{ended:?}");
        Ok(())
    }

    /// Waits for it to end.
    pub fn ended(self) -> Result<Ended> {
        self.child.wait()
    }
}
