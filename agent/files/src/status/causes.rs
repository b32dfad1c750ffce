//! One line for each cause of what is wrong: what it is, since when, what it affects, what to do.

use fyr_agent_core::status::{AgentState, Cause, Problem};
use fyr_schemas::report::{FailureReason, RefusalReason};

use super::{StatusWords, first, joined, path};

impl StatusWords<'_> {
    pub(super) fn cause(self, cause: &Cause) -> String {
        let since = match cause.since {
            Some(since) => format!(", since {}", self.moment(since)),
            None => String::new(),
        };
        let mut sentences = vec![format!("{}{since}.", self.what(cause))];
        sentences.extend(consequence(cause.problem).map(str::to_owned));
        if !cause.controls.is_empty() {
            let controls: Vec<String> = cause.controls.iter().map(ToString::to_string).collect();
            sentences.push(format!("Not in force: {}.", first(&controls)));
        }
        sentences.extend(self.advice(cause));
        sentences.join(" ")
    }

    /// What is wrong, without a full stop.
    fn what(self, cause: &Cause) -> String {
        let places: Vec<String> = cause
            .places
            .iter()
            .map(|place| path(*place).to_string())
            .collect();
        let places = places.join(", ");
        match cause.problem {
            Problem::Failed(FailureReason::Shadowed) => self.overrides(cause),
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
            Problem::Refused(RefusalReason::NoGroup) => {
                format!("The published policy has no group `{}`", self.status.group)
            }
            Problem::Refused(reason) => format!("The repository offers {}", reason.words()),
            Problem::Unstored => "The new policy cannot be stored".to_owned(),
            Problem::Unreachable => "The server is out of reach".to_owned(),
            Problem::Expired => "The signed metadata of the policy expired".to_owned(),
            Problem::Unrenewed => "The metadata of the policy is older than 14 days".to_owned(),
        }
    }

    /// What overrides our policy: the file where it is known, and else an entry of a file that is not all
    /// ours.
    fn overrides(self, cause: &Cause) -> String {
        let names: Vec<String> = cause.names.iter().cloned().collect();
        let names = if names.is_empty() {
            String::new()
        } else {
            format!(" ({})", first(&names))
        };
        let places = cause.places.iter().map(|place| {
            let path = path(*place).to_string();
            match (self.overriding.get(place), path.rsplit_once('/')) {
                (Some(files), Some((directory, own))) => {
                    let verb = if files.len() == 1 {
                        "overrides"
                    } else {
                        "override"
                    };
                    format!("{} in {directory} {verb} `{own}`", first(&quoted(files)))
                }
                (None, _) | (_, None) => format!("An unmanaged entry overrides {path}"),
            }
        });
        format!("{}{names}", joined(places))
    }

    /// What to remove so that nothing overrides our policy.
    fn remove_overriding(self, cause: &Cause) -> String {
        let known = cause
            .places
            .iter()
            .filter_map(|place| self.overriding.get(place));
        let mut files = quoted(known.flatten());
        files.dedup();
        let has_entry = cause
            .places
            .iter()
            .any(|place| !self.overriding.contains_key(place));
        match (files.is_empty(), has_entry) {
            (true, _) => "Remove that entry.".to_owned(),
            (false, true) => format!("Remove {}, and that entry.", first(&files)),
            (false, false) => format!("Remove {}.", first(&files)),
        }
    }

    /// What a person can do about it; `None` where another cause has the advice.
    fn advice(self, cause: &Cause) -> Option<String> {
        let advice = match cause.problem {
            Problem::Failed(FailureReason::Shadowed) => return Some(self.remove_overriding(cause)),
            Problem::Failed(FailureReason::NoSpace) => {
                "Free space on the disk of /etc and /var/lib/fyr."
            }
            Problem::Failed(FailureReason::NoPermission) => {
                "Run the agent as root. Look for the immutable attribute: `lsattr -d` on the file and on each directory above it."
            }
            Problem::Failed(FailureReason::ReadOnly) => "Mount it writable.",
            Problem::Failed(FailureReason::Obstructed) => "Move it away.",
            Problem::Failed(FailureReason::ListMissing) => {
                "Connect the device to its server, which has it."
            }
            Problem::Failed(FailureReason::Io) => "Read the kernel's messages: `dmesg`.",
            Problem::Changed(_) | Problem::Unwritten => match (self.status.agent, self.root) {
                (AgentState::Stopped, _) => return None,
                (AgentState::Running | AgentState::Unknown, None) => {
                    "Ask again in a minute. If it stays, read `journalctl -u fyr-agent`."
                }
                (AgentState::Running | AgentState::Unknown, Some(_)) => {
                    "Ask again in a minute. If it stays, read the output of the agent."
                }
            },
            Problem::AwaitsRestart => "Close Firefox and open it again.",
            Problem::AgentStopped => match self.root {
                None => "Start it: `systemctl start fyr-agent`.",
                Some(root) => {
                    return Some(format!(
                        "Start it: `fyr-agent --root {} run`.",
                        root.display()
                    ));
                }
            },
            Problem::Refused(RefusalReason::NoGroup) => {
                "Put it back into `units.yaml`, or enrol the device to another group."
            }
            Problem::Refused(_) => "Report this to the administrator.",
            Problem::Unstored => "Free space on the disk of /var/lib/fyr.",
            Problem::Unreachable => {
                return Some(format!(
                    "Check the network and the address {}, or start the server.",
                    self.server
                ));
            }
            Problem::Expired => "Check the network and the clock.",
            Problem::Unrenewed => {
                "Check the clock. If it is right, report this to the administrator."
            }
        };
        Some(advice.to_owned())
    }
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    names.into_iter().map(|name| format!("`{name}`")).collect()
}

/// What becomes of the policy meanwhile, where that is not plain.
fn consequence(problem: Problem) -> Option<&'static str> {
    match problem {
        Problem::Refused(RefusalReason::NoGroup)
        | Problem::Unstored
        | Problem::Unreachable
        | Problem::Expired
        | Problem::Unrenewed => Some("The last verified policy stays in force."),
        Problem::Refused(_) => Some("It is refused. The last verified policy stays in force."),
        Problem::Failed(_)
        | Problem::Changed(_)
        | Problem::Unwritten
        | Problem::AwaitsRestart
        | Problem::AgentStopped => None,
    }
}
