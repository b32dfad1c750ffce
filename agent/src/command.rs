//! The subcommands, one module each.

pub(crate) mod enrol;
pub(crate) mod once;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod verify;

use std::future::Future;

/// Runs the asynchronous part of a command on one thread.
fn block_on<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(work))
}
