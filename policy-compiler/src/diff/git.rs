//! Reads the policy that a git tree holds, from git's store alone: no index, no working copy, and
//! nothing that a repository could ask git to run on the way.

use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use fyr_policy_core::Sources;

use crate::policy_directory::{Gathered, Kind, ReadPolicyError};

/// The most bytes that a list of the files of a tree may have.
const MAX_LISTING: u64 = 64 * 1024 * 1024;

/// Why the policy of a tree could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    /// Git knows no such tree.
    #[error("`{side}` is neither a directory nor a revision that git knows here: {git}")]
    Unknown {
        /// What was named.
        side: String,
        /// What git said.
        git: String,
    },
    /// Git could not be run, or broke off.
    #[error("run git to read `{0}`")]
    Run(String, #[source] io::Error),
    /// Git said something else than it does.
    #[error("git did not list the files of `{0}` as it should")]
    Answer(String),
    /// A file is larger than any of a policy.
    #[error("`{path}` in `{side}` has {bytes} bytes; a file may have {limit}")]
    TooLarge {
        /// What was named.
        side: String,
        /// The file.
        path: String,
        /// Its size.
        bytes: usize,
        /// The most that it may have.
        limit: usize,
    },
    /// It holds nothing of a policy.
    #[error("`{side}` holds no policy here{}", .below.as_ref().map(|below| format!(": write `{below}`")).unwrap_or_default())]
    NoPolicy {
        /// What was named.
        side: String,
        /// The tree of a policy below it.
        below: Option<String>,
    },
    /// There are more files than a policy has, or one that leads out of it.
    #[error(transparent)]
    Policy(#[from] ReadPolicyError),
}

/// Whether git, asked in a directory, takes a name for one of its own.
pub(super) fn knows(directory: &Path, name: &OsStr) -> bool {
    let mut object = name.to_owned();
    object.push("^{object}");
    let answer = git(directory)
        .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
        .arg(object)
        .output();
    // Without git nothing can be meant but the directory.
    answer.is_ok_and(|answer| answer.status.success())
}

/// Reads the policy of a tree, which messages call `side`.
pub(super) fn read_tree(directory: &Path, tree: &str, side: &str) -> Result<Sources, GitError> {
    let files = list(directory, tree, side)?;
    if !files.iter().any(|file| is_part_of_a_policy(&file.path)) {
        let mut paths = files.iter().map(|file| file.path.as_str());
        let below = paths.find_map(|path| path.strip_suffix("/fyr.yaml"));
        let separator = if tree.ends_with(":./") { ":./" } else { "/" };
        return Err(GitError::NoPolicy {
            side: side.to_owned(),
            below: below.map(|below| format!("{side}{separator}{below}")),
        });
    }
    let mut store = Store::open(directory, side)?;
    let from = Path::new(side);
    let mut gathered = Gathered::new(from);
    for file in files {
        let bytes = store.read(&file)?;
        gathered.add(file.kind, file.path, bytes)?;
    }
    Ok(gathered.into_sources())
}

fn is_part_of_a_policy(path: &str) -> bool {
    let parts = ["fyr.yaml", "units.yaml", "fyr.yml", "rules/", "decisions/"];
    parts.iter().any(|part| path.starts_with(part))
}

/// A file of the policy in git's store.
struct Stored {
    kind: Kind,
    path: String,
    object: String,
    bytes: usize,
}

/// The files of a tree that belong to its policy.
fn list(directory: &Path, tree: &str, side: &str) -> Result<Vec<Stored>, GitError> {
    let running = |e| GitError::Run(side.to_owned(), e);
    let mut child = git(directory)
        .args([
            "ls-tree",
            "-r",
            "-z",
            "--long",
            "--full-tree",
            "--end-of-options",
        ])
        .arg(tree)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(running)?;
    let mut listing = Vec::new();
    if let Some(output) = child.stdout.take() {
        let mut output = output.take(MAX_LISTING);
        output.read_to_end(&mut listing).map_err(running)?;
    }
    let rest = child.wait_with_output().map_err(running)?;
    if !rest.status.success() {
        let said = String::from_utf8_lossy(&rest.stderr);
        let first = said.lines().next().unwrap_or("it gave no reason");
        return Err(GitError::Unknown {
            side: side.to_owned(),
            git: first.trim_start_matches("fatal: ").to_owned(),
        });
    }
    let entries = listing.split(|byte| *byte == 0);
    entries
        .filter(|entry| !entry.is_empty())
        .filter_map(|entry| stored(&String::from_utf8_lossy(entry), side).transpose())
        .collect()
}

/// One line of the list: `100644 blob 0123…abcd     120\trules/x.yaml`.
fn stored(entry: &str, side: &str) -> Result<Option<Stored>, GitError> {
    let answer = || GitError::Answer(side.to_owned());
    let (about, path) = entry.split_once('\t').ok_or_else(answer)?;
    let about: Vec<&str> = about.split_ascii_whitespace().collect();
    let [mode, _, object, bytes] = about.as_slice() else {
        return Err(answer());
    };
    let is_hidden = path.split('/').any(|name| name.starts_with('.'));
    if *mode == "120000" && !is_hidden {
        let link = PathBuf::from(format!("{side}:{path}"));
        return Err(ReadPolicyError::Link(link).into());
    }
    let Some(kind) = Kind::of(path).filter(|_| mode.starts_with("100")) else {
        return Ok(None);
    };
    let bytes = bytes.parse().map_err(|_| answer())?;
    if bytes > kind.limit() {
        return Err(GitError::TooLarge {
            side: side.to_owned(),
            path: path.to_owned(),
            bytes,
            limit: kind.limit(),
        });
    }
    Ok(Some(Stored {
        kind,
        path: path.to_owned(),
        object: (*object).to_owned(),
        bytes,
    }))
}

/// Git's store, which gives one object after another.
struct Store<'a> {
    side: &'a str,
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl<'a> Store<'a> {
    fn open(directory: &Path, side: &'a str) -> Result<Self, GitError> {
        let running = |e| GitError::Run(side.to_owned(), e);
        let mut child = git(directory)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(running)?;
        let closed = || running(io::ErrorKind::BrokenPipe.into());
        Ok(Self {
            side,
            asks: child.stdin.take().ok_or_else(closed)?,
            answers: BufReader::new(child.stdout.take().ok_or_else(closed)?),
            child,
        })
    }

    /// The content of a file: the answer is `OBJECT blob SIZE`, the content, and a line's end.
    fn read(&mut self, file: &Stored) -> Result<Vec<u8>, GitError> {
        let running = |e| GitError::Run(self.side.to_owned(), e);
        writeln!(self.asks, "{}", file.object).map_err(running)?;
        let mut head = String::new();
        self.answers.read_line(&mut head).map_err(running)?;
        if head.trim_end() != format!("{} blob {}", file.object, file.bytes) {
            return Err(GitError::Answer(self.side.to_owned()));
        }
        let mut bytes = vec![0; file.bytes];
        self.answers.read_exact(&mut bytes).map_err(running)?;
        self.answers.read_exact(&mut [0]).map_err(running)?;
        Ok(bytes)
    }
}

impl Drop for Store<'_> {
    fn drop(&mut self) {
        // It has nothing to lose, and must not be left as a zombie.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(directory)
        .env("LC_ALL", "C")
        // What a partial clone lacks would be fetched over the network.
        .env("GIT_NO_LAZY_FETCH", "1");
    command
}
