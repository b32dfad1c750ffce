//! Plans the policy file of one Chromium product.

use fyr_schemas::report::{FailureReason, Found, Place};

use super::draft::{Draft, OutOfReach, content_fault, kind_fault, metadata_fault};
use super::{Plan, Subject, file};
use crate::action::Content;
use crate::actual::{ActualPlace, FIXED_TIME, FileState, RegularFile};
use crate::desired::chromium::{rank, render};
use crate::path::OwnName;

pub(super) fn draft(place: Place, subject: Subject<'_>) -> Draft<'_> {
    let mut draft = Draft::new(place, subject.found);
    // An `Err` is already among the draft's obstacles.
    if repair(&mut draft, place, subject).is_ok() {
        draft.sweep();
    }
    draft
}

/// Plans the very first file of a directory.
pub(super) fn establish(place: Place, found: &ActualPlace, content: Content) -> Plan {
    let mut draft = Draft::new(place, found);
    let _out_of_reach = draft
        .repair_directories()
        .and_then(|()| draft.replace(OwnName::PLAIN, content));
    draft.finish(false)
}

fn repair(draft: &mut Draft<'_>, place: Place, subject: Subject<'_>) -> Result<(), OutOfReach> {
    draft.repair_directories()?;
    let ranking = rank(subject.bundle, &subject.found.unmanaged);
    if let Some(affected) = ranking.overruled {
        draft.obstacle(FailureReason::Shadowed, affected);
    }
    let bytes = render(subject.bundle);
    let files = &subject.found.files;
    let others = || files.iter().filter(|(name, _)| **name != ranking.name);
    let is_sound = |state: &FileState| fault(Some(state), &bytes, subject.owner).is_none();
    if let Some(found) = fault(subject.found.file(ranking.name), &bytes, subject.owner) {
        let moved = found == Found::Missing && others().any(|(_, other)| is_sound(&other.state));
        let outranked = others().all(|(name, _)| *name < ranking.name);
        let content = Content::from(bytes.clone());
        match (moved, outranked) {
            (true, true) => {
                draft.fault(Found::Shadowed);
                draft.replace(ranking.name, content)?;
            }
            (true, false) => draft.rename(ranking.name, content)?,
            (false, _) => {
                draft.fault(found);
                draft.replace(ranking.name, content)?;
            }
        }
    }
    // Only after the new name is in force, so that one of ours always is.
    for (name, other) in others() {
        // A browser reads no directory, and it may hold what is not ours.
        if !matches!(other.state, FileState::Directory) {
            draft.remove(file(place, *name));
        }
    }
    Ok(())
}

fn fault(state: Option<&FileState>, bytes: &[u8], owner: u32) -> Option<Found> {
    let Some(FileState::Regular(found)) = state else {
        return kind_fault(state);
    };
    regular_fault(found, bytes, owner)
}

fn regular_fault(found: &RegularFile, bytes: &[u8], owner: u32) -> Option<Found> {
    let content = found.bytes();
    if content != Some(bytes) {
        return Some(content_fault(content, bytes));
    }
    metadata_fault(found.mode, found.owner, owner)
        .or_else(|| (found.modified != FIXED_TIME).then_some(Found::Metadata))
}
