//! A device's root directory: where the agent writes, and where a browser looks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

/// A temporary root, gone on drop.
#[derive(Debug)]
pub struct Device {
    root: TempDir,
}

impl Device {
    /// An empty device.
    pub fn new() -> Result<Self> {
        let root = tempfile::tempdir()?;
        fs::create_dir_all(root.path().join("etc/chromium/policies/managed"))?;
        fs::create_dir_all(root.path().join("etc/firefox/policies"))?;
        Ok(Self { root })
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Chromium's directory of managed policy.
    pub fn managed(&self) -> PathBuf {
        self.root().join("etc/chromium/policies/managed")
    }

    /// Chromium's policy as one file of the managed directory says it.
    pub fn chromium_policy(&self, name: &str) -> Result<Value> {
        read(&self.managed().join(name))
    }

    /// Firefox's `policies.json`.
    pub fn firefox_policy(&self) -> Result<Value> {
        read(&self.root().join("etc/firefox/policies/policies.json"))
    }
}

fn read(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("parsing `{}`", path.display()))
}
