//! Why something from a repository was not believed.

use fyr_schemas::report::RefusalReason;
use fyr_schemas::{GroupId, OrganisationId};
use jiff::Timestamp;

/// What lies under a [`VerifyError`]; a text for the log, nothing to decide by.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a repository, or what was stored of it, was refused. `document` is the file's path
/// in the repository, or its role where it came from the device's own store.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Not a document of the expected kind.
    #[error("`{document}` is not a document this version can read")]
    Malformed {
        /// Which.
        document: String,
        /// Where reading it failed.
        source: Cause,
    },
    /// Signatures are missing, wrong, too few, or counted twice.
    #[error("`{document}` is not signed by the keys that the root names for it")]
    Signature {
        /// Which.
        document: String,
        /// What was found instead.
        source: Cause,
    },
    /// The first root is not the one that the enrolment token names.
    #[error("`{document}` is not the root that this device was enrolled with")]
    WrongRoot {
        /// Which.
        document: String,
    },
    /// Older than what was believed before.
    #[error(
        "`{document}` is version {offered}, and version {seen} was verified before; an older version is refused"
    )]
    Rollback {
        /// Which.
        document: String,
        /// Its version.
        offered: u64,
        /// The lowest version that would do.
        seen: u64,
    },
    /// Past its expiry.
    #[error("`{document}` expired at {expires}")]
    Expired {
        /// Which.
        document: String,
        /// When.
        expires: Timestamp,
    },
    /// Its expiry lies further ahead than the server's keys may sign.
    #[error("`{document}` expires at {expires}, more than 14 days after it was issued at {issued}")]
    LivesTooLong {
        /// Which.
        document: String,
        /// The issue time that is signed in the timestamp.
        issued: Timestamp,
        /// When it expires.
        expires: Timestamp,
    },
    /// Length, digest or version differ from what was signed.
    #[error("`{document}` is not the file that the signed metadata lists")]
    Integrity {
        /// Which.
        document: String,
        /// What differs.
        source: Cause,
    },
    /// The signed metadata lists it, and the repository does not have it.
    #[error("`{document}` is missing from the repository")]
    Missing {
        /// Which.
        document: String,
    },
    /// Longer than the bound for its kind.
    #[error("`{document}` is longer than {limit} bytes")]
    TooLarge {
        /// Which.
        document: String,
        /// The bound.
        limit: u64,
    },
    /// One root follows another without an end.
    #[error("the repository has more than {limit} roots after the one this device trusts")]
    EndlessRoots {
        /// How many are followed in one refresh.
        limit: u32,
    },
    /// The signed metadata does not list it.
    #[error("the signed metadata lists no `{document}`")]
    NotListed {
        /// Which.
        document: String,
    },
    /// The signed metadata lists no bundle for the device's group.
    #[error(
        "the published policy has no group `{group}`; put it back into `units.yaml`, or enrol the device to another group"
    )]
    NoGroup {
        /// Which.
        group: GroupId,
    },
    /// Another organisation's.
    #[error(
        "`{document}` is for the organisation `{found}`, and this device belongs to `{expected}`"
    )]
    WrongOrganisation {
        /// Which.
        document: String,
        /// Whose it is.
        found: OrganisationId,
        /// Whose it had to be.
        expected: OrganisationId,
    },
    /// Another group's.
    #[error("`{document}` is for the group `{found}`, and this device belongs to `{expected}`")]
    WrongGroup {
        /// Which.
        document: String,
        /// Whose it is.
        found: GroupId,
        /// Whose it had to be.
        expected: GroupId,
    },
    /// Nothing was stored that could be believed again.
    #[error("no {document} is stored on this device yet")]
    NothingStored {
        /// Which role is missing.
        document: &'static str,
    },
}

impl VerifyError {
    /// The reason as a report names it.
    pub fn reason(&self) -> RefusalReason {
        match self {
            Self::Malformed { .. } | Self::LivesTooLong { .. } | Self::NothingStored { .. } => {
                RefusalReason::Malformed
            }
            Self::Signature { .. } | Self::WrongRoot { .. } => RefusalReason::Signature,
            Self::Rollback { .. } => RefusalReason::Rollback,
            Self::Expired { .. } => RefusalReason::Expired,
            Self::Integrity { .. } | Self::Missing { .. } => RefusalReason::Integrity,
            Self::TooLarge { .. } | Self::EndlessRoots { .. } => RefusalReason::TooLarge,
            Self::NotListed { .. } => RefusalReason::NotListed,
            Self::NoGroup { .. } => RefusalReason::NoGroup,
            Self::WrongOrganisation { .. } => RefusalReason::WrongOrganisation,
            Self::WrongGroup { .. } => RefusalReason::WrongGroup,
        }
    }
}
