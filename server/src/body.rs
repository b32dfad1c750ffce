//! Reads the body of a request: JSON or a form, bounded in size and in time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use crate::problem::Problem;

/// A body must have arrived by then; a slow sender holds no place for longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many bodies may arrive at once, from whomever; together they bound the memory they take.
const AT_ONCE: usize = 128;
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

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

/// The JSON document in a request of at most `limit` bytes.
pub(crate) async fn json<T: DeserializeOwned>(
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

/// The form in a request of at most `limit` bytes.
pub(crate) async fn form<T: DeserializeOwned>(
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
) -> Result<axum::body::Bytes, Problem> {
    require(headers, format)?;
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "Too large",
            format!("the body may be at most {limit} bytes"),
        )
    };
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let _place = PLACES.try_acquire().map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "Busy",
            "as many requests are being read as the server has room for; try again soon",
        )
        .retry_after(2)
    })?;
    match tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // Past the limit and broken off look alike here; a broken connection reads no answer.
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "too-slow",
            "Too slow",
            format!("the body did not arrive within {} s", PATIENCE.as_secs()),
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

fn malformed(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed", "Malformed", detail)
}
