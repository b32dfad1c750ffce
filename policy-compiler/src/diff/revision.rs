//! One side of a comparison: a policy directory, or the same directory as git remembers it.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use fyr_policy_core::Sources;

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
    /// It is no directory, and git knows no such revision.
    #[error("`{side}` is neither a directory nor a revision that git knows here: {git}")]
    Unknown {
        /// What was named.
        side: String,
        /// What git said.
        git: String,
    },
    /// Git could not be run.
    #[error("run git to read `{0}`")]
    Git(String, #[source] io::Error),
    /// There is no room for the files of a commit.
    #[error("put the files of `{0}` into a temporary directory")]
    Stage(String, #[source] io::Error),
}

impl Side {
    /// Reads the policy; a revision is read from the directory of the `other` side, or from the
    /// current one.
    pub(crate) fn read(&self, other: &Self) -> Result<Sources, SideError> {
        match self {
            Self::Directory(directory) => Ok(policy_directory::read(directory)?),
            Self::Tree(tree) => read_tree(Path::new("."), tree, tree),
            Self::Revision(revision) => {
                let directory = match other {
                    Self::Directory(directory) => directory.as_path(),
                    Self::Revision(_) | Self::Tree(_) => Path::new("."),
                };
                read_tree(directory, &format!("{revision}:./"), revision)
            }
        }
    }
}

/// Reads the files of a tree by way of an index of its own: the repository's is not touched.
fn read_tree(directory: &Path, tree: &str, named: &str) -> Result<Sources, SideError> {
    let staging = |e| SideError::Stage(named.to_owned(), e);
    let stage = tempfile::tempdir().map_err(staging)?;
    let index = stage.path().join("index");
    let files = stage.path().join("policy");
    std::fs::create_dir(&files).map_err(staging)?;
    let git = |arguments: &[&OsStr]| git(directory, &index, arguments, named);
    git(&[
        "read-tree".as_ref(),
        "--end-of-options".as_ref(),
        tree.as_ref(),
    ])?;
    let mut prefix = std::ffi::OsString::from("--prefix=");
    prefix.push(&files);
    prefix.push("/");
    git(&["checkout-index".as_ref(), "--all".as_ref(), &prefix])?;
    Ok(policy_directory::read(&files)?)
}

fn git(directory: &Path, index: &Path, arguments: &[&OsStr], named: &str) -> Result<(), SideError> {
    let output = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(arguments)
        .env("GIT_INDEX_FILE", index)
        .env("LC_ALL", "C")
        .output()
        .map_err(|e| SideError::Git(named.to_owned(), e))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("it gave no reason");
    Err(SideError::Unknown {
        side: named.to_owned(),
        git: first.trim_start_matches("fatal: ").to_owned(),
    })
}
