//! Carries out a plan. It makes no choice: what fails is reported, and nothing else is tried.

use std::collections::BTreeSet;

use fyr_agent_files::action::{Action, Content, FileTime, Step};
use fyr_agent_files::actual::{DIRECTORY_MODE, FILE_MODE, FIXED_TIME};
use fyr_agent_files::outcome::Outcome;
use fyr_agent_files::path::{ManagedPath, aside_name};
use fyr_agent_files::plan::Plan;
use rustix::io::Errno;
use tracing::{info, warn};

use crate::atomic::{Directory, NewFile, Text};
use crate::failure::reason;
use crate::hosts::{Hosts, HostsText};
use crate::root::Root;

/// Carries out the actions in order. After one fails, the later ones of its place are left out.
/// `hosts` knows the text of the hosts file.
pub(crate) fn execute(root: &Root, plan: &Plan, hosts: &Hosts) -> Vec<Outcome> {
    let mut failed = BTreeSet::new();
    let mut outcomes = Vec::new();
    for action in &plan.actions {
        if failed.contains(&action.place) {
            continue;
        }
        let result = carry_out(root.directory(), &action.step, hosts);
        tell(action, result);
        if result.is_err() {
            failed.insert(action.place);
        }
        outcomes.push(Outcome {
            action: action.clone(),
            result: result.map_err(reason),
        });
    }
    outcomes
}

fn tell(action: &Action, result: Result<(), Errno>) {
    match result {
        Ok(()) => info!("{action}"),
        Err(errno) => warn!("cannot {action}: {errno}"),
    }
}

fn carry_out(root: &Directory, step: &Step, hosts: &Hosts) -> Result<(), Errno> {
    match step {
        Step::CreateDirectory(path) => {
            let (parent, name) = parent(root, *path)?;
            parent.create_directory(&name, DIRECTORY_MODE)
        }
        Step::SetMode(path) => {
            let (parent, name) = parent(root, *path)?;
            parent.open(&name)?.set_mode(DIRECTORY_MODE)
        }
        Step::SetAside { path, number } => {
            let (parent, name) = parent(root, *path)?;
            parent.rename(&name, &aside_name(&name, *number))
        }
        Step::Write {
            path,
            content,
            time,
        } => {
            let (directory, name) = parent(root, *path)?;
            let (staging, staged) = parent(root, ManagedPath::Staged(path.place()))?;
            let bytes;
            let block;
            let content: &dyn Text = match content {
                Content::Bytes(content) => {
                    bytes = content.as_slice();
                    &bytes
                }
                Content::Hosts(content) => {
                    block = HostsText { hosts, content };
                    &block
                }
            };
            let file = NewFile {
                content,
                mode: FILE_MODE,
                modified: match time {
                    FileTime::Fixed => Some(FIXED_TIME),
                    FileTime::Natural => None,
                },
            };
            directory.replace(&name, &staging, &staged, file)
        }
        Step::Remove(path) => {
            let (parent, name) = parent(root, *path)?;
            parent.remove(&name)
        }
    }
}

/// Opens the directory that a managed path lies in.
fn parent(root: &Directory, path: ManagedPath) -> Result<(Directory, String), Errno> {
    let mut components = path.components();
    let name = components.pop().ok_or(Errno::INVAL)?;
    let directory = root.descend(components.iter().map(String::as_str))?;
    Ok((directory, name))
}
