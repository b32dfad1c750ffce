//! `fyr-agent once`: one whole turn, for a timer, a test or an impatient administrator.

use std::process::ExitCode;
use std::time::Instant;

use fyr_schemas::report::MOST_REPORTS;
use tracing::warn;

use super::StartError;
use crate::agent::{Agent, Fetched};
use crate::client::Server;
use crate::fetch::FetchError;
use crate::root::Root;
use crate::upload::{self, Sent};
use crate::{fetch, presence};

/// Fetches, applies, reports and uploads. Without a network the last good policy is applied.
pub(crate) fn once(root: Root) -> Result<ExitCode, StartError> {
    let (mut agent, server) = super::start(root)?;
    super::block_on(turn(&mut agent, &server))?;
    // Who cannot tell which browsers to govern cannot say that they are governed.
    let is_sighted = presence::look(&agent.root).is_ok();
    let is_compliant = is_sighted && agent.bundle.is_some() && agent.rest.is_empty();
    super::say(&agent.rest);
    Ok(ExitCode::from(u8::from(!is_compliant)))
}

async fn turn(agent: &mut Agent, server: &Server) {
    let before = agent.remembered.clone();
    let identity = agent.enrolment.identity();
    let result = match agent.believed() {
        Ok(believed) => fetch::refresh(server, &identity, &believed).await,
        Err(error) => Err(FetchError::Unkept(error)),
    };
    let fetched = agent.take_in(result);
    agent.converge(Instant::now());
    agent.report();
    agent.remember(&before);
    if fetched != Fetched::OutOfReach {
        hand_over(agent, server).await;
    }
}

/// Uploads until nothing waits or the server stops answering.
async fn hand_over(agent: &mut Agent, server: &Server) {
    let mut at_once = MOST_REPORTS;
    let mut renumbered = false;
    loop {
        let batch = agent.spool.oldest(at_once);
        if batch.is_empty() {
            return;
        }
        match upload::send(server, &batch).await {
            Ok(Sent::Stored { up_to }) => agent.spool.acknowledge(&batch, up_to),
            Ok(Sent::Refused { number }) => agent.spool.forget(number),
            Ok(Sent::Split) => at_once = 1,
            // A server that says so again has nothing that another number would help with.
            Ok(Sent::NumberUsed { .. }) if renumbered => return,
            Ok(Sent::NumberUsed { highest }) => {
                renumbered = true;
                let before = agent.remembered.clone();
                agent.continue_above(highest);
                agent.report();
                agent.remember(&before);
            }
            Err(error) => {
                warn!("reports wait: {}", crate::chain_in_words(&error));
                return;
            }
        }
    }
}
