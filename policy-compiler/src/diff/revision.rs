//! One side of a comparison: a policy directory, or the same directory as git remembers it.

use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use fyr_policy_core::Sources;

use super::git::{self, GitError};
use crate::policy_directory::{self, ReadPolicyError};

/// Where a policy is read from, as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Side {
    /// A directory as it stands.
    Directory(PathBuf),
    /// The directory of the other side, as it stood in a commit.
    Revision(String),
    /// A directory of the repository, as it stood in a commit: `REV:PATH`.
    Tree(String),
}

impl FromStr for Side {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if Path::new(text).is_dir() {
            Self::Directory(text.into())
        } else if text.contains(':') {
            Self::Tree(text.to_owned())
        } else {
            Self::Revision(text.to_owned())
        })
    }
}

/// Why one side could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SideError {
    /// The policy could not be read.
    #[error(transparent)]
    Policy(#[from] ReadPolicyError),
    /// It is no directory, and git cannot read it either.
    #[error(transparent)]
    Git(#[from] GitError),
    /// It is a directory here, and something else to git.
    #[error(
        "`{}` is a directory here and a revision to git: write `./{}` for the directory, \
         `{}^{{commit}}` for the revision", .0.display(), .0.display(), .0.display()
    )]
    Ambiguous(PathBuf),
}

impl Side {
    /// Reads the policy; a revision is read from the directory of the `other` side, or from the
    /// current one.
    pub(crate) fn read(&self, other: &Self) -> Result<Sources, SideError> {
        let around = match other {
            Self::Directory(directory) => directory.as_path(),
            Self::Revision(_) | Self::Tree(_) => Path::new("."),
        };
        match self {
            Self::Directory(directory) => {
                // A proposal could add a directory that takes the place of what it is compared to.
                let named_twice = may_be_a_revision(directory)
                    && [Path::new("."), around]
                        .iter()
                        .any(|place| git::knows(place, directory.as_os_str()));
                if named_twice {
                    return Err(SideError::Ambiguous(directory.clone()));
                }
                Ok(policy_directory::read(directory)?)
            }
            Self::Tree(tree) => Ok(git::read_tree(Path::new("."), tree, tree)?),
            Self::Revision(revision) => {
                Ok(git::read_tree(around, &format!("{revision}:./"), revision)?)
            }
        }
    }
}

/// Whether the name of a directory could be one of git's too: `main`, not `./main` or `main/`.
fn may_be_a_revision(directory: &Path) -> bool {
    let ends_as_path = directory.as_os_str().as_encoded_bytes().ends_with(b"/");
    matches!(directory.components().next(), Some(Component::Normal(_))) && !ends_as_path
}
