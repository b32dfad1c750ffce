//! What a refresh is for: which target, and what it must say about itself.

use fyr_schemas::bundle::{self, Bundle};
use fyr_schemas::enrolment::{ENROLMENT_KEYS_TARGET, EnrolmentKeys, EnrolmentToken};
use fyr_schemas::{Digest, GroupId, OrganisationId};

use crate::chain::{Chain, Listing};
use crate::error::VerifyError;
use crate::list::{self, Closed};

/// One target of a repository, with the rules it must obey beyond being signed.
pub trait Wanted: Clone + sealed::Sealed {
    /// What the target holds.
    type Document: Clone;
    /// The longest file that is fetched for it, in bytes.
    const MAX_LENGTH: u64;

    /// SHA-256 of the repository's `1.root.json`, where all trust starts.
    fn first_root(&self) -> &Digest;

    /// The target's name in the signed metadata.
    fn target(&self) -> String;

    /// Why the target is refused where the signed metadata does not list it.
    fn unlisted(&self) -> VerifyError {
        VerifyError::NotListed {
            document: self.target(),
        }
    }

    /// Reads the target, and refuses one that is meant for another device.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`], [`VerifyError::WrongOrganisation`],
    /// [`VerifyError::WrongGroup`] or [`VerifyError::TooLarge`].
    fn read(&self, bytes: &[u8]) -> Result<Self::Document, VerifyError>;

    /// The lists without which the document is of no use.
    fn lists(document: &Self::Document) -> Closed;
}

/// What the signed metadata lists as the target.
pub(crate) fn listing<W: Wanted>(wanted: &W, chain: &Chain) -> Result<Listing, VerifyError> {
    let target = wanted.target();
    let listing = chain.listing_within(&target, W::MAX_LENGTH);
    listing.map_err(|error| match error {
        VerifyError::NotListed { document } if document == target => wanted.unlisted(),
        error => error,
    })
}

/// What a device accepts: the bundle of its own group, of its own organisation. It comes
/// from the signed enrolment token, so no server can choose another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// SHA-256 of the repository's `1.root.json`.
    pub root: Digest,
    /// Whose policy.
    pub organisation: OrganisationId,
    /// Whose bundle.
    pub group: GroupId,
}

impl From<&EnrolmentToken> for Identity {
    fn from(token: &EnrolmentToken) -> Self {
        Self {
            root: token.root.clone(),
            organisation: token.organisation.clone(),
            group: token.group.clone(),
        }
    }
}

impl Wanted for Identity {
    type Document = Bundle;
    const MAX_LENGTH: u64 = 8 * 1024 * 1024;

    fn first_root(&self) -> &Digest {
        &self.root
    }

    fn target(&self) -> String {
        bundle::target_name(&self.group)
    }

    fn unlisted(&self) -> VerifyError {
        VerifyError::NoGroup {
            group: self.group.clone(),
        }
    }

    fn read(&self, bytes: &[u8]) -> Result<Bundle, VerifyError> {
        let document = self.target();
        let malformed = |source| VerifyError::Malformed {
            document: document.clone(),
            source,
        };
        // The format comes first: a later one may have members that this reader refuses.
        let Format { format } = serde_json::from_slice(bytes).map_err(|e| malformed(e.into()))?;
        if format != bundle::FORMAT {
            let known = bundle::FORMAT;
            return Err(malformed(
                format!("its format is {format}, this version reads {known}").into(),
            ));
        }
        let bundle: Bundle = serde_json::from_slice(bytes).map_err(|e| malformed(e.into()))?;
        if bundle.organisation != self.organisation {
            return Err(VerifyError::WrongOrganisation {
                document,
                found: bundle.organisation,
                expected: self.organisation.clone(),
            });
        }
        if bundle.group != self.group {
            return Err(VerifyError::WrongGroup {
                document,
                found: bundle.group,
                expected: self.group.clone(),
            });
        }
        list::check_bounds(&Self::lists(&bundle), &document)?;
        Ok(bundle)
    }

    fn lists(bundle: &Bundle) -> Closed {
        let lists = bundle.lists().into_iter();
        lists.map(|(c, list)| (c.clone(), list.clone())).collect()
    }
}

#[derive(serde::Deserialize)]
struct Format {
    format: u32,
}

/// Who may hand out enrolment tokens: the keys that the repository's `targets` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentAuthority {
    /// SHA-256 of the repository's `1.root.json`.
    pub root: Digest,
}

impl Wanted for EnrolmentAuthority {
    type Document = EnrolmentKeys;
    const MAX_LENGTH: u64 = 64 * 1024;

    fn first_root(&self) -> &Digest {
        &self.root
    }

    fn target(&self) -> String {
        ENROLMENT_KEYS_TARGET.to_owned()
    }

    fn read(&self, bytes: &[u8]) -> Result<EnrolmentKeys, VerifyError> {
        serde_json::from_slice(bytes).map_err(|source| VerifyError::Malformed {
            document: self.target(),
            source: source.into(),
        })
    }

    fn lists(_keys: &EnrolmentKeys) -> Closed {
        Closed::new()
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Identity {}
    impl Sealed for super::EnrolmentAuthority {}
}
