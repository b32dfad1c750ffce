//! `fyr-agent once`: one whole turn, for a timer, a test or an administrator.

use std::process::ExitCode;
use std::time::Instant;

use fyr_agent_files::plan::PlanWords;
use fyr_schemas::report::{ControlState, MOST_REPORTS};
use tracing::warn;

use super::StartError;
use crate::agent::{Advance, Agent, Fetched};
use crate::client::Server;
use crate::root::Root;
use crate::upload::{self, Sent};
use crate::{fetch, presence};

/// The device does not hold its policy, never had one, or cannot report.
const WRONG: u8 = 1;
/// The device holds its last good policy, and does not know of the newest one.
const STALE: u8 = 3;

/// Fetches, applies, reports and uploads. Without a network the last good policy is applied.
pub(crate) fn once(root: Root) -> Result<ExitCode, StartError> {
    let (mut agent, server) = super::start(root)?;
    let fetched = super::block_on(turn(&mut agent, &server))?;
    super::say(PlanWords {
        plan: &agent.rest,
        lead: "not done:",
    });
    super::say(format_args!("{}{}\n", in_force(&agent), unfetched(fetched)));
    Ok(ExitCode::from(code(&agent, fetched)))
}

/// What is wrong on the device comes before what is wrong with the repository.
fn code(agent: &Agent, fetched: Fetched) -> u8 {
    // Without the browsers to govern, nothing can be said of them.
    let is_sighted = presence::look(&agent.root).is_ok();
    let has_policy = agent.bundle.is_some();
    if !is_sighted || !has_policy || !agent.rest.is_empty() || agent.key.is_err() {
        return WRONG;
    }
    let contact = &agent.remembered.contact;
    let is_stale = contact.staleness(&agent.read_time()).is_some();
    match fetched {
        Fetched::Believed if is_stale => STALE,
        Fetched::Believed => 0,
        Fetched::OutOfReach | Fetched::Refused(_) | Fetched::Unkept => STALE,
    }
}

/// What is in force after the turn.
fn in_force(agent: &Agent) -> String {
    let Some(bundle) = &agent.bundle else {
        return "no policy is in force on this device yet".to_owned();
    };
    let mut controls = agent.remembered.memory.controls.iter();
    let state = if presence::look(&agent.root).is_err() {
        "is verified; the browsers of this device are not known"
    } else if !agent.rest.is_empty() {
        "is not completely in force"
    } else if controls.any(|control| control.state == ControlState::PendingRestart) {
        "is written; a browser must restart before all of it is in force"
    } else {
        "is in force"
    };
    format!("revision {} {state}", bundle.revision())
}

/// Why a newer policy may be published.
fn unfetched(fetched: Fetched) -> &'static str {
    match fetched {
        Fetched::Believed => "",
        Fetched::OutOfReach => "; the server is out of reach",
        Fetched::Refused(_) => "; what the repository offers was refused",
        Fetched::Unkept => "; the new policy cannot be stored",
    }
}

async fn turn(agent: &mut Agent, server: &Server) -> Fetched {
    let before = agent.remembered.clone();
    let mut refresh = agent.begin_refresh();
    let fetched = loop {
        match agent.advance(fetch::step(server, refresh).await) {
            Advance::Fetch(next) => refresh = *next,
            Advance::Ended(fetched) => break fetched,
        }
    };
    agent.converge(Instant::now());
    agent.report();
    agent.remember(&before);
    if fetched != Fetched::OutOfReach {
        hand_over(agent, server).await;
    }
    fetched
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
