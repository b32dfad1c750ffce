//! Serves the repository: static files with the cache headers that TUF allows.
//!
//! A request names a file by a path of plain segments; the file is opened so that the system
//! itself refuses to leave the directory or to follow a link.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path as FilePath;
use std::str::FromStr;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::problem::Problem;
use crate::router::App;

/// The longest file that is served.
const LONGEST: u64 = 64 << 20;

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
    let read = tokio::task::spawn_blocking(move || read(&directory, &path.0))
        .await
        .map_err(io::Error::other)
        .flatten();
    match read {
        Ok(bytes) => Ok(answer(bytes, keep, &headers)),
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

fn answer(bytes: Vec<u8>, keep: Keep, asked: &HeaderMap) -> Response {
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    let tag = format!("\"{}\"", hex::encode(digest));
    let known = asked
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, keep.cache_control());
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn read(directory: &FilePath, path: &str) -> io::Result<Vec<u8>> {
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
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::other(format!(
            "`{path}` is longer than {LONGEST} bytes"
        )));
    }
    Ok(bytes)
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
            let error = read(inside.path(), path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound, "{path}");
        }
    }
}
