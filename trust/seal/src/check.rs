//! Verifies a publication as devices will, before anything of it is written.
//!
//! Metadata is verified once for all groups, a list once for all the bundles that close it: the work
//! grows with the number of groups and not with its square.

use std::collections::BTreeSet;

use fyr_schemas::bundle::{ClosedList, target_name};
use fyr_schemas::{CategoryId, Digest, GroupId};
use fyr_trust::{
    Answer, Clock, EnrolmentAuthority, Floor, Identity, Need, Refresh, TrustedState,
    VerifiedMetadata, VerifyError, Wanted as _,
};
use jiff::Timestamp;

use crate::content::Content;
use crate::repository::RepositoryError;

/// Where the targets of a publication are read.
pub(crate) trait Targets {
    /// The bytes of a target that the metadata lists with this digest.
    fn bytes(&self, target: &str, digest: &Digest) -> Result<Vec<u8>, RepositoryError>;

    /// Judges the text of a list that a bundle closes.
    fn judge(&self, category: &CategoryId, closed: &ClosedList) -> Result<(), RepositoryError>;
}

/// Verifies the metadata that `fetch` finds from the first root on, as a device that has just been
/// enrolled: it walks along every root. Expiry is judged at `now`.
pub(crate) fn metadata(
    first_root: &Digest,
    now: Timestamp,
    fetch: impl FnMut(&Need) -> Result<Answer, RepositoryError>,
) -> Result<Verified, RepositoryError> {
    let authority = EnrolmentAuthority {
        root: first_root.clone(),
    };
    let clock = Clock {
        system: now,
        build: Timestamp::MIN,
    };
    let refresh = Refresh::begin(
        &TrustedState::default(),
        &Floor::default(),
        &authority,
        clock,
    );
    let refreshed = refresh.drive(fetch, drop)?;
    Ok(Verified {
        metadata: VerifiedMetadata::of(&refreshed.state, &refreshed.floor)?,
        organisation: refreshed.document.organisation.clone(),
        first_root: first_root.clone(),
    })
}

/// Metadata that a device would believe.
pub(crate) struct Verified {
    metadata: VerifiedMetadata,
    organisation: fyr_schemas::OrganisationId,
    first_root: Digest,
}

impl Verified {
    /// Opens the bundle of every group as its devices will, each once, and its lists.
    pub(crate) fn bundles<'a>(
        &self,
        groups: impl IntoIterator<Item = &'a GroupId>,
        targets: &impl Targets,
    ) -> Result<(), RepositoryError> {
        let mut judged: BTreeSet<Digest> = BTreeSet::new();
        for group in groups {
            let wanted = Identity {
                root: self.first_root.clone(),
                organisation: self.organisation.clone(),
                group: group.clone(),
            };
            let digest = self.metadata.digest_of(&wanted)?;
            let bytes = targets.bytes(&target_name(group), &digest)?;
            let bundle = self.metadata.open(&wanted, &bytes)?;
            for (category, closed) in Identity::lists(&bundle) {
                if !judged.contains(&closed.digest) {
                    targets.judge(&category, &closed)?;
                    judged.insert(closed.digest);
                }
            }
        }
        Ok(())
    }
}

impl Targets for Content {
    fn bytes(&self, target: &str, _listed: &Digest) -> Result<Vec<u8>, RepositoryError> {
        self.read(target).map_err(RepositoryError::Content)
    }

    fn judge(&self, category: &CategoryId, closed: &ClosedList) -> Result<(), RepositoryError> {
        if self.has_judged(category, closed) {
            return Ok(());
        }
        Err(VerifyError::NotListed {
            document: fyr_schemas::bundle::list_target_name(category),
        }
        .into())
    }
}
