//! The subcommands, one module each.

pub(crate) mod enrol;
pub(crate) mod once;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod verify;

use std::future::Future;

use fyr_schemas::printable::printable_lines;

use crate::agent::{Agent, OpenError};
use crate::client::{Server, ServerError};
use crate::root::Root;

/// Why the agent of an enrolled device did not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// What is stored cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The server it was enrolled with cannot be addressed.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The system gave no event queue.
    #[error("cannot wait for events")]
    Wait(#[from] std::io::Error),
}

fn start(root: Root) -> Result<(Agent, Server), StartError> {
    let agent = Agent::open(root)?;
    let server = Server::new(&agent.enrolment.server)?;
    Ok((agent, server))
}

/// Runs the asynchronous part of a command on one thread.
fn block_on<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(work))
}

/// Prints what a command found, without anything that a terminal would obey: it may contain the names of
/// files that others made. A reader that has gone away, as `head` does, is no failure.
pub(crate) fn say(text: impl std::fmt::Display) {
    say_json(&printable_lines(&text.to_string()));
}

/// Prints JSON as it is, for a program that reads it.
pub(crate) fn say_json(json: &str) {
    let _gone = std::io::Write::write_all(&mut std::io::stdout(), json.as_bytes());
}
