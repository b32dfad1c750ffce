//! A school that has published, and the server of its repository.

use std::ops::Deref;

use anyhow::{Result, ensure};
use fyr_schemas::envelope::Envelope;
use fyr_schemas::report::Report;
use serde_json::Value;
use tempfile::TempDir;

use crate::school::{Allowance, School, Signer};
use crate::server::{Answer, Server};

/// The group that devices join where a test needs no other: without a timetable.
pub const GROUP: &str = "egebjerg-1a";

/// The origin of a server behind a proxy.
pub const ORIGIN: &str = "https://fyr.example";

/// A school with one published revision, and its server; both end on drop.
#[derive(Debug)]
pub struct Hosted {
    /// Who publishes.
    pub school: School,
    /// The server.
    pub server: Server,
    /// The server's state directory.
    pub state: TempDir,
}

impl Deref for Hosted {
    type Target = Server;

    /// Asks the server.
    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Hosted {
    /// Publishes, and starts the server with these arguments.
    pub fn open(arguments: &[&str]) -> Result<Self> {
        let school = School::new()?;
        school.publish(1)?;
        Self::of(school, arguments)
    }

    /// Publishes, and starts the server behind a proxy at an address, so that people must log in.
    pub fn behind_proxy(address: &str) -> Result<Self> {
        Self::open(&["--behind-proxy", address, "--origin", ORIGIN])
    }

    /// Starts the server of a school.
    pub fn of(school: School, arguments: &[&str]) -> Result<Self> {
        let state = tempfile::tempdir()?;
        let server = Server::start(state.path(), &school.repository(), arguments)?;
        Ok(Self {
            school,
            server,
            state,
        })
    }

    /// Ends the server as a power cut would, and starts another over the same state.
    pub fn restart(&mut self, arguments: &[&str]) -> Result<()> {
        self.server.kill()?;
        self.start_again(arguments)
    }

    /// Starts another server over the same state, after the last one ended.
    pub fn start_again(&mut self, arguments: &[&str]) -> Result<()> {
        let repository = self.school.repository();
        self.server = Server::start(self.state.path(), &repository, arguments)?;
        Ok(())
    }

    /// A device's request to join its group, with a token of its own.
    pub fn request(&self, device: &Signer) -> Result<Envelope> {
        let id = device.id();
        let nonce = u128::from_str_radix(id.as_str(), 16)?;
        let allowance = Allowance::new(device.group(), nonce, 1)?;
        device.request(self.school.token(&allowance)?)
    }

    /// A new device that has joined a group.
    pub fn joined(&self, group: &str) -> Result<Signer> {
        let device = Signer::new(group)?;
        let answer = self.server.post("/api/v1/enrol", &self.request(&device)?)?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(device)
    }

    /// Sends one report, signed by its device.
    pub fn send(&self, device: &Signer, report: &Report) -> Result<Answer> {
        self.server.post("/api/v1/reports", &[device.sign(report)?])
    }

    /// A device as the fleet has it; `null` where it has not.
    pub fn shown(&self, device: &Signer) -> Result<Value> {
        let fleet = self.server.json("/api/v1/fleet")?;
        let devices = fleet.get("devices").and_then(Value::as_array);
        let id = Value::from(device.id().as_str());
        let found = devices
            .into_iter()
            .flatten()
            .find(|it| it.get("device") == Some(&id));
        Ok(found.cloned().unwrap_or_default())
    }
}
