//! Why a repository directory could not be read or written.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use fyr_schemas::Digest;
use fyr_trust::VerifyError;

use crate::clock::ClockDoubt;
use crate::content::ContentError;
use crate::publication::SealError;

/// Publishing and renewing take far less; who holds the lock for longer is stuck or hostile.
pub(crate) const LOCK_PATIENCE: Duration = Duration::from_secs(10);

/// Why a repository could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// A file could not be read.
    #[error("read `{}`", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// A file could not be written.
    #[error("write `{}`", .0.display())]
    Write(PathBuf, #[source] io::Error),
    /// The directory belongs to another user, who could not renew what is written here.
    #[error(
        "`{path}` belongs to the user with the id {owner}, and this program runs as {user}: its \
         files would belong to {user}, and a server that runs as {owner} could not renew them; run \
         it as root or as that user: `sudo -u '#{owner}' …`",
        path = .path.display()
    )]
    OtherOwner {
        /// The repository.
        path: PathBuf,
        /// The id of its owner.
        owner: u32,
        /// The id of the user that this program runs as.
        user: u32,
    },
    /// This program cannot write into the directory.
    #[error("this program may not write into `{}`", .0.display())]
    NotWritable(PathBuf, #[source] io::Error),
    /// The clock may be wrong.
    #[error("nothing was signed")]
    Clock(#[from] ClockDoubt),
    /// The content could not be read.
    #[error("read what is to be published")]
    Content(#[source] ContentError),
    /// The lock could not be taken.
    #[error("lock the repository with `{}`", .0.display())]
    Lock(PathBuf, #[source] io::Error),
    /// Another program holds the lock and does not let go.
    #[error(
        "another program has held `{path}` for {} s: `fuser {path}` names it; end it and try again",
        LOCK_PATIENCE.as_secs(),
        path = .0.display()
    )]
    Locked(PathBuf),
    /// There is a root and no timestamp.
    #[error(
        "`{}` has a root and no `timestamp.json`: restore it from a copy; \
         if nothing was ever published there, delete the directory",
        .0.display()
    )]
    HalfPublished(PathBuf),
    /// Nothing was published yet.
    #[error("nothing is published in `{}` yet: run `fyr publish`", .0.display())]
    NothingPublished(PathBuf),
    /// The keys know of no repository, and there is one.
    #[error(
        "something is published in `{path}`, and no `repository.json` beside the keys says that \
         it is theirs: copy that file from where it was published; or, if no other person can have \
         changed the directory, use `fyr publish --adopt-repository`",
        path = .0.display()
    )]
    Unpinned(PathBuf),
    /// The repository that the keys belong to is gone.
    #[error(
        "nothing is published in `{path}`, and the keys have published before: look whether its \
         path is misspelt, or restore it from a copy; to begin anew, with every device enrolled \
         again, delete `repository.json` beside the keys",
        path = .0.display()
    )]
    Gone(PathBuf),
    /// Another repository.
    #[error(
        "`{path}` is not the repository that the keys belong to: its first root is {found}, \
         theirs is {pinned}; look who changed it, and restore it from a copy",
        path = .path.display()
    )]
    OtherRepository {
        /// Where.
        path: PathBuf,
        /// The first root that is there.
        found: Digest,
        /// The first root that should be.
        pinned: Digest,
    },
    /// An older state of the repository.
    #[error(
        "`{}` is older than what the keys have published: look who changed it, and restore it \
         from a newer copy",
        .0.display()
    )]
    RolledBack(PathBuf, #[source] VerifyError),
    /// It is not what was shown.
    #[error("`{}` was changed while you were asked: repeat the command", .0.display())]
    ChangedMeanwhile(PathBuf),
    /// What is published does not verify.
    #[error("the repository does not verify")]
    Broken(#[from] VerifyError),
    /// The successor could not be sealed.
    #[error("the publication could not be sealed")]
    Seal(#[source] SealError),
    /// Devices would refuse the successor; nothing was written.
    #[error("devices would refuse this publication, so nothing was written")]
    WouldBeRefused(#[source] Box<RepositoryError>),
}
