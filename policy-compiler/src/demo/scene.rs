//! The scene of the demo: a directory with policy, keys, repository, server and devices.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fyr_schemas::bundle::{Audience, Bundle};
use fyr_schemas::{GroupId, Revision, StageId};
use include_dir::{Dir, include_dir};
use jiff::Timestamp;

use crate::demo::browser::{Browser, BrowserError, Ready};
use crate::demo::children::{ChildError, Programs, Running};
use crate::demo::outcome::DEVICES;

static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../examples/ballerup");

/// A rule without a decision: what the second revision adds.
const SECOND_REVISION: &str = include_str!("second_revision.yaml");

const SERVER_UNIT: &str = include_str!("../../../packaging/systemd/fyr-server.service");
const AGENT_UNIT: &str = include_str!("../../../packaging/systemd/fyr-agent.service");

/// A device's policy for Chromium, below its root.
const POLICY: &str = "etc/chromium/policies/managed/fyr.json";

/// Why the scene could not be set.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SceneError {
    /// A program of ours could not be run.
    #[error(transparent)]
    Child(#[from] ChildError),
    /// The browser could not be opened.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// The temporary directory could not be made.
    #[error("make a temporary directory")]
    Temporary(#[source] std::io::Error),
    /// A file could not be written.
    #[error("write `{0}`")]
    Write(PathBuf, #[source] std::io::Error),
    /// A file could not be read.
    #[error("read `{0}`")]
    Read(PathBuf, #[source] std::io::Error),
    /// A compiled bundle is not one.
    #[error("read the bundle `{0}`")]
    Bundle(PathBuf, #[source] serde_json::Error),
    /// The policy names no group to pretend a device of.
    #[error("the policy names no group: add one to `units.yaml`")]
    NoGroup,
    /// The tampered file did not come back.
    #[error("`{0}` was not repaired within {1} s")]
    NotRepaired(PathBuf, u64),
}

/// A pretended device: a directory that an agent manages, and its running agent.
#[derive(Debug)]
pub(crate) struct Device {
    /// The group it joined.
    pub(crate) group: GroupId,
    /// The group's stage.
    pub(crate) stage: StageId,
    /// The directory that stands for `/` on this device.
    pub(crate) root: PathBuf,
    agent: Option<Running>,
}

/// A server that answers at [`url`](Self::url).
#[derive(Debug)]
pub(crate) struct Server {
    /// Its base URL, without a trailing slash.
    pub(crate) url: String,
    _running: Running,
}

/// Everything the demo owns; dropped devices end their agents, and the directory goes last.
#[derive(Debug)]
pub(crate) struct Scene {
    /// The devices, in the order they are shown. The last one is tampered with.
    pub(crate) devices: Vec<Device>,
    /// The newest published revision.
    pub(crate) revision: Revision,
    programs: Programs,
    directory: tempfile::TempDir,
}

impl Scene {
    /// Lays out policy and keys in a temporary directory and publishes the first revision.
    pub(crate) fn prepare(policy: Option<&Path>) -> Result<Self, SceneError> {
        let programs = Programs::beside_this_one()?;
        let directory = tempfile::Builder::new()
            .prefix("fyr-demo-")
            .tempdir()
            .map_err(SceneError::Temporary)?;
        let mut scene = Self {
            devices: Vec::new(),
            revision: Revision::default(),
            programs,
            directory,
        };
        scene.lay_out_policy(policy)?;
        scene.make_keys()?;
        scene.publish()?;
        scene.choose_devices()?;
        Ok(scene)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn lay_out_policy(&self, policy: Option<&Path>) -> Result<(), SceneError> {
        let target = self.path("policy");
        if let Some(source) = policy {
            return copy_directory(source, &target);
        }
        make_directory(&target)?;
        EXAMPLE
            .extract(&target)
            .map_err(|error| SceneError::Write(target, error))
    }

    fn make_keys(&self) -> Result<(), SceneError> {
        let passphrase = self.path("passphrase");
        write_secret(&passphrase, "fyr-demo: these keys are thrown away\n")?;
        let mut new: Vec<OsString> = vec!["key".into(), "new".into()];
        new.extend(["root", "targets", "snapshot", "timestamp", "enrolment"].map(OsString::from));
        self.fyr(&new)?;
        // INVARIANT: the server sees the two online keys and no other.
        let online = self.path("online-keys");
        make_directory(&online)?;
        for role in ["snapshot", "timestamp"] {
            let name = format!("{role}.pem");
            let (from, to) = (self.path("keys").join(&name), online.join(&name));
            std::fs::copy(&from, &to).map_err(|error| SceneError::Write(to, error))?;
        }
        Ok(())
    }

    /// Runs a subcommand of `fyr` that needs the keys.
    fn fyr(&self, arguments: &[OsString]) -> Result<String, SceneError> {
        let mut all = arguments.to_vec();
        all.extend(["--keys".into(), self.path("keys").into()]);
        all.extend(["--passphrase-file".into(), self.path("passphrase").into()]);
        Ok(self.programs.run("fyr", &all)?)
    }

    fn publish(&mut self) -> Result<(), SceneError> {
        let mut arguments: Vec<OsString> = vec!["publish".into(), self.path("policy").into()];
        arguments.extend(["--repository".into(), self.path("repository").into()]);
        arguments.push("--yes".into());
        if self.revision == Revision::default() {
            arguments.push("--new".into());
        }
        self.fyr(&arguments)?;
        self.revision = Revision(self.revision.0 + 1);
        Ok(())
    }

    /// One device per stage, in the order of the groups, and one more of the first pupils' group.
    fn choose_devices(&mut self) -> Result<(), SceneError> {
        let compiled = self.path("compiled");
        self.programs.run(
            "fyr",
            &[
                "compile".into(),
                self.path("policy").into(),
                "--out".into(),
                compiled.clone().into(),
            ],
        )?;
        let bundles = read_bundles(&compiled.join("bundles"))?;
        let mut chosen: Vec<&Bundle> = Vec::new();
        for bundle in &bundles {
            if chosen.len() + 1 < DEVICES && chosen.iter().all(|other| other.stage != bundle.stage)
            {
                chosen.push(bundle);
            }
        }
        chosen.sort_by_key(|bundle| (bundle.audience, bundle.stage.clone()));
        let pupils = bundles
            .iter()
            .find(|bundle| bundle.audience == Audience::Pupils)
            .or(bundles.first())
            .ok_or(SceneError::NoGroup)?;
        while chosen.len() < DEVICES {
            chosen.push(pupils);
        }
        self.devices = chosen
            .into_iter()
            .enumerate()
            .map(|(number, bundle)| Device {
                group: bundle.group.clone(),
                stage: bundle.stage.clone(),
                root: self.path(&format!("device-{}", number + 1)),
                agent: None,
            })
            .collect();
        Ok(())
    }

    /// Starts the server and waits until it listens.
    pub(crate) fn start_server(&self) -> Result<Server, SceneError> {
        let mut arguments: Vec<OsString> = Vec::new();
        arguments.extend(["--state".into(), self.path("server").into()]);
        arguments.extend(["--repository".into(), self.path("repository").into()]);
        arguments.extend(["--online-keys".into(), self.path("online-keys").into()]);
        arguments.extend(["--passphrase-file".into(), self.path("passphrase").into()]);
        arguments.extend(["--listen".into(), "127.0.0.1:0".into()]);
        let log = self.path("server.log");
        let mut running = self
            .programs
            .start("fyr-server", &arguments, SERVER_UNIT, &log)?;
        let url = running.line_after("listening on ")?;
        Ok(Server {
            url,
            _running: running,
        })
    }

    /// Enrols every device and starts its agent.
    pub(crate) fn start_devices(&mut self, server: &str) -> Result<(), SceneError> {
        for number in 0..self.devices.len() {
            let Some(device) = self.devices.get(number) else {
                break;
            };
            let running = self.start_device(device, number + 1, server)?;
            if let Some(device) = self.devices.get_mut(number) {
                device.agent = Some(running);
            }
        }
        Ok(())
    }

    fn start_device(
        &self,
        device: &Device,
        number: usize,
        server: &str,
    ) -> Result<Running, SceneError> {
        let declaration = device.root.join("etc/fyr");
        make_directory(&declaration)?;
        let declared = declaration.join("device.json");
        std::fs::write(&declared, r#"{"browsers": ["chromium", "firefox"]}"#)
            .map_err(|error| SceneError::Write(declared, error))?;

        let mut arguments: Vec<OsString> = vec!["enrol-token".into()];
        arguments.extend(["--repository".into(), self.path("repository").into()]);
        arguments.extend(["--server".into(), server.into()]);
        arguments.extend(["--group".into(), device.group.as_str().into()]);
        let token = self.fyr(&arguments)?;

        let root: [OsString; 2] = ["--root".into(), device.root.clone().into()];
        let mut enrol = root.to_vec();
        enrol.extend(["enrol".into(), token.trim().into()]);
        self.programs.run("fyr-agent", &enrol)?;
        let mut run = root.to_vec();
        run.push("run".into());
        let log = self.path(&format!("device-{number}.log"));
        Ok(self.programs.start("fyr-agent", &run, AGENT_UNIT, &log)?)
    }

    /// Opens a Chromium that the first device governs.
    pub(crate) fn open_browser(&self, ready: &Ready) -> Result<Browser, SceneError> {
        let device = self.devices.first().ok_or(SceneError::NoGroup)?;
        Ok(ready.open(&device.root, &self.path("browser"))?)
    }

    /// The group of the device that is tampered with.
    pub(crate) fn tampered_group(&self) -> Option<&GroupId> {
        self.devices.last().map(|device| &device.group)
    }

    /// Where the last device's browser policy is, to try it.
    pub(crate) fn last_policy(&self) -> String {
        self.devices
            .last()
            .map(|device| device.root.join(POLICY).display().to_string())
            .unwrap_or_default()
    }

    /// Empties the last device's browser policy and waits until it is as it was.
    /// Returns how long that took.
    pub(crate) fn tamper_and_wait(&self, patience: Duration) -> Result<Duration, SceneError> {
        let device = self.devices.last().ok_or(SceneError::NoGroup)?;
        let policy = device.root.join(POLICY);
        let before =
            std::fs::read(&policy).map_err(|error| SceneError::Read(policy.clone(), error))?;
        let started = Instant::now();
        std::fs::write(&policy, "{}").map_err(|error| SceneError::Write(policy.clone(), error))?;
        loop {
            // While the agent renames, the file is there all the time: a failed read is a finding.
            let now =
                std::fs::read(&policy).map_err(|error| SceneError::Read(policy.clone(), error))?;
            let elapsed = started.elapsed();
            if now == before {
                return Ok(elapsed);
            }
            if elapsed > patience {
                return Err(SceneError::NotRepaired(policy, patience.as_secs()));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Adds a rule, publishes, and returns when the repository began to offer it: when its timestamp was
    /// renamed into place, which is the last change of that file. It was written before that.
    pub(crate) fn publish_second_revision(&mut self) -> Result<Timestamp, SceneError> {
        let rule = self.path("policy/rules/second-revision.yaml");
        std::fs::write(&rule, SECOND_REVISION)
            .map_err(|error| SceneError::Write(rule.clone(), error))?;
        self.publish()?;
        let offered = self.path("repository/metadata/timestamp.json");
        std::fs::metadata(&offered)
            .and_then(|metadata| {
                let nanosecond = i32::try_from(metadata.ctime_nsec()).unwrap_or(0);
                Timestamp::new(metadata.ctime(), nanosecond).map_err(std::io::Error::other)
            })
            .map_err(|error| SceneError::Read(offered, error))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // Agents end before the directory they live in goes.
        self.devices.clear();
    }
}

fn make_directory(path: &Path) -> Result<(), SceneError> {
    std::fs::create_dir_all(path).map_err(|error| SceneError::Write(path.to_owned(), error))
}

fn write_secret(path: &Path, text: &str) -> Result<(), SceneError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| SceneError::Write(path.to_owned(), error))
}

fn copy_directory(from: &Path, to: &Path) -> Result<(), SceneError> {
    make_directory(to)?;
    for entry in walkdir::WalkDir::new(from).min_depth(1) {
        let entry = entry.map_err(|error| SceneError::Read(from.to_owned(), error.into()))?;
        let target = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            make_directory(&target)?;
        } else {
            std::fs::copy(entry.path(), &target)
                .map_err(|error| SceneError::Write(target, error))?;
        }
    }
    Ok(())
}

/// Every compiled bundle, sorted by group.
fn read_bundles(directory: &Path) -> Result<Vec<Bundle>, SceneError> {
    let read = |error| SceneError::Read(directory.to_owned(), error);
    let mut bundles = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let bytes = std::fs::read(&path).map_err(|error| SceneError::Read(path.clone(), error))?;
        let bundle: Bundle =
            serde_json::from_slice(&bytes).map_err(|error| SceneError::Bundle(path, error))?;
        bundles.push(bundle);
    }
    bundles.sort_by(|one, other| one.group.cmp(&other.group));
    Ok(bundles)
}
