//! Reads the body of a request: JSON or a form, bounded in size and in pace.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};

use crate::limits::{BODY, Pace, SMALL_BODY, long_body};
use crate::places::Place;
use crate::problem::Problem;

/// What a body is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Form,
}

impl Format {
    fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }
}

/// The JSON document in a request of at most [`SMALL_BODY`] bytes.
pub(crate) async fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Problem> {
    let bytes = small(headers, body, Format::Json).await?;
    parse_json(&bytes)
}

/// The JSON document in a request of at most `limit` bytes. What is longer than [`SMALL_BODY`] is
/// read once its client has a place, which it leaves soon: it must arrive at the pace of [`long_body`].
pub(crate) async fn long_json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    place: impl Future<Output = Result<Place, Problem>>,
) -> Result<T, Problem> {
    let mut arriving = Arriving::new(headers, body, Format::Json, limit)?;
    if !arriving.ends_within(SMALL_BODY).await? {
        let _held = place.await?;
        arriving.pace = Pace::new(long_body(arriving.length));
        if !arriving.ends_within(limit).await? {
            return Err(too_large(limit));
        }
    }
    parse_json(&arriving.bytes)
}

/// The form in a request of at most [`SMALL_BODY`] bytes.
pub(crate) async fn form<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Problem> {
    let bytes = small(headers, body, Format::Form).await?;
    serde_urlencoded::from_bytes(&bytes)
        .map_err(|_| malformed("the body is not the expected form".to_owned()))
}

async fn small(headers: &HeaderMap, body: Body, format: Format) -> Result<Vec<u8>, Problem> {
    let mut arriving = Arriving::new(headers, body, format, SMALL_BODY)?;
    if arriving.ends_within(SMALL_BODY).await? {
        Ok(arriving.bytes)
    } else {
        Err(too_large(SMALL_BODY))
    }
}

fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        // The error names fields and positions, never the values of other requests.
        malformed(format!("the body is not the expected JSON: {error}"))
    })
}

/// A body, as far as it has arrived.
struct Arriving {
    stream: BodyDataStream,
    pace: Pace,
    /// How long it says that it is; the limit where it does not say it.
    length: usize,
    bytes: Vec<u8>,
}

impl Arriving {
    /// Refuses another format, and a body that says that it is longer than `limit` bytes.
    fn new(headers: &HeaderMap, body: Body, format: Format, limit: usize) -> Result<Self, Problem> {
        require(headers, format)?;
        let announced = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<u64>().ok())
            .map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        let length = announced.unwrap_or(limit);
        if length > limit {
            return Err(too_large(limit));
        }
        Ok(Self {
            stream: body.into_data_stream(),
            pace: Pace::new(BODY),
            length,
            bytes: Vec::new(),
        })
    }

    /// Reads until the body ends or is longer than `limit` bytes, by one piece at most; whether it
    /// has ended.
    async fn ends_within(&mut self, limit: usize) -> Result<bool, Problem> {
        while self.bytes.len() <= limit {
            let Some((waited, piece)) = self.next().await? else {
                return Ok(true);
            };
            self.pace.moved(waited, piece.len());
            self.bytes.extend_from_slice(&piece);
        }
        Ok(false)
    }

    /// The next piece and the wait for it, as long as the sender keeps pace.
    async fn next(&mut self) -> Result<Option<(Duration, Bytes)>, Problem> {
        let asked = Instant::now();
        match timeout(self.pace.left(), self.stream.next()).await {
            Ok(Some(Ok(piece))) => Ok(Some((asked.elapsed(), piece))),
            Ok(None) => Ok(None),
            // A connection that broke off reads no answer.
            Ok(Some(Err(_))) => Err(malformed("the body broke off".to_owned())),
            Err(_) => Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "too-slow",
                "Too slow",
                format!(
                    "the body arrived more slowly than {} B/s",
                    self.pace.slowest().bytes_per_second
                ),
            )),
        }
    }
}

fn require(headers: &HeaderMap, format: Format) -> Result<(), Problem> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    if given.is_some_and(|given| given.eq_ignore_ascii_case(format.media_type())) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "wrong-content-type",
        "Wrong content type",
        format!("send the body as `{}`", format.media_type()),
    ))
}

fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        "Too large",
        format!("the body may be at most {limit} bytes"),
    )
}

fn malformed(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed", "Malformed", detail)
}
