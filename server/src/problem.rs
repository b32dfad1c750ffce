//! How a refused request is answered: problem details as RFC 9457 writes them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use fyr_schemas::problem::{MEDIA_TYPE, TYPE_PREFIX};

use crate::store::StoreError;

/// One refused request, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    /// The stable last part of the problem's type.
    slug: &'static str,
    title: &'static str,
    detail: String,
    retry_after: Option<u32>,
    highest: Option<u64>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    highest: Option<u64>,
}

impl Problem {
    /// A problem of a stable kind, with what was wrong this time.
    pub(crate) fn new(
        status: StatusCode,
        slug: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            slug,
            title,
            detail: detail.into(),
            retry_after: None,
            highest: None,
        }
    }

    /// Says after how many seconds another try makes sense.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Says the highest report number that is stored, above which a device may go on.
    pub(crate) fn highest(mut self, number: u64) -> Self {
        self.highest = Some(number);
        self
    }

    /// Nothing is served under this path.
    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            "nothing is served under this path",
        )
    }

    /// The path is served, with another method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "Method not allowed",
            "this path takes another method",
        )
    }

    /// The store could not take or give what was asked. The cause is in the log, not in the answer.
    pub(crate) fn store_failed(error: &StoreError) -> Self {
        if matches!(error, StoreError::DiskFull) {
            return Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "disk-full",
                "Disk full",
                "the disk of the server's database is full; nothing was stored; try again later",
            )
            .retry_after(300);
        }
        tracing::error!(error = error as &dyn std::error::Error, "store failed");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store-unavailable",
            "Store unavailable",
            "nothing was stored; the server's log has the cause; try again later",
        )
        .retry_after(30)
    }

    /// There is no policy yet to measure the request against.
    pub(crate) fn nothing_published() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "nothing-published",
            "Nothing published",
            "no policy has been published yet; run `fyr publish` first",
        )
        .retry_after(10)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: format!("{TYPE_PREFIX}{}", self.slug),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            highest: self.highest,
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
