//! A device's root directory: where the agent writes, and where a browser looks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

const FIREFOX: &str = "etc/firefox/policies/policies.json";

/// A temporary root, gone on drop.
#[derive(Debug)]
pub struct Device {
    root: TempDir,
}

impl Device {
    /// A device without policy, where Chromium and Firefox are installed.
    pub fn new() -> Result<Self> {
        let root = tempfile::tempdir()?;
        for place in ["chromium", "firefox", "fyr"] {
            fs::create_dir_all(root.path().join("etc").join(place))?;
        }
        let declared = root.path().join("etc/fyr/device.json");
        fs::write(declared, r#"{"browsers": ["chromium", "firefox"]}"#)?;
        Ok(Self { root })
    }

    /// A second root with a copy of the browsers' policies, changed only in what lets a test look
    /// inside: the developer tools, and the port through which another program drives a browser.
    pub fn inspectable(&self) -> Result<Self> {
        let copy = Self::new()?;
        fs::create_dir_all(copy.managed())?;
        for entry in fs::read_dir(self.managed())? {
            let entry = entry?;
            let mut policy = read(&entry.path())?;
            if let Some(tools) = policy.get_mut("DeveloperToolsAvailability") {
                *tools = 1.into();
            }
            if let Some(debugging) = policy.get_mut("RemoteDebuggingAllowed") {
                *debugging = true.into();
            }
            fs::write(copy.managed().join(entry.file_name()), policy.to_string())?;
        }
        if let Ok(mut policy) = self.firefox_policy() {
            if let Some(tools) = policy.pointer_mut("/policies/DisableDeveloperTools") {
                *tools = false.into();
            }
            let place = copy.root().join(FIREFOX);
            fs::create_dir_all(place.with_file_name(""))?;
            fs::write(place, policy.to_string())?;
        }
        let hosts = self.root().join("etc/hosts");
        if hosts.exists() {
            fs::copy(hosts, copy.root().join("etc/hosts"))?;
        }
        Ok(copy)
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Chromium's directory of managed policy, which a fresh install does not have.
    pub fn managed(&self) -> PathBuf {
        self.root().join("etc/chromium/policies/managed")
    }

    /// Chromium's policy as one file of the managed directory says it.
    pub fn chromium_policy(&self, name: &str) -> Result<Value> {
        read(&self.managed().join(name))
    }

    /// Firefox's `policies.json`.
    pub fn firefox_policy(&self) -> Result<Value> {
        read(&self.root().join(FIREFOX))
    }
}

fn read(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("parsing `{}`", path.display()))
}
