//! Plans Firefox's `policies.json`, which others may write too.

use fyr_schemas::report::{Found, Place};

use super::draft::{Draft, OutOfReach, content_fault, kind_fault, metadata_fault};
use super::{Subject, file};
use crate::action::Content;
use crate::actual::{FileState, RegularFile};
use crate::desired::firefox::{Desired, Document, Existing, merge};
use crate::path::OwnName;

pub(super) fn draft(place: Place, subject: Subject<'_>) -> Draft<'_> {
    let mut draft = Draft::new(place, subject.found);
    // An `Err` is already among the draft's obstacles.
    if repair(&mut draft, place, subject).is_ok() {
        draft.sweep();
    }
    draft
}

fn repair(draft: &mut Draft<'_>, place: Place, subject: Subject<'_>) -> Result<(), OutOfReach> {
    let state = subject.found.file(OwnName::PLAIN);
    let bytes = match state {
        Some(FileState::Regular(file)) => file.bytes(),
        // What others wrote in there is unknown, and a blind write would lose it.
        Some(FileState::Unreadable(reason)) if !subject.bundle.firefox.is_empty() => {
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
    let existing = bytes.and_then(Existing::parse);
    match merge(subject.bundle, existing.clone().unwrap_or_default()) {
        Desired::Leave => Ok(()),
        Desired::Nothing => {
            draft.remove(file(place, OwnName::PLAIN));
            Ok(())
        }
        Desired::Hold(document) => {
            draft.repair_directories()?;
            hold(draft, state, &document, subject.owner)
        }
    }
}

fn hold(
    draft: &mut Draft<'_>,
    state: Option<&FileState>,
    document: &Document,
    owner: u32,
) -> Result<(), OutOfReach> {
    let content = document.render();
    let found = match state {
        Some(FileState::Regular(file)) => regular_fault(file, document, &content, owner),
        other => kind_fault(other),
    };
    let Some(found) = found else {
        return Ok(());
    };
    draft.fault(found);
    if is_worth_keeping(state) {
        draft.replace_keeping(OwnName::PLAIN, Content::from(content))
    } else {
        draft.replace(OwnName::PLAIN, Content::from(content))
    }
}

fn regular_fault(
    found: &RegularFile,
    document: &Document,
    content: &[u8],
    owner: u32,
) -> Option<Found> {
    let bytes = found.bytes();
    if bytes.is_some_and(|bytes| document.equals(bytes)) {
        return metadata_fault(found.mode, found.owner, owner);
    }
    Some(content_fault(bytes, content))
}

/// Whether the obstacle has data that would be lost: a link, or a file that cannot be
/// merged with because it is not the JSON that Firefox reads.
fn is_worth_keeping(state: Option<&FileState>) -> bool {
    match state {
        Some(FileState::Symlink) => true,
        Some(FileState::Regular(file)) => match file.bytes() {
            Some(bytes) => !bytes.is_empty() && Existing::parse(bytes).is_none(),
            None => true,
        },
        // `replace` keeps a directory; the rest holds nothing.
        None | Some(FileState::Directory | FileState::Special | FileState::Unreadable(_)) => false,
    }
}
