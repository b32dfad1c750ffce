//! `fyr-agent run`: the daemon.

use std::process::ExitCode;

use crate::agent::Agent;
use crate::client::Server;
use crate::root::Root;

/// Runs until the system says stop.
pub(crate) fn run(root: Root) -> anyhow::Result<ExitCode> {
    let agent = Agent::open(root)?;
    let server = Server::new(&agent.enrolment.server)?;
    super::block_on(crate::run::run(agent, server))??;
    Ok(ExitCode::SUCCESS)
}
