//! Finds the workspace's binaries as Cargo built them beside the running test.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

/// A binary of this workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// The administrator's command.
    Fyr,
    /// The agent.
    Agent,
    /// The server.
    Server,
}

impl Binary {
    /// Its file name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fyr => "fyr",
            Self::Agent => "fyr-agent",
            Self::Server => "fyr-server",
        }
    }

    /// Where it is: in the directory that `FYR_TEST_BINARIES` names, as `make bench` does to try
    /// the release binaries, or else beside the running test.
    ///
    /// Cargo builds the binaries of other packages only when asked, so the failure says how.
    pub fn path(self) -> Result<PathBuf> {
        let path = directory()?.join(self.name());
        ensure!(
            path.is_file(),
            "`{}` is not built: run `cargo build --workspace` first, or `make test`, which does",
            path.display()
        );
        Ok(path)
    }
}

fn directory() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("FYR_TEST_BINARIES") {
        return Ok(named.into());
    }
    let test = std::env::current_exe().context("asking for the path of this test")?;
    let profile = test
        .parent()
        .and_then(|deps| deps.parent())
        .context("a test lives in `target/PROFILE/deps`")?;
    Ok(profile.to_owned())
}
