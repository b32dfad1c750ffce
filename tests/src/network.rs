//! A network of its own: loopback only, with the addresses that a test gives it.
//!
//! Nothing can leave it, and ports 80 and 443 are free, so names are resolved by the device's own
//! hosts file and requests arrive at the address that stands there.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::child::Child;
use crate::internet::Internet;

/// The holder keeps the namespace alive until its standard input is closed.
const HOLD: &str = r#"
set -eu
ip link set lo up
for address in "$@"; do ip address add "$address/32" dev lo; done
echo ready
read -r _
"#;

/// A network namespace, gone on drop.
#[derive(Debug)]
pub struct LoneNetwork {
    _holder: Child,
    entrance: Entrance,
}

/// The way into a network namespace, for as long as it is there.
#[derive(Debug, Clone)]
pub struct Entrance(String);

impl LoneNetwork {
    /// Opens one whose loopback also answers for `addresses`.
    pub fn open(addresses: &[IpAddr]) -> Result<Self> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "a network namespace needs root: run `make system`, which gives it to anybody, or run the \
             tests under `unshare --map-root-user`"
        );
        let arguments = ["--net", "sh", "-c", HOLD, "hold"].map(str::to_owned);
        let arguments = arguments
            .into_iter()
            .chain(addresses.iter().map(ToString::to_string));
        let mut holder = Child::start(Path::new("unshare"), arguments, |_| ())?;
        holder.line("the namespace", Duration::from_secs(10), |line| {
            (line == "ready").then_some(())
        })?;
        let entrance = Entrance(format!("/proc/{}/ns/net", holder.pid()));
        Ok(Self {
            _holder: holder,
            entrance,
        })
    }

    /// Opens the pretended internet inside, on the ports that URLs mean.
    pub fn internet(&self) -> Result<Internet> {
        self.internet_at(Ipv4Addr::UNSPECIFIED.into())
    }

    /// Opens it at one address alone, so that a connection to any other is refused.
    pub fn internet_at(&self, address: IpAddr) -> Result<Internet> {
        let bind = move |port| move || TcpListener::bind((address, port));
        let listen = |port| self.entrance.inside(bind(port));
        Internet::on(listen(443)?, listen(80)?)
    }

    /// The way in.
    pub fn entrance(&self) -> Entrance {
        self.entrance.clone()
    }
}

impl Entrance {
    /// Connects to a port of the loopback inside.
    pub fn connect(&self, port: u16) -> Result<TcpStream> {
        self.inside(move || TcpStream::connect((Ipv4Addr::LOCALHOST, port)))
    }

    /// What makes `nsenter` start a program inside.
    pub(crate) fn flag(&self) -> String {
        format!("--net={}", self.0)
    }

    /// A socket belongs to the namespace it was made in, whoever uses it later: so a thread enters,
    /// makes it, and ends.
    pub(crate) fn inside<T: Send + 'static>(
        &self,
        open: impl FnOnce() -> std::io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let namespace = File::open(&self.0).context("opening the network namespace")?;
        thread::spawn(move || -> Result<T> {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                .context("entering the network namespace")?;
            Ok(open()?)
        })
        .join()
        .map_err(|_| anyhow!("the thread inside the network namespace panicked"))?
    }
}
