//! The directory that a web server serves as it stands, and the only code that writes it.
//!
//! A publication is verified as devices will verify it before the first byte is written,
//! and its timestamp is renamed into place last: a crash in between is invisible to them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fyr_schemas::bundle::{ClosedList, list_target_name};
use fyr_schemas::{CategoryId, Digest, Revision};
use fyr_trust::list::ListCheck;
use fyr_trust::{Answer, Identity, Need, Seen, VerifyError, Wanted as _, target_path};
use rustix::fs::{Access, AtFlags, CWD, OFlags};
use rustix::io::Errno;

use crate::check::{self, Targets};
use crate::clock::SigningClock;
use crate::content::Content;
use crate::pin::Pin;
use crate::place::{self, Directory};
use crate::publication::{self, Authorities, Publication, Signers};
use crate::published::Published;
use crate::repository_error::{LOCK_PATIENCE, RepositoryError};

const METADATA: &str = "metadata";
const LISTS: &str = "targets/lists";
/// Where a publication leaves files that a later one no longer names.
const SWEPT: [&str; 4] = [METADATA, "targets", "targets/bundles", LISTS];
/// How much of a list is read at once.
const PIECE: usize = 64 * 1024;
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// How long a file stays after it was written, and after the last publication that named it was replaced. A
/// device may still fetch it, and where the lock does not hold, as on some network file systems, another
/// program may be publishing it.
const KEPT: Duration = Duration::from_hours(24);

/// A repository directory. Publishing and renewing take a lock in it, so that the `fyr`
/// command and a server never write at the same time.
#[derive(Debug, Clone)]
pub struct Repository {
    path: PathBuf,
    expected: Expected,
}

/// A publication that is signed and verified, and of which nothing is written. The repository stays
/// locked until it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Prepared<'a> {
    repository: &'a Repository,
    before: Published,
    publication: Publication,
    _lock: File,
}

impl Prepared<'_> {
    /// Writes it and returns what is published then.
    ///
    /// # Errors
    /// [`RepositoryError`]; a part of it may be published, and so may the root that names other keys.
    pub fn write(self) -> Result<Published, RepositoryError> {
        let Self {
            repository, before, ..
        } = &self;
        repository.write(Some(before), None, &self.publication)?;
        let (root, seen) = (before.first_root().clone(), Seen::default());
        Published::verify(root, &seen, |need| repository.read_need(need))
    }
}

/// What the directory of a repository must hold.
#[derive(Debug, Clone)]
pub enum Expected {
    /// Any repository that verifies: for the server, which owns the directory.
    Anything,
    /// Nothing: the keys have never published.
    Nothing,
    /// The repository that the keys belong to, as new as they know it or newer.
    Pinned(Pin),
    /// What a person was shown before signing: since then nothing but a renewal may have come.
    Shown(Shown),
}

/// What a person was shown of a repository.
#[derive(Debug, Clone)]
pub struct Shown {
    pin: Pin,
    root: u64,
    revision: Revision,
}

impl Shown {
    /// Remembers what is published.
    pub fn of(published: &Published) -> Self {
        Self {
            pin: Pin::of(published),
            root: published.root.version,
            revision: published.revision(),
        }
    }
}

impl Repository {
    /// The repository at `path`, which need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            expected: Expected::Anything,
        }
    }

    /// The same repository, refused from now on where it is not as expected.
    #[must_use]
    pub fn expecting(self, expected: Expected) -> Self {
        Self { expected, ..self }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is published, verified from the first root on; `None` in an empty directory.
    ///
    /// # Errors
    /// [`RepositoryError`]
    pub fn published(&self) -> Result<Option<Published>, RepositoryError> {
        self.published_announcing(|_| {})
    }

    /// The same, and calls `announce` with the revision as soon as the timestamp and the snapshot
    /// are verified.
    ///
    /// # Errors
    /// [`RepositoryError`]
    pub fn published_announcing(
        &self,
        announce: impl FnMut(Revision),
    ) -> Result<Option<Published>, RepositoryError> {
        let first_root = Need::first_root();
        let found = self.read_need(&first_root)?;
        let timestamp = self.path.join(Need::timestamp().path).exists();
        match (found, timestamp) {
            (Answer::NotFound, false) => match &self.expected {
                Expected::Anything | Expected::Nothing => Ok(None),
                Expected::Pinned(_) | Expected::Shown(_) => {
                    Err(RepositoryError::Gone(self.path.clone()))
                }
            },
            (Answer::Found(_), false) => Err(RepositoryError::HalfPublished(self.path.clone())),
            (Answer::NotFound, true) => Err(VerifyError::Missing {
                document: first_root.path,
            }
            .into()),
            (Answer::Found(root), true) => {
                let first_root = fyr_trust::digest(&root);
                self.verified(first_root, announce).map(Some)
            }
        }
    }

    /// Verifies what is there from this first root on, and that it is what is expected.
    fn verified(
        &self,
        first_root: Digest,
        announce: impl FnMut(Revision),
    ) -> Result<Published, RepositoryError> {
        let (pin, shown) = match &self.expected {
            Expected::Anything => (None, None),
            Expected::Nothing => return Err(RepositoryError::Unpinned(self.path.clone())),
            Expected::Pinned(pin) => (Some(pin), None),
            Expected::Shown(shown) => (Some(&shown.pin), Some(shown)),
        };
        let seen = match pin {
            None => Seen::default(),
            Some(pin) if *pin.first_root() == first_root => pin.seen().clone(),
            Some(pin) => {
                return Err(RepositoryError::OtherRepository {
                    path: self.path.clone(),
                    found: first_root,
                    pinned: pin.first_root().clone(),
                });
            }
        };
        let read = |need: &Need| self.read_need(need);
        let verified = Published::verify_announcing(first_root, &seen, read, announce);
        let verified = verified.map_err(|e| match e {
            RepositoryError::Broken(old @ VerifyError::Rollback { .. }) => {
                RepositoryError::RolledBack(self.path.clone(), old)
            }
            other => other,
        })?;
        let versions = (verified.root.version, verified.revision());
        if shown.is_some_and(|shown| versions != (shown.root, shown.revision)) {
            return Err(RepositoryError::ChangedMeanwhile(self.path.clone()));
        }
        Ok(verified)
    }

    /// Publishes `content` and returns what is published then.
    ///
    /// # Errors
    /// [`RepositoryError`]; what was published stays published.
    pub fn publish(
        &self,
        content: &Content,
        authorities: &Authorities,
        signers: &Signers,
        clock: SigningClock,
    ) -> Result<Published, RepositoryError> {
        self.expect_owner()?;
        let _lock = self.lock()?;
        let before = self.published()?;
        let now = clock.checked(before.as_ref().and_then(Published::issued))?;
        let publication = publication::publish(before.as_ref(), content, authorities, signers, now)
            .map_err(RepositoryError::Seal)?;
        let overlay = self.under(&publication, Some(content));
        let root = overlay.first_root()?;
        check::metadata(&root, now, |need| overlay.read(need))
            .and_then(|verified| verified.bundles(content.groups(), content))
            .map_err(would_be_refused)?;
        self.write(before.as_ref(), Some(content), &publication)?;
        // From the root that was written, not from one that was put there since.
        let after = Published::verify(root, &Seen::default(), |need| self.read_need(need))?;
        self.sweep(before.iter().chain([&after]));
        Ok(after)
    }

    /// Signs the same targets under other keys and verifies them as a device will. Nothing is written
    /// until [`Prepared::write`].
    ///
    /// # Errors
    /// [`RepositoryError`]
    pub fn prepare_rotation(
        &self,
        authorities: &Authorities,
        signers: &Signers,
        clock: SigningClock,
    ) -> Result<Prepared<'_>, RepositoryError> {
        self.expect_owner()?;
        let lock = self.lock()?;
        let before = self.expect_published()?;
        let now = clock.checked(before.issued())?;
        let publication = publication::rotate(&before, authorities, signers, now)
            .map_err(RepositoryError::Seal)?;
        let overlay = self.under(&publication, None);
        let groups = before.bundles();
        check::metadata(before.first_root(), now, |need| overlay.read(need))
            .and_then(|verified| verified.bundles(groups.keys(), self))
            .map_err(would_be_refused)?;
        Ok(Prepared {
            repository: self,
            before,
            publication,
            _lock: lock,
        })
    }

    /// Removes what neither the newest publication nor the one before it names, once [`KEPT`] is over. Roots stay: a device walks along all of them.
    fn sweep<'a>(&self, publications: impl Iterator<Item = &'a Published>) {
        let kept: BTreeSet<String> = publications.flat_map(Published::files).collect();
        let Some(written_before) = before_now(KEPT) else {
            return;
        };
        for directory in SWEPT {
            if !self.path.join(directory).exists() {
                continue;
            }
            let is_unused = |name: &OsStr| {
                let Some(name) = name.to_str() else {
                    return false;
                };
                let is_versioned = directory != METADATA || is_named_by_timestamp(name);
                is_versioned && !kept.contains(&format!("{directory}/{name}"))
            };
            // It is published all the same, and the next publication sweeps again.
            let _left_for_the_next = Directory::open(&self.path)
                .and_then(|root| root.below(Path::new(directory)))
                .and_then(|opened| opened.remove(is_unused, written_before));
        }
    }

    /// Reads the text of a published list as a device judges it, in bounded memory.
    ///
    /// # Errors
    /// [`RepositoryError`] where it is not the one that a bundle closes.
    pub fn check_list(
        &self,
        category: &CategoryId,
        closed: &ClosedList,
    ) -> Result<(), RepositoryError> {
        let path = target_path(&list_target_name(category), &closed.digest);
        let failed = |e| RepositoryError::Read(self.path.join(&path), e);
        let file = place::open_file(&self.path, Path::new(&path)).map_err(failed)?;
        let mut file = file.take(closed.length.saturating_add(1));
        let mut check = ListCheck::new(category, closed);
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece).map_err(failed)?;
            match piece.get(..read) {
                Some([]) | None => return Ok(check.finish()?),
                Some(bytes) => check.feed(bytes)?,
            }
        }
    }

    /// The bytes of a published target, as far as a device reads them.
    ///
    /// # Errors
    /// [`RepositoryError`] where it is missing, or its place is not that of a file.
    pub fn target(&self, target: &str, digest: &Digest) -> Result<Vec<u8>, RepositoryError> {
        let path = target_path(target, digest);
        match self.read(&path, Identity::MAX_LENGTH)? {
            Answer::Found(bytes) => Ok(bytes),
            Answer::NotFound => Err(VerifyError::Missing { document: path }.into()),
        }
    }

    /// The bytes of the newest timestamp; none before the first publication.
    ///
    /// # Errors
    /// [`RepositoryError`]
    pub fn timestamp(&self) -> Result<Option<Vec<u8>>, RepositoryError> {
        match self.read_need(&Need::timestamp())? {
            Answer::Found(bytes) => Ok(Some(bytes)),
            Answer::NotFound => Ok(None),
        }
    }

    /// Signs the online roles again and returns what is published then.
    ///
    /// # Errors
    /// [`RepositoryError`]; what was published stays published.
    pub fn renew(
        &self,
        signers: &Signers,
        clock: SigningClock,
    ) -> Result<Published, RepositoryError> {
        let _lock = self.lock()?;
        let before = self.expect_published()?;
        let now = clock.checked(before.issued())?;
        let publication =
            publication::renew(&before, signers, now).map_err(RepositoryError::Seal)?;
        let overlay = self.under(&publication, None);
        check::metadata(before.first_root(), now, |need| overlay.read(need))
            .map_err(would_be_refused)?;
        self.write(Some(&before), None, &publication)?;
        self.expect_published()
    }

    /// Says whether this program could write into the repository, without writing anything.
    ///
    /// # Errors
    /// [`RepositoryError::NotWritable`]; none where nothing is published and the directory is missing.
    pub fn expect_writable(&self) -> Result<(), RepositoryError> {
        for directory in [self.path.clone(), self.path.join("metadata")] {
            let wanted = Access::WRITE_OK | Access::EXEC_OK;
            match rustix::fs::accessat(CWD, &directory, wanted, AtFlags::EACCESS) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(e) => return Err(RepositoryError::NotWritable(directory, e.into())),
            }
        }
        Ok(())
    }

    fn expect_published(&self) -> Result<Published, RepositoryError> {
        self.published()?
            .ok_or_else(|| RepositoryError::NothingPublished(self.path.clone()))
    }

    /// Held until dropped; the file stays. It is its owner's alone, since whoever can open it
    /// can hold it.
    fn lock(&self) -> Result<File, RepositoryError> {
        let path = self.path.join(".lock");
        let failed = |e| RepositoryError::Lock(path.clone(), e);
        let file = self.open_lock(&path).map_err(failed)?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(e)) => return Err(failed(e)),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(RepositoryError::Locked(path));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            }
        }
    }

    /// Refuses to write files that the owner of the directory could not renew.
    fn expect_owner(&self) -> Result<(), RepositoryError> {
        let user = rustix::process::geteuid();
        match fs::metadata(&self.path) {
            Ok(found) if !user.is_root() && found.uid() != user.as_raw() => {
                Err(RepositoryError::OtherOwner {
                    path: self.path.clone(),
                    owner: found.uid(),
                    user: user.as_raw(),
                })
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The lock belongs to the owner of the directory, so that a server still renews what root has
    /// published.
    fn open_lock(&self, path: &Path) -> io::Result<File> {
        let directory = Directory::open(&self.path)?;
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
            .open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        directory.adopt(&file)?;
        Ok(file)
    }

    fn under<'a>(
        &'a self,
        publication: &'a Publication,
        content: Option<&'a Content>,
    ) -> Overlay<'a> {
        Overlay {
            repository: self,
            publication,
            content,
        }
    }

    fn read_need(&self, need: &Need) -> Result<Answer, RepositoryError> {
        self.read(&need.path, need.max_length)
    }

    /// Reads one byte more than is wanted at most, so that a longer file is noticed.
    fn read(&self, path: &str, max_length: u64) -> Result<Answer, RepositoryError> {
        let mut bytes = Vec::new();
        let read = place::open_file(&self.path, Path::new(path)).and_then(|file| {
            file.take(max_length.saturating_add(1))
                .read_to_end(&mut bytes)
        });
        match read {
            Ok(_) => Ok(Answer::Found(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Answer::NotFound),
            Err(e) => Err(RepositoryError::Read(self.path.join(path), e)),
        }
    }

    /// Writes the targets, then the metadata, the timestamp last.
    fn write(
        &self,
        before: Option<&Published>,
        content: Option<&Content>,
        publication: &Publication,
    ) -> Result<(), RepositoryError> {
        let root = Directory::open(&self.path)
            .map_err(|e| RepositoryError::Write(self.path.clone(), e))?;
        if let Some(before) = before {
            touch_unnamed(
                &root,
                before,
                &self.under(publication, content).published()?,
            );
        }
        if let Some(content) = content {
            self.write_targets(&root, content)?;
        }
        for (path, bytes) in publication.files() {
            let place = |directory: &Directory, name: &OsStr| directory.place(name, bytes);
            self.put(&root, path, bytes, place)?;
        }
        Ok(())
    }

    /// Waits for the disk once: until the timestamp names them, no device looks at them.
    fn write_targets(&self, root: &Directory, content: &Content) -> Result<(), RepositoryError> {
        let mut wrote = false;
        for file in content.files() {
            let (path, bytes) = file.map_err(RepositoryError::Content)?;
            wrote |= self.put(root, &path, &bytes, |directory, name| {
                directory.place_unflushed(name, &bytes)
            })?;
        }
        if wrote {
            let flushed = root.flush();
            flushed.map_err(|e| RepositoryError::Write(self.path.clone(), e))?;
        }
        Ok(())
    }

    /// Places a file unless it is there as it should be; says whether it was not.
    fn put(
        &self,
        root: &Directory,
        path: &str,
        bytes: &[u8],
        place: impl FnOnce(&Directory, &OsStr) -> io::Result<()>,
    ) -> Result<bool, RepositoryError> {
        let relative = Path::new(path);
        let put = || {
            let (Some(parent), Some(name)) = (relative.parent(), relative.file_name()) else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            let directory = root.below(parent)?;
            if directory.has(name, bytes)? {
                return Ok(false);
            }
            place(&directory, name)?;
            Ok(true)
        };
        put().map_err(|e| RepositoryError::Write(self.path.join(path), e))
    }
}

impl Targets for Repository {
    fn bytes(&self, target: &str, digest: &Digest) -> Result<Vec<u8>, RepositoryError> {
        self.target(target, digest)
    }

    fn judge(&self, category: &CategoryId, closed: &ClosedList) -> Result<(), RepositoryError> {
        self.check_list(category, closed)
    }
}

/// A publication laid over the repository it is meant for, as devices will see both.
struct Overlay<'a> {
    repository: &'a Repository,
    publication: &'a Publication,
    content: Option<&'a Content>,
}

impl Overlay<'_> {
    fn first_root(&self) -> Result<Digest, RepositoryError> {
        let need = Need::first_root();
        match self.read(&need)? {
            Answer::Found(bytes) => Ok(fyr_trust::digest(&bytes)),
            Answer::NotFound => Err(VerifyError::Missing {
                document: need.path,
            }
            .into()),
        }
    }

    /// What is published once it is written.
    fn published(&self) -> Result<Published, RepositoryError> {
        let root = self.first_root()?;
        Published::verify(root, &Seen::default(), |need| self.read(need))
    }

    fn read(&self, need: &Need) -> Result<Answer, RepositoryError> {
        let mut files = self.publication.files();
        let metadata = files.find(|(path, _)| *path == need.path);
        let target = self.content.and_then(|content| content.small(&need.path));
        match metadata.map(|(_, bytes)| bytes).or(target) {
            Some(bytes) => Ok(Answer::Found(bytes.to_vec())),
            None => self.repository.read_need(need),
        }
    }
}

/// Lets [`KEPT`] begin now for the files that only the publication `before` names. This precedes the first
/// byte of `after`, so that no crash shortens it.
fn touch_unnamed(root: &Directory, before: &Published, after: &Published) {
    let named: BTreeSet<String> = after.files().collect();
    for file in before.files().filter(|file| !named.contains(file)) {
        let path = Path::new(&file);
        if let (Some(parent), Some(name)) = (path.parent(), path.file_name()) {
            // A file that cannot be touched may be removed sooner; the publication is as good.
            let _untouched = root.below(parent).and_then(|opened| opened.touch(name));
        }
    }
}

/// The moment so long ago, in seconds since 1970; none with a clock before that.
fn before_now(ago: Duration) -> Option<i64> {
    let then = SystemTime::now().checked_sub(ago)?;
    let since = then.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// Whether a metadata file is one of those of which each publication has its own.
fn is_named_by_timestamp(name: &str) -> bool {
    name.ends_with(".snapshot.json") || name.ends_with(".targets.json")
}

fn would_be_refused(cause: RepositoryError) -> RepositoryError {
    RepositoryError::WouldBeRefused(Box::new(cause))
}
