//! The refresh: from what a device believes to what its repository now says, without I/O.
//!
//! It names the next file it needs and takes the answer; whoever drives it only fetches.
//! The order is TUF's: roots one by one, timestamp, snapshot, targets, the target itself; then
//! the lists that it names. Only when all of them are there is the document handed out.
//! A file that is already stored and still the one that is listed is never asked for, so
//! when nothing changed two requests are made: the next root (absent) and the timestamp.

use std::collections::BTreeSet;

use fyr_schemas::bundle::{ClosedList, list_target_name};
use fyr_schemas::{CategoryId, Digest, Revision};
use jiff::Timestamp;

use crate::chain::{Adopted, Chain, Listing, Pin};
use crate::clock::Clock;
use crate::error::VerifyError;
use crate::list::{self, NameList};
use crate::seen::Seen;
use crate::state::TrustedState;
use crate::verified::Verified;
use crate::wanted::{Wanted, listing};

/// Bounds on what is fetched, in bytes. The signed lengths may only lower them.
const MAX_ROOT: u64 = 64 * 1024;
const MAX_TIMESTAMP: u64 = 16 * 1024;
const MAX_SNAPSHOT: u64 = 256 * 1024;
const MAX_TARGETS: u64 = 2 * 1024 * 1024;
/// Roots that one refresh follows before it gives up on a repository without an end.
const MAX_ROOTS: u32 = 256;

/// A refresh that waits for a file.
#[derive(Debug, Clone)]
pub struct Refresh<W: Wanted> {
    setting: Setting<W>,
    phase: Phase<W::Document>,
}

/// Where a refresh stands.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a step is taken at once and is never one of many"
)]
pub enum Step<W: Wanted> {
    /// It needs [`Refresh::need`]; [`Refresh::supply`] takes it further.
    Needs(Refresh<W>),
    /// Something was verified. Store it before anything else is fetched, then go on with the step
    /// that follows, or with why the repository was refused: what was verified is kept all the same.
    Keep(Keep, Box<Result<Step<W>, VerifyError>>),
    /// It is done, and everything it found is believed.
    Done(Refreshed<W::Document>),
}

/// What is to be stored before anything else is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// A role was verified: the state with the newest root, then the versions seen. The stored document
    /// stays the last good one.
    Trust(Box<TrustedState>, Seen),
    /// A list that the document will need, under its digest: what is stored once is never fetched
    /// again.
    List(NameList),
}

/// A file that a refresh needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Its path below the repository: `metadata/timestamp.json`. Only ASCII letters,
    /// digits and `-._/`, never `..`.
    pub path: String,
    /// Longer answers are refused; a fetcher stops reading there.
    pub max_length: u64,
    /// Whether the repository need not have it: the root after the newest one. Some stores answer
    /// 403 instead of 404 for a file that they do not have.
    pub may_be_absent: bool,
}

impl Need {
    /// The root that every verification begins with.
    pub fn first_root() -> Self {
        Self::root(1)
    }

    /// The timestamp, the last file of every publication.
    pub fn timestamp() -> Self {
        Self {
            path: "metadata/timestamp.json".to_owned(),
            max_length: MAX_TIMESTAMP,
            may_be_absent: false,
        }
    }

    fn root(version: u64) -> Self {
        Self {
            path: format!("metadata/{version}.root.json"),
            max_length: MAX_ROOT,
            may_be_absent: version > 1,
        }
    }
}

/// What the repository had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The file's bytes.
    Found(Vec<u8>),
    /// No such file (HTTP 404). Any other failure is not an answer: drop the refresh.
    NotFound,
}

/// What a refresh ends with. Store the state, then the versions seen, then use the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed<T> {
    /// The document.
    pub document: Verified<T>,
    /// Equal to the state it began with where nothing changed.
    pub state: TrustedState,
    /// Never below those it began with.
    pub seen: Seen,
    /// SHA-256 of the timestamp that vouches for the document. A refresh goes back to no older
    /// timestamp, so another one is a newer one.
    pub timestamp: Digest,
    /// When the metadata that vouches for the document expires, by what it says.
    pub expires: Timestamp,
}

#[derive(Debug, Clone)]
struct Setting<W> {
    wanted: W,
    /// What is on the device's disk.
    stored: TrustedState,
    /// What will be, once the document is verified.
    found: TrustedState,
    seen: Seen,
    /// Absent where expiry does not count.
    clock: Option<Clock>,
    /// The lists that are stored.
    held: BTreeSet<Digest>,
}

#[derive(Clone)]
enum Phase<D> {
    FirstRoot,
    NextRoot { chain: Chain, followed: u32 },
    Timestamp(Chain),
    Snapshot(Chain, Pin),
    Targets(Chain, Pin),
    Document(Chain, Listing),
    List(Chain, Verified<D>, CategoryId, ClosedList),
}

impl<W: Wanted> Refresh<W> {
    /// Begins with what is stored. A stored root that cannot be read is forgotten: trust then
    /// starts at the first root again.
    pub fn begin(stored: &TrustedState, seen: &Seen, wanted: &W, clock: Clock) -> Self {
        let chain = stored
            .root
            .as_deref()
            .and_then(|root| Chain::start(root, "root").ok());
        Self {
            setting: Setting {
                wanted: wanted.clone(),
                stored: stored.clone(),
                found: stored.clone(),
                seen: seen.clone(),
                clock: Some(clock),
                held: BTreeSet::new(),
            },
            phase: chain.map_or(Phase::FirstRoot, |chain| Phase::NextRoot {
                chain,
                followed: 0,
            }),
        }
    }

    /// The same refresh of a device that has stored these lists. It asks for none of them, so
    /// whoever uses one judges it again with a [`ListCheck`](crate::list::ListCheck).
    #[must_use]
    pub fn holding(mut self, lists: impl IntoIterator<Item = Digest>) -> Self {
        self.setting.held.extend(lists);
        self
    }

    /// The same refresh for whoever signs: expiry does not count, so that an expired repository, or
    /// one that was signed by a wrong clock, can still be signed anew.
    #[must_use]
    pub fn at_any_time(mut self) -> Self {
        self.setting.clock = None;
        self
    }

    /// The file it waits for.
    pub fn need(&self) -> Need {
        let file = |path: String, max_length| Need {
            path,
            max_length,
            may_be_absent: false,
        };
        let metadata = |name: String, bound| file(format!("metadata/{name}"), bound);
        match &self.phase {
            Phase::FirstRoot => Need::first_root(),
            Phase::NextRoot { chain, .. } => Need::root(chain.root_version().saturating_add(1)),
            Phase::Timestamp(_) => Need::timestamp(),
            Phase::Snapshot(_, pin) => metadata(
                format!("{}.snapshot.json", pin.version),
                pin.length.unwrap_or(MAX_SNAPSHOT).min(MAX_SNAPSHOT),
            ),
            Phase::Targets(_, pin) => metadata(
                format!("{}.targets.json", pin.version),
                pin.length.unwrap_or(MAX_TARGETS).min(MAX_TARGETS),
            ),
            Phase::Document(_, listing) => file(
                target_path(&self.setting.wanted.target(), &listing.digest),
                listing.length,
            ),
            Phase::List(_, _, category, listed) => file(
                target_path(&list_target_name(category), &listed.digest),
                listed.length,
            ),
        }
    }

    /// The revision that the verified snapshot names; `None` before a snapshot was verified.
    pub fn revision(&self) -> Option<Revision> {
        match &self.phase {
            Phase::FirstRoot
            | Phase::NextRoot { .. }
            | Phase::Timestamp(_)
            | Phase::Snapshot(..) => None,
            Phase::Targets(chain, _) | Phase::Document(chain, _) | Phase::List(chain, ..) => {
                chain.targets_pin().ok().map(|pin| Revision(pin.version))
            }
        }
    }

    /// Refreshes to the end with what `fetch` answers, and hands to `keep` what is to be stored;
    /// for callers that need not wait.
    ///
    /// # Errors
    /// Those of `fetch`, and [`VerifyError`].
    pub fn drive<E: From<VerifyError>>(
        self,
        mut fetch: impl FnMut(&Need) -> Result<Answer, E>,
        mut keep: impl FnMut(Keep),
    ) -> Result<Refreshed<W::Document>, E> {
        let mut step = Step::Needs(self);
        loop {
            step = match step {
                Step::Needs(refresh) => {
                    let answer = fetch(&refresh.need())?;
                    refresh.supply(answer)?
                }
                Step::Keep(kept, next) => {
                    keep(kept);
                    (*next)?
                }
                Step::Done(refreshed) => return Ok(refreshed),
            }
        }
    }

    /// Judges the answer and goes on as far as what is stored allows.
    ///
    /// # Errors
    /// Why the repository was refused. The refresh is spent; what is stored stays as it is.
    pub fn supply(self, answer: Answer) -> Result<Step<W>, VerifyError> {
        let need = self.need();
        let setting = self.setting;
        let (bytes, phase) = match (answer, self.phase) {
            (Answer::NotFound, Phase::NextRoot { chain, .. }) => return setting.settle(chain),
            (Answer::NotFound, _) => {
                return Err(VerifyError::Missing {
                    document: need.path,
                });
            }
            (Answer::Found(bytes), phase) if bytes.len() as u64 <= need.max_length => {
                (bytes, phase)
            }
            (Answer::Found(_), _) => {
                return Err(VerifyError::TooLarge {
                    document: need.path,
                    limit: need.max_length,
                });
            }
        };
        setting.judge(bytes, phase, &need.path)
    }
}

impl<W: Wanted> Setting<W> {
    fn judge(
        mut self,
        bytes: Vec<u8>,
        phase: Phase<W::Document>,
        path: &str,
    ) -> Result<Step<W>, VerifyError> {
        match phase {
            Phase::FirstRoot => {
                if crate::digest(&bytes) != *self.wanted.first_root() {
                    return Err(VerifyError::WrongRoot {
                        document: path.to_owned(),
                    });
                }
                let chain = Chain::start(&bytes, path)?;
                Ok(self.walk_on(chain, 0))
            }
            Phase::NextRoot {
                mut chain,
                followed,
            } => {
                chain.advance(&bytes, path)?;
                if followed >= MAX_ROOTS {
                    return Err(VerifyError::EndlessRoots { limit: MAX_ROOTS });
                }
                Ok(self.walk_on(chain, followed.saturating_add(1)))
            }
            Phase::Timestamp(mut chain) => {
                if chain.timestamp(&bytes, &self.seen, path)? == Adopted::Offered {
                    self.found.timestamp = Some(bytes);
                }
                let keep = self.raise(&chain);
                after(keep, self.find_snapshot(chain))
            }
            Phase::Snapshot(mut chain, _) => {
                chain.snapshot(&bytes, &self.seen, path)?;
                self.found.snapshot = Some(bytes);
                let keep = self.raise(&chain);
                after(keep, self.find_targets(chain))
            }
            Phase::Targets(mut chain, _) => {
                chain.targets(&bytes, &self.seen, path)?;
                self.found.targets = Some(bytes);
                let keep = self.raise(&chain);
                after(keep, self.find_document(chain))
            }
            Phase::Document(chain, listing) => {
                let document = Verified::open(&self.wanted, &listing, &bytes)?;
                self.found.document = Some(bytes);
                self.find_lists(chain, document)
            }
            Phase::List(chain, document, category, listed) => {
                let list = NameList::open(&category, &listed, bytes)?;
                self.held.insert(listed.digest);
                let next = self.find_list(chain, document);
                Ok(Step::Keep(Keep::List(list), Box::new(Ok(next))))
            }
        }
    }

    fn wait(self, phase: Phase<W::Document>) -> Step<W> {
        Step::Needs(Refresh {
            setting: self,
            phase,
        })
    }

    /// Keeps a root and asks for the next one.
    fn walk_on(mut self, chain: Chain, followed: u32) -> Step<W> {
        self.stored.follow(chain.root_bytes());
        self.seen = chain.raise(&self.seen);
        let keep = Keep::Trust(Box::new(self.stored.clone()), self.seen.clone());
        let next = self.wait(Phase::NextRoot { chain, followed });
        Step::Keep(keep, Box::new(Ok(next)))
    }

    /// Raises the versions seen by what was verified; what is to be kept of that.
    fn raise(&mut self, chain: &Chain) -> Option<Keep> {
        let raised = chain.raise(&self.seen);
        if raised == self.seen {
            return None;
        }
        self.seen = raised.clone();
        Some(Keep::Trust(Box::new(self.stored.clone()), raised))
    }

    fn settle(mut self, mut chain: Chain) -> Result<Step<W>, VerifyError> {
        chain.settle(self.clock, &self.seen)?;
        self.found.root = Some(chain.root_bytes().to_vec());
        self.found.vouching = None;
        chain.remember(
            self.found.timestamp.as_deref(),
            self.found.snapshot.as_deref(),
        );
        Ok(self.wait(Phase::Timestamp(chain)))
    }

    fn find_snapshot(mut self, mut chain: Chain) -> Result<Step<W>, VerifyError> {
        let pin = chain.snapshot_pin()?;
        let stored = self.found.snapshot.as_deref();
        match stored.map(|bytes| chain.snapshot(bytes, &self.seen, "snapshot")) {
            Some(Ok(())) => {
                let keep = self.raise(&chain);
                after(keep, self.find_targets(chain))
            }
            Some(Err(_)) | None => Ok(self.wait(Phase::Snapshot(chain, pin))),
        }
    }

    fn find_targets(mut self, mut chain: Chain) -> Result<Step<W>, VerifyError> {
        let pin = chain.targets_pin()?;
        let stored = self.found.targets.as_deref();
        match stored.map(|bytes| chain.targets(bytes, &self.seen, "targets")) {
            Some(Ok(())) => {
                let keep = self.raise(&chain);
                after(keep, self.find_document(chain))
            }
            Some(Err(_)) | None => Ok(self.wait(Phase::Targets(chain, pin))),
        }
    }

    fn find_document(self, chain: Chain) -> Result<Step<W>, VerifyError> {
        let listing = listing(&self.wanted, &chain)?;
        let stored = self.found.document.as_deref();
        match stored.map(|bytes| Verified::open(&self.wanted, &listing, bytes)) {
            Some(Ok(document)) => self.find_lists(chain, document),
            Some(Err(_)) | None => Ok(self.wait(Phase::Document(chain, listing))),
        }
    }

    fn find_lists(
        self,
        chain: Chain,
        document: Verified<W::Document>,
    ) -> Result<Step<W>, VerifyError> {
        list::check_listed(&W::lists(&document), &chain)?;
        Ok(self.find_list(chain, document))
    }

    /// The next list that is not stored; the end where all of them are.
    fn find_list(self, chain: Chain, document: Verified<W::Document>) -> Step<W> {
        let mut lists = W::lists(&document).into_iter();
        match lists.find(|(_, listed)| !self.held.contains(&listed.digest)) {
            Some((category, listed)) => self.wait(Phase::List(chain, document, category, listed)),
            None => self.finish(&chain, document),
        }
    }

    fn finish(self, chain: &Chain, document: Verified<W::Document>) -> Step<W> {
        Step::Done(Refreshed {
            document,
            seen: Seen {
                complete: chain.completed(),
                ..chain.raise(&self.seen)
            },
            timestamp: crate::digest(self.found.timestamp.as_deref().unwrap_or_default()),
            expires: chain.expires(),
            state: self.found,
        })
    }
}

/// The step that keeps something first, where there is something to keep.
fn after<W: Wanted>(
    keep: Option<Keep>,
    next: Result<Step<W>, VerifyError>,
) -> Result<Step<W>, VerifyError> {
    match keep {
        Some(keep) => Ok(Step::Keep(keep, Box::new(next))),
        None => next,
    }
}

/// Where a target is in the repository, by its path and its digest: under consistent snapshots its
/// digest is before its file name, `targets/bundles/DIGEST.GROUP.json`.
pub fn target_path(target: &str, digest: &Digest) -> String {
    match target.rsplit_once('/') {
        Some((directory, file)) => format!("targets/{directory}/{digest}.{file}"),
        None => format!("targets/{digest}.{target}"),
    }
}

impl<D> std::fmt::Debug for Phase<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FirstRoot => "FirstRoot",
            Self::NextRoot { .. } => "NextRoot",
            Self::Timestamp(_) => "Timestamp",
            Self::Snapshot(..) => "Snapshot",
            Self::Targets(..) => "Targets",
            Self::Document(..) => "Document",
            Self::List(..) => "List",
        })
    }
}
