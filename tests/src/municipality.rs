//! A municipality at work: its policy, its keys, its repository and its server, all of it temporary
//! and all of it through the real binaries.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fyr_schemas::DeviceId;
use fyr_schemas::bundle::Bundle;
use fyr_schemas::fleet::{Fleet, FleetDevice};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::binaries::Binary;
use crate::child::{self, Child, Ended};
use crate::device::Device;
use crate::forge::Forger;
use crate::http;
use crate::wait;

/// How long the loop may take on two busy cores before a test gives up.
pub const LIMIT: Duration = Duration::from_secs(30);

const PASSPHRASE: &str = "these keys are thrown away\n";
const ROLES: [&str; 5] = ["root", "targets", "snapshot", "timestamp", "enrolment"];

/// A municipality; its server is killed and its files are removed on drop.
#[derive(Debug)]
pub struct Municipality {
    directory: TempDir,
    server: Option<Serving>,
}

#[derive(Debug)]
struct Serving {
    child: Child,
    url: String,
}

/// A device that joined, with its agent.
#[derive(Debug)]
pub struct Enrolled {
    /// Its root directory.
    pub device: Device,
    agent: Option<Child>,
}

impl Municipality {
    /// One whose policy is a copy of `examples/NAME`, with keys, and nothing published.
    pub fn like(example: &str) -> Result<Self> {
        let municipality = Self {
            directory: tempfile::tempdir()?,
            server: None,
        };
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(
            &tests.with_file_name("examples").join(example),
            &municipality.path("policy"),
        )?;
        fs::write(municipality.path("passphrase"), PASSPHRASE)?;
        for role in ROLES {
            municipality
                .with_keys(&["key".into(), "new".into(), role.into()])?
                .success()?;
        }
        Ok(municipality)
    }

    /// Where its policy stands.
    pub fn policy(&self) -> PathBuf {
        self.path("policy")
    }

    /// Where it publishes.
    pub fn repository(&self) -> PathBuf {
        self.path("repository")
    }

    /// Writes a file of the policy anew.
    pub fn write(&self, file: &str, text: &str) -> Result<()> {
        Ok(fs::write(self.policy().join(file), text)?)
    }

    /// Replaces `old`, which must be there, in every file of the policy.
    pub fn replace(&self, old: &str, new: &str) -> Result<()> {
        let mut found = false;
        for entry in WalkDir::new(self.policy()) {
            let path = entry?.into_path();
            if !path.is_file() {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            if text.contains(old) {
                fs::write(&path, text.replace(old, new))?;
                found = true;
            }
        }
        ensure!(found, "no file of the policy says `{old}`");
        Ok(())
    }

    /// Publishes the policy as it stands.
    pub fn publish(&self) -> Result<()> {
        let arguments: [OsString; 5] = [
            "publish".into(),
            self.policy().into(),
            "--yes".into(),
            "--repository".into(),
            self.repository().into(),
        ];
        self.with_keys(&arguments)?.success()?;
        Ok(())
    }

    /// Starts the server, without the keys that would let it renew what was published.
    pub fn serve(&mut self) -> Result<()> {
        let arguments: [OsString; 6] = [
            "--state".into(),
            self.path("server").into(),
            "--repository".into(),
            self.repository().into(),
            "--listen".into(),
            "127.0.0.1:0".into(),
        ];
        let mut child = Child::start(&Binary::Server.path()?, arguments, |_| ())?;
        let url = child.line("the server's address", LIMIT, |line| {
            line.strip_prefix("listening on ").map(str::to_owned)
        })?;
        self.server = Some(Serving { child, url });
        Ok(())
    }

    /// The server's address.
    pub fn url(&self) -> Result<&str> {
        Ok(&self.serving()?.url)
    }

    /// The server, to be killed and looked at.
    pub fn server(&mut self) -> Result<&mut Child> {
        let serving = self.server.as_mut().context("the server is not started")?;
        Ok(&mut serving.child)
    }

    /// Somebody who got hold of all its keys.
    pub fn forger(&self) -> Result<Forger> {
        Forger::new(
            &self.repository(),
            &self.path("keys"),
            &self.path("passphrase"),
        )
    }

    /// The bundle of a group that stands in `stage` today.
    pub fn bundle(&self, stage: &str) -> Result<Bundle> {
        let out = tempfile::tempdir()?;
        let arguments: [OsString; 4] = [
            "compile".into(),
            self.policy().into(),
            "--out".into(),
            out.path().into(),
        ];
        child::run(&Binary::Fyr.path()?, arguments)?.success()?;
        for entry in fs::read_dir(out.path().join("bundles"))? {
            let bundle: Bundle = serde_json::from_slice(&fs::read(entry?.path())?)?;
            if bundle.stage.as_str() == stage {
                return Ok(bundle);
            }
        }
        bail!("no group stands in `{stage}`")
    }

    /// The fleet as the server tells it.
    pub fn fleet(&self) -> Result<Fleet> {
        let answer = http::get(&format!("{}/api/v1/fleet", self.url()?))?;
        Ok(serde_json::from_str(&answer)?)
    }

    /// Waits until the fleet has a device that `accept` likes.
    pub fn device_that(
        &self,
        what: &str,
        mut accept: impl FnMut(&FleetDevice) -> bool,
    ) -> Result<FleetDevice> {
        let mut last = None;
        let found = wait::until(what, LIMIT, || {
            let fleet = self.fleet()?;
            let found = fleet.devices.iter().find(|device| accept(device)).cloned();
            last = Some(fleet);
            Ok(found)
        });
        found.with_context(|| format!("the fleet was {last:#?}"))
    }

    /// A new device of a group, with Chromium and Firefox, enrolled and not yet running.
    pub fn enrol(&self, group: &str) -> Result<Enrolled> {
        let arguments: [OsString; 7] = [
            "enrol-token".into(),
            "--repository".into(),
            self.repository().into(),
            "--server".into(),
            self.url()?.into(),
            "--group".into(),
            group.into(),
        ];
        let token = self.with_keys(&arguments)?.success()?;
        Enrolled::join(Device::new()?, token.trim())
    }

    fn serving(&self) -> Result<&Serving> {
        self.server.as_ref().context("the server is not started")
    }

    /// Runs a subcommand of `fyr` that needs the keys.
    fn with_keys(&self, arguments: &[OsString]) -> Result<Ended> {
        let mut all = arguments.to_vec();
        all.extend(["--keys".into(), self.path("keys").into()]);
        all.extend(["--passphrase-file".into(), self.path("passphrase").into()]);
        child::run(&Binary::Fyr.path()?, all)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

impl Enrolled {
    /// Lets a device join with a token.
    pub fn join(device: Device, token: &str) -> Result<Self> {
        let enrolled = Self {
            device,
            agent: None,
        };
        enrolled.agent(&["enrol", token])?.success()?;
        Ok(enrolled)
    }

    /// Runs `fyr-agent` on this device to its end.
    pub fn agent(&self, arguments: &[&str]) -> Result<Ended> {
        let root: [OsString; 2] = ["--root".into(), self.device.root().into()];
        let arguments = arguments.iter().map(Into::into);
        child::run(&Binary::Agent.path()?, root.into_iter().chain(arguments))
    }

    /// Starts `fyr-agent run`, which ends with this value.
    pub fn run(&mut self) -> Result<&mut Child> {
        let arguments = [
            "--root".into(),
            self.device.root().as_os_str().to_owned(),
            "run".into(),
        ];
        let agent = Child::start(&Binary::Agent.path()?, arguments, |_| ())?;
        Ok(self.agent.insert(agent))
    }

    /// Ends the running agent as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        let agent = self.agent.take();
        agent.context("the agent does not run")?.kill()
    }

    /// The name the agent gave the device.
    pub fn id(&self) -> Result<DeviceId> {
        let status = self.agent(&["status", "--json"])?.success()?;
        let status: serde_json::Value = serde_json::from_str(&status)?;
        let id = status.get("device").and_then(serde_json::Value::as_str);
        Ok(id.context("the status names the device")?.parse()?)
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in WalkDir::new(from) {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
