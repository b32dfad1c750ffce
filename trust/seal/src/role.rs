//! What a key may sign.

use std::fmt;
use std::str::FromStr;

/// What a key may sign: the four roles of TUF, and enrolment tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Names all other keys. Kept offline.
    Root,
    /// Signs policy. Held by administrators.
    Targets,
    /// Says which policy is current. Held by the server.
    Snapshot,
    /// Says that the policy is still current. Held by the server.
    Timestamp,
    /// Lets devices in. Held by administrators.
    Enrolment,
}

/// Not the name of a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role: use root, targets, snapshot, timestamp or enrolment")]
pub struct UnknownRole(String);

impl Role {
    /// Every role, in the order they are listed.
    pub const ALL: [Self; 5] = [
        Self::Root,
        Self::Targets,
        Self::Snapshot,
        Self::Timestamp,
        Self::Enrolment,
    ];

    /// Its name, as metadata and key files write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Targets => "targets",
            Self::Snapshot => "snapshot",
            Self::Timestamp => "timestamp",
            Self::Enrolment => "enrolment",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| UnknownRole(text.chars().take(40).collect()))
    }
}
