//! Serves the repository: static files with the cache headers that TUF allows.
//!
//! A request names a file by a path of plain segments; the file is opened so that the system
//! itself refuses to leave the directory or to follow a link. Lists are long, so a long file is read
//! piece by piece as its reader takes it, and never compressed: a device fetches a list once.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path as FilePath;
use std::str::FromStr;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use fyr_schemas::Digest;
use fyr_schemas::bundle::LONGEST_LISTS;
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::app::App;
use crate::problem::Problem;

/// The longest file that is served: a list.
const LONGEST: u64 = LONGEST_LISTS;

/// How much of a file waits in memory for one reader: most bundles as a whole.
const PIECE: usize = 64 << 10;

/// A file of a repository by its path below it: `metadata/…` or `targets/…`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RepositoryPath(String);

/// How long a cache may keep a file without asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// The name is taken anew by every publication.
    Ask,
    /// The name holds a version or a digest, so its content never changes.
    ForEver,
}

impl FromStr for RepositoryPath {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let plain = |segment: &str| {
            !segment.is_empty()
                && !segment.starts_with('.')
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        };
        let known = text.starts_with("metadata/") || text.starts_with("targets/");
        if known && text.len() <= 512 && text.split('/').all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::not_found())
        }
    }
}

impl RepositoryPath {
    /// The digest of its content, where the name says it.
    fn digest(&self) -> Option<Digest> {
        let (_, name) = self.0.strip_prefix("targets/")?.rsplit_once('/')?;
        name.split_once('.')?.0.parse().ok()
    }

    fn keep(&self) -> Keep {
        if self.0 == "metadata/timestamp.json" {
            Keep::Ask
        } else {
            Keep::ForEver
        }
    }
}

impl Keep {
    fn cache_control(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Ask => "no-cache",
            Self::ForEver => "public, max-age=31536000, immutable",
        })
    }
}

/// `GET /repository/{path}`. What is missing is answered so that no cache remembers it: devices
/// probe for the next root by asking for one that is not there yet.
pub(crate) async fn serve(
    State(app): State<App>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let path: RepositoryPath = path.parse()?;
    let keep = path.keep();
    let directory = app.repository.clone();
    let found = tokio::task::spawn_blocking(move || Published::open(&directory, &path))
        .await
        .map_err(io::Error::other)
        .flatten();
    match found {
        Ok(file) => Ok(answer(file, keep, &headers)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Problem::not_found()),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "repository file unreadable"
            );
            Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "repository-unreadable",
                "Repository unreadable",
                "the file cannot be read; the server's log says why",
            ))
        }
    }
}

/// Whether `path` asks for a root: every device asks for the next one each time it refreshes, and
/// that it is not there is the ordinary answer.
pub(crate) fn may_be_a_probe(path: &str) -> bool {
    path.strip_prefix("/repository/metadata/")
        .and_then(|name| name.strip_suffix(".root.json"))
        .is_some_and(|version| version.parse::<u64>().is_ok())
}

fn answer(file: Published, keep: Keep, asked: &HeaderMap) -> Response {
    let tag = file.digest.map(|digest| format!("\"{digest}\""));
    let known = asked
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .any(|known| Some(known.trim()) == tag.as_deref())
        });
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(file.kind)),
            (header::CONTENT_LENGTH, HeaderValue::from(file.length)),
        ];
        let body = match file.content {
            Content::Whole(bytes) => Body::from(bytes),
            Content::Long(file) => Body::from_stream(pieces(file)),
        };
        (headers, body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, keep.cache_control());
    if let Some(Ok(tag)) = tag.map(HeaderValue::try_from) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// A file that is about to be served.
struct Published {
    content: Content,
    length: u64,
    /// Absent of long metadata: a cache keeps a version and never asks again.
    digest: Option<Digest>,
    kind: &'static str,
}

/// What a file says.
enum Content {
    /// It fits into one piece.
    Whole(Vec<u8>),
    /// It is read as fast as it is taken.
    Long(File),
}

impl Published {
    fn open(directory: &FilePath, path: &RepositoryPath) -> io::Result<Self> {
        let file = open(directory, &path.0)?;
        let length = file.metadata()?.len();
        if length > LONGEST {
            let path = &path.0;
            return Err(io::Error::other(format!(
                "`{path}` is longer than {LONGEST} bytes"
            )));
        }
        let (content, length) = if length <= PIECE as u64 {
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(PIECE));
            file.take(length).read_to_end(&mut bytes)?;
            let length = bytes.len() as u64;
            (Content::Whole(bytes), length)
        } else {
            (Content::Long(file), length)
        };
        let digest = path.digest().or_else(|| match &content {
            Content::Whole(bytes) => Some(fyr_trust::digest(bytes)),
            Content::Long(_) => None,
        });
        let is_text = FilePath::new(&path.0)
            .extension()
            .is_some_and(|extension| extension == "txt");
        Ok(Self {
            content,
            length,
            digest,
            kind: if is_text {
                "text/plain; charset=utf-8"
            } else {
                "application/json"
            },
        })
    }
}

/// What a file says, read on as fast as it is taken.
fn pieces(file: File) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(file, |mut file| async {
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; PIECE];
            let length = file.read(&mut piece)?;
            piece.truncate(length);
            Ok::<_, io::Error>((piece, file))
        });
        let (piece, file) = read.await.map_err(io::Error::other)??;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), file)))
    })
}

/// Opens a file of the directory.
fn open(directory: &FilePath, path: &str) -> io::Result<File> {
    let directory = File::open(directory)?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let opened = rustix::fs::openat2(&directory, path, flags, Mode::empty(), resolve);
    let file = File::from(opened.map_err(|error| match error {
        // A link is not a published file, wherever it leads.
        Errno::LOOP | Errno::XDEV | Errno::NOTDIR => io::ErrorKind::NotFound.into(),
        other => io::Error::from(other),
    })?);
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_could_leave_the_repository_is_not_found() {
        for path in [
            "../secret",
            "metadata/../../secret",
            "metadata/..",
            "metadata//timestamp.json",
            "/etc/passwd",
            "metadata/.lock",
            ".lock",
            "metadata/a\0b",
            "metadata/å.json",
            "metadata/%2e%2e/secret",
            "metadata\\..\\secret",
            "",
            "metadata/",
        ] {
            assert!(path.parse::<RepositoryPath>().is_err(), "{path:?}");
        }
        assert!(
            "targets/bundles/00ff.indskoling.json"
                .parse::<RepositoryPath>()
                .is_ok()
        );
    }

    #[test]
    fn a_link_out_of_the_repository_is_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        let inside = tempfile::tempdir().unwrap();
        std::fs::create_dir(inside.path().join("metadata")).unwrap();
        for (target, link) in [
            (outside.path().join("secret"), "metadata/1.root.json"),
            (outside.path().to_owned(), "targets"),
        ] {
            std::os::unix::fs::symlink(target, inside.path().join(link)).unwrap();
        }
        for path in ["metadata/1.root.json", "targets/secret"] {
            let error = open(inside.path(), path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound, "{path}");
        }
    }
}
