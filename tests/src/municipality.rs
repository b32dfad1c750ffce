//! A municipality at work: its policy, its keys, its repository and its server, all of it temporary
//! and all of it through the real binaries.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use fyr_fixtures::Replaced as _;
use fyr_schemas::DeviceId;
use fyr_schemas::Revision;
use fyr_schemas::bundle::Bundle;
use fyr_schemas::fleet::{Fleet, FleetDevice};
use jiff::SignedDuration;
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::binaries::Binary;
use crate::child::{self, Child, Ended};
use crate::device::Device;
use crate::forge::Forger;
use crate::server::Server;
use crate::stub::Stub;
use crate::wait;

/// A decision of `examples/ballerup` that rules made by tests may cite.
const DECISION: &str = "85.10.09-G01-33-21";

const PASSPHRASE: &str = "these keys are thrown away\n";
const ROLES: [&str; 5] = ["root", "targets", "snapshot", "timestamp", "enrolment"];

/// A municipality; its server is killed and its files are removed on drop.
#[derive(Debug)]
pub struct Municipality {
    // Ended before the directory goes: it would write into it again.
    server: Option<Server>,
    directory: TempDir,
}

/// A device that joined, with its agent.
#[derive(Debug)]
pub struct Enrolled {
    // Ended before the root goes: it would repair what is being removed.
    agent: Option<Child>,
    /// Its root directory.
    pub device: Device,
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
        File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(municipality.path("passphrase"))?
            .write_all(PASSPHRASE.as_bytes())?;
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

    /// Decides to block a site in all schools; for `examples/ballerup`, whose decision
    /// it cites.
    pub fn close(&self, site: &str) -> Result<()> {
        let name = site.replace('.', "-");
        let rule = format!(
            "rule: closed-{name}\ndecision: {DECISION}\nfor: /skoler\nstrength: minimum\n\
             sites:\n  block: [{site}]\nwhy:\n  da: En prøve lukker den.\n"
        );
        let path = self.policy().join(format!("rules/closed-{name}.yaml"));
        Ok(fs::write(path, rule)?)
    }

    /// Opens the developer tools, which the policy closes and through which a test looks inside.
    pub fn let_tests_look_inside(&self) -> Result<()> {
        self.rewrite(
            "escape.developer-tools: closed",
            "escape.developer-tools: open",
        )
    }

    /// Replaces `old`, which must be there, in every file of the policy.
    fn rewrite(&self, old: &str, new: &str) -> Result<()> {
        let mut found = false;
        for entry in WalkDir::new(self.policy()) {
            let path = entry?.into_path();
            if !path.is_file() {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            if text.contains(old) {
                fs::write(&path, text.replaced_all(old, new))?;
                found = true;
            }
        }
        ensure!(found, "no file of the policy says `{old}`");
        Ok(())
    }

    /// Publishes the policy as it stands.
    pub fn publish(&self) -> Result<()> {
        self.start_publishing()?.wait()?.success()?;
        Ok(())
    }

    /// Publishes the policy for the first time, under a umask, into a directory that is there.
    pub fn publish_under(&self, umask: &str) -> Result<()> {
        let mut command: Vec<OsString> = vec!["-c".into()];
        command.push(format!("umask {umask}; exec \"$@\"").into());
        command.extend(["sh".into(), Binary::Fyr.path()?.into(), "publish".into()]);
        command.extend([self.policy().into(), "--yes".into(), "--new".into()]);
        for (option, path) in [
            ("--repository", self.repository()),
            ("--keys", self.path("keys")),
            ("--passphrase-file", self.path("passphrase")),
        ] {
            command.extend([option.into(), path.into()]);
        }
        child::run(Path::new("sh"), command)?.success()?;
        Ok(())
    }

    /// Copies the two online keys and their passphrase into a directory, and returns both paths.
    pub fn online_keys(&self, directory: &Path) -> Result<(PathBuf, PathBuf)> {
        let (keys, passphrase) = (directory.join("online-keys"), directory.join("passphrase"));
        fs::create_dir(&keys)?;
        for name in ["snapshot.pem", "timestamp.pem"] {
            fs::copy(self.path("keys").join(name), keys.join(name))?;
        }
        fs::copy(self.path("passphrase"), &passphrase)?;
        Ok((keys, passphrase))
    }

    /// Starts to publish the policy as it stands.
    pub fn start_publishing(&self) -> Result<Child> {
        let mut arguments: Vec<OsString> = vec![
            "publish".into(),
            self.policy().into(),
            "--yes".into(),
            "--repository".into(),
            self.repository().into(),
        ];
        if !self.repository().exists() {
            arguments.push("--new".into());
        }
        self.start_with_keys(&arguments)
    }

    /// Starts the server, or starts it again, without the keys that would let it renew what was
    /// published.
    pub fn serve(&mut self) -> Result<()> {
        let (state, repository) = (self.path("server"), self.repository());
        // One that comes back is found where it was.
        let before = self.server.take().map(|server| server.address());
        self.server = Some(match before {
            Some(address) => Server::start_at(address, &state, &repository, &[])?,
            None => Server::start(&state, &repository, &[])?,
        });
        Ok(())
    }

    /// The running server.
    pub fn server(&self) -> Result<&Server> {
        self.server.as_ref().context("no server runs")
    }

    /// An attacker who has all its keys.
    pub fn forger(&self) -> Result<Forger> {
        Forger::new(
            &self.repository(),
            &self.path("keys"),
            &self.path("passphrase"),
        )
    }

    /// Replaces the key of a role, which the next publication says in a new root. Returns a forger who
    /// holds the keys as they were.
    pub fn replace_key(&self, role: &str) -> Result<Forger> {
        let (keys, before) = (self.path("keys"), self.path("keys-before"));
        copy(&keys, &before)?;
        for half in ["pem", "pub"] {
            fs::remove_file(keys.join(format!("{role}.{half}")))?;
        }
        self.with_keys(&["key".into(), "new".into(), role.into()])?
            .success()?;
        Forger::new(&self.repository(), &before, &self.path("passphrase"))
    }

    /// A copy of the repository as it is now.
    pub fn copy_repository(&self, name: &str) -> Result<PathBuf> {
        let place = self.path(name);
        copy(&self.repository(), &place)?;
        Ok(place)
    }

    /// Ends the server, and shows the repository at its address as a test says.
    pub fn pretend(&mut self) -> Result<Stub> {
        let mut server = self.server.take().context("no server runs")?;
        let address = server.address();
        server.kill()?;
        Stub::start_at(address, &self.repository())
    }

    /// The bundle of a group of `unit` that stands in `stage` today.
    pub fn bundle(&self, unit: &str, stage: &str) -> Result<Bundle> {
        let out = tempfile::tempdir()?;
        let arguments: [OsString; 4] = [
            "compile".into(),
            self.policy().into(),
            "--out".into(),
            out.path().into(),
        ];
        child::run(&Binary::Fyr.path()?, arguments)?.success()?;
        for entry in WalkDir::new(out.path().join("bundles")).sort_by_file_name() {
            let entry = entry?;
            if !entry.file_type().is_file() {
                continue;
            }
            let bundle: Bundle = serde_json::from_slice(&fs::read(entry.path())?)?;
            if bundle.unit.as_str() == unit && bundle.stage.as_str() == stage {
                return Ok(bundle);
            }
        }
        bail!("no group of `{unit}` stands in `{stage}`")
    }

    /// The fleet as the server tells it.
    pub fn fleet(&self) -> Result<Fleet> {
        let answer = self.server()?.json("/api/v1/fleet")?;
        Ok(serde_json::from_value(answer)?)
    }

    /// Waits until the fleet has a device that `accept` likes.
    pub fn device_that(
        &self,
        what: &str,
        mut accept: impl FnMut(&FleetDevice) -> bool,
    ) -> Result<FleetDevice> {
        let mut last = None;
        let found = wait::until(what, wait::LIMIT, || {
            let fleet = self.fleet()?;
            let found = fleet.devices.iter().find(|device| accept(device)).cloned();
            last = Some(fleet);
            Ok(found)
        });
        found.with_context(|| format!("the fleet was {last:#?}"))
    }

    /// Publishes, serves, and lets one device join, of a group of `unit` that stands in `stage`
    /// today.
    pub fn start(mut self, unit: &str, stage: &str) -> Result<(Self, Enrolled)> {
        self.publish()?;
        self.serve()?;
        let device = self.enrol(self.bundle(unit, stage)?.group.as_str())?;
        Ok((self, device))
    }

    /// Waits until the device that joined reports this revision in force.
    pub fn in_force(&self, revision: Revision) -> Result<FleetDevice> {
        self.device_that("the revision in force", |device| {
            device.revision == Some(revision)
        })
    }

    /// A new device of a group, with Chromium and Firefox, enrolled and not yet running.
    pub fn enrol(&self, group: &str) -> Result<Enrolled> {
        let arguments: [OsString; 7] = [
            "enrol-token".into(),
            "--repository".into(),
            self.repository().into(),
            "--server".into(),
            self.server()?.url().into(),
            "--group".into(),
            group.into(),
        ];
        let token = self.with_keys(&arguments)?.success()?;
        Enrolled::join(Device::new()?, token.trim())
    }

    fn with_keys(&self, arguments: &[OsString]) -> Result<Ended> {
        self.start_with_keys(arguments)?.wait()
    }

    /// Starts a subcommand of `fyr` that needs the keys.
    fn start_with_keys(&self, arguments: &[OsString]) -> Result<Child> {
        let mut all = arguments.to_vec();
        all.extend(["--keys".into(), self.path("keys").into()]);
        all.extend(["--passphrase-file".into(), self.path("passphrase").into()]);
        Child::start(&Binary::Fyr.path()?, all, |_| ())
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

    /// The same device once more, down to its key and what it has stored.
    pub fn copy(&self) -> Result<Self> {
        let copied = Self {
            device: Device::new()?,
            agent: None,
        };
        let from = self.device.root().join(".");
        let line = [
            "-a".into(),
            from.into_os_string(),
            copied.device.root().into(),
        ];
        child::run(Path::new("cp"), line)?.success()?;
        Ok(copied)
    }

    /// Runs `fyr-agent` on this device to its end.
    pub fn agent(&self, arguments: &[&str]) -> Result<Ended> {
        let root: [OsString; 2] = ["--root".into(), self.device.root().into()];
        let arguments = arguments.iter().map(Into::into);
        child::run(&Binary::Agent.path()?, root.into_iter().chain(arguments))
    }

    /// The same where the clock of the device is ahead by `by`.
    pub fn agent_ahead(&self, by: SignedDuration, arguments: &[&str]) -> Result<Ended> {
        // The timers of the agent run as they are.
        let mut line: Vec<OsString> = ["FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f"]
            .map(Into::into)
            .into();
        line.push(format!("{:+}", by.as_secs()).into());
        line.extend([Binary::Agent.path()?.into(), "--root".into()]);
        line.push(self.device.root().into());
        line.extend(arguments.iter().map(Into::into));
        child::run(Path::new("env"), line)
    }

    /// The same where the system has run for so many seconds longer than it has, by a clock that nothing
    /// sets. The ordinary clock stays right. Needs root.
    pub fn agent_after(&self, seconds: u64, arguments: &[&str]) -> Result<Ended> {
        let mut line: Vec<OsString> = ["--time", "--fork", "--boottime"].map(Into::into).into();
        line.push(seconds.to_string().into());
        line.extend([Binary::Agent.path()?.into(), "--root".into()]);
        line.push(self.device.root().into());
        line.extend(arguments.iter().map(Into::into));
        child::run(Path::new("unshare"), line)
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

    /// What the agent that runs wrote to its log so far.
    pub fn log(&self) -> String {
        self.agent.as_ref().map(Child::stderr).unwrap_or_default()
    }

    /// Ends the agent as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        self.agent.as_mut().context("no agent runs")?.kill()
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
