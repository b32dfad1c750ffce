//! One line for each cause of what is wrong: what it is, since when, what it affects, what to do.

use fyr_agent_core::status::{AgentState, Cause, Problem};
use fyr_schemas::report::FailureReason;

use super::{StatusWords, first, path};

impl StatusWords<'_> {
    pub(super) fn cause(self, cause: &Cause) -> String {
        let since = match cause.since {
            Some(since) => format!(", since {}", self.moment(since)),
            None => String::new(),
        };
        let mut sentences = vec![format!("{}{since}.", what(cause))];
        sentences.extend(consequence(cause.problem).map(str::to_owned));
        if !cause.controls.is_empty() {
            let controls: Vec<String> = cause.controls.iter().map(ToString::to_string).collect();
            sentences.push(format!("Not in force: {}.", first(&controls)));
        }
        sentences.extend(advice(cause.problem, self.status.agent).map(str::to_owned));
        sentences.join(" ")
    }
}

/// What is wrong, without a full stop.
fn what(cause: &Cause) -> String {
    let places: Vec<String> = cause
        .places
        .iter()
        .map(|place| path(*place).to_string())
        .collect();
    let places = places.join(", ");
    match cause.problem {
        Problem::Failed(FailureReason::Shadowed) => {
            let names: Vec<String> = cause.names.iter().cloned().collect();
            let names = if names.is_empty() {
                String::new()
            } else {
                format!(" ({})", first(&names))
            };
            format!("An unmanaged entry overrides {places}{names}")
        }
        Problem::Failed(FailureReason::NoSpace) => "The disk is full".to_owned(),
        Problem::Failed(FailureReason::NoPermission) => {
            format!("The agent may not write {places}")
        }
        Problem::Failed(FailureReason::ReadOnly) => {
            format!("The file system of {places} is read-only")
        }
        Problem::Failed(FailureReason::Obstructed) => {
            format!("Something else is in the place of {places} or its directory")
        }
        Problem::Failed(FailureReason::ListMissing) => {
            "A list of names is missing or damaged".to_owned()
        }
        Problem::Failed(FailureReason::Io) => {
            format!("The operating system reports a failure at {places}")
        }
        Problem::Changed(found) => format!("{places} {} and is not repaired", found.words()),
        Problem::Unwritten => format!("A new policy is not written to {places}"),
        Problem::AwaitsRestart => {
            "Firefox runs with an older policy, which it reads at start only".to_owned()
        }
        Problem::AgentStopped => {
            "The agent is not running: nothing is repaired, fetched or reported".to_owned()
        }
        Problem::Refused(reason) => format!("The repository offers {}", reason.words()),
        Problem::Unstored => "The new policy cannot be stored".to_owned(),
        Problem::Unreachable => "The server is out of reach".to_owned(),
        Problem::Expired => "The signed metadata of the policy expired".to_owned(),
        Problem::Unrenewed => "The metadata of the policy is older than 14 days".to_owned(),
    }
}

/// What becomes of the policy meanwhile, where that is not plain.
fn consequence(problem: Problem) -> Option<&'static str> {
    match problem {
        Problem::Refused(_) => Some("It is refused. The last verified policy stays in force."),
        Problem::Unstored | Problem::Unreachable | Problem::Expired | Problem::Unrenewed => {
            Some("The last verified policy stays in force.")
        }
        Problem::Failed(_)
        | Problem::Changed(_)
        | Problem::Unwritten
        | Problem::AwaitsRestart
        | Problem::AgentStopped => None,
    }
}

/// What a person can do about it; `None` where another cause has the advice.
fn advice(problem: Problem, agent: AgentState) -> Option<&'static str> {
    Some(match problem {
        Problem::Failed(FailureReason::Shadowed) => {
            "Remove that entry, or the file beside it that contains it."
        }
        Problem::Failed(FailureReason::NoSpace) => {
            "Free space on the disk of /etc and /var/lib/fyr."
        }
        Problem::Failed(FailureReason::NoPermission) => {
            "Run the agent as root. Look for immutable files with `lsattr`."
        }
        Problem::Failed(FailureReason::ReadOnly) => "Mount it writable.",
        Problem::Failed(FailureReason::Obstructed) => "Move it away.",
        Problem::Failed(FailureReason::ListMissing) => {
            "Connect the device to its server, which has it."
        }
        Problem::Failed(FailureReason::Io) => "Read the kernel's messages: `dmesg`.",
        Problem::Changed(_) | Problem::Unwritten => match agent {
            AgentState::Stopped => return None,
            AgentState::Running | AgentState::Unknown => {
                "Ask again in a minute. If it stays, read `journalctl -u fyr-agent`."
            }
        },
        Problem::AwaitsRestart => "Close Firefox and open it again.",
        Problem::AgentStopped => "Start it: `systemctl start fyr-agent`.",
        Problem::Refused(_) => "Report this to the administrator.",
        Problem::Unstored => "Free space on the disk of /var/lib/fyr.",
        Problem::Unreachable => "Check the network.",
        Problem::Expired => "Check the network and the clock.",
        Problem::Unrenewed => "Check the clock. If it is right, report this to the administrator.",
    })
}
