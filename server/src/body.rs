//! Reads the body of a request: JSON or a form, bounded in size and in pace.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};

use crate::limits::{BODY, Pace};
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

/// The JSON document in a request of at most `limit` bytes, whose client holds a place.
pub(crate) async fn json<T: DeserializeOwned>(
    _held: &Place,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<T, Problem> {
    let bytes = read(headers, body, Format::Json, limit).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        // The error names fields and positions, never the values of other requests.
        malformed(format!("the body is not the expected JSON: {error}"))
    })
}

/// The form in a request of at most `limit` bytes, whose client holds a place.
pub(crate) async fn form<T: DeserializeOwned>(
    _held: &Place,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<T, Problem> {
    let bytes = read(headers, body, Format::Form, limit).await?;
    serde_urlencoded::from_bytes(&bytes)
        .map_err(|_| malformed("the body is not the expected form".to_owned()))
}

async fn read(
    headers: &HeaderMap,
    body: Body,
    format: Format,
    limit: usize,
) -> Result<Vec<u8>, Problem> {
    require(headers, format)?;
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    let mut body = body.into_data_stream();
    let mut pace = Pace::new(BODY);
    let mut bytes = Vec::new();
    while let Some((waited, piece)) = next(&mut body, &pace).await? {
        if bytes.len() + piece.len() > limit {
            return Err(too_large(limit));
        }
        pace.moved(waited, piece.len());
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The next piece and the wait for it, as long as the sender keeps pace.
async fn next(
    body: &mut BodyDataStream,
    pace: &Pace,
) -> Result<Option<(Duration, axum::body::Bytes)>, Problem> {
    let asked = Instant::now();
    match timeout(pace.left(), body.next()).await {
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
                BODY.bytes_per_second
            ),
        )),
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
