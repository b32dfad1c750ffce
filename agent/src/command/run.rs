//! `fyr-agent run`: the daemon.

use std::process::ExitCode;

use super::StartError;
use crate::root::Root;

/// Runs until the system says stop.
pub(crate) fn run(root: Root) -> Result<ExitCode, StartError> {
    let (agent, server) = super::start(root)?;
    super::block_on(crate::run::run(agent, server))??;
    Ok(ExitCode::SUCCESS)
}
