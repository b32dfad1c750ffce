//! The part of a plan that serves one place, while it is being drawn up.

use fyr_agent_core::obstacle::{Affected, Obstacle};
use fyr_schemas::report::{FailureReason, Found, Place};

use super::{Plan, file, write};
use crate::action::{Action, Because, Content, Step};
use crate::actual::{
    ActualPlace, DIRECTORY_MODE, DirectoryState, FILE_MODE, FileState, FoundDirectory,
};
use crate::path::{ManagedPath, OwnName, directories, first_own_depth};

/// Steps for one place, and the first thing that was found wrong there.
pub(super) struct Draft<'a> {
    place: Place,
    found: &'a ActualPlace,
    repairing: Vec<Step>,
    settling: Vec<Step>,
    obstacles: Vec<Obstacle>,
    fault: Option<Found>,
}

/// The place cannot be reached; the reason is already among the obstacles.
pub(super) struct OutOfReach;

impl<'a> Draft<'a> {
    pub(super) fn new(place: Place, found: &'a ActualPlace) -> Self {
        Self {
            place,
            found,
            repairing: Vec::new(),
            settling: Vec::new(),
            obstacles: Vec::new(),
            fault: None,
        }
    }

    /// Ends the draft. `known` says that the place has held this policy before, so that
    /// every fault is drift.
    pub(super) fn finish(self, known: bool) -> Plan {
        let repairing = match self.fault {
            Some(found) if known => Because::Drift(found),
            Some(_) | None => Because::Policy,
        };
        let place = self.place;
        let due = |because| {
            move |step| Action {
                place,
                because,
                step,
            }
        };
        let mut actions: Vec<Action> = self.repairing.into_iter().map(due(repairing)).collect();
        actions.extend(self.settling.into_iter().map(due(Because::Unneeded)));
        Plan {
            actions,
            obstacles: self.obstacles,
        }
    }

    /// Notes what was found wrong; the first note is the one that is reported.
    pub(super) fn fault(&mut self, found: Found) {
        self.fault.get_or_insert(found);
    }

    pub(super) fn obstacle(&mut self, reason: FailureReason, affected: Affected) {
        self.obstacles.push(Obstacle {
            place: self.place,
            reason,
            affected,
        });
    }

    pub(super) fn out_of_reach(&mut self, reason: FailureReason) -> OutOfReach {
        self.obstacle(reason, Affected::Everything);
        OutOfReach
    }

    /// Repairs the directories on the way to the file, from the root down.
    pub(super) fn repair_directories(&mut self) -> Result<(), OutOfReach> {
        let place = self.place;
        let own = first_own_depth(place);
        for depth in 1..=directories(place).len() {
            let index = depth.saturating_sub(1);
            let found = self.found.directories.get(index);
            let path = ManagedPath::Directory { place, depth };
            let owned = if depth >= own {
                Owned::Ours
            } else {
                Owned::TheSystems
            };
            self.repair_directory(path, *found.unwrap_or(&FoundDirectory::ABSENT), owned)?;
        }
        Ok(())
    }

    fn repair_directory(
        &mut self,
        path: ManagedPath,
        found: FoundDirectory,
        owned: Owned,
    ) -> Result<(), OutOfReach> {
        let ours = matches!(owned, Owned::Ours);
        match found.state {
            DirectoryState::Present { mode } => {
                if ours && mode != DIRECTORY_MODE {
                    self.fault(Found::Metadata);
                    self.repairing.push(Step::SetMode(path));
                }
            }
            DirectoryState::Absent => {
                self.fault(Found::Missing);
                self.repairing.push(Step::CreateDirectory(path));
            }
            DirectoryState::Symlink | DirectoryState::NotADirectory => {
                if !ours {
                    return Err(self.out_of_reach(FailureReason::Obstructed));
                }
                let is_link = found.state == DirectoryState::Symlink;
                self.fault(if is_link {
                    Found::Symlink
                } else {
                    Found::NotAFile
                });
                let number = found.aside;
                self.repairing.push(Step::SetAside { path, number });
                self.repairing.push(Step::CreateDirectory(path));
            }
            DirectoryState::Unreadable(reason) => return Err(self.out_of_reach(reason)),
        }
        Ok(())
    }

    /// Writes the file of ours called `name` anew, over what a rename can replace.
    pub(super) fn replace(&mut self, name: OwnName, content: Content) -> Result<(), OutOfReach> {
        let before = match self.found.file(name) {
            Some(FileState::Directory) => Before::Keep,
            Some(_) | None => Before::Lose,
        };
        self.write(name, content, before)
    }

    /// Writes the file of ours called `name` anew, and keeps what stood there under another name.
    pub(super) fn replace_keeping(
        &mut self,
        name: OwnName,
        content: Content,
    ) -> Result<(), OutOfReach> {
        self.write(name, content, Before::Keep)
    }

    fn write(&mut self, name: OwnName, content: Content, before: Before) -> Result<(), OutOfReach> {
        self.repair_staging()?;
        let path = file(self.place, name);
        if matches!(before, Before::Keep) {
            let number = self.found.files.get(&name).map_or(0, |found| found.aside);
            self.repairing.push(Step::SetAside { path, number });
        }
        self.repairing.push(write(path, content));
        Ok(())
    }

    /// Writes the file under another of our names, of which nothing is wrong but the name.
    pub(super) fn rename(&mut self, name: OwnName, content: Content) -> Result<(), OutOfReach> {
        let repaired = self.repairing.len();
        self.replace(name, content)?;
        let steps = self.repairing.split_off(repaired);
        self.settling.extend(steps);
        Ok(())
    }

    /// Removes something of ours that is no longer needed.
    pub(super) fn remove(&mut self, path: ManagedPath) {
        self.settling.push(Step::Remove(path));
    }

    /// Removes what a power cut left in the staging directory.
    pub(super) fn sweep(&mut self) {
        let rewritten = self.steps().any(|step| matches!(step, Step::Write { .. }));
        // A write replaces what was left.
        if let Some(left) = self.found.staged.as_ref().filter(|_| !rewritten) {
            let path = ManagedPath::Staged(self.place);
            let number = left.aside;
            self.settling.push(match left.state {
                FileState::Directory => Step::SetAside { path, number },
                FileState::Regular(_)
                | FileState::Symlink
                | FileState::Special
                | FileState::Unreadable(_) => Step::Remove(path),
            });
        }
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.repairing.iter().chain(&self.settling)
    }

    fn repair_staging(&mut self) -> Result<(), OutOfReach> {
        let fault = self.fault;
        let path = ManagedPath::Staging(self.place);
        let repaired = self.repair_directory(path, self.found.staging, Owned::Ours);
        // The staging directory carries no policy, so it is not what was found wrong.
        self.fault = fault;
        if let Some(left) = &self.found.staged
            && left.state == FileState::Directory
        {
            self.repairing.push(Step::SetAside {
                path: ManagedPath::Staged(self.place),
                number: left.aside,
            });
        }
        repaired
    }
}

/// What becomes of the thing that a file replaces.
#[derive(Clone, Copy)]
enum Before {
    Lose,
    Keep,
}

#[derive(Clone, Copy)]
enum Owned {
    Ours,
    TheSystems,
}

/// What is wrong with a file that is to hold `content`, apart from what it says.
pub(super) fn kind_fault(state: Option<&FileState>) -> Option<Found> {
    match state {
        None => Some(Found::Missing),
        Some(FileState::Symlink) => Some(Found::Symlink),
        Some(FileState::Directory | FileState::Special) => Some(Found::NotAFile),
        Some(FileState::Unreadable(_)) => Some(Found::Changed),
        Some(FileState::Regular(_)) => None,
    }
}

/// How `found` differs from `content`, given that it does.
pub(super) fn content_fault(found: Option<&[u8]>, content: &[u8]) -> Found {
    match found {
        Some(found) if content.starts_with(found) => Found::Truncated,
        Some(_) | None => Found::Changed,
    }
}

/// What is wrong with a regular file's mode and owner.
pub(super) fn metadata_fault(mode: u32, owner: u32, expected_owner: u32) -> Option<Found> {
    (mode != FILE_MODE || owner != expected_owner).then_some(Found::Metadata)
}
