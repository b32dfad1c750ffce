//! Plans our block in the hosts file.

use std::collections::{BTreeMap, BTreeSet};

use fyr_agent_core::obstacle::Affected;
use fyr_schemas::CategoryId;
use fyr_schemas::report::{FailureReason, Found, Place};

use super::draft::{Draft, OutOfReach, kind_fault, metadata_fault};
use super::{Subject, file};
use crate::action::{Content, HostsContent};
use crate::actual::hosts::{BlockFound, HostsFile};
use crate::actual::{FileContent, FileState};
use crate::desired::hosts::{contradicted, unmanaged};
use crate::path::OwnName;

pub(super) fn draft(subject: Subject<'_>) -> Draft<'_> {
    let mut draft = Draft::new(Place::Hosts, subject.found);
    // An `Err` is already among the draft's obstacles.
    if repair(&mut draft, subject).is_ok() {
        draft.sweep();
    }
    draft
}

fn repair(draft: &mut Draft<'_>, subject: Subject<'_>) -> Result<(), OutOfReach> {
    let bundle = subject.bundle;
    let state = subject.found.file(OwnName::PLAIN);
    let wanted = !(bundle.hosts.is_empty() && bundle.closed.is_empty());
    let existing = match state {
        Some(FileState::Regular(file)) => match &file.content {
            FileContent::Hosts(hosts) => Some(hosts),
            FileContent::Bytes(_) | FileContent::TooLong if wanted => {
                return Err(draft.out_of_reach(FailureReason::Obstructed));
            }
            FileContent::Bytes(_) | FileContent::TooLong => None,
        },
        Some(FileState::Unreadable(reason)) if wanted => {
            return Err(draft.out_of_reach(*reason));
        }
        None
        | Some(
            FileState::Symlink
            | FileState::Directory
            | FileState::Special
            | FileState::Unreadable(_),
        ) => None,
    };
    if !wanted && !existing.is_some_and(HostsFile::holds_ours) {
        return Ok(());
    }
    // Without its lists the right content is unknown; the existing content stays.
    let Some(block) = subject.block else {
        return Err(draft.out_of_reach(FailureReason::ListMissing));
    };
    let unmanaged = existing.map(|found| unmanaged(bundle, found));
    let content = block.before(unmanaged.unwrap_or_default());
    if content.length == 0 {
        draft.remove(file(Place::Hosts, OwnName::PLAIN));
        return Ok(());
    }
    let pins = contradicted(bundle, &content.unmanaged);
    draft.repair_directories()?;
    hold(draft, subject, content)?;
    if !pins.is_empty() {
        draft.obstacle(FailureReason::Shadowed, Affected::Names(pins));
    }
    for (category, names) in clashing(existing) {
        draft.obstacle(FailureReason::Shadowed, Affected::List(category, names));
    }
    Ok(())
}

/// The names of each list that unmanaged lines lead elsewhere.
fn clashing(existing: Option<&HostsFile>) -> BTreeMap<CategoryId, BTreeSet<String>> {
    let mut lists: BTreeMap<CategoryId, BTreeSet<String>> = BTreeMap::new();
    for (name, categories) in existing.iter().flat_map(|found| &found.clashes) {
        for category in categories {
            let names = lists.entry(category.clone()).or_default();
            names.insert(name.to_string());
        }
    }
    lists
}

fn hold(
    draft: &mut Draft<'_>,
    subject: Subject<'_>,
    content: HostsContent,
) -> Result<(), OutOfReach> {
    let state = subject.found.file(OwnName::PLAIN);
    let found = match state {
        Some(FileState::Regular(file)) => match file.hosts() {
            Some(hosts) if hosts.digest == content.digest => {
                metadata_fault(file.mode, file.owner, subject.owner)
            }
            Some(hosts) => Some(content_fault(hosts, &content)),
            None => Some(Found::Changed),
        },
        other => kind_fault(other),
    };
    let Some(found) = found else {
        return Ok(());
    };
    draft.fault(found);
    if matches!(state, Some(FileState::Symlink)) {
        // Whoever pointed it elsewhere can find the link again.
        draft.replace_keeping(OwnName::PLAIN, Content::Hosts(content))
    } else {
        draft.replace(OwnName::PLAIN, Content::Hosts(content))
    }
}

/// How a hosts file differs from what it should be, given that it does.
fn content_fault(found: &HostsFile, content: &HostsContent) -> Found {
    let is_cut = found.length < content.length && content.unmanaged.is_empty();
    match found.block {
        BlockFound::None if found.length > 0 && !is_cut => Found::Missing,
        BlockFound::None | BlockFound::Open if is_cut || found.length == 0 => Found::Truncated,
        BlockFound::None | BlockFound::Open | BlockFound::Ended => Found::Changed,
    }
}
