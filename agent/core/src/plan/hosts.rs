//! Plans our block in the hosts file.

use fyr_schemas::report::{FailureReason, Found, Place};

use super::draft::{Draft, OutOfReach, content_fault, kind_fault, metadata_fault};
use super::{Affected, Subject, file};
use crate::action::Content;
use crate::actual::FileState;
use crate::desired::hosts::{contradicted, holds_ours, merge};
use crate::path::OwnName;

pub(super) fn draft(subject: Subject<'_>) -> Draft<'_> {
    let mut draft = Draft::new(Place::Hosts, subject.found);
    // An `Err` is already among the draft's obstacles.
    if mend(&mut draft, subject).is_ok() {
        draft.sweep();
    }
    draft
}

fn mend(draft: &mut Draft<'_>, subject: Subject<'_>) -> Result<(), OutOfReach> {
    let state = subject.found.file(OwnName::PLAIN);
    let wanted = !subject.bundle.hosts.is_empty();
    let existing = match state {
        Some(FileState::Regular(file)) => match &file.content {
            None if wanted => return Err(draft.out_of_reach(FailureReason::Obstructed)),
            content => content.as_deref(),
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
    if !wanted && !existing.is_some_and(holds_ours) {
        return Ok(());
    }
    let content = merge(subject.bundle, existing.unwrap_or_default());
    if content.is_empty() {
        draft.remove(file(Place::Hosts, OwnName::PLAIN));
        return Ok(());
    }
    draft.mend_directories()?;
    hold(draft, subject, content)?;
    let names = contradicted(subject.bundle, existing.unwrap_or_default());
    if !names.is_empty() {
        draft.obstacle(FailureReason::Shadowed, Affected::Names(names));
    }
    Ok(())
}

fn hold(draft: &mut Draft<'_>, subject: Subject<'_>, content: Vec<u8>) -> Result<(), OutOfReach> {
    let state = subject.found.file(OwnName::PLAIN);
    let found = match state {
        Some(FileState::Regular(file)) => match file.content.as_deref() {
            Some(bytes) if bytes == content => metadata_fault(file.mode, file.owner, subject.owner),
            Some(bytes) if !bytes.is_empty() && !holds_ours(bytes) => Some(Found::Missing),
            other => Some(content_fault(other, &content)),
        },
        other => kind_fault(other),
    };
    let Some(found) = found else {
        return Ok(());
    };
    draft.fault(found);
    if matches!(state, Some(FileState::Symlink)) {
        // Whoever pointed it elsewhere can find the link again.
        draft.replace_keeping(OwnName::PLAIN, Content::from(content))
    } else {
        draft.replace(OwnName::PLAIN, Content::from(content))
    }
}
